"""The whole path on this machine: webhooks against a bare floor, and texts a second from webhook to archive."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import psutil
import uvicorn

from services.local.plan import DRAMA
from services.local.up import Local
from tests.benchmarks.pieces import WORDS, Figures
from tests.support.local import heard, sender, settled, texter
from tests.support.twilio.sign import a_text, encoded

COUNT = 600


async def whole_path(folder: Path) -> list[Figures]:
    bare, _, _ = await floor()
    with heard(folder) as local:
        # Texts of people who all say something else, one number a text as far as the numbers go.
        forms = [a_text(WORDS[n % len(WORDS)], sender=sender(n), to=DRAMA["ours"]) for n in range(COUNT)]
        async with texter(local) as door:
            began = time.perf_counter()
            rate, p50, p99 = await measure(lambda n: door.post(forms[n]), COUNT)
            await asyncio.to_thread(settled, local, COUNT, 600)
            took = time.perf_counter() - began
        memory = weigh(local)
    return [
        ("bare ASGI answer, 16 at a time", f"{bare:.0f} a second", "the floor, client included"),
        ("signed webhook, spooled and on Kafka", f"{rate:.0f} a second", f"{rate / bare:.2f} of the floor"),
        ("  its answer", f"p50 {p50 * 1e3:.0f} ms", f"p99 {p99 * 1e3:.0f} ms"),
        (
            "webhook to archive, all services",
            f"{COUNT / took:.0f} texts a second",
            f"{COUNT} texts in {took:.0f} s",
        ),
        (
            "memory of it all",
            f"{sum(memory.values()) / 1e6:.0f} MB",
            ", ".join(f"{k} {v / 1e6:.0f}" for k, v in memory.items()),
        ),
    ]


async def floor() -> tuple[float, float, float]:
    """An ASGI answer that does nothing, asked by the same client over loopback."""

    async def nothing(
        scope: dict[str, str],
        receive: Callable[[], Awaitable[dict[str, object]]],
        send: Callable[[dict[str, object]], Awaitable[None]],
    ) -> None:
        if scope["type"] == "http":
            await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    server = uvicorn.Server(uvicorn.Config(nothing, port=0, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    body = encoded(a_text(WORDS[0]))
    async with httpx.AsyncClient() as client:
        figures = await measure(lambda _: client.post(f"http://127.0.0.1:{port}/", content=body), COUNT)
    server.should_exit = True
    await running
    return figures


async def measure(ask: Callable[[int], Awaitable[object]], count: int) -> tuple[float, float, float]:
    """Requests a second, and the median and the 99th percentile in seconds; 16 at a time."""
    gate, waits = asyncio.Semaphore(16), list[float]()

    async def one(n: int) -> None:
        async with gate:
            began = time.perf_counter()
            await ask(n)
            waits.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*map(one, range(count)))
    took = time.perf_counter() - began
    cuts = statistics.quantiles(waits, n=100)
    return count / took, cuts[49], cuts[98]


def weigh(local: Local) -> dict[str, int]:
    """Memory of each process that is ours alone, in bytes."""
    pids = {name: one.process.child_pid for name, one in local.fleet.processes.items()}
    found = {name: psutil.Process(pid).memory_full_info().uss for name, pid in pids.items()}
    status = local.home.status()
    servers = [psutil.Process(status["kafka_pid"]), psutil.Process(status["postgres_pid"])]
    found["kafka"] = servers[0].memory_full_info().uss
    found["postgres"] = sum(
        one.memory_full_info().uss for one in (servers[1], *servers[1].children(recursive=True))
    )
    return found
