"""The spool: what is accepted is durable before the sender is answered.

One SQLite file (WAL, synchronous=FULL) and one writer thread, which commits what has gathered as one transaction.
Rows stay for 35 days as receipts, the ledger's independent count; the sealed value leaves an hour after Kafka has it.
"""

import asyncio
import contextlib
import json
import queue
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from shared.clock import Clock
from shared.contracts.base import utc
from shared.telemetry import log

WORDS_KEPT: Final = timedelta(hours=1)
RECEIPTS_KEPT: Final = timedelta(days=35)
_GROUP: Final = 512

_SCHEMA: Final = """
create table if not exists row (
  id integer primary key autoincrement, seq integer not null, event_id text not null unique,
  contribution_id text not null, digest text not null, channel text not null, topic text not null,
  key blob not null, headers text not null, value blob, conflict integer not null default 0,
  accepted_at text not null, acked_at text, partition integer, "offset" integer, set_aside text, objects text);
create unique index if not exists row_seq on row(seq);
create index if not exists row_waiting on row(id) where acked_at is null and set_aside is null;
create index if not exists row_aside on row(id) where set_aside is not null;
create index if not exists row_acked on row(acked_at);
create index if not exists row_words on row(acked_at) where value is not null and acked_at is not null;
create table if not exists refused (day text not null, status integer not null, n integer not null,
  primary key (day, status));
create table if not exists counter (name text primary key, value integer not null);
insert or ignore into counter values ('seq', 0);
insert or ignore into counter values ('spool', abs(random() / 2));
"""


class SpoolFull(Exception):
    """The disk does not take any more: nothing was accepted."""


class OtherWords(Exception):
    """The id is here already, with another digest: this is not a repeat."""


@dataclass(frozen=True, slots=True)
class Row:
    """One accepted event, sealed, with what it is published with."""

    event_id: UUID
    contribution_id: UUID
    digest: str
    channel: str
    topic: str
    key: bytes
    headers: Mapping[str, str]
    value: bytes = field(repr=False)
    conflict: bool = False
    objects: Sequence[str] = ()
    """Keys of sealed objects that the store must have before Kafka hears of the row."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that Kafka does not have yet."""

    id: int
    topic: str
    key: bytes
    headers: dict[str, str]
    value: bytes = field(repr=False)


@dataclass(slots=True)
class _Job:
    run: Callable[[sqlite3.Connection], Any]
    done: Callable[[Any, BaseException | None], None]


class Spool:
    """Opened by one process. `accept` returns once the row is on disk; a repeat returns the row it repeats."""

    def __init__(self, path: Path, now: Clock) -> None:
        self.path, self._now = path, now
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._published: dict[int, list[asyncio.Future[None]]] = {}
        self._clears_log = False
        self.arrived = asyncio.Event()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)
        self._write = _open(path)
        self._write.executescript(_SCHEMA)
        if "objects" not in {column[1] for column in self._write.execute("pragma table_info(row)")}:
            self._write.execute("alter table row add column objects text")
        self._read = _open(path)
        self._thread = threading.Thread(target=self._writer, name="spool", daemon=True)
        self._thread.start()

    async def accept(self, row: Row) -> int:
        """Commit a row, with others that came at the same time; gives its number.

        Raises:
            SpoolFull: the disk is full or broken; nothing was accepted.
            OtherWords: the id is known with another digest.
        """
        number: int = await self._do(lambda connection: self._insert(connection, row))
        self.arrived.set()
        return number

    async def refuse(self, status: int) -> None:
        """Count an answer that was no acceptance, by day and status: no words, no sender."""
        day = self._now().date().isoformat()
        await self._do(
            lambda c: (
                c.execute(
                    "insert into refused values (?, ?, 1) on conflict do update set n = n + 1", (day, status)
                ).rowcount
            )
        )

    async def published(self, number: int, timeout: float) -> bool:
        """Wait until Kafka has the row, at most so many seconds; True when it has."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._published.setdefault(number, []).append(future)
        if self._is_acked(number) and not future.done():
            future.set_result(None)
        try:
            async with asyncio.timeout(timeout):
                await future
        except TimeoutError:
            return False
        finally:
            waiters = self._published.get(number, [])
            if future in waiters:
                waiters.remove(future)
            if not waiters:
                self._published.pop(number, None)
        return True

    def waiting(self, after: int, limit: int) -> Sequence[Waiting]:
        """Rows that Kafka does not have, in row order; those whose objects the store has."""
        rows = self._read.execute(
            "select id, topic, key, headers, value from row"
            " where acked_at is null and set_aside is null and objects is null and id > ? order by id limit ?",
            (after, limit),
        ).fetchall()
        return [Waiting(i, topic, key, json.loads(headers), value) for i, topic, key, headers, value in rows]

    async def acked(self, places: Mapping[int, tuple[int, int]]) -> None:
        """Kafka has these rows, at these partitions and offsets."""
        at = utc(self._now())

        def mark(connection: sqlite3.Connection) -> None:
            for number, (partition, offset) in places.items():
                connection.execute(
                    'update row set acked_at = ?, partition = ?, "offset" = ?, seq = ? where id = ?',
                    (at, partition, offset, _next(connection), number),
                )

        await self._do(mark)
        for number in places:
            for future in self._published.pop(number, []):
                if not future.done():
                    future.set_result(None)

    def to_upload(self, limit: int) -> Sequence[tuple[int, list[str]]]:
        """Rows whose objects the store does not have yet, with the objects' keys."""
        rows = self._read.execute(
            "select id, objects from row where objects is not null and set_aside is null order by id limit ?",
            (limit,),
        ).fetchall()
        return [(number, json.loads(objects)) for number, objects in rows]

    def all_objects(self) -> list[str]:
        """The keys of all objects that still lie beside the spool, also of rows that were set aside."""
        rows = self._read.execute("select objects from row where objects is not null").fetchall()
        return [key for (objects,) in rows for key in json.loads(objects)]

    def names(self, number: int, objects: Sequence[str]) -> bool:
        """Whether the row refers to these very objects; a repeat came with others."""
        found = self._read.execute("select value, objects from row where id = ?", (number,)).fetchone()
        if found is None or not found[0]:
            return False
        return bool(objects) and objects[0].encode() in bytes(found[0])

    async def uploaded(self, number: int) -> None:
        """The store has this row's objects: now Kafka may hear of it."""
        await self._do(lambda c: c.execute("update row set objects = null where id = ?", (number,)).rowcount)
        self.arrived.set()

    async def set_aside(self, number: int, reason: str) -> None:
        """Kafka refuses the row for its content: it stays here, a person is told, the drain goes on."""
        log.error("row_set_aside", reason=reason, count=number)
        await self._do(
            lambda c: (
                c.execute(
                    "update row set set_aside = ?, seq = ? where id = ?", (reason, _next(c), number)
                ).rowcount
            )
        )

    async def prune(self) -> None:
        """Words leave an hour after the acknowledgement, receipts after 35 days."""
        now = self._now()

        def run(connection: sqlite3.Connection) -> None:
            emptied = connection.execute(
                "update row set value = null where value is not null and acked_at is not null and acked_at < ?",
                (utc(now - WORDS_KEPT),),
            )
            self._clears_log = emptied.rowcount > 0
            connection.execute("delete from row where acked_at < ?", (utc(now - RECEIPTS_KEPT),))

        await self._do(run)

    def receipts(self, after: int, limit: int = 1000) -> list[dict[str, Any]]:
        """What changed after a sequence number: ids, times and places of contributions; no words, no sender."""
        rows = self._read.execute(
            "select seq, event_id, contribution_id, channel, topic, conflict, accepted_at, acked_at, partition,"
            ' "offset", set_aside from row where seq > ? and channel <> ? order by seq limit ?',
            (after, "", limit),  # what is no contribution has no channel
        ).fetchall()
        names = (
            "seq",
            "event_id",
            "contribution_id",
            "channel",
            "topic",
            "conflict",
            "accepted_at",
            "acked_at",
        )
        return [dict(zip((*names, "partition", "offset", "set_aside"), row, strict=True)) for row in rows]

    def name(self) -> str:
        """This file's own name, made by chance: after a lost disk the numbers of `receipts` begin anew."""
        return str(self._read.execute("select value from counter where name = 'spool'").fetchone()[0])

    def refused(self) -> list[dict[str, Any]]:
        rows = self._read.execute("select day, status, n from refused order by day, status").fetchall()
        return [{"day": day, "status": status, "n": n} for day, status, n in rows]

    def depth(self) -> tuple[int, str | None, int]:
        """How many rows wait for Kafka, since when the oldest does, and how many were set aside."""
        depth, oldest = self._read.execute(
            "select count(*), min(accepted_at) from row where acked_at is null and set_aside is null"
        ).fetchone()
        aside = self._read.execute("select count(*) from row where set_aside is not null").fetchone()[0]
        return depth, oldest, aside

    def close(self) -> None:
        """Commit what was handed over, and stop."""
        self._jobs.put(None)
        self._thread.join(10)
        self._write.close()
        self._read.close()

    def _is_acked(self, number: int) -> bool:
        found = self._read.execute("select acked_at from row where id = ?", (number,)).fetchone()
        return bool(found and found[0])

    def _insert(self, connection: sqlite3.Connection, row: Row) -> int:
        known = connection.execute(
            "select id, digest from row where event_id = ?", (str(row.event_id),)
        ).fetchone()
        if known:
            if known[1] != row.digest:
                raise OtherWords
            return int(known[0])
        inserted = connection.execute(
            "insert into row (seq, event_id, contribution_id, digest, channel, topic, key, headers, value, conflict,"
            " accepted_at, objects) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                _next(connection), str(row.event_id), str(row.contribution_id), row.digest, row.channel, row.topic,
                row.key, json.dumps(dict(row.headers)), row.value, int(row.conflict), utc(self._now()),
                json.dumps(list(row.objects)) if row.objects else None,
            ),
        )  # fmt: skip
        return int(inserted.lastrowid or 0)

    async def _do(self, run: Callable[[sqlite3.Connection], Any]) -> Any:
        """Hand a job to the writer thread and wait for its commit."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def done(result: Any, error: BaseException | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(settle, result, error)

        self._jobs.put(_Job(run, done))
        return await future

    def _writer(self) -> None:
        while (first := self._jobs.get()) is not None:
            jobs = [first]
            while len(jobs) < _GROUP:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    self._jobs.put(None)
                    break
                jobs.append(job)
            self._commit(jobs)

    def _commit(self, jobs: Sequence[_Job]) -> None:
        """One transaction for all; a job that cannot be done at all is found by taking each alone."""
        results: list[tuple[_Job, Any, BaseException | None]] = []
        try:
            self._write.execute("begin immediate")
            for job in jobs:
                try:
                    results.append((job, job.run(self._write), None))
                except OtherWords as error:
                    results.append((job, None, error))
            self._write.execute("commit")
        except (sqlite3.OperationalError, OSError):
            self._roll_back()
            results = [(job, None, SpoolFull()) for job in jobs]
        except Exception as error:  # this thread must go on, whatever a row holds
            self._roll_back()
            if len(jobs) > 1:
                for job in jobs:
                    self._commit([job])
                return
            results = [(jobs[0], None, error)]
        if self._clears_log:
            self._clear_log()
        for job, result, failure in results:
            job.done(result, failure)

    def _roll_back(self) -> None:
        if self._write.in_transaction:
            self._write.execute("rollback")

    def _clear_log(self) -> None:
        """What was taken out of the file still stands in its write-ahead log: begin that anew."""
        self._clears_log = False
        with contextlib.suppress(sqlite3.Error):
            self._write.execute("pragma wal_checkpoint(truncate)")


def _next(connection: sqlite3.Connection) -> int:
    number = connection.execute("update counter set value = value + 1 where name = 'seq' returning value")
    return int(number.fetchone()[0])


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "busy_timeout=5000"):
        connection.execute(f"pragma {pragma}")
    return connection
