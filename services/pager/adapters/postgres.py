"""One turn of the clock on the tables: what is overdue becomes a concern, who is due gets a row, then a ring.

One transaction under one lock, so that several pager processes do not ring twice for one step. Whoever cannot get the
lock for a while goes on without it: rather twice than never.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, and_, func, insert, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.pager.adapters.record import record_surely
from services.pager.adapters.tables import BOOK, READING, RING, STOPPED, WAITING, WAITS
from services.pager.rules.calls import STOP, Call, calls
from services.pager.rules.desk import Desk, Reading, Ring, Waiting, is_overdue, no_level
from services.pager.rules.facts import Fact
from shared.concerns import State
from shared.concerns.ladder import Pace, Result, Whom
from shared.concerns.record import concern_of
from shared.concerns.tables import CONCERN
from shared.contracts.values import Level

GROUP: Final = "pager"
_LOCK: Final = 0x48656172645F50  # "Heard_P"
_OVERDUE_AT_ONCE: Final = 200
_MOST_WAITING: Final = 5000
_RINGING: Final = tuple(level.value for level in Level if level.rings)

Entry = tuple[UUID, Fact]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the tables know after this turn, and the calls to make."""

    desk: Desk
    calls: Sequence[Call]


@dataclass(frozen=True, slots=True)
class Tables:
    """The pager's tables, asked by the clock. Every call is one transaction."""

    engine: AsyncEngine
    pace: Pace
    patience: timedelta
    webhook: bool
    new_id: Callable[[], UUID]

    async def turn(self, now: datetime, *, judge: bool, locked: bool = True) -> Turn | None:
        """One turn; None when another process is at it. `judge`: whether a missing level counts yet."""
        async with self.engine.begin() as connection:
            return await connection.run_sync(self._turn, now, judge, locked)

    async def merge(self, facts: Sequence[Entry], rings: Sequence[Ring], now: datetime) -> None:
        """Take in what happened while the database was away, once, whatever is repeated."""
        async with self.engine.begin() as connection:
            await connection.run_sync(self._merge, facts, rings, now)

    async def note(self, event_id: UUID | None, fact: Fact, now: datetime) -> None:
        """Take in a fact that came by another way than the log."""
        async with self.engine.begin() as connection:
            if event_id is None:
                await connection.run_sync(record_surely, fact, self.new_id())
            else:
                await connection.run_sync(self._merge, [(event_id, fact)], (), now)

    async def heard(self, contributions: Sequence[UUID]) -> set[UUID]:
        """Which of these the log has told us of."""
        waiting = select(WAITING.c.contribution_id).where(WAITING.c.contribution_id.in_(contributions))
        concerns = select(CONCERN.c.contribution_id).where(CONCERN.c.contribution_id.in_(contributions))
        async with self.engine.connect() as connection:
            return set(await connection.scalars(union(waiting, concerns)))

    async def settle(self, call: Call, result: Result, provider_id: str | None, now: datetime) -> bool:
        """Write down what became of a call; False when its rows are not here (yet)."""
        async with self.engine.begin() as connection:
            return await connection.run_sync(self._settle, call.rings, result, provider_id, now)

    def _turn(self, connection: Connection, now: datetime, judge: bool, locked: bool) -> Turn | None:
        if locked and not connection.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
            return None
        self._alarm(connection, now, judge)
        desk = self._load(connection, now)
        found = calls(desk, now, self.pace, self.new_id, webhook=self.webhook)
        rings = [ring for call in found for ring in call.rings]
        if rings:
            connection.execute(insert(RING), [asdict(ring) for ring in rings])
            desk.rings.extend(rings)
        return Turn(desk, found)

    def _alarm(self, connection: Connection, now: datetime, judge: bool) -> None:
        """What was received and has no level becomes a concern."""
        rows = connection.execute(
            select(WAITING)
            .where(WAITS, WAITING.c.received_at <= now - self.patience)
            .order_by(WAITING.c.received_at)
            .limit(_OVERDUE_AT_ONCE)
        ).all()
        reading = _reading(connection) if rows else {}
        for row in rows:
            one = Waiting(row.contribution_id, row.part, row.received_at, row.noticed_at)
            if is_overdue(one, now, self.patience, reading, judge=judge):
                record_surely(connection, no_level(one, self.new_id(), now), self.new_id())

    def _load(self, connection: Connection, now: datetime) -> Desk:
        columns = [column for column in CONCERN.c if column.name != "findings"]
        ringing = and_(CONCERN.c.state != State.CLOSED, CONCERN.c.level.in_(_RINGING))
        untold = select(STOPPED.c.contribution_id).where(STOPPED.c.told_at.is_(None))
        stopped = and_(CONCERN.c.state != State.CLOSED, CONCERN.c.contribution_id.in_(untold))
        concerns = connection.execute(select(*columns).where(or_(ringing, stopped))).mappings()
        waiting = connection.execute(
            select(WAITING).where(WAITS).order_by(WAITING.c.received_at).limit(_MOST_WAITING)
        )
        since = now - max(self.pace.minute * 20, timedelta(minutes=2))
        known_roles = RING.c.whom.in_([whom.value for whom in Whom])
        rings = connection.execute(select(RING).where(RING.c.at >= since, known_roles)).mappings()
        desk = Desk(
            concerns={row["contribution_id"]: concern_of(row) for row in concerns},
            waiting={
                (row.contribution_id, row.part): Waiting(
                    row.contribution_id, row.part, row.received_at, row.noticed_at
                )
                for row in waiting
            },
            rings=[
                Ring(**{**row, "whom": Whom(row["whom"]), "result": Result(row["result"])}) for row in rings
            ],
            reading=_reading(connection),
        )
        known = select(STOPPED.c.contribution_id).where(
            STOPPED.c.told_at.is_(None), STOPPED.c.contribution_id.in_(select(CONCERN.c.contribution_id))
        )
        closed = and_(CONCERN.c.state == State.CLOSED, CONCERN.c.closed_at >= now - timedelta(minutes=2))
        desk.closed.update(connection.scalars(select(CONCERN.c.contribution_id).where(closed)))
        desk.stopped.update(connection.scalars(known))
        return desk

    def _merge(
        self, connection: Connection, facts: Sequence[Entry], rings: Sequence[Ring], now: datetime
    ) -> None:
        for event_id, fact in facts:
            marked = connection.execute(
                upsert(BOOK.seen)
                .values(consumer_group=GROUP, event_id=event_id, at=now)
                .on_conflict_do_nothing()
                .returning(BOOK.seen.c.event_id)
            ).first()
            if marked is not None:
                record_surely(connection, fact, self.new_id())
        for ring in rings:
            row = upsert(RING).values(asdict(ring))
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=[RING.c.id],
                    set_={"result": row.excluded.result, "provider_id": row.excluded.provider_id},
                )
            )
            _told(connection, ring, ring.result, now)

    @staticmethod
    def _settle(
        connection: Connection,
        rings: Sequence[Ring],
        result: Result,
        provider_id: str | None,
        now: datetime,
    ) -> bool:
        changed = connection.execute(
            update(RING)
            .where(RING.c.id.in_([ring.id for ring in rings]))
            .values(result=result, provider_id=provider_id)
        )
        for ring in rings:
            _told(connection, ring, result, now)
        return changed.rowcount == len(rings)


def _told(connection: Connection, ring: Ring, result: Result, now: datetime) -> None:
    if ring.cause == STOP and ring.whom is not Whom.WEBHOOK and result is Result.SENT:
        connection.execute(
            update(STOPPED)
            .where(STOPPED.c.contribution_id == UUID(ring.ladder.partition(":")[2]))
            .values(told_at=func.coalesce(STOPPED.c.told_at, now))
        )


def _reading(connection: Connection) -> dict[int, Reading]:
    rows: Sequence[Any] = connection.execute(select(READING)).all()
    return {row.partition: Reading(row.appended_at, row.moved_at) for row in rows}
