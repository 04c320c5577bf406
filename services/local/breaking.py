"""A connection that breaks: a small TCP proxy that cuts the line in the middle of what is sent. For demo and tests."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

_PIECE: Final = 8 * 1024


@dataclass
class Breaking:
    """Forwards to `url`. Each number of `after` cuts one connection, once it has carried so many bytes towards `url`;
    0 cuts it when the answer comes, so that what was taken is not known to be. After that the line holds.
    """

    url: str
    after: Sequence[int]
    broken: int = 0
    port: int = 0
    _left: list[int] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _open: set["asyncio.Task[None]"] = field(default_factory=set)

    async def start(self) -> str:
        """Listen; gives the address to send to instead."""
        self._left = list(self.after)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.url_here

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def url_here(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def left(self) -> int:
        """How many times it will still break."""
        return len(self._left)

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        limit = self._left.pop(0) if self._left else None
        there = urlsplit(self.url)
        try:
            far, forth = await asyncio.open_connection(there.hostname, there.port)
        except OSError:
            back.transport.abort()
            self._open.discard(task)
            return
        going = asyncio.create_task(self._forward(near, forth, limit if limit else None))
        coming = asyncio.create_task(self._forward(far, back, 1 if limit == 0 else None, keep=False))
        try:
            done, _ = await asyncio.wait({going, coming}, return_when=asyncio.FIRST_COMPLETED)
            if any(one.result() for one in done):
                self.broken += 1
            elif limit is not None:
                self._left.append(limit)  # it ended by itself before it was its turn
        except asyncio.CancelledError:
            return  # the whole line is stopped; a stream's task that ends cancelled would print a trace
        finally:
            for one in (going, coming):
                one.cancel()
            for writer in (back, forth):
                writer.transport.abort()
            self._open.discard(task)

    async def _forward(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        limit: int | None,
        *,
        keep: bool = True,
    ) -> bool:
        """True when the line was cut here. With `keep` what came before the cut still goes on."""
        carried = 0
        with contextlib.suppress(ConnectionError):
            while piece := await source.read(_PIECE):
                carried += len(piece)
                if limit is not None and carried >= limit:
                    if keep:
                        sink.write(piece[: len(piece) - (carried - limit)])
                        await sink.drain()
                    return True
                sink.write(piece)
                await sink.drain()
        return False


@contextmanager
def breaking(url: str, after: Sequence[int]) -> Iterator[Breaking]:
    """Run one in a thread of its own, for callers without an event loop."""
    line, ready, loop = Breaking(url, after), threading.Event(), asyncio.new_event_loop()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(line.start())
        ready.set()
        loop.run_forever()

    thread = threading.Thread(target=run, name="breaking line", daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield line
    finally:
        asyncio.run_coroutine_threadsafe(line.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
