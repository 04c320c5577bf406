"""What records, handlers and Kafka's answers may do to a group: nothing is lost, and nothing is done twice."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.local.dead import DeadLetter, replay
from services.local.kafka import Kafka
from services.local.postgres import Postgres
from shared.contracts.base import Event
from shared.contracts.events import ContributionReceived
from shared.contracts.topics import LARGEST, Topic, dead_of, retry_of
from shared.database import connect
from shared.errors import Retryable
from shared.messaging.creation import ensure
from shared.messaging.effects import Effect
from shared.messaging.gate import MOST
from shared.messaging.lag import Lags
from shared.messaging.router import Router
from tests.connected.test_router import KINDS, a_group, poison, raw, texts, until
from tests.support.routing import BOOK, anonymised, done, member, metadata
from tests.support.table import Report
from tests.support.topics import put, records_of

pytestmark = [pytest.mark.connected, pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def broker(kafka: Kafka) -> str:
    asyncio.run(ensure([kafka.bootstrap]))
    return kafka.bootstrap


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> str:
    with psycopg.connect(postgres.uri(), autocommit=True) as connection:
        connection.execute("create database routing")
    uri = postgres.uri(database="routing")
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("create schema routing")

    async def tables() -> None:
        made = connect(uri)
        async with made.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await made.dispose()

    asyncio.run(tables())
    return uri


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    made = connect(database)
    yield made
    await made.dispose()


class Handling:
    """A handler whose effect is one row for each event; `fails` and `seconds` are its faults."""

    def __init__(self) -> None:
        self.asked: Counter[UUID] = Counter()
        self.fails: Exception | None = None
        self.seconds = 0.0

    def router(self, group: str, engine: AsyncEngine, topic: Topic, **options: Any) -> Router:
        routes = Router(group, engine=engine, book=BOOK, retry_after=0.2)

        @routes.subscriber(topic, **{"batch": 16, **options})
        @routes.publisher(Topic.ANONYMISED)
        async def count(event: ContributionReceived) -> Effect:
            self.asked[event.event_id] += 1
            await asyncio.sleep(self.seconds)
            if self.fails:
                raise self.fails

            async def apply(connection: AsyncConnection) -> Sequence[Event]:
                await connection.execute(insert(done).values(event_id=event.event_id))
                return [anonymised(event, group)]

            return Effect(apply)

        return routes


async def effects(engine: AsyncEngine, events: Sequence[ContributionReceived]) -> Counter[UUID]:
    ids = [event.event_id for event in events]
    async with engine.connect() as connection:
        found = await connection.scalars(select(done.c.event_id).where(done.c.event_id.in_(ids)))
        return Counter(found.all())


async def all_done(engine: AsyncEngine, events: Sequence[ContributionReceived]) -> bool:
    return len(await effects(engine, events)) == len(events)


def most(found: Counter[UUID]) -> int:
    return max(found.values(), default=0)


async def letters_of(broker: str, group: str) -> list[DeadLetter]:
    return [DeadLetter.of(record) for record in await records_of(broker, dead_of(group))]


@pytest.mark.short
async def test_a_flood_of_poison_among_sound_records(
    broker: str, engine: AsyncEngine, report: Report
) -> None:
    group, handling = await a_group(broker), Handling()
    good = texts(300)
    bad = [poison(KINDS[n % len(KINDS)], event) for n, event in enumerate(texts(80))]
    key, _, headers = raw(texts(1)[0], Topic.SMS_RECEIVED)
    bad.append((key, b"x" * (LARGEST - 600), headers))
    mixed = [raw(event, Topic.SMS_RECEIVED) for event in good] + bad
    random.Random(7).shuffle(mixed)
    await put(broker, Topic.SMS_RECEIVED, mixed)
    async with member(broker, handling.router(group, engine, Topic.SMS_RECEIVED)):
        await until("the sound ones are done", lambda: all_done(engine, good), 120)

        async def all_dead() -> bool:
            return len(await letters_of(broker, group)) >= len(bad)

        await until("the others are set aside", all_dead, 120)
    dead, found = await letters_of(broker, group), await effects(engine, good)
    report(
        fault=f"poison flood: {len(bad)} of {len(mixed)} in nine kinds, one of 1 MB",
        sent=len(mixed),
        lost=len(mixed) - len(found) - len({letter.id for letter in dead}),
        effects=most(found),
        cost=f"handled {len(found)} + dead {len(dead)} = sent",
    )


@pytest.mark.short
async def test_nothing_but_poison_stops_the_line(broker: str, engine: AsyncEngine, report: Report) -> None:
    group, handling = await a_group(broker), Handling()
    bad = [poison("not_json", event) for event in texts(3 * MOST)]
    await put(broker, Topic.ART_RECEIVED, bad)
    routes = handling.router(group, engine, Topic.ART_RECEIVED)
    async with member(broker, routes):
        await until("it halts", lambda: routes.state == "halted", 120)
        await asyncio.sleep(2)
        assert len(await letters_of(broker, group)) == MOST
    again = handling.router(group, engine, Topic.ART_RECEIVED)
    async with member(broker, again):
        await until("it halts again after a restart", lambda: again.state == "halted", 120)
    dead = await letters_of(broker, group)
    assert len(dead) == 2 * MOST
    repeats = len(dead) - len({letter.id for letter in dead})
    assert repeats < 16, "of the batch in hand at the restart, whose letters have the same id"
    report(
        fault=f"nothing but poison: {len(bad)}",
        sent=len(bad),
        lost=await neither_dead_nor_waiting(broker, group, Topic.ART_RECEIVED, dead),
        cost=f"stops after {MOST}, and after {MOST} more when restarted ({repeats} the same again); the rest stays",
    )


async def neither_dead_nor_waiting(broker: str, group: str, topic: Topic, dead: Sequence[DeadLetter]) -> int:
    """Records that the group has passed and that are not among its dead letters."""
    async with Lags([broker], {group: (topic,)}) as asked:
        behind = {lag.partition: lag.behind for lag in await asked.ask()}
    records = await records_of(broker, topic)
    ends = Counter[int]()
    for one in records:
        ends[one.partition] = max(ends[one.partition], one.offset + 1)
    parked = {(letter.partition, letter.offset) for letter in dead}
    return sum(
        one.offset < ends[one.partition] - behind[one.partition] and (one.partition, one.offset) not in parked
        for one in records
    )


async def test_a_handler_slower_than_kafka_lets_it_be(
    broker: str, engine: AsyncEngine, report: Report
) -> None:
    """Kafka takes the member for dead, gives its records to another one, and refuses its commit."""
    group, handling, events = await a_group(broker), Handling(), texts(6)
    handling.seconds = 5.0
    await put(broker, Topic.EMAIL_RECEIVED, [raw(event, Topic.EMAIL_RECEIVED) for event in events])
    slow = {
        "max_poll_interval_ms": 2000, "session_timeout_ms": 6000, "heartbeat_interval_ms": 500,
        "rebalance_timeout_ms": 2000, "batch": 2,
    }  # fmt: skip
    first, second = Handling(), handling
    first.seconds = handling.seconds
    async with (
        member(broker, first.router(group, engine, Topic.EMAIL_RECEIVED, **slow)),
        member(broker, second.router(group, engine, Topic.EMAIL_RECEIVED, **slow)),
    ):
        await until("it met the fault", lambda: most(first.asked + second.asked) > 1, 120)
        first.seconds = second.seconds = 0.0
        await until("all are done", lambda: all_done(engine, events), 120)
    found = await effects(engine, events)
    asked = first.asked + second.asked
    report(
        fault="handler slower than max.poll.interval",
        sent=len(events),
        lost=len(events) - len(found),
        effects=most(found),
        cost=f"{asked.total() - len(events)} of {len(events)} computed again",
    )


async def test_a_commit_that_is_refused(broker: str, engine: AsyncEngine, report: Report) -> None:
    """A second member joins while the first works; Kafka does not wait for it, and refuses what it commits late."""
    group, first, second, events = await a_group(broker), Handling(), Handling(), texts(20)
    await put(broker, Topic.VOICE_RECEIVED, [raw(event, Topic.VOICE_RECEIVED) for event in events])
    hasty = {"rebalance_timeout_ms": 1000, "session_timeout_ms": 6000, "heartbeat_interval_ms": 300}
    first.seconds = 6.0
    async with member(broker, first.router(group, engine, Topic.VOICE_RECEIVED, **hasty)):
        await until("the first has begun", lambda: first.asked.total() > 0, 60)
        async with member(broker, second.router(group, engine, Topic.VOICE_RECEIVED, **hasty)):
            await until("all are done", lambda: all_done(engine, events), 120)
            first.seconds = 0.0
            await until("both worked on the same", lambda: most(first.asked + second.asked) > 1, 60)
            await asyncio.sleep(3)
    found = await effects(engine, events)
    report(
        fault="commit refused: the group went on without its member",
        sent=len(events),
        lost=len(events) - len(found),
        effects=most(found),
        cost=f"{(first.asked + second.asked).total() - len(events)} of {len(events)} computed again",
    )


async def limit(broker: str, topic: str, size: int) -> None:
    """What the broker takes on a topic, in bytes."""
    admin = AIOKafkaAdminClient(bootstrap_servers=[broker])
    await admin.start()
    try:
        setting = {"max.message.bytes": str(size)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, setting)])
    finally:
        await admin.close()


@pytest.mark.parametrize("aside", [retry_of, dead_of])
async def test_a_topic_that_takes_no_parked_record(
    broker: str, engine: AsyncEngine, report: Report, aside: Any
) -> None:
    group, handling, events = await a_group(broker), Handling(), texts(12)
    handling.fails = Retryable("not_yet") if aside is retry_of else ZeroDivisionError("a defect")
    await limit(broker, aside(group), 100)
    await put(broker, Topic.VOICE_RECEIVED, [raw(event, Topic.VOICE_RECEIVED) for event in events])
    mine = {event.event_id for event in events}
    async with member(broker, handling.router(group, engine, Topic.VOICE_RECEIVED)):
        await until("it tried", lambda: max((handling.asked[one] for one in mine), default=0) >= 2, 120)
        assert await records_of(broker, aside(group)) == []
        await limit(broker, aside(group), 2 * LARGEST)
        if aside is retry_of:
            await until("it comes back", lambda: any(handling.asked[one] >= 4 for one in mine), 120)
            handling.fails = None
        else:

            async def all_dead() -> bool:
                return (
                    len([one for one in await letters_of(broker, group) if one.contribution_id in mine]) >= 12
                )

            await until("they are set aside", all_dead, 120)
            handling.fails = None
            letters = [one for one in await letters_of(broker, group) if one.contribution_id in mine]
            for _ in range(2):
                assert await replay([broker], letters, datetime.now(UTC)) == len(letters)
        await until("all are done", lambda: all_done(engine, events), 120)
        await asyncio.sleep(2)
    found = await effects(engine, events)
    report(
        fault="retry topic takes nothing"
        if aside is retry_of
        else "dead letters take nothing, then replayed twice",
        sent=len(events),
        lost=len(events) - len(found),
        effects=most(found),
        cost="the line waits, and goes on when it takes them",
    )
