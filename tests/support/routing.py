"""The smallest group with effects: it counts what it did in one table, and publishes what it counted.

`python -m tests.support.routing BOOTSTRAP DATABASE GROUP TOPIC PAUSE` runs one member until it is killed.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from faststream.kafka import KafkaBroker
from sqlalchemy import Column, DateTime, MetaData, Table, Uuid, func, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import clock
from shared.contracts.base import Event
from shared.contracts.events import ContributionAnonymised, ContributionReceived
from shared.contracts.ids import output_of
from shared.contracts.topics import Topic
from shared.contracts.values import Status
from shared.database import book, connect
from shared.messaging.effects import Effect
from shared.messaging.relay import Relay
from shared.messaging.router import Router
from shared.service import broker_for
from shared.settings import CommonSettings

metadata: Final = MetaData(schema="routing")
BOOK: Final = book(metadata)
done: Final = Table(
    "done",
    metadata,
    Column("event_id", Uuid, nullable=False),  # not unique: a second time would show
    Column("at", DateTime(timezone=True), server_default=func.now()),
)


def counting(group: str, topic: Topic, engine: AsyncEngine, *, pause: float = 0.0, batch: int = 16) -> Router:
    """A router whose effect is one row for each event."""
    routes = Router(group, engine=engine, book=BOOK, retry_after=0.2)

    @routes.subscriber(topic, batch=batch, session_timeout_ms=6000, heartbeat_interval_ms=2000)
    @routes.publisher(Topic.ANONYMISED)
    async def count(event: ContributionReceived) -> Effect:
        await asyncio.sleep(pause)

        async def apply(connection: AsyncConnection) -> Sequence[Event]:
            await connection.execute(insert(done).values(event_id=event.event_id))
            return [anonymised(event, group)]

        return Effect(apply)

    return routes


def anonymised(event: ContributionReceived, group: str) -> ContributionAnonymised:
    return ContributionAnonymised(
        event_id=output_of(group, event.event_id),
        contribution_id=event.context.contribution_id,
        channel=event.context.channel,
        part=1,
        source=event.event_id,
        status=Status.OPEN,
        rules_version="1",
    )


@asynccontextmanager
async def member(bootstrap: str, *routers: Router, relay: Relay | None = None) -> AsyncIterator[KafkaBroker]:
    """One process' share of a group, as a service runs it."""
    broker = broker_for(CommonSettings(kafka=(bootstrap,)), *routers)

    async def publish(topic: str, key: bytes, value: bytes, headers: dict[str, str]) -> None:
        await broker.publish(value, topic=topic, key=key, headers=headers)

    tasks: list[asyncio.Task[Any]] = []
    await broker.start()
    if relay:
        relay.publish = publish
        for router in routers:
            router.wake = relay.wake
        tasks.append(asyncio.create_task(relay.run()))
    try:
        yield broker
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await broker.stop()


async def _run(bootstrap: str, database: str, group: str, topic: str, pause: str) -> None:
    engine = connect(database)
    router = counting(group, Topic(topic), engine, pause=float(pause))
    async with member(bootstrap, router, relay=Relay(engine, BOOK, clock.now)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:]))
