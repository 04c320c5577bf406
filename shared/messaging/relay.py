"""Publishes the outbox after the commit, and sweeps up what a crash left."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from aiokafka.errors import KafkaError
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.clock import Clock
from shared.database import Book, is_away
from shared.telemetry import log

_AT_ONCE: Final = 200
_SWEEP: Final = 1.0
_GIVE_UP: Final = 20.0  # then the rows are free for another process; a repeat collapses by its id
_KEPT: Final = timedelta(hours=1)

Publish = Callable[[str, bytes, bytes, dict[str, str]], Awaitable[None]]


class Relay:
    """`wake` it after a commit; `run` it beside the subscribers."""

    publish: Publish
    """How to publish; set by the service once its broker has started."""

    def __init__(self, engine: AsyncEngine, book: Book, now: Clock) -> None:
        self._engine, self._book, self._now = engine, book, now
        self._woken = asyncio.Event()

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
        """Publish what waits, at most one batch; gives how many."""
        table = self._book.outbox
        async with self._engine.begin() as connection:
            rows = (
                await connection.execute(
                    select(table)
                    .where(table.c.published_at.is_(None))
                    .order_by(table.c.id)
                    .limit(_AT_ONCE)
                    .with_for_update(skip_locked=True)
                )
            ).all()
            if rows:
                async with asyncio.timeout(_GIVE_UP):
                    await asyncio.gather(
                        *(self.publish(row.topic, row.key, row.value, row.headers) for row in rows)
                    )
                ids = [row.id for row in rows]
                await connection.execute(
                    update(table).where(table.c.id.in_(ids)).values(published_at=self._now())
                )
            else:
                await connection.execute(delete(table).where(table.c.published_at < self._now() - _KEPT))
        return len(rows)

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
        try:
            waiting = await relay.waiting()
        except Exception as error:
            if not is_away(error):
                raise
            return JSONResponse({"error": "the database is away"}, status_code=503)
        return JSONResponse({"contributions": [str(one) for one in waiting]})

    return Route("/outbox", outbox)
