"""What a child gives up before it meets anything that somebody sent: network, rights, memory, time, files.

Where a machine cannot give one of these (user namespaces are switched off, it is no Linux), the child goes on without
it and says so: the reader's state then shows `limited`.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterable
from typing import Final

_NEWUSER, _NEWNET, _NEWIPC = 0x10000000, 0x40000000, 0x08000000
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_NO_NEW_PRIVS = 1, 4, 38
_CAPABILITIES_V3: Final = 0x20080522
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_FILE_ACCESS: Final = (0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF)
"""All that Landlock can refuse of files, by the version of it that the kernel knows."""
_TCP, _SCOPES = 0b11, 0b11
_READ_FILE, _READ_ALL = 0b101, 0b1101
_HEADROOM: Final = 1024 * 1024 * 1024
"""Bytes of address space beyond what may be allocated: libraries and what is only reserved."""


def no_network() -> bool:
    """Leave the network for one of our own that has no device but a loopback that is down. Threads must not run yet."""
    libc = _libc()
    if libc is None:
        return False
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_NEWUSER | _NEWNET | _NEWIPC) != 0:
        return bool(libc.unshare(_NEWNET | _NEWIPC) == 0)
    for path, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with contextlib.suppress(OSError), open(f"/proc/self/{path}", "w", encoding="ascii") as file:
            file.write(text)
    return True


def only_these_files(readable: Iterable[str]) -> bool:
    """Read below these paths and nowhere else, write nowhere (Landlock); no other process can be looked into."""
    libc = _libc()
    if libc is None:
        return False
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    wanted = (ctypes.c_uint64 * 3)(_FILE_ACCESS[min(version, len(_FILE_ACCESS)) - 1], _TCP, _SCOPES)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = libc.syscall(_CREATE_RULESET, wanted, ctypes.c_size_t(size), 0)
    if rules < 0:
        return False
    try:
        for path in readable:
            _allow(libc, rules, path)
        if libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: str) -> None:
    try:
        at = os.open(path, os.O_PATH)
    except OSError:
        return
    try:
        rights = _READ_ALL if os.path.isdir(path) else _READ_FILE
        beneath = rights.to_bytes(8, sys.byteorder) + at.to_bytes(4, sys.byteorder)
        libc.syscall(_ADD_RULE, rules, 1, beneath, 0)
    finally:
        os.close(at)


def no_rights() -> bool:
    """Give up every capability, for good: neither a program nor a namespace gives one back."""
    libc = _libc()
    if libc is None:
        return False
    if libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    return bool(libc.capset(header, (ctypes.c_uint32 * 6)()) == 0)


def dies_with_its_parent() -> None:
    if (libc := _libc()) is not None:
        libc.prctl(_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def hide_memory() -> bool:
    """Close this process's memory to others of the same account, the children among them."""
    libc = _libc()
    return libc is not None and libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0) == 0


def limit(memory: int) -> None:
    """Bound what may be allocated; no file can be written, no core is left."""
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, 0)
    _bound(resource.RLIMIT_NOFILE, 64)
    _bound(resource.RLIMIT_DATA, memory)
    _bound(resource.RLIMIT_AS, memory + _HEADROOM)


def allow_cpu(seconds: int) -> None:
    """That many seconds of the processor from now on, then SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = int(used.ru_utime + used.ru_stime) + seconds + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (end, hard))


def _bound(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    with contextlib.suppress(OSError, ValueError):  # macOS knows some of them only by name
        resource.setrlimit(which, (most, most))


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
