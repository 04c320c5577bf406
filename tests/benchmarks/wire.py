"""A client that costs little, so that a server is measured and not its client: requests made beforehand, connections
kept, answers read by their length.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.local.plan import sms_url
from services.local.up import Local
from tests.support.twilio.sign import Form, encoded, signed


def request_of(port: int, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def webhooks(local: Local, forms: Sequence[Form]) -> list[bytes]:
    """Each form as a signed request, ready to be sent."""
    url, token = sms_url(local.ports), local.keyring.secret("twilio_webhook").decode()
    return [
        request_of(local.ports["sms_web"], "/sms", encoded(form), signed(url, form, token)) for form in forms
    ]


@dataclass
class Line:
    """Some connections to one port."""

    port: int
    _free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(
        default_factory=asyncio.Queue
    )

    async def ask(self, request: bytes) -> int:
        """Send one, and give the status of its answer."""
        reader, writer = await self._free.get()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        await reader.readexactly(length)
        self._free.put_nowait((reader, writer))
        return int(lines[0].split()[1])

    async def all(self, requests: Sequence[bytes]) -> "Rate":
        """As fast as the connections carry them."""
        waits: list[float] = []

        async def one(request: bytes) -> None:
            began = time.perf_counter()
            status = await self.ask(request)
            waits.append(time.perf_counter() - began)
            assert status == 200, status

        waiting, began = iter(requests), time.perf_counter()

        async def work() -> None:
            for request in waiting:
                await one(request)

        await asyncio.gather(*(work() for _ in range(self._free.qsize())))
        cuts = statistics.quantiles(waits, n=100)
        return Rate(len(requests) / (time.perf_counter() - began), cuts[49], cuts[98])


@dataclass(frozen=True)
class Rate:
    """Requests a second; the median wait and the 99th percentile, in seconds."""

    rate: float
    p50: float
    p99: float


@asynccontextmanager
async def line(port: int, at_once: int) -> AsyncIterator[Line]:
    made, opened = Line(port), []
    for _ in range(at_once):
        pair = await asyncio.open_connection("127.0.0.1", port)
        opened.append(pair[1])
        made._free.put_nowait(pair)
    try:
        yield made
    finally:
        for writer in opened:
            writer.close()
