"""A thin ASGI shell: body limits, health on a port of its own, and a server that leaves signals to the service."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.database import is_away

Probe = Callable[[], Awaitable[dict[str, Any]]]


Answer = Callable[[Request], Awaitable[Response]]


def unless_away(answer: Answer) -> Answer:
    """A route that says 503 while the database is away."""

    async def ask(request: Request) -> Response:
        try:
            return await answer(request)
        except Exception as error:
            if not is_away(error):
                raise
            return JSONResponse({"error": "the database is away"}, status_code=503)

    return ask


class TooLarge(Exception):
    """The body is over the limit."""


class TooSlow(Exception):
    """The body did not come in time."""


async def body_of(request: Request, *, limit: int, seconds: float = 10.0) -> bytes:
    """Read a body whole, at most `limit` bytes within `seconds`.

    Raises:
        TooLarge: as soon as it is known, by its length header or by counting.
        TooSlow: when it does not come in time.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise TooLarge
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise TooLarge
    except TimeoutError:
        raise TooSlow from None
    return bytes(body)


def health(probe: Probe, routes: Sequence[Route] = ()) -> Starlette:
    """`/live` says that the loop runs, `/ready` what the probe finds (503 unless its `ready` is true)."""

    async def live(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def ready(_: Request) -> Response:
        found = await probe()
        return JSONResponse(found, status_code=200 if found.get("ready") else 503)

    return Starlette(routes=[Route("/live", live), Route("/ready", ready), *routes])


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the service has its own way to stop


async def serve(app: ASGIApp, host: str, port: int, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then let requests in flight finish (at most 10 s).

    An answer that goes on for ever ends when `scope["heard_stopping"]` is set, so that it holds no stop up.
    """

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        scope["heard_stopping"] = stop
        await app(scope, receive, send)

    listener = socket.create_server((host, port), backlog=2048, reuse_port=False)
    config = uvicorn.Config(
        told,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        limit_concurrency=1000,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        proxy_headers=False,
    )
    server = _Server(config)

    async def leave() -> None:
        await stop.wait()
        server.should_exit = True

    leaving = asyncio.create_task(leave())
    try:
        await server.serve(sockets=[listener])
    finally:
        leaving.cancel()
        listener.close()
