"""The local file: what the pager goes on with while the database is away, and across a restart then.

A mirror of the desk as it was last read, the facts that came since, and the rings made from them. No words: what
is sealed stays sealed. A file that fails (a full disk) costs the memory of it, never a ring.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from pydantic import TypeAdapter

from services.pager.rules.calls import Call, NewId, calls
from services.pager.rules.desk import INTAKE, Desk, Ring, Waiting
from services.pager.rules.facts import FACT, Fact
from shared.concerns.ladder import Pace, Result
from shared.concerns.rules import NO_LEVEL, Concern
from shared.errors import Unavailable
from shared.telemetry import log

_SCHEMA: Final = """
create table if not exists mirror (id integer primary key check (id = 1), body blob not null);
create table if not exists fact (n integer primary key autoincrement, event_id text not null unique, body blob not null);
create table if not exists ring (id text primary key, body blob not null);
"""
_PATIENCE: Final = 5.0
_RECENTLY: Final = 60.0  # longer than a transaction may take
AT_ONCE: Final = 200


@dataclass(slots=True)
class _Kept:
    """A desk, as it is written down."""

    concerns: list[Concern] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    rings: list[Ring] = field(default_factory=list)
    stopped: list[UUID] = field(default_factory=list)


_KEPT: Final = TypeAdapter(_Kept)
_RING: Final = TypeAdapter(Ring)


class Local:
    """The desk in memory, and its file. One thread writes, so that a slow disk does not stop the clock."""

    def __init__(self, path: Path, pace: Pace, patience: timedelta, new_id: NewId, *, webhook: bool) -> None:
        self._pace, self._patience, self._new_id, self._webhook = pace, patience, new_id, webhook
        self.desk = Desk()
        self.facts: dict[UUID, Fact] = {}
        self.rings: dict[UUID, Ring] = {}
        self.writes = False
        self._unwritten: set[UUID] = set()
        self._recent: deque[tuple[float, Fact]] = deque(maxlen=5000)
        self._mirrored = b""
        self._file: sqlite3.Connection | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="local")
        try:
            self._start(path)
        except (sqlite3.OperationalError, OSError) as error:
            log.critical("local_file_away", exc_info=error)
        except (
            sqlite3.DatabaseError,
            ValueError,
        ) as error:  # it can be read no more: put it aside, begin anew
            log.critical("local_file_broken", exc_info=error)
            with contextlib.suppress(sqlite3.Error, ValueError, OSError):
                path.replace(path.with_suffix(f".broken-{time.time_ns()}"))
                self._start(path)
        self.writes = self._file is not None

    @property
    def pending(self) -> tuple[Sequence[tuple[UUID, Fact]], Sequence[Ring]]:
        """What the database does not have yet: the oldest, as many as one transaction should take."""
        facts = tuple(islice(self.facts.items(), AT_ONCE))
        return facts, tuple(islice(self.rings.values(), AT_ONCE))

    async def note(self, event_id: UUID, fact: Fact) -> None:
        """Take in a fact. It counts at once; it is durable when this returns.

        Raises:
            Unavailable: it counts, but the file did not take it.
        """
        if event_id not in self.facts:
            if not self.desk.take_in(fact):
                return
            self.facts[event_id] = fact
            self._unwritten.add(event_id)
        if event_id in self._unwritten:
            await self._write_fact(event_id, fact)

    def overhear(self, fact: Fact) -> None:
        """What goes into the tables counts here as well: the clock may fail to read them back."""
        self._recent.append((time.monotonic(), fact))
        self.desk.take_in(fact)

    async def turn(self, now: datetime, *, judge: bool) -> Sequence[Call]:
        """One turn of the clock without the database."""
        for one in self.desk.overdue(now, self._patience, judge=judge):
            fact = self.desk.alarm(one, self._new_id(), now)
            event_id = uuid5(INTAKE, f"{NO_LEVEL}/{one.contribution_id}/{one.part}")
            self.facts[event_id] = fact
            self._unwritten.add(event_id)
        for event_id in tuple(self._unwritten):
            with contextlib.suppress(Unavailable):  # said already; the memory goes on
                await self._write_fact(event_id, self.facts[event_id])
        found = calls(self.desk, now, self._pace, self._new_id, webhook=self._webhook)
        rings = [ring for call in found for ring in call.rings]
        self.desk.rings.extend(rings)
        await self._keep_rings(rings)
        return found

    async def settle(self, call: Call, result: Result, provider_id: str | None) -> None:
        """Write down what became of a call."""
        self.desk.settle(call.message, result, provider_id)
        await self._keep_rings(replace(ring, result=result, provider_id=provider_id) for ring in call.rings)

    async def rebase(self, desk: Desk) -> None:
        """Go on from what the database knows, and what it does not know yet."""
        while self._recent and time.monotonic() - self._recent[0][0] > _RECENTLY:
            self._recent.popleft()
        recent = [
            fact for _, fact in self._recent if getattr(fact, "contribution_id", None) not in desk.closed
        ]
        for fact in (*recent, *self.facts.values()):
            desk.take_in(fact)
        known = {ring.id for ring in desk.rings}
        desk.rings.extend(ring for ring in self.rings.values() if ring.id not in known)
        self.desk = desk
        body = _KEPT.dump_json(
            _Kept(list(desk.concerns.values()), list(desk.waiting.values()), desk.rings, sorted(desk.stopped))
        )
        if body != self._mirrored:
            self._mirrored = body
            await self._try(lambda file: file.execute("insert or replace into mirror values (1, ?)", (body,)))

    async def forget(self, facts: Iterable[UUID], rings: Iterable[Ring]) -> None:
        """The database has these now."""
        gone = [str(one) for one in facts]
        done = [str(one.id) for one in rings if self.rings.get(one.id) == one]  # not if it has changed since
        for name in gone:
            self.facts.pop(UUID(name), None)
            self._unwritten.discard(UUID(name))
        for name in done:
            self.rings.pop(UUID(name), None)

        def forget(file: sqlite3.Connection) -> None:
            file.executemany("delete from fact where event_id = ?", [(one,) for one in gone])
            file.executemany("delete from ring where id = ?", [(one,) for one in done])

        await self._try(forget)

    def close(self) -> None:
        self._pool.shutdown(wait=True)
        if self._file is not None:
            self._file.close()

    async def _write_fact(self, event_id: UUID, fact: Fact) -> None:
        body = FACT.dump_json(fact)
        await self._do(
            lambda file: file.execute(
                "insert or ignore into fact (event_id, body) values (?, ?)", (str(event_id), body)
            )
        )
        self._unwritten.discard(event_id)

    async def _keep_rings(self, rings: Iterable[Ring]) -> None:
        kept = list(rings)
        self.rings.update((ring.id, ring) for ring in kept)
        rows = [(str(ring.id), _RING.dump_json(ring)) for ring in kept]
        if rows:
            await self._try(lambda file: file.executemany("insert or replace into ring values (?, ?)", rows))

    async def _try(self, job: Callable[[sqlite3.Connection], Any]) -> None:
        with contextlib.suppress(Unavailable):  # said already; the memory goes on
            await self._do(job)

    async def _do(self, job: Callable[[sqlite3.Connection], Any]) -> None:
        file = self._file
        if file is None:
            raise Unavailable("local_file_away")

        def work() -> None:
            with file:
                job(file)

        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except (sqlite3.Error, OSError, TimeoutError, RuntimeError) as error:
            if self.writes:
                log.critical("local_file_away", exc_info=error)
            self.writes = False
            raise Unavailable("local_file_away") from None
        self.writes = True

    def _start(self, path: Path) -> None:
        file = _open(path)
        self._read(file)
        self._file = file

    def _read(self, file: sqlite3.Connection) -> None:
        for event_id, body in file.execute("select event_id, body from fact order by n"):
            self.facts[UUID(event_id)] = FACT.validate_json(body)
        for ring_id, body in file.execute("select id, body from ring"):
            self.rings[UUID(ring_id)] = _RING.validate_json(body)
        mirror = file.execute("select body from mirror").fetchone()
        kept = _KEPT.validate_json(mirror[0]) if mirror else _Kept()
        desk = Desk(
            concerns={one.contribution_id: one for one in kept.concerns},
            waiting={(one.contribution_id, one.part): one for one in kept.waiting},
            rings=kept.rings,
            stopped=set(kept.stopped),
        )
        for fact in self.facts.values():
            desk.take_in(fact)
        changed = [ring for ring in desk.rings if ring.id not in self.rings]
        desk.rings = [*changed, *self.rings.values()]
        self.desk = desk


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600, exist_ok=True)
    file = sqlite3.connect(path, check_same_thread=False, timeout=2.0)
    file.execute("pragma journal_mode = wal")
    file.execute("pragma synchronous = full")
    file.executescript(_SCHEMA)
    return file
