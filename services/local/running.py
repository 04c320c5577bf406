"""Which program runs, remembered in a file: a number alone may belong to somebody else after a restart."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import psutil

from shared.files import write_whole


def read(path: Path) -> dict[str, Any]:
    """What the file says; nothing if it is not there or not whole."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(path: Path, pid: int, **more: Any) -> None:
    with suppress(psutil.Error):  # it has ended already: whoever waits for it will say so
        write_whole(path, json.dumps({"pid": pid, "since": psutil.Process(pid).create_time(), **more}) + "\n")


def still_running(path: Path) -> int | None:
    """Its pid, if the very same program still runs."""
    known = read(path)
    try:
        program = psutil.Process(int(known["pid"]))
        same = abs(program.create_time() - float(known["since"])) < 1
        return program.pid if same and program.status() != psutil.STATUS_ZOMBIE else None
    except (KeyError, TypeError, ValueError, psutil.Error):
        return None


def wait_until_gone(path: Path, patience: float) -> bool:
    """After its parent was killed a program may need a moment to stop; after `patience` it is killed."""
    ends = time.monotonic() + patience
    while (pid := still_running(path)) and time.monotonic() < ends:
        time.sleep(0.05)
    if pid:
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
    return still_running(path) is None


def open_log(path: Path) -> BinaryIO:
    """To append to; an old one that has grown large is set aside once."""
    with suppress(OSError):
        if path.stat().st_size > 10_000_000:
            path.replace(path.with_suffix(".old.log"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def last_lines(path: Path, count: int = 3) -> str:
    try:
        return " / ".join(path.read_text(errors="replace").strip().splitlines()[-count:])
    except OSError:
        return ""


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def come_free(ports: Iterable[int], patience: float = 3.0) -> bool:
    """Whether all of them are free, or are soon: a killed program lets go of its ports a moment after it has gone."""
    ends = time.monotonic() + patience
    while taken := [port for port in ports if not is_free(port)]:
        if time.monotonic() > ends:
            return False
        ports = taken
        time.sleep(0.05)
    return True


class Ends(Protocol):
    """A program that we started."""

    def wait(self, timeout: float | None = None) -> object: ...

    def kill(self) -> None: ...


def see_end(program: Ends | None, pid_file: Path, patience: float) -> None:
    """Wait until a program that was asked to end has; after `patience` it is killed. None: another one started it."""
    if program is None:
        wait_until_gone(pid_file, patience)
        return
    try:
        program.wait(patience)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
