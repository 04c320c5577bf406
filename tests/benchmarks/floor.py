"""The floor: an ASGI answer that does nothing, served as our services are, in a process of its own.

`python -m tests.benchmarks.floor PORT`
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import psutil
import uvloop

from services.local import running
from services.local.ports import PORTS
from shared.service import spare_the_collector
from shared.web import serve
from tests.support.local import until

Message = dict[str, object]


async def nothing(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    if scope["type"] == "http":
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@contextmanager
def floor() -> Iterator[tuple[int, psutil.Popen]]:
    """Gives its port and its process."""
    port = next(port for port in PORTS if running.is_free(port))
    process = psutil.Popen([sys.executable, "-m", "tests.benchmarks.floor", str(port)])
    try:
        until(lambda: running.listens(port), 30, "the floor answers")
        yield port, process
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    spare_the_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(nothing, "127.0.0.1", int(sys.argv[1]), asyncio.Event()))  # type: ignore[arg-type]
