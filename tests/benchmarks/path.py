"""The whole path on this machine: webhooks, levels, texts a second from webhook to archive, memory and disk."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from services.local import running
from services.local.ports import PORTS
from services.local.up import Local
from tests.benchmarks.levels import paced
from tests.benchmarks.pieces import Figures
from tests.benchmarks.webhook import forms, webhook
from tests.benchmarks.wire import line, webhooks
from tests.support.local import heard, settled, until

COUNT = 1500
DOUBLED = ("triage", "anonymiser", "archive", "replies", "pager", "ledger")


async def whole_path(folder: Path) -> list[Figures]:
    with heard(folder) as local:
        empty = weight_of(folder)
        rows, sent = await webhook(local)
        await asyncio.to_thread(settled, local, sent, 900)
        for pace in (50, 200):
            row, count = await paced(local, pace, sent)
            rows.append(row)
            sent += count
            await asyncio.to_thread(settled, local, sent, 900)
        one, sent = await through(local, sent)
        with doubled(local):
            two, sent = await through(local, sent)
        memory, full = weigh(local), weight_of(folder)
    each = {name: (full[name] - empty.get(name, 0)) / sent for name in full}
    return [
        *rows,
        ("webhook to archive, all services", f"{one:.0f} texts a second", f"{COUNT} texts at once"),
        ("  with twice the processes", f"{two:.0f} texts a second", f"{two / one:.2f} times"),
        (
            "memory of the services of a text",
            f"{sum(memory.values()) / 1e6:.0f} MB",
            ", ".join(f"{name} {size / 1e6:.0f}" for name, size in memory.items()),
        ),
        (
            "on disk, a text",
            f"{sum(each.values()) / 1e3:.0f} kB",
            ", ".join(f"{name} {size / 1e3:.1f}" for name, size in each.items() if size > 100),
        ),
    ]


async def through(local: Local, sent: int) -> tuple[float, int]:
    """Texts a second from the first webhook to the last open copy; and how many were sent so far."""
    requests = webhooks(local, forms(COUNT, sent))
    began = time.perf_counter()
    async with line(local.ports["sms_web"], 32) as door:
        await door.all(requests)
    await asyncio.to_thread(settled, local, sent + COUNT, 900)
    return COUNT / (time.perf_counter() - began), sent + COUNT


@contextmanager
def doubled(local: Local) -> Iterator[None]:
    """A second process of each service but the intake, whose port is one."""
    free = (port for port in reversed(PORTS) if running.is_free(port))
    ports = {name: next(free) for name in DOUBLED}
    beside = [local.fleet.beside(name, "second", port) for name, port in ports.items()]
    try:
        until(lambda: all(map(running.listens, ports.values())), 120, "the second processes answer")
        time.sleep(10)  # the groups share their partitions anew
        yield
    finally:
        for process in beside:
            process.terminate()
        for process in beside:
            process.wait(60)


def weigh(local: Local) -> dict[str, int]:
    """Memory of each process that is ours alone, in bytes."""
    pids = {name: one.process.child_pid for name, one in local.fleet.processes.items()}
    found = {name: psutil.Process(pid).memory_full_info().uss for name, pid in pids.items()}
    status = local.home.status()
    servers = [psutil.Process(status["kafka_pid"]), psutil.Process(status["postgres_pid"])]
    found["kafka"] = servers[0].memory_full_info().uss
    found["postgres"] = sum(
        one.memory_full_info().uss for one in (servers[1], *servers[1].children(recursive=True))
    )
    return found


def weight_of(folder: Path) -> dict[str, int]:
    """What each part of the home takes on disk, in bytes, as the file system counts."""
    return {
        part.name: sum(file.lstat().st_blocks * 512 for file in part.rglob("*") if file.is_file())
        for part in folder.iterdir()
        if part.is_dir()
    }
