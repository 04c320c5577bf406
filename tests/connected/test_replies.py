"""Answers through a real Kafka, a real PostgreSQL and the stand-in for Twilio: once, or not at all."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.local.kafka import Kafka
from services.local.loopback import client
from services.local.postgres import Postgres
from services.local.up import passwords
from services.replies.adapters.ports import Ports
from services.replies.adapters.tables import BOOK, metadata
from services.replies.app import NAME, courier, ports_for
from services.replies.handlers import on_delivered, on_received
from services.replies.settings import Settings
from shared import clock
from shared.contracts.events import ContributionReceived, ReplyDelivered, ReplySent
from shared.contracts.ids import delivery_report, output_of
from shared.contracts.topics import GROUPS, Topic, dead_of, plans, retry_of
from shared.database import connect, role_uri
from shared.database.setup import prepare
from shared.helplines import helplines
from shared.messaging.creation import ensure
from shared.messaging.relay import Relay
from shared.settings import CommonSettings, Stage
from shared.templates import template
from tests.support.events import a_received
from tests.support.keys import keyring, keys_of
from tests.support.records import headers_of
from tests.support.topics import events_of, put
from tests.support.twilio.client import Running, running
from tests.support.twilio.sign import ACCOUNT, OUR_NUMBER

pytestmark = pytest.mark.connected

WORDS = template("acknowledgement", Stage.TEST, helplines()).words
TOPICS = {*GROUPS[NAME], Topic.REPLIES_SENT, Topic.HEARTBEATS, retry_of(NAME), dead_of(NAME)}
QUICK = {
    "REPLIES_ANSWER_WITHIN": "5",
    "REPLIES_UNKNOWN_AFTER": "6",
    "REPLIES_CHECK_EVERY": "0.5",
    "REPLIES_RETRY_EVERY": "0.3",
    "REPLIES_POLL": "0.05",
}


@pytest.fixture(scope="module")
def bootstrap(kafka: Kafka) -> str:
    asyncio.run(ensure([kafka.bootstrap], [plan for plan in plans() if plan.name in TOPICS]))
    return kafka.bootstrap


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> str:
    with psycopg.connect(postgres.uri(), autocommit=True) as connection:
        connection.execute("create database replies_alone")
    admin = postgres.uri(database="replies_alone")
    prepare(admin, passwords(keyring()))
    return admin


@pytest.fixture
def clean(database: str) -> str:
    with admin(database).begin() as connection:
        tables = ", ".join(f"replies.{name}" for name in ("sending", "opt_out", "seen", "outbox"))
        connection.execute(text(f"truncate {tables}"))
    return database


@pytest.fixture(scope="module")
def twilio() -> Iterator[Running]:
    with running() as started:
        yield started


@pytest.fixture
def stand_in(twilio: Running) -> Running:
    twilio.clear()
    return twilio


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def admin(uri: str) -> Any:
    return create_engine(make_url(uri).set(drivername="postgresql+psycopg"))


def test_the_migrations_make_the_tables_that_the_code_uses(database: str) -> None:
    with admin(database).connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == metadata.schema,
            },
        )
        assert compare_metadata(context, metadata) == []


# The process, from Kafka to the phone


@dataclass
class Service:
    """`heard run replies`, and what it reads and writes."""

    bootstrap: str
    stand_in: Running
    environment: dict[str, str]
    port: int
    process: subprocess.Popen[bytes] | None = None
    heard: list[ContributionReceived] = field(default_factory=list)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "run", NAME],
            env=self.environment,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    async def hear(self, *events: ContributionReceived, key: bytes | None = None) -> None:
        """Publish; with one key they come in this order, as texts of one sender do."""
        self.heard += [event for event in events if event not in self.heard]
        await put(
            self.bootstrap,
            Topic.SMS_RECEIVED,
            [
                (key or event.event_id.bytes, event.model_dump_json().encode(), headers_of(event))
                for event in events
            ],
        )

    async def outcomes(self, count: int, seconds: float = 90) -> list[ReplySent]:
        """The outcomes of what was heard, once there are as many."""
        ids, end = {event.event_id for event in self.heard}, time.monotonic() + seconds
        while True:
            found = [
                event
                for event in await events_of(self.bootstrap, Topic.REPLIES_SENT)
                if isinstance(event, ReplySent) and event.contribution_id in ids
            ]
            if len({event.event_id for event in found}) >= count:
                return found
            assert time.monotonic() < end, f"{len(found)} of {count} outcomes, rows {self.counts()}"
            await asyncio.sleep(0.1)

    def counts(self) -> dict[str, int]:
        answer = client().get(f"http://127.0.0.1:{self.port}/sending").json()
        return {state: count for state, count in answer["sending"].items() if count}


@contextmanager
def a_service(bootstrap: str, database: str, stand_in: Running, folder: Path) -> Iterator[Service]:
    keys = folder / "keys.json"
    keys.write_text(keyring().bundle(NAME))
    keys.chmod(0o600)
    port = free_port()
    environment = {
        **os.environ,
        **QUICK,
        "HEARD_STAGE": "test",
        "HEARD_KAFKA": bootstrap,
        "HEARD_DATABASE": database,
        "HEARD_KEYS_FILE": str(keys),
        "HEARD_HEALTH_PORT": str(port),
        "HEARD_STATE": str(folder),
        "HEARD_RETRY_AFTER": "1",
        "REPLIES_TWILIO_ACCOUNT": ACCOUNT,
        "REPLIES_TWILIO_URL": stand_in.url,
    }
    made = Service(bootstrap, stand_in, environment, port)
    made.start()
    try:
        yield made
    finally:
        made.kill()


def an_event(words: str, who: int, **said: Any) -> ContributionReceived:
    return a_received(words, sender=number(who), at=clock.now(), **said)


def number(who: int) -> str:
    return f"+447700900{who:03d}"


def of(event: ContributionReceived, told: Sequence[ReplySent]) -> tuple[str, str | None]:
    """The outcome of one contribution's acknowledgement; a repeat on the topic is the same event."""
    found = {one for one in told if one.event_id == output_of(NAME, event.event_id)}
    [one] = found
    return one.result.value, one.cause.value if one.cause else None


async def test_texts_are_thanked_once_a_day_and_never_after_a_stop(
    bootstrap: str, clean: str, stand_in: Running, tmp_path: Path
) -> None:
    with a_service(bootstrap, clean, stand_in, tmp_path) as service:
        first, again, stop = an_event("hello", 200), an_event("again", 200), an_event("STOP", 200)
        after = an_event("one more thing", 200)
        known = an_event("hello", 201)
        late = a_received("hello", sender=number(202), at=clock.now() - timedelta(minutes=11))
        help_me = an_event("help", 203)
        lost = an_event("hello", 204)
        await service.hear(first, first)
        await service.outcomes(1)
        stand_in.fault("drop")
        await service.hear(lost)
        await service.outcomes(2)
        stand_in.inbound("STOP", sender=number(201))
        await service.hear(first, again, known, late, help_me)
        await service.outcomes(6)
        await service.hear(stop, after, an_event("hello?", 201), key=b"one sender")
        told = await service.outcomes(11)  # two more than outcomes: news for the two before the STOP
        assert [text["body"] for text in stand_in.phone(number(200))] == [WORDS]
        assert [text["body"] for text in stand_in.phone(number(204))] == [WORDS], "dropped, found, sent once"
        ours = [text for text in stand_in.sent() if text["body"] == WORDS]
        assert Counter(text["to"] for text in ours) == {number(200): 1, number(203): 1, number(204): 1}
        assert {text["from"] for text in ours} == {OUR_NUMBER}
        assert of(first, told) == of(lost, told) == ("sent", None)
        assert of(again, told) == ("withheld", "daily")
        assert of(known, told) == ("withheld", "opted_out"), "Twilio said 21610"
        assert of(late, told) == ("withheld", "late")
        assert of(help_me, told) == ("sent", None)
        assert of(stop, told) == of(after, told) == ("withheld", "opted_out")
        news = {
            one for one in told if one.event_id not in {output_of(NAME, e.event_id) for e in service.heard}
        }
        assert {one.contribution_id for one in news} == {first.event_id, again.event_id}
        assert {(one.result.value, one.cause and one.cause.value) for one in news} == {
            ("withheld", "opted_out")
        }
        assert service.counts() == {"sent": 3, "withheld": 6}
        assert client().get(f"http://127.0.0.1:{service.port}/outbox").json() == {"contributions": []}
        no_address_in(clean)


def no_address_in(database: str) -> None:
    with admin(database).connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(text(f"select t::text from {table.fullname} t")):
                assert "7700900" not in row[0]
                assert "hello" not in row[0]


@pytest.mark.faults
async def test_killed_in_the_middle_nobody_gets_two_and_what_is_told_is_what_was_sent(
    bootstrap: str, clean: str, stand_in: Running, tmp_path: Path
) -> None:
    stand_in.settings(latency=0.15)
    with a_service(bootstrap, clean, stand_in, tmp_path) as service:
        events = [an_event("hello", 300 + n % 60) for n in range(90)]
        await service.hear(*events)
        while len(stand_in.sent()) < 15:
            await asyncio.sleep(0.02)
        service.kill()
        service.start()
        told = await service.outcomes(90)
        stand_in.settings(latency=0)
        results = Counter(of(event, told)[0] for event in events)
        print(f"killed: {dict(results)}, texts {len(stand_in.sent())}")
        texts = Counter(text["to"] for text in stand_in.sent())
        assert max(texts.values()) == 1
        said_sent = {one.provider_id for one in told if one.result.value == "sent"}
        assert said_sent == {text["sid"] for text in stand_in.sent()}
        assert results["withheld"] == 30
        assert results["sent"] + results["unknown"] == 60


# The tables, without Kafka


@pytest.fixture
async def engine(clean: str) -> AsyncIterator[AsyncEngine]:
    made = connect(role_uri(clean, NAME, keys_of(NAME).text("database_replies")), size=12)
    yield made
    await made.dispose()


@pytest.fixture
def ports(engine: AsyncEngine, stand_in: Running) -> Ports:
    return ports_for(
        CommonSettings(stage=Stage.TEST),
        settings(stand_in),
        keys_of(NAME),
        engine,
        Relay(engine, BOOK, clock.now),
    )


def settings(stand_in: Running) -> Settings:
    quick = {name.removeprefix("REPLIES_").lower(): value for name, value in QUICK.items()}
    return Settings.model_validate({"twilio_account": ACCOUNT, "twilio_url": stand_in.url, **quick})


async def decide_about(event: ContributionReceived, ports: Ports) -> None:
    effect = await on_received(event, ports=ports)
    async with ports.begin() as connection:
        for told in await effect.apply(connection):
            await ports.publish(connection, told, None)


async def outcomes(engine: AsyncEngine) -> list[ReplySent]:
    async with engine.connect() as connection:
        found = await connection.execute(BOOK.outbox.select())
        return [ReplySent.model_validate_json(row.value) for row in found]


async def test_ten_texts_of_one_address_in_one_moment_get_one(
    engine: AsyncEngine, ports: Ports, stand_in: Running
) -> None:
    await asyncio.gather(*(decide_about(an_event(f"text {n}", 400), ports) for n in range(10)))
    async with engine.connect() as connection:
        assert {k: v for k, v in (await ports.rows.counts(connection)).items() if v} == {
            "due": 1,
            "withheld": 9,
        }


async def test_two_processes_at_one_row_send_once(
    engine: AsyncEngine, ports: Ports, stand_in: Running
) -> None:
    await asyncio.gather(*(decide_about(an_event("hello", 410 + n), ports) for n in range(8)))
    both = [asyncio.create_task(courier(ports, engine, settings(stand_in)).run()) for _ in range(2)]
    await until(lambda: len(stand_in.sent()) >= 8)
    await asyncio.sleep(0.3)
    await ended(*both)
    assert Counter(text["to"] for text in stand_in.sent()) == {number(410 + n): 1 for n in range(8)}
    assert [one.result.value for one in await outcomes(engine)] == ["sent"] * 8


async def test_cancelled_at_any_moment_it_sends_at_most_once_and_tells_the_truth(
    engine: AsyncEngine, ports: Ports, stand_in: Running
) -> None:
    stand_in.settings(latency=0.02)
    for who in range(40):
        await decide_about(an_event("hello", 500 + who), ports)
        crashing = courier(ports, engine, settings(stand_in))
        task = asyncio.create_task(crashing.run())
        await asyncio.sleep(0.004 * who)
        await ended(*crashing.in_hand.values(), task)
    task = asyncio.create_task(courier(ports, engine, settings(stand_in)).run())
    told: list[ReplySent] = []
    while len(told) < 40:
        await asyncio.sleep(0.2)
        told = await outcomes(engine)
    await ended(task)
    stand_in.settings(latency=0)
    print(
        "cancelled 40 times:", dict(Counter(one.result.value for one in told)), len(stand_in.sent()), "texts"
    )
    assert max(Counter(text["to"] for text in stand_in.sent()).values()) == 1
    assert len({one.event_id for one in told}) == len(told) == 40
    assert {one.provider_id for one in told if one.result.value == "sent"} == {
        text["sid"] for text in stand_in.sent()
    }
    assert {one.result.value for one in told} <= {"sent", "unknown"}


def a_report(provider_id: str, status: str, error: str | None = None) -> ReplyDelivered:
    return ReplyDelivered(
        event_id=delivery_report(ACCOUNT, provider_id, status),
        provider_id=provider_id,
        status=status,
        error=error,
        at=datetime.now(UTC),
    )


async def test_what_became_of_our_answers_is_kept_in_any_order_and_sends_nothing(
    engine: AsyncEngine, ports: Ports, stand_in: Running
) -> None:
    for who in range(3):
        await decide_about(an_event("hello", 700 + who), ports)
    task = asyncio.create_task(courier(ports, engine, settings(stand_in)).run())
    await until(lambda: len(stand_in.sent()) >= 3)
    while len(told := await outcomes(engine)) < 3:
        await asyncio.sleep(0.1)
    await ended(task)
    arrived, lost, read = (str(one.provider_id) for one in told)
    reports = [
        a_report(arrived, "sent"), a_report(arrived, "delivered"), a_report(arrived, "queued"),
        a_report(lost, "undelivered", "30003"), a_report(lost, "sent"),
        a_report(read, "read"), a_report(read, "delivered"),
        a_report("SM-of-somebody-else", "failed", "30007"),
    ]  # fmt: skip
    for chosen in (reports, reports[::-1]):
        for report in chosen:
            effect = await on_delivered(report, ports=ports)
            async with ports.begin() as connection:
                assert list(await effect.apply(connection)) == []
    async with engine.connect() as connection:
        assert await ports.deliveries.counts(connection) == {
            "delivery": {"delivered": 1, "undelivered": 1, "read": 1},
            "not_delivered": {"30003": 1},
        }
    assert len(stand_in.sent()) == 3, "nothing is sent again"


async def ended(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
