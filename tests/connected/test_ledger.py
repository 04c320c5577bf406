"""The ledger against a real Kafka and PostgreSQL: it balances, it names who has what, and it finds a loss."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.ledger.adapters.kafka import Log
from services.ledger.adapters.letters import discard
from services.ledger.adapters.outboxes import client, outboxes
from services.ledger.adapters.pages import Pages, TextPages
from services.ledger.adapters.provider import GRACE, Provider
from services.ledger.adapters.receipts import Intakes
from services.ledger.adapters.tables import metadata
from services.ledger.adapters.times import until_level
from services.ledger.app import FOLLOWED, NAME, TOPICS, router, routes_of
from services.ledger.handlers import Ports, balance, reconcile, watch
from services.ledger.rules import describe, describe_trace
from services.ledger.settings import Settings
from services.local.kafka import Kafka
from services.local.postgres import Postgres
from services.local.up import passwords
from shared import clock
from shared.contracts.base import Event, utc
from shared.contracts.events import (
    ContributionAnonymised,
    ContributionArchived,
    ContributionReceived,
    ContributionTriaged,
    Heartbeat,
)
from shared.contracts.ids import output_of, twilio_message, twilio_recording
from shared.contracts.topics import GROUPS, dead_of, retry_of
from shared.contracts.values import Channel, HoldCause, Level, Status, Step
from shared.database import connect, role_uri
from shared.database.setup import prepare
from shared.messaging import headers as h
from shared.messaging.creation import ensure
from shared.messaging.effects import key_of
from shared.service import broker_for
from shared.settings import CommonSettings, Stage
from shared.twilio import Twilio
from tests.support.events import a_received
from tests.support.keys import keyring
from tests.support.records import topic_of
from tests.support.twilio.client import Running, running
from tests.support.twilio.sign import ACCOUNT, OUR_NUMBER, TOKEN

pytestmark = pytest.mark.connected

NAMELESS = {"ce_id": "", "ce_subject": ""}  # headers that are left out
OPERATIONS = "+447700900104"


@pytest.fixture(scope="module", autouse=True)
def topics(kafka: Kafka) -> None:
    asyncio.run(ensure([kafka.bootstrap]))


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> str:
    with psycopg.connect(postgres.uri(), autocommit=True) as connection:
        connection.execute("create database ledger_alone")
    admin = postgres.uri(database="ledger_alone")
    prepare(admin, passwords(keyring()))
    return role_uri(admin, NAME, keyring().secret("database_ledger").decode())


@dataclass
class Intake:
    """What an intake's health port says, and a service's beside it."""

    receipts: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[str] = field(default_factory=list)
    spool: str = "1"
    answers: bool = True
    address: str = ""

    def accepted(
        self,
        contribution_id: UUID,
        place: tuple[int, int] | None,
        topic: str = "sms.received.v1",
        **more: Any,
    ) -> None:
        now = utc(clock.now() - timedelta(seconds=1))
        partition, offset = place or (None, None)
        self.receipts.append(
            {
                "seq": len(self.receipts) + 1, "event_id": str(contribution_id), "contribution_id": str(contribution_id),
                "channel": "sms", "topic": topic, "conflict": 0, "accepted_at": now,
                "acked_at": now if place else None, "partition": partition, "offset": offset, "set_aside": None, **more,
            }
        )  # fmt: skip

    def app(self) -> Starlette:
        async def receipts(request: Request) -> Response:
            after = int(request.query_params["after"])
            newer = [one for one in self.receipts if one["seq"] > after][:2]  # pages of two
            refused = [{"day": "2026-11-24", "status": 403, "n": 3}]
            body = {"intake": "sms_intake", "spool": self.spool, "receipts": newer, "refused": refused}
            return JSONResponse(body, status_code=200 if self.answers else 503)

        async def outbox(_: Request) -> Response:
            return JSONResponse({"contributions": self.outbox})

        return Starlette(routes=[Route("/receipts", receipts), Route("/outbox", outbox)])


class Paged:
    """Remembers what operations were told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def page(self, text: str) -> bool:
        self.texts.append(text)
        return True


@dataclass
class World:
    """A ledger in this process, with intakes and services that say what a test wants them to."""

    kafka: Kafka
    engine: AsyncEngine
    intake: Intake
    ports: Ports
    paged: Paged
    producer: AIOKafkaProducer

    async def publish(
        self,
        event: Event,
        topic: str = "",
        value: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, int]:
        made = h.of_event(event, topic_of(event), source="tests", at=clock.now())
        made |= headers or {}
        sent = await self.producer.send_and_wait(
            topic or topic_of(event).value,
            value or event.model_dump_json().encode(),
            key=key_of(event),
            headers=[(name, text.encode()) for name, text in made.items() if text],
        )
        return sent.partition, sent.offset

    async def accept(self, words: str = "a day at school") -> ContributionReceived:
        event = a_received(words, contribution_id=uuid4(), at=clock.now())
        self.intake.accepted(event.event_id, await self.publish(event))
        return event

    async def handle(self, event: ContributionReceived, *stages: str) -> None:
        for stage in stages:
            await self.publish(of_stage(event, stage))

    async def passed(self, *groups: str) -> None:
        """These groups have read everything there is now."""
        ends = await Log([self.kafka.bootstrap], NAME, FOLLOWED, TOPICS).ends()

        async def commit(group: str) -> None:
            topics = set(map(str, GROUPS.get(group, (group,))))
            passed = {TopicPartition(*spot): end for spot, end in ends.items() if spot[0] in topics}
            if passed:
                async with AIOKafkaConsumer(
                    bootstrap_servers=self.kafka.bootstrap, group_id=group
                ) as consumer:
                    consumer.assign(list(passed))
                    await consumer.commit(passed)

        await asyncio.gather(*map(commit, groups))

    async def park(
        self,
        event: Event,
        group: str,
        place: tuple[int, int],
        *,
        dead: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        told = {
            h.REASON: "header_null",
            h.ORIGIN_TOPIC: topic_of(event).value,
            h.ORIGIN_PARTITION: str(place[0]),
            h.ORIGIN_OFFSET: str(place[1]),
        }
        await self.publish(
            event, dead_of(group) if dead else retry_of(group), headers={**told, **(headers or {})}
        )

    async def total(self) -> dict[str, int]:
        found = await balance(self.ports)
        print(json.dumps(found, indent=1))
        return {name: n for name, n in found["total"].items() if n}


OTHERS = tuple(group for group in GROUPS if group != NAME)


@asynccontextmanager
async def a_world(
    kafka: Kafka, database: str, pages: Pages | None = None, *, reads: bool = True
) -> AsyncIterator[World]:
    engine, intake, paged = connect(database), Intake(), Paged()
    async with engine.begin() as connection:
        for table in metadata.sorted_tables:
            await connection.execute(table.delete())
    settings = CommonSettings(stage=Stage.TEST, kafka=(kafka.bootstrap,))
    broker = broker_for(settings, router(Settings(), engine))
    async with served(intake), AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        http = client()
        intakes = Intakes((("sms_intake", intake.address),), engine, http, clock.now)
        ports = Ports(
            engine=engine,
            kafka=Log([kafka.bootstrap], NAME, FOLLOWED, TOPICS),
            intakes=intakes,
            outboxes=lambda: outboxes(http, (("archive", intake.address), ("anonymiser", intake.address))),
            pages=pages or paged,
            now=clock.now,
            expected=("archive",),
            patience=10.0 if reads else 0.5,
            stuck_after=timedelta(minutes=15),
            began=clock.now(),
        )
        world = World(kafka, engine, intake, ports, paged, producer)
        try:
            if reads:
                await broker.start()
            yield world
        finally:
            await broker.stop()
            await http.aclose()
            await engine.dispose()


@asynccontextmanager
async def served(intake: Intake) -> AsyncIterator[None]:
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(intake.app(), port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    intake.address = f"http://127.0.0.1:{port}"
    try:
        yield
    finally:
        server.should_exit = True
        await task


def of_stage(event: ContributionReceived, stage: str, revision: int = 1) -> Event:
    """What a service says after `event`: triaged, anonymised, held, master, open, erased."""
    about: Mapping[str, Any] = {"contribution_id": event.event_id, "source": event.event_id}
    if stage == "triaged":
        return ContributionTriaged(
            event_id=output_of("triage", event.event_id, 1), channel=Channel.SMS, received_at=clock.now(), part=1,
            level=Level.LOW, rules_version="1", lexicon_version="1", **about,
        )  # fmt: skip
    if stage in ("anonymised", "held"):
        held = stage == "held"
        return ContributionAnonymised(
            event_id=output_of("anonymiser", event.event_id, 1, revision), channel=Channel.SMS, part=1, revision=revision,
            status=Status.HELD if held else Status.OPEN, causes=(HoldCause.DOUBT,) if held else (),
            rules_version="1", **about,
        )  # fmt: skip
    return ContributionArchived(
        event_id=output_of(f"archive-{stage}", event.event_id), accession="2026-0007", step=Step(stage),
        part=1 if stage == "open" else None, object_key="2026/0007", version=1, inventory_sha512="0" * 128,
        at=clock.now(), **about,
    )  # fmt: skip


def test_the_migrated_database_has_the_tables_that_the_ledger_means(
    postgres: Postgres, database: str
) -> None:
    admin = make_url(postgres.uri(database=make_url(database).database or ""))
    engine = create_engine(admin.set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        opts = {
            "include_schemas": True,
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "schema" or name == NAME,
        }
        assert compare_metadata(MigrationContext.configure(connection, opts=opts), metadata) == []
    engine.dispose()


WHOLE_WAY = ("triaged", "anonymised", "master", "open")


async def test_it_balances_names_who_has_what_and_finds_a_loss(kafka: Kafka, database: str) -> None:
    async with a_world(kafka, database) as world:
        for _ in range(3):
            await world.handle(await world.accept(), *WHOLE_WAY)
        await world.passed(*OTHERS)
        assert await world.total() == {"accepted": 3, "archived": 3}
        async with world.engine.connect() as connection:
            (times,) = (await until_level(connection)).values()
        assert times["n"] == 3
        assert 1 <= times["first_p50"] <= times["p50"] <= times["p95"] <= times["longest"] < 60

        waits = uuid4()
        world.intake.accepted(waits, None)  # accepted, and Kafka does not have it yet
        held, slow, lost = await world.accept(), await world.accept(), await world.accept()
        await world.handle(held, "triaged", "held", "master")
        await world.handle(slow, "triaged", "anonymised", "master")
        found = await balance(world.ports)
        assert found["total"]["missing"] == 0
        owners = {one["owner"]: one["n"] for one in found["in_flight"]}
        assert owners == {"sms_intake": 1, "archive": 2} or owners == {
            "sms_intake": 1,
            "archive": 1,
            "anonymiser": 1,
        }

        await world.passed("anonymiser")
        await world.handle(lost, "triaged", "anonymised", "master")
        await world.passed(*OTHERS)  # all have read everything; the archive forgot two open copies
        found = await balance(world.ports)
        assert found["total"] == {
            "accepted": 7, "archived": 3, "held": 1, "in_flight": 1, "refused": 0, "erased": 0, "missing": 2,
        }  # fmt: skip
        assert {one["contribution_id"] for one in found["missing"]} == {
            str(slow.event_id),
            str(lost.event_id),
        }
        assert {one["owner"] for one in found["missing"]} == {"archive"}
        assert not found["balanced"]
        assert "NOT BALANCED: 2 missing." in describe(found)

        world.intake.outbox.append(str(slow.event_id))  # it is in the outbox after all
        assert (await world.total())["missing"] == 1
        await world.handle(slow, "open")
        await world.handle(lost, "erased")
        await world.publish(of_stage(held, "anonymised", revision=2))
        await world.handle(held, "open")
        await world.passed(*OTHERS)
        assert await world.total() == {"accepted": 7, "archived": 5, "in_flight": 1, "erased": 1}


async def test_a_service_that_stopped_is_named_and_so_is_who_does_not_answer(
    kafka: Kafka, database: str
) -> None:
    async with a_world(kafka, database) as world:
        await world.passed(*OTHERS)
        event = await world.accept()
        await world.passed("archive", "triage", "pager", "replies")
        await world.handle(event, "triaged", "master")
        await world.passed("archive")
        found = await balance(world.ports)
        assert [(one["owner"], one["n"]) for one in found["in_flight"]] == [("anonymiser", 1)]
        assert found["balanced"]

        await world.passed("anonymiser")
        world.ports.outboxes = lambda: outboxes(client(), (("anonymiser", "http://127.0.0.1:1"),))
        world.intake.answers = False
        found = await balance(world.ports)
        assert found["unanswered"] == ["anonymiser", "sms_intake"]
        assert [(one["owner"], one["why"]) for one in found["in_flight"]] == [
            ("anonymiser", "the service does not answer")
        ]
        assert not found["balanced"]


async def test_a_ledger_that_is_behind_says_so(kafka: Kafka, database: str) -> None:
    async with a_world(kafka, database, reads=False) as world:
        await world.accept()
        await world.passed(*OTHERS)
        found = await balance(world.ports)
        assert found["behind"]
        assert [(one["owner"], one["n"]) for one in found["in_flight"]] == [("ledger", 1)]
    async with a_world(kafka, database) as world:  # reads what is left, for the tests after this one
        assert not (await balance(world.ports))["behind"]


async def test_kafka_away_is_said_and_proves_nothing(kafka: Kafka, database: str) -> None:
    async with a_world(kafka, database) as world:
        await world.handle(await world.accept(), *WHOLE_WAY)
        await world.accept()
        await world.passed(*OTHERS)
        assert await world.total() == {"accepted": 2, "archived": 1, "missing": 1}
        world.ports.kafka = Log(["127.0.0.1:1"], NAME, FOLLOWED, TOPICS)
        found = await balance(world.ports)
        assert found["unanswered"] == ["kafka"]
        assert found["total"]["archived"] == 1 and found["total"]["in_flight"] == 1
        assert [one["owner"] for one in found["in_flight"]] == ["kafka"]


async def test_a_dead_letter_is_held_until_it_is_replayed_or_discarded(kafka: Kafka, database: str) -> None:
    async with a_world(kafka, database) as world:
        replayed, discarded = await world.accept(), await world.accept()
        for event in (replayed, discarded):
            place = world.intake.receipts[-1 if event is discarded else -2]
            await world.park(event, "archive", (place["partition"], place["offset"]))
            await world.handle(event, "anonymised")
        await world.passed(*OTHERS)
        found = await balance(world.ports)
        assert found["total"]["held"] == 2
        assert found["parked"] == [{"group": "archive", "retrying": 0, "dead": 2}]
        assert (await watched(world))["dead:archive"] == 2

        first = world.intake.receipts[-2]
        again = {h.REPLAY: "20261124T120000Z", h.REASON: ""}
        await world.park(
            replayed, "archive", (first["partition"], first["offset"]), dead=False, headers=again
        )
        found = await balance(world.ports)
        assert [(one["owner"], one["why"]) for one in found["in_flight"]] == [
            ("archive", "will be tried again")
        ]
        assert found["parked"] == [{"group": "archive", "retrying": 1, "dead": 1}]
        await world.handle(replayed, "master", "open")
        await world.passed(*OTHERS, retry_of("archive"))
        assert await world.total() == {"accepted": 2, "archived": 1, "held": 1}

        [letter] = (await asked(world, "/dead"))["letters"]
        assert letter["contribution_id"] == str(discarded.event_id)
        async with world.engine.begin() as connection:
            later = clock.now() + timedelta(seconds=1)
            for dead_id, known in ((UUID(letter["dead_id"]), True), (uuid4(), False)):
                done = await discard(connection, dead_id=dead_id, who="ops", reason="spam", at=later)
                assert done is known
        assert await world.total() == {"accepted": 2, "archived": 1, "refused": 1}
        assert await watched(world) == {}


async def test_what_the_ledger_itself_cannot_read_is_still_known(kafka: Kafka, database: str) -> None:
    async with a_world(kafka, database) as world:
        event = a_received("nobody can read this", contribution_id=uuid4(), at=clock.now())
        place = await world.publish(event, value=b"{no json", headers=NAMELESS)
        world.intake.accepted(event.event_id, place)
        await world.park(event, "archive", place, headers=NAMELESS)
        await world.passed(*OTHERS)
        found = await balance(world.ports)
        while not any(one["dead"] for one in found["parked"] if one["group"] == NAME):
            found = await balance(world.ports)  # its own dead letter comes a moment after the record
        assert found["total"]["held"] == 1, "found by the place that the receipt names"
        assert found["unattributed"] == []
        stray = a_received("", contribution_id=uuid4(), at=clock.now())
        await world.park(stray, "triage", (0, 999_999), headers=NAMELESS)
        [lone] = (await balance(world.ports))["unattributed"]
        assert (lone["group"], lone["n"]) == ("triage", 1)


async def test_receipts_of_a_spool_that_was_lost_begin_anew(kafka: Kafka, database: str) -> None:
    async with a_world(kafka, database) as world:
        for _ in range(3):
            await world.handle(await world.accept(), *WHOLE_WAY)
        await world.passed(*OTHERS)
        assert (await world.total())["archived"] == 3
        world.intake.receipts.clear()
        world.intake.spool = "2"
        await world.handle(await world.accept(), *WHOLE_WAY)
        unknown = a_received("its receipt went with the disk", contribution_id=uuid4(), at=clock.now())
        await world.publish(unknown)
        await world.handle(unknown, *WHOLE_WAY)
        await world.passed(*OTHERS)
        found = await balance(world.ports)
        assert (found["total"]["accepted"], found["total"]["archived"]) == (5, 5)
        world.ports.now = lambda: datetime.now(UTC) + timedelta(seconds=30)
        world.ports.intakes.now = world.ports.now  # type: ignore[attr-defined]
        assert (await balance(world.ports))["from_topics_only"] == 1


async def test_operations_are_paged_once_without_a_word_of_anybody(kafka: Kafka, database: str) -> None:
    with running() as stand_in:
        twilio = Twilio(ACCOUNT, ACCOUNT, TOKEN, stage="test", base_url=stand_in.url)
        async with a_world(kafka, database, TextPages(twilio, OUR_NUMBER, OPERATIONS)) as world:
            lost = await world.accept("please do not tell anybody")
            world.intake.accepted(uuid4(), None, conflict=1)
            await world.passed(*OTHERS)
            await watch(world.ports)
            await watch(world.ports)
            [page] = await asyncio.to_thread(stand_in.phone, OPERATIONS)
            assert page["body"] == (
                "Heard operations: 1 missing: accepted, and nobody has it; 1 came with the id of another."
                " See: heard ledger"
            )
            await world.handle(lost, *WHOLE_WAY)
            await world.passed(*OTHERS)
            await watch(world.ports)
            async with world.engine.connect() as connection:
                rows = await connection.exec_driver_sql(
                    "select cause, n, ended_at is not null from ledger.alarm order by cause"
                )
                assert [tuple(row) for row in rows] == [("missing", 1, True), ("other_words", 1, False)]


def recorded(stand_in: Running) -> str:
    """Somebody's recorded words whose report never reached us."""
    return str(stand_in.ask("POST", "/recordings", {})["sid"])


async def test_a_text_that_the_provider_has_and_nobody_accepted_is_found_and_paged(
    kafka: Kafka, database: str
) -> None:
    """Its webhook was given up (no webhook is set here), as when our address does not answer for a minute."""
    with running() as stand_in:
        twilio = Twilio(ACCOUNT, ACCOUNT, TOKEN, stage="test", base_url=stand_in.url)
        lost = await asyncio.to_thread(stand_in.inbound, "please do not tell anybody")
        kept = await asyncio.to_thread(stand_in.inbound, "we like our foster home")
        spoken = await asyncio.to_thread(recorded, stand_in)
        async with a_world(kafka, database) as world:
            world.ports.provider = Provider(twilio, ACCOUNT, (OUR_NUMBER,), world.engine)
            world.intake.accepted(twilio_message(ACCOUNT, kept["sid"]), None)
            await balance(world.ports)
            await reconcile(world.ports)
            assert "provider" in await balance(world.ports)
            assert (await balance(world.ports))["provider"]["sids"] == [], "its webhook may still be tried"
            later = clock.now() + GRACE + timedelta(seconds=1)
            world.ports.now = lambda: later
            await reconcile(world.ports)
            found = await balance(world.ports)
            assert found["provider"]["sids"] == sorted([lost["sid"], spoken])
            assert not found["balanced"]
            assert "NOT BALANCED: the provider has 2 that we never accepted." in describe(found)
            await watch(world.ports)
            assert any("2 sent to us, by the provider's list" in page for page in world.paged.texts)
            assert "please do not tell anybody" not in str(found) + str(world.paged.texts)
            world.intake.accepted(twilio_message(ACCOUNT, lost["sid"]), None)
            world.intake.accepted(twilio_recording(ACCOUNT, spoken), None)
            await balance(world.ports)
            await reconcile(world.ports)
            assert (await balance(world.ports))["provider"]["sids"] == []


async def test_a_trace_shows_every_stage_with_its_place(kafka: Kafka, database: str, tmp_path: Path) -> None:
    async with a_world(kafka, database) as world:
        event = await world.accept()
        await world.handle(event, *WHOLE_WAY)
        beat = Heartbeat(event_id=uuid4(), service="archive", instance="1", at=clock.now())
        await world.publish(beat)
        await world.passed(*OTHERS)
        told = await asked(world, f"/trace/{event.event_id}")
        assert told["state"] == "archived"
        assert [step["step"] for step in told["steps"]][:1] == ["accepted"]
        steps = {step["step"] for step in told["steps"]}
        assert steps == {"accepted", "published", "received", "triaged", "anonymised", "archived"}
        assert all(step["offset"] is not None for step in told["steps"] if step["step"] != "accepted")
        assert any("contributions.archived.v1[" in line for line in describe_trace(told))
        assert "error" in await asked(world, f"/trace/{uuid4()}", 404)
        assert "error" in await asked(world, "/trace/not-an-id", 400)
        async with world.engine.connect() as connection:
            found = await connection.exec_driver_sql("select service from ledger.beat")
            assert found.scalars().all() == ["archive"]


async def watched(world: World) -> dict[str, int]:
    """One round; gives the alarms that last."""
    await watch(world.ports)
    return {one["cause"]: one["n"] for one in (await balance(world.ports))["alarms"]}


async def asked(world: World, path: str, status: int = 200) -> dict[str, Any]:
    transport = httpx.ASGITransport(Starlette(routes=routes_of(world.ports)))
    async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as http:
        answer = await http.get(path)
        assert answer.status_code == status
        return dict(answer.json())
