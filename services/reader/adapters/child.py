"""Reads things in child processes that hold no key, and takes whatever becomes of them as an answer.

A child that dies, overruns or answers rubbish is an outcome of what it read, never an error of ours: `unreadable` or
`too_big`, with its reason. Only a child that cannot be started at all is our own trouble (`Unavailable`).
"""

import asyncio
import importlib
import time
from collections.abc import Mapping
from typing import Any, Final, Protocol

from services.reader.adapters import tasks
from services.reader.adapters.frames import pack
from services.reader.adapters.process import Died, Forking, Overran, Process, Warm
from services.reader.adapters.tasks import Kind, Task
from shared.contracts.values import Outcome
from shared.errors import Unavailable
from shared.telemetry import log
from shared.telemetry.meters import NOWHERE, Meters
from shared.telemetry.metrics import Metric

Answer = Mapping[str, Any]

_OUTCOMES: Final = frozenset(one.value for one in Outcome)


class Reads(Protocol):
    """What handlers ask: one reading, in a child."""

    async def read(self, task: str, clear: bytes, options: Mapping[str, object]) -> Answer:
        """Give what a task made of the bytes; its `outcome` always, a `reason` where that is not `words`."""


class Children:
    """The children of one reader, by kind; each starts when it is first needed.

    `table` is the module that holds `KINDS` and `TASKS`; the children import it by the same name.
    """

    def __init__(self, table: str = tasks.__name__, meters: Meters = NOWHERE) -> None:
        self._meters = meters
        known = importlib.import_module(table)
        self._tasks: Mapping[str, Task] = known.TASKS
        kinds: Mapping[str, Kind] = known.KINDS
        self._processes: dict[str, Process] = {
            name: Forking(table, name, kind) if kind.forks else Warm(table, name, kind)
            for name, kind in kinds.items()
        }

    async def read(self, task: str, clear: bytes, options: Mapping[str, object]) -> Answer:
        """Read in a child.

        Raises:
            Unavailable: `no_child` when this machine starts none.
        """
        began = time.monotonic()
        answer = await self._read(task, clear, options)
        self._meters.observe(Metric.READING, time.monotonic() - began, task=task)
        self._meters.count(Metric.READINGS, task=task, outcome=answer["outcome"])
        return answer

    async def _read(self, task: str, clear: bytes, options: Mapping[str, object]) -> Answer:
        told, process = self._tasks[task], self._processes[self._tasks[task].kind]
        asked = pack({"task": task, "clear": clear, "options": options})
        try:
            try:
                answer = await process.ask(asked, told)
            except Died:  # the machine may have been short of memory, or somebody ended it: once more
                log.warning("reader_child_died", task=task, attempt=1)
                self._meters.count(Metric.CHILDREN_ENDED, task=task, how="died")
                answer = await process.ask(asked, told)
        except Died as died:
            log.warning("reader_child_died", task=task, attempt=2, status=died.status)
            self._meters.count(Metric.CHILDREN_ENDED, task=task, how="died")
            return _failed(Outcome.UNREADABLE, "child_died")
        except Overran as over:
            log.warning("reader_child_overran", task=task, reason=over.reason)
            self._meters.count(Metric.CHILDREN_ENDED, task=task, how="overran")
            return _failed(over.outcome, over.reason)
        if answer.get("outcome") not in _OUTCOMES:
            self._meters.count(Metric.CHILDREN_ENDED, task=task, how="rubbish")
            return _failed(Outcome.UNREADABLE, "rubbish")
        return answer

    async def stand_ready(self, kind: str) -> None:
        """Have a child that forks there before its first item, and again when it has died. Runs for ever."""
        while True:
            try:
                await self._processes[kind].start()
            except Unavailable:
                log.warning("reader_child_not_started", kind=kind)
            await asyncio.sleep(5.0)

    def state(self) -> dict[str, str]:
        """Of each kind: `confined`, `limited` where the machine lacks a fence, `idle` before its first item."""
        return {name: process.state for name, process in self._processes.items()}

    def pids(self) -> dict[str, int]:
        """The processes that run now, by kind."""
        return {name: process.pid for name, process in self._processes.items() if process.pid}

    async def close(self) -> None:
        await asyncio.gather(*(process.close() for process in self._processes.values()))


def _failed(outcome: Outcome, reason: str) -> Answer:
    return {"outcome": outcome.value, "reason": reason}
