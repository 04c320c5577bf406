"""A table of tasks that do what hostile bytes would make a parser do, for tests of the children."""

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, Final

from services.reader.adapters.tasks import MB, Kind, Task

HERE: Final = __name__

KINDS: Final = {
    "forks": Kind(preload=(), memory=256 * MB, forks=True, at_once=2, nice=0),
    "warm": Kind(preload=(), memory=256 * MB, items=3, nice=0),
    "threads": Kind(preload=(HERE,), memory=256 * MB, nice=0),
    "broken": Kind(preload=("no.such.module",), memory=256 * MB, starts_within=10),
}

_DOES: Final = (
    "echo", "who", "spin", "sleep", "eat", "abort", "exit", "raises", "rubbish", "shouts", "writes", "dials", "open_files",
    "peeks", "reads", "hangs_up", "babbles", "reads_beside",
)  # fmt: skip

TASKS: Final = {
    f"{kind}_{name}": Task(kind, f"{HERE}:{name}", seconds=2, cpu=1, answer=4 * MB)
    for kind in KINDS
    for name in _DOES
}
Options = dict[str, Any]


_THREAD = ThreadPoolExecutor(1)


def warm() -> None:
    """Start a thread before there is anything to read, as models do."""
    _THREAD.submit(time.time).result()


def reads_beside(clear: bytes, options: Options) -> dict[str, Any]:
    """Read a file in the thread that was there from the beginning."""
    return _THREAD.submit(reads, clear, options).result()


def echo(clear: bytes, options: Options) -> dict[str, Any]:
    return {"outcome": "words", "back": [clear, options], "twice": clear}


def who(clear: bytes, options: Options) -> dict[str, Any]:
    """Everything that this process has: its environment, its open files, its fences."""
    return {
        "outcome": "words",
        "pid": os.getpid(),
        "environment": dict(os.environ),
        "files": sorted(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "modules": sorted(
            name for name in sys.modules if name.startswith(("shared.vault", "cryptography", "nacl"))
        ),
        "nice": os.nice(0),
        "found": _memory_holds(options) if "half" in options else False,
    }


def _memory_holds(options: Options) -> bool:
    """Look for a phrase in everything that this process can read of itself.

    It knows only the first half and a digest of the whole, so that it does not find what it looks with.
    """
    half, digest, length = bytes.fromhex(options["half"]), options["sha256"], options["length"]
    with open("/proc/self/maps", encoding="utf-8") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, *_, name = [*line.split(), ""]
            if "r" not in rights or name in ("[vvar]", "[vsyscall]"):
                continue
            at, end = (int(one, 16) for one in span.split("-"))
            while at < end:
                try:
                    memory.seek(at)
                    held = memory.read(min(end - at, MB))
                except (OSError, OverflowError):
                    break
                place = -1
                while (place := held.find(half, place + 1)) >= 0:
                    if sha256(held[place : place + length]).hexdigest() == digest:
                        return True
                at += max(1, len(held) - length) if at + len(held) < end else len(held) or end
    return False


def peeks(clear: bytes, options: Options) -> dict[str, Any]:
    """Try to read another process of the same account."""
    try:
        with open(f"/proc/{options['pid']}/mem", "rb") as memory:
            memory.seek(options["at"])
            memory.read(1)
    except OSError as refused:
        return {"outcome": "unreadable", "reason": f"errno_{refused.errno}"}
    return {"outcome": "words"}


def reads(clear: bytes, options: Options) -> dict[str, Any]:
    try:
        with open(options["path"], "rb") as file:
            file.read(1)
    except OSError:
        return {"outcome": "unreadable", "reason": "refused"}
    return {"outcome": "words"}


def spin(clear: bytes, options: Options) -> dict[str, Any]:
    while True:
        pass


def sleep(clear: bytes, options: Options) -> dict[str, Any]:
    time.sleep(60)
    return {"outcome": "words"}


def eat(clear: bytes, options: Options) -> dict[str, Any]:
    kept = []
    while True:
        kept.append(bytearray(16 * MB))


def abort(clear: bytes, options: Options) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGABRT)
    return {}


def exit(clear: bytes, options: Options) -> dict[str, Any]:  # noqa: A001
    os._exit(0)


def raises(clear: bytes, options: Options) -> dict[str, Any]:
    raise RecursionError(clear.decode())


def rubbish(clear: bytes, options: Options) -> dict[str, Any]:
    return {"outcome": "fine, thank you"}


def shouts(clear: bytes, options: Options) -> dict[str, Any]:
    return {"outcome": "words", "much": bytes(5 * MB)}


def writes(clear: bytes, options: Options) -> dict[str, Any]:
    try:
        with open(options["path"], "wb") as file:
            file.write(clear)
    except OSError:
        return {"outcome": "unreadable", "reason": "refused"}
    return {"outcome": "words"}


def dials(clear: bytes, options: Options) -> dict[str, Any]:
    try:
        socket.create_connection(("127.0.0.1", options["port"]), timeout=1).close()
    except OSError:
        return {"outcome": "unreadable", "reason": "refused"}
    return {"outcome": "words"}


def open_files(clear: bytes, options: Options) -> dict[str, Any]:
    kept = []
    while True:
        kept.append(open("/dev/null"))  # noqa: SIM115


def hangs_up(clear: bytes, options: Options) -> dict[str, Any]:
    """Close every socket, and go on living."""
    for number in range(3, 32):
        with contextlib.suppress(OSError):
            os.close(number)
    time.sleep(3)
    return {"outcome": "words"}


def babbles(clear: bytes, options: Options) -> dict[str, Any]:
    """Write to the socket what is no answer."""
    for number in range(3, 32):
        with contextlib.suppress(OSError):
            os.write(number, b"\xff" * 4096)
    time.sleep(3)
    return {"outcome": "words"}
