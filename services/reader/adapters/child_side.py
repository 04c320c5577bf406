"""The child's own side: `python -m services.reader.adapters.child_side TABLE KIND FD`.

It is a program of its own, started with an empty environment and one socket, so it never held a key: neither in its
memory nor in that of the process it came from. A kind that forks stays single-threaded and gives each item a process
of its own; the others read one item after the other.
"""

import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from services.reader.adapters import confine
from services.reader.adapters.frames import LENGTHS, Rubbish, lengths, pack, unpack
from services.reader.adapters.tasks import Kind, Task

READY, JOB, KILL, STARTED, ENDED = b"R", b"J", b"K", b"P", b"E"
MESSAGE: Final = 13
"""A message to or from a child that forks: a letter, the number of the item, a number."""
_LARGEST: Final = 512 * 1024 * 1024


def message(letter: bytes, item: int = 0, number: int = 0) -> bytes:
    return letter + item.to_bytes(8, "big") + number.to_bytes(4, "big", signed=True)


def parsed(text: bytes) -> tuple[bytes, int, int]:
    return text[:1], int.from_bytes(text[1:9], "big"), int.from_bytes(text[9:], "big", signed=True)


Tasks = dict[str, Task]


def main(table: str, name: str, fd: int) -> None:
    """`table` is the module that holds the kinds and the tasks."""
    known = importlib.import_module(table)
    tasks: Tasks = known.TASKS
    kind: Kind = known.KINDS[name]
    sock = socket.socket(fileno=fd)
    confine.dies_with_its_parent()
    os.nice(kind.nice)
    # The fence comes first: it binds the thread that asks for it and those that it starts, and models start many.
    confined = all((confine.no_network(), confine.only_these_files(_readable()), confine.no_rights()))
    for module in kind.preload:
        loaded = importlib.import_module(module)
        getattr(loaded, "warm", lambda: None)()
    if kind.forks:
        sock.sendall(message(READY, number=int(confined)))
        _Forks(kind, tasks, sock).run()
        return
    confine.limit(kind.memory)
    sock.sendall(message(READY, number=int(confined)))
    while _serve(sock, tasks):
        pass


def _readable() -> list[str]:
    """Python, what is installed for it, our own code, and what libraries ask of the machine."""
    code = str(Path(__file__).resolve().parents[3])
    ours = [f"{code}/{name}" for name in ("services", "shared", "tests")]
    system = [
        "/usr",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
        "/proc",
        "/sys/devices",
        "/dev/null",
        "/dev/urandom",
    ]
    return [
        sys.prefix,
        sys.base_prefix,
        *(one for one in sys.path if one.endswith("-packages")),
        *ours,
        *system,
    ]


class _Forks:
    """Single-threaded: starts a process an item, kills it when told, says how it ended."""

    def __init__(self, kind: Kind, tasks: Tasks, sock: socket.socket) -> None:
        self.kind, self.tasks, self.sock = kind, tasks, sock
        self.items: dict[int, int] = {}  # process -> item
        self.woken, self.wakes = os.pipe()
        os.set_blocking(self.wakes, False)
        os.set_blocking(self.woken, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wakes, warn_on_full_buffer=False)

    def run(self) -> None:
        said = self.sock.fileno()
        while True:
            ready, _, _ = select.select([said, self.woken], [], [], 5.0)
            if self.woken in ready:
                os.read(self.woken, 4096)
            self._reap()
            if said in ready and not self._listen():
                break
        for pid in self.items:
            os.kill(pid, signal.SIGKILL)

    def _listen(self) -> bool:
        text, fds, _, _ = socket.recv_fds(self.sock, MESSAGE, 1)
        if not text:
            return False
        letter, item, _ = parsed(text)
        if letter == KILL:
            for pid in [pid for pid, one in self.items.items() if one == item]:
                os.kill(pid, signal.SIGKILL)
        elif letter == JOB and fds:
            self._fork(item, socket.socket(fileno=fds[0]))
        return True

    def _fork(self, item: int, job: socket.socket) -> None:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                self._become(job)
                status = 0
            finally:
                os._exit(status)
        job.close()
        self.items[pid] = item
        self.sock.sendall(message(STARTED, item, pid))

    def _become(self, job: socket.socket) -> None:
        """In the new process: nothing of the parent's but what was loaded."""
        confine.dies_with_its_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.sock.close()
        os.close(self.woken)
        os.close(self.wakes)
        os.setsid()
        confine.limit(self.kind.memory)
        _serve(job, self.tasks)

    def _reap(self) -> None:
        while self.items:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self.sock.sendall(message(ENDED, self.items.pop(pid), os.waitstatus_to_exitcode(status)))


def _serve(sock: socket.socket, tasks: Tasks) -> bool:
    """Read one item and answer; False when nobody is there any more."""
    start = _exactly(sock, LENGTHS)
    if not start:
        return False
    header, rest = lengths(start, _LARGEST)
    asked = unpack(_exactly(sock, header), _exactly(sock, rest))
    for piece in _answer(asked, tasks):
        sock.sendall(piece)
    return True


def _answer(asked: dict[str, Any], tasks: Tasks) -> list[bytes]:
    task = tasks[asked["task"]]
    try:
        confine.allow_cpu(task.cpu)
        return pack(_function(task.function)(asked["clear"], asked["options"]))
    except MemoryError:
        return pack({"outcome": "too_big", "reason": "memory"})
    except Exception as error:  # hostile input: whatever it breaks is what it is known by
        return pack({"outcome": "unreadable", "reason": f"failed:{type(error).__name__.lower()[:40]}"})


def _function(name: str) -> Callable[[bytes, dict[str, Any]], dict[str, Any]]:
    module, _, function = name.partition(":")
    found: Callable[[bytes, dict[str, Any]], dict[str, Any]] = getattr(
        importlib.import_module(module), function
    )
    return found


def _exactly(sock: socket.socket, length: int) -> bytes:
    """That many bytes, or nothing when the other side has gone before the first.

    Raises:
        Rubbish: when it went away in the middle.
    """
    got = bytearray()
    while len(got) < length:
        piece = sock.recv(min(length - len(got), 1024 * 1024))
        if not piece:
            if got:
                raise Rubbish
            return b""
        got += piece
    return bytes(got)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
