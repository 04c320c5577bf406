"""Run as a program by `leash.py`: starts a command and stops it when whoever started us is gone.

    leash_holder.py HELD_FD REPORT_FD SIGNAL GRACE ACCOUNT -- COMMAND...

Only the standard library, and little of it: it stands beside every process that we start.
"""

import contextlib
import os
import select
import signal
import sys
import time

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE, CAPABILITIES_V3 = 1, 0x20080522

ORPHANED = 10.0  # seconds that a program may take to stop when nobody waits for it


def prctl(option: int, *values: int) -> None:
    if sys.platform != "linux":
        return
    import ctypes

    words = [ctypes.c_ulong(value) for value in (*values, *([0] * (4 - len(values))))]
    ctypes.CDLL(None, use_errno=True).prctl(option, *words)


def become(account: str) -> None:
    """Give up root, but keep the right to pass through folders: ours are 0700 and may lie below /root."""
    import pwd

    entry = pwd.getpwnam(account)
    prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    if sys.platform == "linux":
        import ctypes

        header = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0)
        bit = 1 << CAP_DAC_OVERRIDE
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        ctypes.CDLL(None, use_errno=True).capset(header, sets)
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE)


def start(command: list[str], account: str, stop: int, report: int) -> int:
    holder = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        if account:
            become(account)
        prctl(PR_SET_PDEATHSIG, stop)
        if os.getppid() == holder:
            os.execvp(command[0], command)  # noqa: S606  # no shell is meant
    except (OSError, KeyError) as exc:
        os.write(report, str(exc).encode())
    os._exit(127)


def main() -> int:
    held, report, stop, grace = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    account, command = sys.argv[5], sys.argv[7:]
    parent = os.getppid()
    os.set_inheritable(held, False)
    os.set_inheritable(report, False)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    asked: list[int] = []
    for ending in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ending, lambda number, _frame: asked.append(number))
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    child = start(command, account, stop, report)
    os.write(report, f"{child}\n".encode())
    let_go_of_all_but({held, woken, wake, 2})

    deadline = 0.0
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            signal_group(child, signal.SIGKILL)  # what it started and left behind
            return follow(status)
        if deadline and time.monotonic() > deadline:
            signal_group(child, signal.SIGKILL)
        watched = [woken] if deadline else [woken, held]
        ready, _, _ = select.select(watched, [], [], 0.2 if deadline else 2)
        if woken in ready:
            os.read(woken, 512)
        if not deadline and (asked or held in ready or os.getppid() != parent):
            # Whoever started us is gone, and so are the servers that a long goodbye would talk to.
            deadline = time.monotonic() + (grace if asked else min(grace, ORPHANED))
            os.kill(child, stop)


def follow(status: int) -> int:
    """End as the command ended."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return os.waitstatus_to_exitcode(status)


def signal_group(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, number)


def let_go_of_all_but(kept: set[int]) -> None:
    """The program's pipes must close when the program closes them, so we may not hold them too."""
    for number in set(range(max(kept))) - kept:
        with contextlib.suppress(OSError):
            os.close(number)
    os.closerange(max(kept) + 1, 4096)


if __name__ == "__main__":
    sys.exit(main())
