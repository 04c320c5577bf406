"""The memory of the thread: what came from one address within 30 days, sealed. Asked, never waited for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, MetaData, String, Table, Uuid, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.values import ThreadUse
from shared.errors import HeardError
from shared.telemetry import log
from shared.vault import Box

_MOST: Final = 20

metadata: Final = MetaData(schema="triage")
thread: Final = Table(
    "thread",
    metadata,
    Column("sender_id", String(64), primary_key=True),
    Column("contribution_id", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("words", LargeBinary, nullable=False),  # sealed
)
Index("thread_recent", thread.c.sender_id, thread.c.at)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What came before from the same address, oldest first, and whether the memory could be asked."""

    use: ThreadUse
    words: tuple[str, ...] = ()


class Memory(Protocol):
    async def recall(
        self, sender_id: str, contribution_id: UUID, part: int, at: datetime, words: str
    ) -> Remembered:
        """Give what came before, and keep these words for later."""
        ...


class PostgresMemory:
    """Keeps the thread in PostgreSQL. When it is away or slow, triage goes on without and rests from asking."""

    def __init__(self, engine: AsyncEngine, box: Box, *, within: float, days: int, rests: float) -> None:
        self._engine, self._box = engine, box
        self._within, self._days, self._rests = within, timedelta(days=days), rests
        self._rests_until = 0.0

    async def recall(
        self, sender_id: str, contribution_id: UUID, part: int, at: datetime, words: str
    ) -> Remembered:
        clock = asyncio.get_running_loop().time
        if clock() < self._rests_until:
            return Remembered(ThreadUse.TIMED_OUT)
        try:
            async with asyncio.timeout(self._within):
                return Remembered(
                    ThreadUse.USED, await self._ask(sender_id, contribution_id, part, at, words)
                )
        except Exception as error:
            self._rests_until = clock() + self._rests
            log.warning("thread_memory_away", kind=type(error).__name__)
            return Remembered(ThreadUse.TIMED_OUT)

    async def _ask(
        self, sender_id: str, contribution_id: UUID, part: int, at: datetime, words: str
    ) -> tuple[str, ...]:
        async with self._engine.begin() as connection:
            await connection.execute(
                upsert(thread)
                .values(
                    sender_id=sender_id,
                    contribution_id=contribution_id,
                    part=part,
                    at=at,
                    words=self._box.seal(words.encode("utf-8", "replace"), _place(contribution_id, part)),
                )
                .on_conflict_do_nothing()
            )
            rows = await connection.execute(
                select(thread.c.contribution_id, thread.c.part, thread.c.words)
                .where(
                    thread.c.sender_id == sender_id,
                    thread.c.contribution_id != contribution_id,
                    thread.c.at <= at,
                    thread.c.at > at - self._days,
                )
                .order_by(thread.c.at.desc())
                .limit(_MOST)
            )
            return self._opened([(row.contribution_id, row.part, row.words) for row in reversed(rows.all())])

    def _opened(self, rows: Sequence[tuple[UUID, int, bytes]]) -> tuple[str, ...]:
        found = []
        for contribution_id, part, sealed in rows:
            try:
                found.append(self._box.open(sealed, _place(contribution_id, part)).decode())
            except HeardError:
                log.error("thread_row_does_not_open", contribution_id=str(contribution_id))
        return tuple(found)


def _place(contribution_id: UUID, part: int) -> bytes:
    return f"thread/{contribution_id}/{part}".encode()
