"""The processes behind the children: how they are started, fed one item, watched, and ended."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Final

import services
from services.reader.adapters import child_side as child
from services.reader.adapters.frames import LENGTHS, Rubbish, lengths, unpack
from services.reader.adapters.tasks import Kind, Task
from shared.contracts.values import Outcome
from shared.errors import Unavailable

_ROOT: Final = Path(services.__path__[0]).parent
_MODULE: Final = child.__name__
_TOLD: Final = 1.0
"""Seconds that we wait to be told how a child ended."""


class Died(Exception):
    """The child ended without an answer; `status` is its exit status, or minus the signal."""

    def __init__(self, status: int) -> None:
        super().__init__("died")
        self.status = status


class Overran(Exception):
    """The child went over one of its limits, or did not keep to the form of an answer."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


class Process(ABC):
    """One kind of child."""

    def __init__(self, table: str, name: str, kind: Kind) -> None:
        self.name, self.kind = name, kind
        self.state = "idle"
        self._table = table
        self._popen: subprocess.Popen[bytes] | None = None
        self._sock: socket.socket | None = None
        self._starting = asyncio.Lock()
        self._gate = asyncio.Semaphore(kind.at_once)

    @property
    def pid(self) -> int:
        return self._popen.pid if self._popen and self._popen.poll() is None else 0

    async def ask(self, asked: list[bytes], task: Task) -> dict[str, Any]:
        """Have one item read.

        Raises:
            Died, Overran: what became of the child.
            Unavailable: when none starts.
        """
        async with self._gate:
            await self.start()
            return await self._ask(asked, task)

    async def start(self) -> None:
        """Start it, unless it runs.

        Raises:
            Unavailable: `no_child`.
        """
        async with self._starting:
            if not self.pid:
                await self._start()

    @abstractmethod
    async def _ask(self, asked: list[bytes], task: Task) -> dict[str, Any]: ...

    async def close(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None
        if self._popen is not None:
            self._popen.kill()
            await asyncio.to_thread(self._popen.wait)

    async def _start(self) -> None:
        """Start the program: an empty environment, one socket, nothing else that is open here."""
        await self.close()
        ours, theirs = socket.socketpair()
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE, self._table, self.name, str(theirs.fileno())],
                env=_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise Unavailable("no_child") from None
        finally:
            theirs.close()
        ours.setblocking(False)
        self._sock = ours
        try:
            async with asyncio.timeout(self.kind.starts_within):
                letter, _, confined = child.parsed(await exactly(ours, child.MESSAGE))
        except (TimeoutError, OSError, EOFError):
            await self.close()
            raise Unavailable("no_child") from None
        if letter != child.READY:
            await self.close()
            raise Unavailable("no_child")
        self.state = "confined" if confined else "limited"


class Warm(Process):
    """Keeps what it loaded. One item at a time; replaced after many, or when something was wrong with it."""

    _read = 0

    async def _ask(self, asked: list[bytes], task: Task) -> dict[str, Any]:
        assert self._sock is not None
        assert self._popen is not None
        try:
            answer = await exchanged(self._sock, asked, task)
        except EOFError:
            status = await asyncio.to_thread(_status_of, self._popen)
            await self._replace()
            raise _ended(status) from None
        except BaseException:
            await self._replace()
            raise
        self._read += 1
        if self._read >= self.kind.items:
            await self._replace()
        return answer

    async def _replace(self) -> None:
        self._read = 0
        await self.close()


class Forking(Process):
    """Gives each item a process of its own."""

    def __init__(self, table: str, name: str, kind: Kind) -> None:
        super().__init__(table, name, kind)
        self._number = 0
        self._ends: dict[int, asyncio.Future[int]] = {}
        self._hearing: asyncio.Task[None] | None = None
        self.items: dict[int, int] = {}
        """The process of each item that is read now."""

    async def _start(self) -> None:
        await super()._start()
        assert self._sock is not None
        self._hearing = asyncio.create_task(self._hear(self._sock))

    async def close(self) -> None:
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
            self._hearing = None
        await super().close()

    async def _ask(self, asked: list[bytes], task: Task) -> dict[str, Any]:
        self._number += 1
        number = self._number
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        end = self._ends[number] = asyncio.get_running_loop().create_future()
        try:
            parent = self._popen
            try:
                with theirs:
                    self._tell(child.message(child.JOB, number), theirs.fileno())
            except Died:
                await self._gone(parent)
                raise
            return await exchanged(ours, asked, task)
        except EOFError:
            raise _ended(await self._status(end)) from None
        finally:
            ours.close()
            with contextlib.suppress(Died):
                if not end.done():
                    self._tell(child.message(child.KILL, number))
            self._ends.pop(number, None)

    def _tell(self, text: bytes, *fds: int) -> None:
        try:
            if self._sock is None:
                raise Died(0)
            socket.send_fds(self._sock, [text], fds)
        except OSError:
            raise Died(0) from None

    async def _gone(self, parent: subprocess.Popen[bytes] | None) -> None:
        """It hears nothing any more, though the system may not have said so yet: whoever asks next starts another."""
        async with self._starting:
            if parent is not None and parent is self._popen:
                parent.kill()
                await asyncio.to_thread(parent.wait)

    async def _status(self, end: asyncio.Future[int]) -> int:
        try:
            async with asyncio.timeout(_TOLD):
                return await asyncio.shield(end)
        except TimeoutError:
            return 0

    async def _hear(self, sock: socket.socket) -> None:
        """What the child says of its own children, until it is gone."""
        with contextlib.suppress(OSError, EOFError):
            while True:
                letter, number, value = child.parsed(await exactly(sock, child.MESSAGE))
                if letter == child.STARTED:
                    self.items[number] = value
                elif letter == child.ENDED:
                    self.items.pop(number, None)
                    if (end := self._ends.get(number)) is not None and not end.done():
                        end.set_result(value)


async def exchanged(sock: socket.socket, asked: list[bytes], task: Task) -> dict[str, Any]:
    """Say an item, hear the answer.

    Raises:
        Overran: by the clock, or when it answers too much or no frame.
        EOFError: when it is gone.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(task.seconds):
            try:
                for piece in asked:
                    await loop.sock_sendall(sock, piece)
            except OSError:
                raise EOFError from None
            header, rest = lengths(await exactly(sock, LENGTHS), task.answer)
            return unpack(await exactly(sock, header), await exactly(sock, rest))
    except TimeoutError:
        raise Overran(Outcome.TOO_BIG, "too_long") from None
    except Rubbish:
        raise Overran(Outcome.UNREADABLE, "rubbish") from None


async def exactly(sock: socket.socket, length: int) -> bytes:
    """That many bytes.

    Raises:
        EOFError: when the other side is gone.
    """
    loop, got = asyncio.get_running_loop(), bytearray()
    while len(got) < length:
        try:
            piece = await loop.sock_recv(sock, min(length - len(got), 1024 * 1024))
        except OSError:
            raise EOFError from None
        if not piece:
            raise EOFError
        got += piece
    return bytes(got)


def _status_of(popen: subprocess.Popen[bytes]) -> int:
    try:
        return popen.wait(_TOLD)
    except subprocess.TimeoutExpired:  # it only closed its socket
        return 0


def _ended(status: int) -> Exception:
    if status == -signal.SIGXCPU:
        return Overran(Outcome.TOO_BIG, "cpu")
    return Died(status)


def _environment() -> dict[str, str]:
    """Nothing of ours but where programs and code lie."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
    }
