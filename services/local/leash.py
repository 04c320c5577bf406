"""Start programs that never outlive us, not even when we are killed with SIGKILL.

Between us and the program stands one small process (`leash_holder.py`). It holds the reading end of a pipe
whose writing end only we hold; when that closes, for whatever reason, it stops the program.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from services.local.trouble import CannotHave

HOLDER = Path(__file__).with_name("leash_holder.py")


class Leashed(subprocess.Popen[bytes]):
    """A `Popen` of the holder: `pid` is the holder's, `child_pid` the program's; signals go to the program.

    The exit code is the program's own, also when a signal ended it.
    """

    child_pid: int

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.child_pid, sig)

    def terminate(self) -> None:
        """Ask it to stop; the holder sees to it that it does."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL for the program and its group."""
        if self.poll() is None:
            os.killpg(self.child_pid, signal.SIGKILL)


def spawn(
    argv: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = subprocess.STDOUT,
    cwd: str | os.PathLike[str] | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    grace: float = 10.0,
    account: str = "",
) -> Leashed:
    """Start `argv` in a session of its own; returns when it runs (or raises `CannotHave`).

    `stop_signal` is sent first when it has to stop, SIGKILL after `grace` seconds. The program alone inherits
    `pass_fds`. `account` is whose rights it gets when we are root (PostgreSQL refuses root's).
    """
    held, ours = os.pipe()
    heard, reports = os.pipe()
    try:
        holder = Leashed(
            [
                *(sys.executable, "-I", "-S", str(HOLDER)),
                *(str(held), str(reports), str(int(stop_signal)), str(grace), account, "--"),
                *(os.fspath(word) for word in argv),
            ],
            env=env,
            pass_fds=(held, reports, *pass_fds),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr if stdout is not None else None,
            cwd=cwd,
            start_new_session=True,
        )
    except OSError:
        os.close(ours)
        os.close(heard)
        raise
    finally:
        os.close(held)
        os.close(reports)
    with open(heard) as report:
        first, trouble = report.readline(), report.read()
    if trouble or not first:
        holder.wait()
        os.close(ours)
        raise CannotHave(f"{Path(argv[0]).name} cannot be started: {trouble.strip() or 'no report'}.")
    holder.child_pid = int(first)
    # `ours` is never closed by us: the end of this process closes it, and that is what the holder waits for.
    return holder
