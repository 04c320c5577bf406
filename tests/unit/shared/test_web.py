"""The thin shell before every intake: no body is read for ever, and health says what it finds."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from shared.web import TooLarge, TooSlow, body_of, health, serve


def a_request(
    *chunks: bytes, pause: float = 0.0, content_length: str | None = None
) -> tuple[Request, list[bytes]]:
    """A body in pieces; the list says which pieces were asked for."""
    left, asked = list(chunks), []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause)
        chunk = left.pop(0) if left else b""
        asked.append(chunk)
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    named = [] if content_length is None else [(b"content-length", content_length.encode())]
    return Request({"type": "http", "method": "POST", "headers": named}, receive), asked


@pytest.mark.parametrize(
    ("chunks", "declared", "read"),
    [
        ((b"hello",), None, b"hello"),
        ((b"hel", b"lo", b" you"), "9", b"hello you"),
        ((), None, b""),
        ((b"x" * 10,), "10", b"x" * 10),
        ((b"x" * 11,), None, None),
        ((b"x" * 6, b"x" * 6, b"never"), None, None),
        ((b"x" * 11,), "5", None),
        ((b"x",), "11", None),
        ((b"x",), "9" * 400, None),
        ((b"hello",), "-1", b"hello"),
        ((b"hello",), "many", b"hello"),
        ((b"hello",), "", b"hello"),
    ],
)
async def test_a_body_is_read_up_to_its_limit(
    chunks: tuple[bytes, ...], declared: str | None, read: bytes | None
) -> None:
    request, asked = a_request(*chunks, content_length=declared)
    if read is not None:
        assert await body_of(request, limit=10) == read
        return
    with pytest.raises(TooLarge):
        await body_of(request, limit=10)
    assert b"never" not in asked, "it stops reading at once"


async def test_a_body_that_says_it_is_too_large_is_not_read_at_all() -> None:
    request, asked = a_request(b"x", content_length="11")
    with pytest.raises(TooLarge):
        await body_of(request, limit=10)
    assert asked == []


@pytest.mark.parametrize(
    ("count", "pause", "slow"), [(3, 0.0, False), (100, 0.02, True), (1, 5.0, True)]
)  # many small pieces, each in time, are too slow together
async def test_a_slow_body_is_given_up(count: int, pause: float, slow: bool) -> None:
    request, _ = a_request(*([b"x"] * count), pause=pause)
    started = asyncio.get_running_loop().time()
    if slow:
        with pytest.raises(TooSlow):
            await body_of(request, limit=1000, seconds=0.1)
    else:
        assert len(await body_of(request, limit=1000, seconds=0.1)) == count
    assert asyncio.get_running_loop().time() - started < 1


def a_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def served(
    app: Starlette,
) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.Event, "asyncio.Task[None]"]]:
    port, stop = a_port(), asyncio.Event()
    task = asyncio.create_task(serve(app, "127.0.0.1", port, stop))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(200):
            try:
                await client.get("/")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.02)
        try:
            yield client, stop, task
        finally:
            stop.set()
            await asyncio.wait_for(task, 15)


async def test_health_says_what_the_probe_finds() -> None:
    found: dict[str, Any] = {"ready": False, "depth": 3}

    async def probe() -> dict[str, Any]:
        return found

    async with served(health(probe)) as (client, _, _):
        assert (await client.get("/live")).status_code == 200
        answer = await client.get("/ready")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "depth": 3})
        found["ready"] = True
        assert (await client.get("/ready")).status_code == 200
        assert "server" not in answer.headers


async def test_a_request_in_flight_is_answered_before_the_server_stops() -> None:
    begun = asyncio.Event()

    async def slow(_: Request) -> Response:
        begun.set()
        await asyncio.sleep(0.3)
        return PlainTextResponse("kept")

    async with served(Starlette(routes=[Route("/slow", slow)])) as (client, stop, task):
        asking = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        stop.set()
        assert (await asking).text == "kept"
        await asyncio.wait_for(task, 5)


async def test_a_defect_answers_500_without_saying_why() -> None:
    async def fails(_: Request) -> Response:
        raise ValueError("canary: somebody's words")

    async with served(Starlette(routes=[Route("/", fails)])) as (client, _, _):
        answer = await client.get("/")
        assert answer.status_code == 500
        assert "canary" not in answer.text


async def test_a_port_that_is_taken_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        await serve(Starlette(), "127.0.0.1", taken.getsockname()[1], asyncio.Event())
