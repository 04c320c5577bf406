"""The pager as a process, with a real Kafka, a real PostgreSQL and Twilio's stand-in: somebody's phone rings."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, create_engine, make_url

from services.local.cluster import Cluster
from services.local.kafka import Kafka
from services.local.plan import DRAMA
from services.local.postgres import Postgres
from services.local.servers import kafka_of, postgres_of
from services.local.up import Local
from shared.concerns import Concern, find, list_open, take
from shared.concerns.record import of
from shared.contracts.events import ReplySent
from shared.contracts.topics import Topic
from shared.contracts.values import Level, ReplyKind, SendResult, WithheldCause
from tests.support.events import a_received
from tests.support.local import ask, heard, texter, until
from tests.support.pager import a_triaged
from tests.support.records import headers_of, topic_of
from tests.support.topics import put

T = TypeVar("T")

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

QUICK: dict[str, Any] = {
    "PAGER_LADDER_SCALE": "0.008",  # a minute is half a second
    "PAGER_NO_LEVEL_AFTER": "6",
    "PAGER_SETTLE": "0",
    "PAGER_PULL_EVERY": "1",
    "PAGER_TICK": "0.2",
}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with heard(tmp_path_factory.mktemp("heard"), services=("pager", "sms_intake"), **QUICK) as started, _ends:
        yield started


def publish(local: Local, *events: Any) -> None:
    for event in events:
        record = (str(event.about).encode(), event.model_dump_json().encode(), headers_of(event))
        asyncio.run(put(local.servers.bootstrap, topic_of(event).value, [record]))


def texts(local: Local, who: str, holds: str = "") -> list[str]:
    return [one["body"] for one in local.stand_in.phone(DRAMA[who]) if holds in one["body"]]


def in_tables(local: Local, question: Callable[[Connection], T]) -> T:
    uri = make_url(local.servers.database_admin_uri).set(drivername="postgresql+psycopg")
    engine = create_engine(uri)
    try:
        with engine.begin() as connection:
            return question(connection)
    finally:
        engine.dispose()


def concern_of(local: Local, contribution_id: UUID) -> Concern | None:
    return in_tables(local, lambda connection: of(connection, contribution_id))


def take_all(local: Local) -> None:
    def taking(connection: Connection) -> None:
        for one in list_open(connection):
            take(connection, one.id, "anna", datetime.now(UTC))

    in_tables(local, taking)


@contextmanager
def away(server: Kafka | Cluster | Postgres) -> Iterator[None]:
    """A server dies, and is started again afterwards; it ends with the test module."""
    server.kill()
    try:
        yield
    finally:
        server.start()
        _ends.callback(server.stop)


_ends = ExitStack()


@pytest.fixture(autouse=True)
def quiet(local: Local) -> Iterator[None]:
    yield
    take_all(local)
    time.sleep(0.5)
    local.stand_in.ask("POST", "clear")


def test_an_immediate_one_rings_the_phone_within_seconds_until_it_is_taken(local: Local) -> None:
    who, began = uuid4(), time.monotonic()
    publish(local, a_triaged(who, Level.IMMEDIATE))
    (text,) = until(lambda: texts(local, "duty_lead"), 10, "the duty lead's phone rings")
    assert time.monotonic() - began < 10
    assert "IMMEDIATE" in text and str(who) not in text
    until(lambda: texts(local, "deputy") and texts(local, "on_call"), 30, "the ladder climbs")
    reference = re.search(r"ref ([0-9a-f]{8})", text)
    assert reference

    def taking(connection: Connection) -> Concern:
        return take(connection, find(connection, reference[1]), "anna", datetime.now(UTC))

    assert in_tables(local, taking).contribution_id == who
    time.sleep(0.7)
    before = len(local.stand_in.ask("GET", "sent"))
    time.sleep(3.5)  # longer than five of its minutes
    assert len(local.stand_in.ask("GET", "sent")) == before


def test_what_has_no_level_and_what_cannot_be_read_rings(local: Local) -> None:
    event, unreadable = a_received("hello", at=datetime.now(UTC)), uuid4()
    publish(local, event)
    bad = headers_of(a_triaged(unreadable, Level.NONE))
    asyncio.run(put(local.servers.bootstrap, Topic.TRIAGED.value, [(b"key", b"{", bad)]))
    until(lambda: concern_of(local, unreadable), 10, "a concern for what nobody can read")
    found = until(lambda: concern_of(local, event.event_id), 20, "a concern for what has no level")
    assert (found.level, found.cause) == (Level.UNASSESSED, "no_level")
    until(lambda: texts(local, "duty_lead", "2 waiting"), 10, "both are rung for")


def test_a_stop_is_told_to_the_lead(local: Local) -> None:
    who = uuid4()
    stop = ReplySent(
        event_id=uuid4(), contribution_id=who, kind=ReplyKind.ACKNOWLEDGEMENT, template="ack",
        result=SendResult.WITHHELD, cause=WithheldCause.OPTED_OUT, at=datetime.now(UTC),
    )  # fmt: skip
    publish(local, a_triaged(who, Level.MEDIUM), stop)
    until(lambda: texts(local, "duty_lead", "asked us not to text again"), 10, "the lead is told")


def test_with_the_database_away_it_rings_even_after_it_was_killed(local: Local) -> None:
    first, second = uuid4(), uuid4()
    with away(postgres_of(local.home)):
        publish(local, a_triaged(first, Level.HIGH))
        until(lambda: texts(local, "duty_lead", "HIGH"), 20, "it rings without a database")
        local.fleet.kill("pager")
        local.stand_in.ask("POST", "clear")
        until(lambda: texts(local, "duty_lead", "HIGH"), 30, "it goes on after a restart")
        publish(local, a_triaged(second, Level.IMMEDIATE))
        until(lambda: texts(local, "duty_lead", "IMMEDIATE"), 30, "it hears what comes")
    until(lambda: concern_of(local, first) and concern_of(local, second), 30, "the tables know")
    until(lambda: (ask(local, "pager", "/ready") or {}).get("database") == "ok", 10, "it says so")


def test_with_a_database_that_is_there_and_of_no_use_it_rings(local: Local) -> None:
    who = uuid4()
    rename(local, "seen", "elsewhere")
    try:
        publish(local, a_triaged(who, Level.IMMEDIATE))
        until(lambda: texts(local, "duty_lead", "IMMEDIATE"), 20, "it rings all the same")
    finally:
        rename(local, "elsewhere", "seen")
    until(lambda: concern_of(local, who), 20, "the tables know")


def rename(local: Local, old: str, new: str) -> None:
    in_tables(
        local, lambda connection: connection.exec_driver_sql(f"alter table pager.{old} rename to {new}")
    )


def test_when_nothing_goes_out_it_says_so_and_goes_on(local: Local) -> None:
    local.stand_in.ask("POST", "faults", kind="503", times=3)
    publish(local, a_triaged(uuid4(), Level.IMMEDIATE))
    until(lambda: texts(local, "duty_lead", "IMMEDIATE"), 20, "it is tried until it goes out")
    until(lambda: (ask(local, "pager", "/ready") or {}).get("texts") == "ok", 10, "it can ring again")
    assert "cannot_ring" in (local.home.logs / "pager.log").read_text()


def test_with_kafka_away_what_was_accepted_rings(local: Local) -> None:
    with away(kafka_of(local.home)):

        async def text() -> int:
            async with texter(local) as client:
                return await client.text("is anybody there")

        assert asyncio.run(text()) == 200
        until(lambda: texts(local, "duty_lead", "UNASSESSED"), 30, "what waits in the spool rings")
    causes = in_tables(local, lambda connection: [one.cause for one in list_open(connection)])
    assert "spool_waits" in causes


def test_no_words_and_no_number_stand_in_its_log(local: Local) -> None:
    said = (local.home.logs / "pager.log").read_text()
    assert "rung" in said
    assert "+44" not in said and "is anybody there" not in said
