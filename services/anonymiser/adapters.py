"""The anonymiser's tables: the stand-ins of a thread, and what waits for a reviewer. Both sealed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, String, Table, Uuid, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.anonymiser.rules import StandIn
from shared.clock import Clock
from shared.contracts.base import Sealed
from shared.database import book
from shared.messaging.effects import ago
from shared.telemetry.meters import Figure
from shared.telemetry.metrics import Metric
from shared.vault import Box
from shared.vault.digests import keyed

metadata: Final = MetaData(schema="anonymiser")
BOOK: Final = book(metadata)
stand_in: Final = Table(
    "stand_in",
    metadata,
    Column("sender_id", String(64), primary_key=True),
    Column("name_hmac", String(64), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("name", LargeBinary, nullable=False),  # sealed
)
held: Final = Table(
    "held",
    metadata,
    Column("contribution_id", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("causes", String(80), nullable=False),
    Column("doubt", LargeBinary, nullable=False),  # sealed for the reviewer
    Column("doubt_key", String(42), nullable=False),
    Column("state", String(20), nullable=False),
    Column("decided_by", String(64)),
    Column("at", DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """The map of one thread: the same person has the same stand-in, whatever the channel. Keyed and sealed."""

    box: Box
    key: bytes = field(repr=False)

    async def of_thread(self, connection: AsyncConnection, sender_id: str) -> tuple[StandIn, ...]:
        """Give the thread's stand-ins, and let nobody else number the same thread until the transaction ends."""
        await connection.execute(select(func.pg_advisory_xact_lock(int(sender_id[:15], 16))))
        return await self.so_far(connection, sender_id)

    async def so_far(self, connection: AsyncConnection, sender_id: str) -> tuple[StandIn, ...]:
        """Give the thread's stand-ins as they are now; others may add to them."""
        rows = await connection.execute(
            select(stand_in.c.name_hmac, stand_in.c.kind, stand_in.c.number, stand_in.c.name)
            .where(stand_in.c.sender_id == sender_id)
            .order_by(stand_in.c.kind, stand_in.c.number)
        )
        return tuple(
            StandIn(self.box.open(row.name, _place(sender_id, row.name_hmac)).decode(), row.kind, row.number)
            for row in rows
        )

    async def add(self, connection: AsyncConnection, sender_id: str, new: Sequence[StandIn]) -> None:
        if not new:
            return
        rows = []
        for one in new:
            name = one.name.encode("utf-8", "replace")
            name_hmac = keyed(self.key, sender_id.encode(), name)
            rows.append(
                {
                    "sender_id": sender_id,
                    "name_hmac": name_hmac,
                    "kind": one.kind,
                    "number": one.number,
                    "name": self.box.seal(name, _place(sender_id, name_hmac)),
                }
            )
        await connection.execute(upsert(stand_in).on_conflict_do_nothing(), rows)


async def hold(
    connection: AsyncConnection,
    contribution_id: UUID,
    part: int,
    revision: int,
    causes: Sequence[str],
    doubt: Sealed,
    at: datetime,
) -> None:
    """Put a part into the review queue."""
    await connection.execute(
        upsert(held)
        .values(
            contribution_id=contribution_id,
            part=part,
            revision=revision,
            causes=",".join(causes),
            doubt=doubt.ct,
            doubt_key=doubt.key,
            state="waiting",
            at=at,
        )
        .on_conflict_do_nothing()
    )


async def waiting(engine: AsyncEngine, now: Clock) -> Iterable[Figure]:
    """How many parts wait for a reviewer, and how long the oldest does."""
    asked = select(func.count(), func.min(held.c.at)).where(held.c.state == "waiting")
    async with engine.connect() as connection:
        n, oldest = (await connection.execute(asked)).one()
    return (Metric.REVIEW, n, {}), (Metric.REVIEW_OLDEST, ago(oldest, now()) if oldest else 0.0, {})


def _place(sender_id: str, name_hmac: str) -> bytes:
    return f"stand_in/{sender_id}/{name_hmac}".encode()
