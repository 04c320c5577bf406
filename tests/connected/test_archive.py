"""The archive through a real Kafka and a real PostgreSQL: kept once, valid, sealed, whatever is killed."""

import asyncio
import base64
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.adapters import BOOK, Catalogue, Epochs, Media, Shelf, metadata
from services.archive.adapters.tables import accession, counter, part, pending, source
from services.archive.app import NAME
from services.archive.handlers import Archivist, Ports
from services.archive.rules.record import Archivable
from services.local.kafka import Kafka
from services.local.loopback import client
from services.local.postgres import Postgres
from services.local.up import passwords
from shared import clock
from shared.contracts.events import ContributionArchived, ContributionReceived
from shared.contracts.topics import GROUPS, Topic, dead_of, plans, retry_of
from shared.contracts.values import Level
from shared.database import connect, role_uri
from shared.database.setup import prepare
from shared.messaging.creation import ensure
from shared.messaging.effects import Effects
from shared.storage import FolderObjects
from shared.vault import Box
from tests.support.archive import PREFIX, anonymised, read, triaged
from tests.support.events import a_received, moved
from tests.support.keys import keyring, keys_of
from tests.support.ocfl import check_root, files_of
from tests.support.records import headers_of, topic_of
from tests.support.topics import events_of, put
from tests.support.twilio.sign import SENDER

pytestmark = pytest.mark.connected

TOPICS = {*GROUPS[NAME], Topic.ARCHIVED, Topic.HEARTBEATS, retry_of(NAME), dead_of(NAME)}
CANARY = "thecanarywaskind"


@pytest.fixture(scope="module")
def bootstrap(kafka: Kafka) -> str:
    asyncio.run(ensure([kafka.bootstrap], [plan for plan in plans() if plan.name in TOPICS]))
    return kafka.bootstrap


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> str:
    with psycopg.connect(postgres.uri(), autocommit=True) as connection:
        connection.execute("create database archive_alone")
    uri = postgres.uri(database="archive_alone")
    prepare(uri, passwords(keyring()))
    return uri


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


# The process, from Kafka to the folder


@dataclass
class Service:
    """`heard run archive`, and what it reads and keeps."""

    bootstrap: str
    objects: Path
    environment: dict[str, str]
    port: int
    process: subprocess.Popen[bytes] | None = None
    sent: set[UUID] = field(default_factory=set)

    def start(self) -> None:
        command = [sys.executable, "-m", "services.cli", "run", NAME]
        self.process = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """Cleanly, so that the group does not wait for it."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    async def send(self, *events: Archivable) -> None:
        by_topic: dict[str, list[Archivable]] = {}
        for event in events:
            by_topic.setdefault(topic_of(event).value, []).append(event)
        self.sent |= {event.about for event in events if isinstance(event, ContributionReceived)}
        for topic, some in by_topic.items():
            records = [(str(e.about).encode(), e.model_dump_json().encode(), headers_of(e)) for e in some]
            await put(self.bootstrap, topic, records)

    async def told(self) -> list[ContributionArchived]:
        """What was told of what was sent here; other tests use the same topics."""
        return [
            event
            for event in await events_of(self.bootstrap, Topic.ARCHIVED)
            if isinstance(event, ContributionArchived) and event.contribution_id in self.sent
        ]

    async def until(
        self, true: Callable[[Sequence[ContributionArchived]], bool]
    ) -> list[ContributionArchived]:
        end = time.monotonic() + 90
        while not true(found := await self.told()):
            assert time.monotonic() < end, Counter(event.step.value for event in found)
            await asyncio.sleep(0.2)
        return found

    def ask(self, path: str) -> Any:
        return client().get(f"http://127.0.0.1:{self.port}{path}", timeout=30).json()


def steps(events: Sequence[ContributionArchived]) -> Counter[str]:
    return Counter(event.step.value for event in {event.event_id: event for event in events}.values())


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def service(bootstrap: str, database: str, tmp_path: Path) -> Iterator[Service]:
    clean(database)
    keys = tmp_path / "keys.json"
    keys.write_text(keyring().bundle(NAME))
    keys.chmod(0o600)
    port = free_port()
    environment = {
        **os.environ,
        "HEARD_STAGE": "test",
        "HEARD_KAFKA": bootstrap,
        "HEARD_DATABASE": database,
        "HEARD_KEYS_FILE": str(keys),
        "HEARD_HEALTH_PORT": str(port),
        "HEARD_STATE": str(tmp_path),
        "HEARD_RETRY_AFTER": "1",
        "ARCHIVE_OBJECTS": str(tmp_path / "objects"),
        "HEARD_OBJECTS": str(tmp_path / "incoming"),
    }
    made = Service(bootstrap, tmp_path / "objects", environment, port)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def clean(database: str) -> None:
    names = [f"archive.{table.name}" for table in metadata.sorted_tables]
    with admin(database).begin() as connection:
        connection.execute(text(f"truncate {', '.join(names)}"))


def columns(database: str) -> str:
    """Every value of every column as text: bytes in hex."""
    with admin(database).connect() as connection:
        rows = [
            str(row[0])
            for table in metadata.sorted_tables
            for row in connection.execute(text(f"select t::text from archive.{table.name} t"))
        ]
    return "\n".join(rows)


async def test_a_contribution_is_kept_sealed_and_sound(service: Service, database: str) -> None:
    first, second = a_received(CANARY, display_name="Kofi"), a_received(CANARY)
    stolen = moved(first)
    reading = read(second, CANARY)
    await service.send(
        anonymised(second, CANARY, part=1),
        triaged(first, Level.HIGH),
        stolen,
        reading,
        anonymised(reading, CANARY, part=2),
        first,
        first,
        anonymised(first, None),
        second,
    )
    told = await service.until(lambda found: steps(found) == {"master": 3, "open": 2, "level": 1})
    assert len({event.accession for event in told}) == 3
    folder = service.objects / PREFIX
    states = check_root(files_of(folder))
    assert len(states) >= 3
    for path in (service.objects, *service.objects.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    stored = b"\n".join(files_of(folder).values()) + columns(database).encode()
    assert columns(database).count("\n") > 10
    for word in (CANARY, "Kofi", SENDER.lstrip("+")):
        assert word.encode() not in stored
        assert word.encode().hex().encode() not in stored
        assert base64.b64encode(word.encode()).rstrip(b"=")[:-1] not in stored
    assert service.ask("/outbox") == {"contributions": []}
    sound = service.ask("/fixity?objects=1000")
    assert sound["damaged"] == []
    assert sound["checked"] == sound["accessions"] >= 3
    assert sound["pending"] == 0


async def test_a_changed_byte_is_found(service: Service) -> None:
    await service.send(event := a_received("hello"))
    (told,) = await service.until(lambda found: len(found) == 1)
    master = service.objects / told.object_key / "v1/content/received.sealed"
    master.write_bytes(master.read_bytes()[:-1] + b"?")
    found = service.ask("/fixity?objects=1000")
    assert found["damaged"] == [{"accession": told.accession, "wrong": ["differs"]}]
    assert told.contribution_id == event.event_id
    assert service.ask("/fixity?objects=x") == {"error": "objects must be a number"}


@pytest.mark.faults
async def test_killed_in_the_middle_it_keeps_each_once(service: Service, database: str) -> None:
    events = [a_received(f"number {n}") for n in range(200)]
    copies = [anonymised(event, "open") for event in events]
    began = time.monotonic()
    sending = asyncio.create_task(service.send(*events, *copies, *(triaged(e, Level.LOW) for e in events)))
    while not list(service.objects.glob("archive/*/*/*/v1")):
        await asyncio.sleep(0.002)
    service.kill()  # among its first objects
    service.start()
    await sending
    told = await service.until(lambda found: steps(found) == {"master": 200, "open": 200, "level": 200})
    print(f"200 contributions with copies and levels, killed once: {time.monotonic() - began:.1f} s")
    masters = {event.contribution_id: event.accession for event in told if event.step.value == "master"}
    assert len(set(masters.values())) == 200
    states = check_root(files_of(service.objects / PREFIX))
    with admin(database).connect() as connection:
        rows = connection.execute(select(accession)).all()
        last = connection.scalar(select(counter.c.last))
        assert connection.execute(select(pending)).all() == []
    assert len(states) == len(rows) == last, "no gap, and no object without its row"
    assert service.ask("/fixity?objects=1000")["damaged"] == []


async def test_a_store_that_goes_away_is_waited_for(service: Service) -> None:
    await service.send(a_received("before"))
    await service.until(lambda found: len(found) == 1)
    elsewhere = service.objects.with_name("elsewhere")
    service.objects.rename(elsewhere)
    await service.send(a_received("while it was away"))
    await asyncio.sleep(2)
    assert len(await service.told()) == 1
    assert not service.objects.exists(), "nothing is written beside the store"
    elsewhere.rename(service.objects)
    await service.until(lambda found: len(found) == 2)
    check_root(files_of(service.objects / PREFIX))


# Two processes at once, on a real PostgreSQL


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    clean(database)
    made = connect(role_uri(database, NAME, keys_of(NAME).text("database_archive")))
    yield made
    await made.dispose()


def archivist(engine: AsyncEngine, folder: Path) -> Archivist:
    keys = keys_of(NAME)
    return Archivist(
        Ports(
            keys.opener,
            Epochs({"1": Box(keys.secret("epoch"))}, "1"),
            Shelf(FolderObjects.open(folder), PREFIX),
            Catalogue(),
            Media(FolderObjects.open(folder), FolderObjects.open(folder), "media"),
            Effects(NAME, engine, BOOK, clock.now),
            clock.now,
            "heard-1",
        )
    )


async def kept(engine: AsyncEngine, one: Archivist, *events: Archivable) -> None:
    async with engine.begin() as connection:
        await one.keep(connection, [(await one.note(event, None)).what for event in events])


async def test_a_master_and_its_copy_in_two_processes_find_each_other(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    one, other = archivist(engine, tmp_path / "objects"), archivist(engine, tmp_path / "objects")
    await kept(engine, one, a_received("first"))
    for _ in range(15):
        events = [a_received("hello") for _ in range(4)]
        copies = [anonymised(event, "hello") for event in events]
        await asyncio.gather(
            kept(engine, one, *events), kept(engine, other, *reversed(copies)), kept(engine, other, *copies)
        )
    async with engine.connect() as connection:
        assert (await connection.execute(select(pending))).all() == []
        states = (await connection.scalars(select(part.c.state))).all()
        numbers = sorted(await connection.scalars(select(accession.c.number)))
        sources = (await connection.scalars(select(source.c.event_id))).all()
        waiting = (await connection.scalars(select(BOOK.outbox.c.event_id))).all()
    assert Counter(states) == {"open": 60, "none": 1}
    assert [int(number[5:]) for number in numbers] == list(range(1, 62))
    assert len(sources) == 61
    assert len(waiting) == len(set(waiting)) == 121
    check_root(files_of(tmp_path / "objects" / PREFIX))


async def test_a_failed_transaction_leaves_no_gap_and_no_row(engine: AsyncEngine, tmp_path: Path) -> None:
    one = archivist(engine, tmp_path / "objects")
    first, second = a_received("first"), a_received("second")

    class Stopped(Exception):
        pass

    async def kept_and_stopped() -> None:
        async with engine.begin() as connection:
            await one.keep(connection, [(await one.note(first, None)).what])
            raise Stopped

    with pytest.raises(Stopped):
        await kept_and_stopped()
    await kept(engine, one, second, first)
    async with engine.connect() as connection:
        rows = (await connection.execute(select(accession).order_by(accession.c.number))).all()
    assert [(row.number, row.contribution_id) for row in rows] == [
        (f"{rows[0].at.year}-0001", second.event_id),
        (f"{rows[0].at.year}-0002", first.event_id),
    ]
    check_root(files_of(tmp_path / "objects" / PREFIX))


async def test_what_was_loaded_is_what_was_saved(engine: AsyncEngine, tmp_path: Path) -> None:
    """The rows give back the record that the rules made, so that a property about rules is one about tables."""
    one, catalogue = archivist(engine, tmp_path / "objects"), Catalogue()
    event = a_received("hello")
    reading = read(event, "read")
    await kept(engine, one, event, reading, anonymised(reading, None, part=2), triaged(event, Level.MEDIUM))
    async with engine.begin() as connection:
        before = (await catalogue.load(connection, [event.event_id]))[event.event_id]
        assert before.record.sources == {event.event_id: 0, reading.event_id: 1}
        assert before.record.level is Level.MEDIUM
        assert {number: state.state.value for number, state in before.record.parts.items()} == {
            1: "none",
            2: "held",
        }
        await catalogue.save(connection, [replace(before, epoch="2")], {event.event_id: before.record})
        again = (await catalogue.load(connection, [event.event_id]))[event.event_id]
    assert again == replace(before, epoch="2")
