"""Our router on a real Kafka and PostgreSQL: nothing is lost, nothing is done twice, and no record stops another."""

import asyncio
import random
import sys
from asyncio.subprocess import DEVNULL
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from aiokafka.errors import KafkaError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.local.kafka import Kafka
from services.local.postgres import Postgres
from shared import clock
from shared.contracts.base import Event
from shared.contracts.events import ContributionReceived, ContributionTriaged
from shared.contracts.ids import output_of
from shared.contracts.topics import LARGEST, Plan, Topic, dead_of, plans, retry_of
from shared.contracts.values import Level
from shared.database import connect
from shared.errors import Retryable, Unavailable
from shared.messaging import headers as h
from shared.messaging.arrival import current
from shared.messaging.creation import ensure, settings_of
from shared.messaging.lane import ATTEMPTS
from shared.messaging.relay import Relay
from shared.messaging.router import Router
from tests.support.events import a_received
from tests.support.killing import DIED, restarted
from tests.support.records import Headers, headers_of
from tests.support.routing import BOOK, counting, done, member, metadata
from tests.support.topics import put, records_of

pytestmark = [pytest.mark.connected, pytest.mark.timeout(120)]

CANARY = b"canary-7f3a-she-said-this"
Raw = tuple[bytes | None, bytes | None, Any]


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
    asyncio.run(_tables(uri))
    return uri


async def _tables(uri: str) -> None:
    engine = connect(uri)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    made = connect(database)
    yield made
    await made.dispose()


async def a_group(bootstrap: str) -> str:
    """A name that nobody had, with its topics."""
    name = f"g{uuid4().hex[:8]}"
    await ensure([bootstrap], [Plan(retry_of(name), 3), Plan(dead_of(name), 3)])
    return name


PATTERN = a_received("hello")


def texts(count: int) -> list[ContributionReceived]:
    """Many contributions with the same ciphertext: sealing is not what is tested here."""
    return [under(uuid4()) for _ in range(count)]


def under(contribution_id: UUID, **changed: Any) -> ContributionReceived:
    context = PATTERN.context.model_copy(update={"contribution_id": contribution_id})
    return PATTERN.model_copy(update={"event_id": contribution_id, "context": context, **changed})


def raw(event: ContributionReceived, topic: Topic, value: bytes | None = None, **changed: Any) -> Raw:
    schema = f"urn:heard:{topic.kind}:1"
    headers = headers_of(event, **{"ce_type": topic.kind, "ce_dataschema": schema, **changed})
    return str(event.about).encode(), event.model_dump_json().encode() if value is None else value, headers


def triaged(event: ContributionReceived, group: str) -> ContributionTriaged:
    return ContributionTriaged(
        event_id=output_of(group, event.event_id),
        contribution_id=event.context.contribution_id,
        channel=event.context.channel,
        received_at=event.context.received_at,
        part=1,
        source=event.event_id,
        level=Level.LOW,
        rules_version="1",
        lexicon_version="1",
    )


def without(headers: Headers, name: str) -> list[tuple[str, bytes | None]]:
    return [one for one in headers if one[0] != name]


async def until(what: str, found: Callable[[], Any], seconds: float = 30) -> None:
    try:
        async with asyncio.timeout(seconds):
            while True:
                answer = found()
                if answer if not asyncio.iscoroutine(answer) else await answer:
                    return
                await asyncio.sleep(0.2)  # each look reads whole topics
    except TimeoutError:
        raise AssertionError(f"never: {what}") from None


async def ids_on(bootstrap: str, topic: str, of: set[UUID]) -> Counter[UUID]:
    """How often each of these ids stands on a topic."""
    found = [h.uuid(h.salvage(one.headers), "ce_id") for one in await records_of(bootstrap, topic)]
    return Counter(one for one in found if one in of)


def poison(kind: str, event: ContributionReceived) -> Raw:
    """A record that nobody can read, with somebody's words where no word should be."""
    topic = Topic.SMS_RECEIVED
    key, value, headers = raw(event, topic)
    assert value is not None
    headers = [*headers, ("x-somebody", CANARY)]
    return {
        "header_null": (key, value, [*headers, ("x-other", None)]),
        "header_not_ascii": (key, value, [*headers, ("x-other", b"\xff" + CANARY)]),
        "not_json": (key, CANARY + b" is no JSON", headers),
        "unknown_version": (key, value, [*without(headers, "ce_dataschema"), ("ce_dataschema", b"urn:heard:sms.received:9")]),
        "shape:context": (key, value.replace(b'"channel":"sms"', b'"channel":"pigeon"'), headers),
        "no_id": (key, value, without(headers, "ce_id")),
        "empty": (key, None, headers),
        "id_differs": (key, value, [*without(headers, "ce_id"), ("ce_id", str(uuid4()).encode())]),
    }[kind]  # fmt: skip


KINDS = (
    "header_null", "header_not_ascii", "not_json", "unknown_version", "shape:context", "no_id", "empty", "id_differs",
)  # fmt: skip


async def test_a_thousand_records_of_which_a_hundred_are_poison(broker: str) -> None:
    group, topic = await a_group(broker), Topic.SMS_RECEIVED
    router = Router(group)

    @router.subscriber(topic, batch=32)
    @router.publisher(Topic.TRIAGED)
    async def level(event: ContributionReceived) -> ContributionTriaged:
        return triaged(event, group)

    good = texts(900)
    bad = [
        (KINDS[n % len(KINDS)], poison(KINDS[n % len(KINDS)], event)) for n, event in enumerate(texts(100))
    ]
    records = [raw(event, topic) for event in good] + [one for _, one in bad]
    random.Random(7).shuffle(records)
    await put(broker, topic, records)
    wanted = {output_of(group, event.event_id) for event in good}
    async with member(broker, router):
        for (
            lane
        ) in router.lanes:  # public names of FastStream's that nothing documents, and that a rebalance needs
            assert lane.subscriber.running is True
            assert callable(lane.subscriber.lock.wait_release)
        await until("100 dead letters", lambda: counted(broker, dead_of(group), 100))
        await until("900 levels", lambda: all_there(broker, Topic.TRIAGED, wanted))
    dead = await records_of(broker, dead_of(group))
    assert len(dead) + len(wanted) == 1000
    assert (await ids_on(broker, Topic.TRIAGED, wanted)).total() == 900
    assert await records_of(broker, retry_of(group)) == []

    assert Counter(dict(one.headers)["x-reason"].decode() for one in dead) == Counter(kind for kind, _ in bad)
    values = Counter((kind, value or b"") for kind, (_, value, _) in bad)
    assert Counter((dict(one.headers)["x-reason"].decode(), one.value) for one in dead) == values
    for one in dead:
        names = dict(one.headers)
        assert not any(CANARY in (value or b"") for value in names.values())
        assert not any(b"\xff" in value for value in names.values())
        assert "x-somebody" not in names
        assert names["x-origin-topic"] == b"sms.received.v1"
        assert names["x-origin-partition"].isdigit()
        assert names["x-origin-offset"].isdigit()
    origins = {(dict(o.headers)["x-origin-partition"], dict(o.headers)["x-origin-offset"]) for o in dead}
    assert len(origins) == 100


async def counted(bootstrap: str, topic: str, count: int) -> bool:
    return len(await records_of(bootstrap, topic)) >= count


async def all_there(bootstrap: str, topic: str, wanted: set[UUID]) -> bool:
    return len(await ids_on(bootstrap, topic, wanted)) == len(wanted)


async def test_what_fails_waits_or_comes_back_or_dies_and_the_line_goes_on(broker: str) -> None:
    """One batch with every kind of failure, and contributions of several events whose order must hold."""
    group, topic = await a_group(broker), Topic.VOICE_RECEIVED
    router = Router(group, retry_after=0.3)
    later, never, defect, waits = texts(4)
    lines = [[under(uuid4())] for _ in range(6)]
    for line in lines:
        first = line[0]
        line += [first.model_copy(update={"event_id": uuid4(), "group_size": n}) for n in range(2, 9)]
    tried: dict[UUID, list[float]] = {}
    order: dict[UUID, list[int]] = {}
    time = asyncio.get_running_loop().time
    store_back_at = time() + 60

    @router.subscriber(topic, batch=32)
    @router.publisher(Topic.TRIAGED)
    async def level(event: ContributionReceived) -> ContributionTriaged:
        tries = tried.setdefault(event.event_id, [])
        tries.append(time())
        if event.event_id == later.event_id and len(tries) < 3:
            assert current.get().attempt == len(tries) - 1
            raise Retryable("not_yet")
        if event.event_id == never.event_id:
            raise Retryable("never")
        if event.event_id == defect.event_id:
            raise ZeroDivisionError(CANARY)
        if event.event_id == waits.event_id and time() < store_back_at:
            raise Unavailable("store_away")
        await asyncio.sleep(random.uniform(0, 0.01))
        order.setdefault(event.context.contribution_id, []).append(event.group_size)
        return triaged(event, group)

    events = [later, never, defect, waits]
    mixed = [one for step in zip(*lines, strict=True) for one in step]
    await put(broker, topic, [raw(event, topic) for event in (*events[:3], *mixed[:20], waits, *mixed[20:])])
    async with member(broker, router):
        await until("somebody is away", lambda: tried.get(waits.event_id))
        store_back_at = time() + 1.0
        fine = {output_of(group, event.event_id) for event in (later, waits, *mixed)}
        await until("every level", lambda: all_there(broker, Topic.TRIAGED, fine))
        await until("two dead letters", lambda: counted(broker, dead_of(group), 2), 60)

    dead = {h.uuid(h.salvage(one.headers), "ce_id"): one for one in await records_of(broker, dead_of(group))}
    assert set(dead) == {never.event_id, defect.event_id}
    assert dict(dead[defect.event_id].headers)["x-reason"] == b"defect:ZeroDivisionError"
    assert not any(CANARY in value for value in dict(dead[defect.event_id].headers).values())
    assert dict(dead[never.event_id].headers)["x-reason"] == b"never"
    assert dict(dead[never.event_id].headers)["x-origin-topic"] == topic.value.encode()
    assert dead[never.event_id].value == never.model_dump_json().encode()

    assert len(tried[later.event_id]) == 3
    assert all(b - a >= 0.3 for a, b in zip(tried[later.event_id], tried[later.event_id][1:], strict=False))
    assert len(tried[never.event_id]) == 1 + ATTEMPTS
    assert len(tried[defect.event_id]) == 1
    assert len(tried[waits.event_id]) >= 2
    for line in lines:
        sizes = order[line[0].context.contribution_id]
        assert sizes == sorted(sizes), "in the order of the log"
        assert set(sizes) == set(range(1, 9))
    assert (await ids_on(broker, Topic.TRIAGED, fine)).total() == len(fine), "each published once"


async def test_effects_happen_once_whatever_is_repeated_and_whoever_is_away(
    broker: str, engine: AsyncEngine, postgres: Postgres
) -> None:
    group, topic = await a_group(broker), Topic.EMAIL_RECEIVED
    events = texts(40)
    other = events[5].model_copy(update={"digest": "cd" * 32})
    records = [raw(event, topic) for event in events * 3]
    random.Random(3).shuffle(records)
    await put(broker, topic, [*records[:60], raw(events[5], topic)])
    relay = Relay(engine, BOOK, clock.now)
    async with member(broker, counting(group, topic, engine, pause=0.01), relay=relay):
        await until("some are done", lambda: rows_of(engine, events))
        postgres.kill()
        await put(broker, topic, [*records[60:], raw(other, topic)])
        await asyncio.sleep(1.0)
        postgres.start()
        await until("all are done", lambda: rows_are(engine, events))
        wanted = {output_of(group, event.event_id) for event in events}
        await until("all are told", lambda: all_there(broker, Topic.ANONYMISED, wanted))
        await until("a dead letter", lambda: counted(broker, dead_of(group), 1))
    assert await rows_of(engine, events) == Counter({event.event_id: 1 for event in events})
    (dead,) = await records_of(broker, dead_of(group))
    assert dict(dead.headers)["x-reason"] == b"same_id_other_words"
    assert dead.value == other.model_dump_json().encode()
    assert await records_of(broker, retry_of(group)) == []
    assert await relay.waiting() == []


async def rows_of(engine: AsyncEngine, events: Sequence[Event]) -> Counter[UUID]:
    async with engine.connect() as connection:
        found = await connection.scalars(
            select(done.c.event_id).where(done.c.event_id.in_([one.event_id for one in events]))
        )
        return Counter(found.all())


async def rows_are(engine: AsyncEngine, events: Sequence[Event]) -> bool:
    return len(await rows_of(engine, events)) == len(events)


async def test_a_member_that_is_killed_in_mid_batch_loses_and_repeats_nothing(
    broker: str, engine: AsyncEngine, database: str
) -> None:
    group, topic = await a_group(broker), Topic.ART_RECEIVED
    events = texts(100)
    await put(broker, topic, [raw(event, topic) for event in events])

    @asynccontextmanager
    async def another_process() -> AsyncIterator[None]:
        words = ("-m", "tests.support.routing", broker, database, group, topic.value, "0.02")
        child = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=DEVNULL, stderr=DEVNULL)
        try:
            yield
            assert child.returncode is None
        finally:
            child.kill()
            await child.wait()

    async with another_process():
        await until("it has begun", lambda: rows_of(engine, events))
    killed_at = (await rows_of(engine, events)).total()
    assert 0 < killed_at < 100, "in the middle"
    relay = Relay(engine, BOOK, clock.now)
    async with member(broker, counting(group, topic, engine), relay=relay):
        await until("the rest is done", lambda: rows_are(engine, events))
        wanted = {output_of(group, event.event_id) for event in events}
        await until("all are told", lambda: all_there(broker, Topic.ANONYMISED, wanted))
    assert await rows_of(engine, events) == Counter({event.event_id: 1 for event in events})
    assert await records_of(broker, dead_of(group)) == []


async def test_a_record_that_kills_the_process_is_found_and_set_aside_and_the_others_are_done_once(
    broker: str, engine: AsyncEngine, database: str, tmp_path: Path
) -> None:
    group, topic = await a_group(broker), Topic.ART_RECEIVED
    events = texts(60)
    killer, others = events[29], [*events[:29], *events[30:]]
    await put(broker, topic, [raw(event, topic) for event in events])
    finished = asyncio.Event()

    async def is_finished() -> bool:
        return await rows_are(engine, others) and await counted(broker, dead_of(group), 1)

    async def look() -> None:
        await until("all but one are done", is_finished, 90)
        finished.set()

    looking = asyncio.create_task(look())
    words = (broker, database, group, topic.value, str(tmp_path), str(killer.event_id))
    statuses = await restarted(words, lambda: finished.is_set() or looking.done())
    await looking
    assert statuses == [DIED, DIED, DIED, 0], "once in a batch, then twice alone in hand"
    assert await rows_of(engine, events) == Counter({event.event_id: 1 for event in others})
    (dead,) = await records_of(broker, dead_of(group))
    assert dict(dead.headers)["x-reason"] == b"defect:killed"
    assert dead.value == killer.model_dump_json().encode()
    assert list((tmp_path / "killing").iterdir()) == [], "the last stop was a clean one"


class Publishing:
    """What a relay publishes with, failing when it is told to."""

    def __init__(self) -> None:
        self.sent: list[UUID] = []
        self.fails: Callable[[UUID], Exception | None] = lambda _: None

    async def __call__(self, topic: str, key: bytes, value: bytes, headers: dict[str, str]) -> None:
        await asyncio.sleep(0.001)
        known = UUID(headers["ce_id"])
        if error := self.fails(known):
            raise error
        assert topic == Topic.ANONYMISED
        assert key.decode() == headers["ce_subject"]
        self.sent.append(known)


async def in_the_outbox(engine: AsyncEngine, count: int) -> list[UUID]:
    """Effects of a process that died after its commit and before it published."""
    router = counting(f"g{uuid4().hex[:8]}", Topic.ART_RECEIVED, engine)
    assert router.effects
    wanted = []
    async with engine.begin() as connection:
        for event in texts(count):
            wanted.append(output_of(router.group, event.event_id))
            (lane, _) = router.lanes
            arrival = arrived(event)
            effect = await lane.handler(event)
            await router.effects.run(connection, arrival, effect)  # type: ignore[arg-type]
    return wanted


def arrived(event: ContributionReceived) -> Any:
    from shared.messaging.arrival import decode
    from tests.support.records import record_of

    return decode(record_of(event))


async def test_what_a_crash_left_in_the_outbox_is_swept_up_once_by_many(engine: AsyncEngine) -> None:
    wanted = await in_the_outbox(engine, 250)
    out, relays = Publishing(), [Relay(engine, BOOK, clock.now) for _ in range(3)]
    for relay in relays:
        relay.publish = out
    assert len(await relays[0].waiting()) >= 250
    while any(await asyncio.gather(*(relay.once() for relay in relays))):
        pass
    assert sorted(out.sent) == sorted(wanted), "each once, though three swept at a time"
    assert await relays[0].waiting() == []


async def test_one_row_that_kafka_refuses_does_not_hold_up_the_outbox(engine: AsyncEngine) -> None:
    from aiokafka.errors import MessageSizeTooLargeError

    wanted = await in_the_outbox(engine, 5)
    relay, out = Relay(engine, BOOK, clock.now), Publishing()
    relay.publish = out
    out.fails = lambda known: MessageSizeTooLargeError() if known == wanted[2] else None
    await relay.once()
    assert out.sent == wanted[:2] + wanted[3:]
    await relay.once()
    assert len(out.sent) == 4, "nothing goes out again because of it"
    assert len(await relay.waiting()) == 1, "and it is not forgotten"
    out.fails = lambda _: None
    again = Relay(engine, BOOK, clock.now)
    again.publish = out
    assert await again.once() == 1


async def test_an_outbox_keeps_what_kafka_did_not_take(engine: AsyncEngine) -> None:
    wanted = await in_the_outbox(engine, 3)
    relay, out = Relay(engine, BOOK, clock.now), Publishing()
    relay.publish = out
    out.fails = lambda known: KafkaError() if known == wanted[0] else None
    with pytest.raises(KafkaError):
        await relay.once()
    out.fails = lambda _: None
    assert await relay.once() == 1
    assert sorted(out.sent) == sorted(wanted)


async def test_topics_stand_on_the_broker_as_the_contracts_plan_them(broker: str) -> None:
    found = await settings_of([broker], [plan.name for plan in plans()])
    for plan in plans():
        told = found[plan.name]
        assert (told["partitions"], told["replication"]) == (str(plan.partitions), "1")
        assert plan.settings(1).items() <= told.items()


async def test_a_topic_that_was_changed_is_put_right_and_nothing_is_created_twice(broker: str) -> None:
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    admin = AIOKafkaAdminClient(bootstrap_servers=[broker])
    await admin.start()
    try:
        changed = ConfigResource(ConfigResourceType.TOPIC, Topic.READ.value, {"retention.ms": "60000"})
        await admin.alter_configs([changed])
        assert (await settings_of([broker], [Topic.READ]))[Topic.READ]["retention.ms"] == "60000"
    finally:
        await admin.close()
    assert await ensure([broker]) == []
    (told,) = (await settings_of([broker], [Topic.READ])).values()
    assert Plan(Topic.READ.value, 12).settings(1).items() <= told.items()


async def test_the_largest_record_can_still_become_a_dead_letter(broker: str) -> None:
    """It comes with as much as an intake may send, and leaves with our headers on top."""
    group, topic = await a_group(broker), Topic.SMS_RECEIVED
    router = Router(group)

    @router.subscriber(topic, batch=8)
    async def nothing(event: ContributionReceived) -> None:
        return None

    event = under(uuid4())
    key, _, headers = raw(event, topic)
    big = b"x" * (LARGEST - 600)
    await put(broker, topic, [(key, big, headers)])
    async with member(broker, router):
        await until("a dead letter", lambda: has_value(broker, dead_of(group), big))


async def has_value(bootstrap: str, topic: str, value: bytes) -> bool:
    return any(one.value == value for one in await records_of(bootstrap, topic))
