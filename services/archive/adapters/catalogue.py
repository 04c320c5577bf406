"""The catalogue: it is the truth about what the archive has. A row is written only once its object is durable."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, cast, delete, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.adapters.tables import accession, counter, part, pending, source
from services.archive.rules import PartRecord, PartState, Record, State, accession_number
from services.archive.rules.metadata import CLASS
from shared.contracts.values import Level, PartKind


@dataclass(frozen=True, slots=True)
class Entry:
    """A contribution's rows: its record, where its object lies, and its key as it is kept."""

    record: Record
    object_key: str
    inventory_sha512: str
    wrapped_key: bytes | None = field(repr=False)
    epoch: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """An event that waits for the one that it builds on, as it came."""

    event_id: UUID
    contribution_id: UUID
    topic: str
    value: bytes = field(repr=False)
    trace: str | None


class Catalogue:
    """SQL, a batch at a time. Everything happens in the transaction of the caller."""

    async def lock(self, connection: AsyncConnection, ids: Collection[UUID]) -> None:
        """Let nobody else work on these contributions until the transaction ends.

        A row lock would not do: the master and its open copy may arrive in two processes before there is a row.
        """
        keys = sorted({int.from_bytes(one.bytes[:8], "big", signed=True) for one in ids})
        every = func.unnest(cast(literal(keys, ARRAY(BigInteger)), ARRAY(BigInteger))).column_valued("key")
        await connection.execute(select(func.pg_advisory_xact_lock(every)))

    async def load(self, connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Entry]:
        """The contributions that have a master already."""
        parts: dict[UUID, dict[int, PartRecord]] = {}
        for row in await connection.execute(select(part).where(part.c.contribution_id.in_(ids))):
            parts.setdefault(row.contribution_id, {})[row.part] = PartRecord(
                PartKind(row.kind), PartState(row.state), row.read, row.revision, row.event_id, row.unopened
            )
        sources: dict[UUID, dict[UUID, int]] = {}
        for row in await connection.execute(select(source).where(source.c.contribution_id.in_(ids))):
            sources.setdefault(row.contribution_id, {})[row.event_id] = row.revision
        rows = await connection.execute(
            select(accession).where(accession.c.contribution_id.in_(ids)).with_for_update()
        )
        return {
            row.contribution_id: Entry(
                Record(
                    row.contribution_id,
                    row.number,
                    row.version,
                    State(row.state),
                    Level(row.level) if row.level else None,
                    parts.get(row.contribution_id, {}),
                    sources.get(row.contribution_id, {}),
                ),
                row.object_key,
                row.inventory_sha512,
                row.wrapped_key,
                row.epoch,
                row.at,
            )
            for row in rows
        }

    async def waiting(self, connection: AsyncConnection, ids: Collection[UUID]) -> list[Pending]:
        rows = await connection.execute(
            select(pending).where(pending.c.contribution_id.in_(ids)).order_by(pending.c.at)
        )
        return [Pending(row.event_id, row.contribution_id, row.topic, row.value, row.trace) for row in rows]

    async def numbers(self, connection: AsyncConnection, year: int, count: int) -> list[str]:
        """Give so many new accession numbers. The counter stays locked, so that a failure leaves no gap."""
        if not count:
            return []
        last = await connection.scalar(
            upsert(counter)
            .values(year=year, last=count)
            .on_conflict_do_update(index_elements=["year"], set_={"last": counter.c.last + count})
            .returning(counter.c.last)
        )
        assert last is not None
        return [accession_number(year, number) for number in range(last - count + 1, last + 1)]

    async def is_empty(self, connection: AsyncConnection) -> bool:
        return await connection.scalar(select(accession.c.number).limit(1)) is None

    async def save(
        self, connection: AsyncConnection, entries: Sequence[Entry], before: Mapping[UUID, Record]
    ) -> None:
        """Write what changed since `before`."""
        rows, parts, sources = [], [], []
        for entry in entries:
            record, old = entry.record, before.get(entry.record.contribution_id)
            rows.append(_row(entry))
            parts += [
                _part(record.contribution_id, number, one)
                for number, one in record.parts.items()
                if not old or old.parts.get(number) != one
            ]
            sources += [
                {"event_id": event_id, "contribution_id": record.contribution_id, "revision": revision}
                for event_id, revision in record.sources.items()
                if not old or event_id not in old.sources
            ]
        if rows:
            await connection.execute(_replacing(accession, "contribution_id"), rows)
        if parts:
            await connection.execute(_replacing(part, "contribution_id", "part"), parts)
        if sources:
            await connection.execute(upsert(source), sources)

    async def keep_waiting(
        self, connection: AsyncConnection, waiting: Sequence[Pending], at: datetime
    ) -> None:
        rows = [
            {
                "event_id": one.event_id,
                "contribution_id": one.contribution_id,
                "topic": one.topic,
                "value": one.value,
                "trace": one.trace,
                "at": at,
            }
            for one in waiting
        ]
        if rows:
            await connection.execute(upsert(pending).on_conflict_do_nothing(), rows)

    async def wait_no_more(self, connection: AsyncConnection, ids: Collection[UUID]) -> None:
        if ids:
            await connection.execute(delete(pending).where(pending.c.event_id.in_(ids)))

    async def sample(self, connection: AsyncConnection, count: int) -> Sequence[UUID]:
        """Some contributions, drawn by chance."""
        ids = await connection.scalars(
            select(accession.c.contribution_id).order_by(func.random()).limit(count)
        )
        return ids.all()

    async def counts(self, connection: AsyncConnection) -> dict[str, int]:
        """How many accessions there are, and how many events wait for what they build on."""
        found = {}
        for name, table in (("accessions", accession), ("pending", pending)):
            found[name] = await connection.scalar(select(func.count()).select_from(table)) or 0
        return found


def _row(entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "contribution_id": record.contribution_id,
        "number": record.number,
        "object_key": entry.object_key,
        "version": record.version,
        "inventory_sha512": entry.inventory_sha512,
        "state": record.state.value,
        "level": record.level.value if record.level else None,
        "class": CLASS,
        "wrapped_key": entry.wrapped_key,
        "epoch": entry.epoch,
        "at": entry.at,
    }


def _part(contribution_id: UUID, number: int, one: PartRecord) -> dict[str, Any]:
    return {
        "contribution_id": contribution_id,
        "part": number,
        "kind": one.kind.value,
        "state": one.state.value,
        "read": one.read,
        "revision": one.revision,
        "event_id": one.event_id,
        "unopened": one.unopened,
    }


def _replacing(table: Any, *keys: str) -> Any:
    statement = upsert(table)
    changed = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)
