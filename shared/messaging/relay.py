"""Publishes the outbox after the commit, and sweeps up what a crash left."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.clock import Clock
from shared.database import Book, is_away
from shared.messaging.effects import ago
from shared.telemetry import log
from shared.telemetry.meters import NOWHERE, Figure, Meters
from shared.telemetry.metrics import Metric
from shared.web import unless_away

_AT_ONCE: Final = 200
_SWEEP: Final = 1.0
_GIVE_UP: Final = 20.0  # then the rows are free for another process; a repeat collapses by its id
_KEPT: Final = timedelta(hours=1)
_TIDY: Final = timedelta(minutes=1)

Publish = Callable[[str, bytes, bytes, dict[str, str]], Awaitable[None]]


class Relay:
    """`wake` it after a commit; `run` it beside the subscribers."""

    publish: Publish
    """How to publish; set by the service once its broker has started."""

    def __init__(self, engine: AsyncEngine, book: Book, now: Clock) -> None:
        self._engine, self._book, self._now = engine, book, now
        self._woken = asyncio.Event()
        self._refused: set[int] = set()  # rows that Kafka will never take: they stay, and the others go on
        self._tidied_at: datetime | None = None
        self._meters = NOWHERE

    def metered(self, meters: Meters) -> None:
        self._meters = meters
        meters.ask("outbox", (Metric.OUTBOX_ROWS, Metric.OUTBOX_OLDEST), self._figures)

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        while True:
            self._woken.clear()
            try:
                full = await self.once() == _AT_ONCE
            except (KafkaError, OSError, TimeoutError):
                full = False
                await asyncio.sleep(_SWEEP)
            except Exception as error:
                if not is_away(error):
                    log.error("relay_failed", exc_info=error)
                full = False
                await asyncio.sleep(_SWEEP)
            if not full:
                await _either(self._woken, _SWEEP)

    async def once(self) -> int:
        """Publish what waits, at most one batch; gives how many Kafka has.

        Raises:
            KafkaError: when some could not be published now; what could be is marked all the same.
        """
        table = self._book.outbox
        failures: list[BaseException] = []
        sent: list[int] = []
        async with self._engine.begin() as connection:
            rows = (
                await connection.execute(
                    select(table)
                    .where(table.c.published_at.is_(None), table.c.id.not_in(self._refused))
                    .order_by(table.c.id)
                    .limit(_AT_ONCE)
                    .with_for_update(skip_locked=True)
                )
            ).all()
            results = await asyncio.gather(*(self._publish(row) for row in rows), return_exceptions=True)
            for row, result in zip(rows, results, strict=True):
                if isinstance(result, (MessageSizeTooLargeError, RecordListTooLargeError)):
                    log.error("outbox_row_refused", event_id=str(row.event_id), topic=row.topic)
                    self._refused.add(row.id)
                    self._meters.count(Metric.OUTBOX_REFUSED)
                elif isinstance(result, BaseException):
                    failures.append(result)
                else:
                    sent.append(row.id)
            if sent:
                await connection.execute(
                    update(table).where(table.c.id.in_(sent)).values(published_at=self._now())
                )
            if not rows:
                await self._tidy(connection)
        self._meters.count(Metric.OUTBOX_PUBLISHED, len(sent))
        if failures:
            raise failures[0]
        return len(sent)

    async def _figures(self) -> Iterable[Figure]:
        table = self._book.outbox
        waiting = select(func.count(), func.min(table.c.created_at)).where(table.c.published_at.is_(None))
        async with self._engine.connect() as connection:
            rows, oldest = (await connection.execute(waiting)).one()
        age = ago(oldest, self._now()) if oldest else 0.0
        return (Metric.OUTBOX_ROWS, rows, {}), (Metric.OUTBOX_OLDEST, age, {})

    async def _publish(self, row: Any) -> None:
        async with asyncio.timeout(_GIVE_UP):
            await self.publish(row.topic, row.key, row.value, row.headers)

    async def _tidy(self, connection: AsyncConnection) -> None:
        now, table = self._now(), self._book.outbox
        if self._tidied_at is None or now - self._tidied_at >= _TIDY:
            await connection.execute(delete(table).where(table.c.published_at < now - _KEPT))
            self._tidied_at = now

    async def waiting(self) -> Sequence[UUID]:
        """The contributions that still have an event in the outbox; the ledger asks."""
        table = self._book.outbox
        async with self._engine.connect() as connection:
            found = await connection.scalars(
                select(table.c.contribution_id)
                .where(table.c.published_at.is_(None), table.c.contribution_id.is_not(None))
                .distinct()
            )
            return found.all()


async def _either(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def outbox_route(relay: Relay) -> Route:
    """`GET /outbox`: the contributions that still have an event to publish; the ledger asks, on loopback."""

    async def outbox(_: Request) -> Response:
        return JSONResponse({"contributions": [str(one) for one in await relay.waiting()]})

    return Route("/outbox", unless_away(outbox))
