"""The pager on a real PostgreSQL: what it keeps there, and that it rings when it cannot."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psutil
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine, make_url, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.local.postgres import Postgres
from services.pager.adapters import tables as pager_tables
from services.pager.adapters.local import Local
from services.pager.adapters.postgres import Tables
from services.pager.adapters.tables import RING
from services.pager.handlers.events import Ports, on_event
from services.pager.handlers.receipts import Puller
from services.pager.handlers.watch import Watch
from services.pager.rules.facts import Fact, Stopped
from services.pager.rules.spools import Receipt
from shared.concerns import (
    AlreadyClosed,
    NoSuchConcern,
    State,
    close,
    find,
    list_open,
    raise_level,
    show,
    take,
    take_cause,
)
from shared.concerns import tables as concern_tables
from shared.concerns.ladder import Pace, Result, Whom
from shared.concerns.record import of
from shared.contracts.values import Level
from shared.database import connect, role_uri
from shared.database.setup import SCHEMAS, prepare
from shared.errors import Unavailable
from tests.support.pager import (
    LINK,
    PATIENCE,
    SEALED,
    START,
    Hand,
    Remembers,
    a_local,
    a_triaged,
    doubt,
    expect,
    levelled,
)

pytestmark = pytest.mark.connected

LEAD, DEPUTY, ON_CALL = Whom.DUTY_LEAD, Whom.DEPUTY, Whom.ON_CALL
WHO, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One of our own, since it is stopped on the way."""
    own = Postgres(tmp_path_factory.mktemp("postgres"))
    own.start()
    prepare(own.uri(), dict.fromkeys(SCHEMAS, "secret"))
    yield own
    own.stop()


@pytest.fixture
def engine(server: Postgres) -> AsyncEngine:
    with create_engine(admin(server)).begin() as connection:
        connection.execute(
            text(
                "truncate pager.waiting, pager.ring, pager.stopped, pager.reading, pager.seen, concerns.concern cascade"
            )
        )
    return connect(role_uri(server.uri(), "pager", "secret"))


def admin(server: Postgres) -> Any:
    return make_url(server.uri()).set(drivername="postgresql+psycopg")


@dataclass
class Pager:
    """A pager without Kafka: facts come by hand, and so does the time."""

    engine: AsyncEngine
    local: Local
    watch: Watch
    phones: Remembers
    now: Hand

    async def hear(self, fact: Fact, event_id: UUID | None = None) -> None:
        """As the router does: in a transaction, or otherwise."""
        event_id = event_id or uuid4()
        try:
            await asyncio.wait_for(self.watch.tables.note(event_id, fact, self.now()), 5)
        except Exception:
            await self.local.note(event_id, fact)

    async def turn(self, *, minutes: float = 0, seconds: float = 0) -> list[Whom]:
        """Let time pass, look once; gives who was rung."""
        self.now.on(minutes=minutes, seconds=seconds)
        before = len(self.phones.calls)
        await self.watch.turn()
        await self.watch.rung()
        return self.phones.rung[before:]

    async def ask(self, question: Callable[..., Any], *given: Any) -> Any:
        async with self.engine.begin() as connection:
            return await connection.run_sync(question, *given)


def a_pager(engine: AsyncEngine, folder: Path, now: Hand | None = None, *, patience: float = 5.0) -> Pager:
    now, phones, local = now or Hand(), Remembers(), a_local(folder)
    tables = Tables(engine, Pace(), PATIENCE, False, uuid4)
    watch = Watch(tables, local, phones, now, settle=0, patience=patience)  # type: ignore[arg-type]
    return Pager(engine, local, watch, phones, now)


@pytest.fixture
async def pager(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Pager]:
    made = a_pager(engine, tmp_path)
    yield made
    await engine.dispose()
    made.local.close()


@pytest.mark.parametrize(
    "metadata", [pager_tables.METADATA, concern_tables.METADATA], ids=["pager", "concerns"]
)
def test_the_migrations_make_the_tables_that_the_code_uses(server: Postgres, metadata: MetaData) -> None:
    with create_engine(admin(server)).connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == metadata.schema,
            },
        )
        assert compare_metadata(context, metadata) == []


async def test_the_ladder_climbs_until_it_is_taken(pager: Pager) -> None:
    await pager.hear(levelled(WHO, Level.IMMEDIATE))
    assert await pager.turn() == [LEAD]
    assert await pager.turn(minutes=1) == []
    assert await pager.turn(minutes=1) == [LEAD]
    assert await pager.turn(minutes=3) == [DEPUTY]
    assert await pager.turn(minutes=5) == [ON_CALL]
    assert await pager.turn(minutes=5) == [LEAD, DEPUTY, ON_CALL]
    concern = await pager.ask(of, WHO)
    await pager.ask(take, concern.id, "anna", pager.now())
    for _ in range(5):
        assert await pager.turn(minutes=5) == []


async def test_a_redelivery_rings_once(pager: Pager) -> None:
    event_id = uuid4()
    for _ in range(3):
        await pager.hear(levelled(WHO, Level.IMMEDIATE), event_id)
        await pager.turn(seconds=5)
    assert pager.phones.rung == [LEAD]


async def test_medium_and_the_trays_wait_for_a_person_without_ringing(pager: Pager) -> None:
    await pager.hear(levelled(WHO, Level.MEDIUM))
    await pager.hear(levelled(OTHER, Level.LOW))
    assert await pager.turn() == []
    (concern,) = await pager.ask(list_open)
    assert (concern.contribution_id, concern.findings) == (WHO, SEALED)


async def test_whatever_has_no_level_after_three_minutes_rings(pager: Pager) -> None:
    await pager.hear(expect(WHO, 1, 2))
    await pager.hear(levelled(WHO, Level.NONE, part=1))
    assert await pager.turn(seconds=179) == []
    assert await pager.turn(seconds=1) == [LEAD]
    concern = await pager.ask(of, WHO)
    assert (concern.level, concern.cause, concern.part) == (Level.UNASSESSED, "no_level", 2)


async def test_a_late_level_is_kept_and_does_not_lower(pager: Pager) -> None:
    await pager.hear(expect(WHO))
    await pager.turn(minutes=3)
    await pager.hear(levelled(WHO, Level.NONE, at=pager.now()))
    concern, acts = await pager.ask(show, (await pager.ask(of, WHO)).id)
    assert (concern.level, concern.findings) == (Level.UNASSESSED, SEALED)
    assert [(act.what, act.reason) for act in acts] == [
        ("opened", "unassessed:no_level"),
        ("level_came", "none"),
    ]
    assert await pager.turn(minutes=2) == [LEAD]  # until a person has taken it


async def test_a_late_level_that_is_higher_rings_at_once(pager: Pager) -> None:
    await pager.hear(expect(WHO))
    assert await pager.turn(minutes=3) == [LEAD]
    await pager.turn(minutes=1.5)
    await pager.hear(levelled(WHO, Level.IMMEDIATE, at=pager.now()))
    assert await pager.turn() == [LEAD]
    assert pager.phones.calls[-1].level is Level.IMMEDIATE


async def test_news_after_it_was_closed_opens_it_again(pager: Pager) -> None:
    await pager.hear(expect(WHO))
    await pager.turn(minutes=3)
    concern = await pager.ask(of, WHO)
    await pager.ask(close, concern.id, "anna", "no_concern", pager.now())
    assert await pager.turn(minutes=10) == []
    await pager.hear(levelled(WHO, Level.HIGH, at=pager.now()))
    assert await pager.turn() == [LEAD]
    _, acts = await pager.ask(show, concern.id)
    assert [act.what for act in acts] == ["opened", "closed", "reopened"]
    await pager.ask(close, concern.id, "anna", "referred_mash", pager.now())
    pager.now.on(minutes=5)
    await pager.hear(levelled(WHO, Level.HIGH, at=pager.now()))  # the same part, read again: nothing new
    assert await pager.turn() == []
    assert (await pager.ask(of, WHO)).state is State.CLOSED


async def test_five_hundred_without_a_level_ring_once_with_the_count(pager: Pager) -> None:
    for number in range(500):
        await pager.hear(expect(UUID(int=number + 1)))
    for _ in range(4):
        await pager.turn(minutes=3 if not pager.phones.calls else 0)
    assert pager.phones.rung == [LEAD]
    assert await pager.turn(minutes=2) == [LEAD]
    assert "500 waiting" in pager.phones.calls[-1].text(LINK)
    taken = await pager.ask(take_cause, "no_level", "anna", pager.now())
    assert len(taken) == 500
    assert await pager.turn(minutes=10) == []


async def test_what_failed_is_tried_again(pager: Pager) -> None:
    pager.phones.results = [Result.UNAVAILABLE, Result.UNKNOWN]
    await pager.hear(levelled(WHO, Level.HIGH))
    assert await pager.turn() == [LEAD]
    assert await pager.turn(seconds=10) == [LEAD]
    assert await pager.turn(seconds=20) == [LEAD]
    assert await pager.turn(seconds=20) == []
    async with pager.engine.connect() as connection:
        results = await connection.scalars(select(RING.c.result).order_by(RING.c.at))
    assert results.all() == ["unavailable", "unknown", "sent"]


async def test_a_ring_that_was_cut_off_is_made_again_after_a_restart(pager: Pager, tmp_path: Path) -> None:
    """The row is written before the provider is asked: killed in between, it counts as not rung."""
    await pager.hear(levelled(WHO, Level.HIGH))
    turn = await pager.watch.tables.turn(pager.now(), judge=True)
    assert turn and len(turn.calls) == 1
    again = a_pager(pager.engine, tmp_path / "again", pager.now)
    assert await again.turn(seconds=10) == []
    assert await again.turn(seconds=20) == [LEAD]


async def test_a_restart_goes_on_where_the_rows_say(pager: Pager, tmp_path: Path) -> None:
    await pager.hear(levelled(WHO, Level.HIGH))
    await pager.turn()
    again = a_pager(pager.engine, tmp_path / "again", pager.now)
    assert await again.turn(minutes=1) == []
    assert await again.turn(minutes=1) == [LEAD]
    assert await again.turn(minutes=3) == [DEPUTY]


async def test_two_pagers_ring_once_for_a_step(pager: Pager, tmp_path: Path) -> None:
    other = a_pager(pager.engine, tmp_path / "other", pager.now)
    await pager.hear(levelled(WHO, Level.HIGH))
    for minutes in (0, 2, 3, 5):
        pager.now.on(minutes=minutes)
        await asyncio.gather(*(one.turn() for one in (pager, other) for _ in range(3)))
    assert sorted(pager.phones.rung + other.phones.rung) == sorted([LEAD, LEAD, DEPUTY, ON_CALL])


async def test_a_pager_that_hangs_with_the_lock_does_not_silence_the_others(
    pager: Pager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pager.hear(levelled(WHO, Level.HIGH))
    async with pager.engine.connect() as connection:
        await connection.execute(text("select pg_advisory_lock(:key)"), {"key": 0x48656172645F50})
        assert await pager.turn() == []
        monkeypatch.setattr("services.pager.handlers.watch.LOCK_PATIENCE", 0.0)
        assert await pager.turn() == [LEAD]
        await connection.execute(text("select pg_advisory_unlock_all()"))


@pytest.mark.parametrize("stop_first", [True, False])
async def test_a_stop_is_told_to_the_lead_once(pager: Pager, stop_first: bool) -> None:
    facts: list[Fact] = [Stopped(contribution_id=WHO, at=START), levelled(WHO, Level.MEDIUM)]
    for fact in facts if stop_first else reversed(facts):
        await pager.hear(fact)
        await pager.turn()
    assert pager.phones.rung == [LEAD]
    assert "asked us not to text again" in pager.phones.calls[0].text(LINK)
    await pager.hear(levelled(WHO, Level.LOW, part=2, at=pager.now()))
    for _ in range(6):
        assert await pager.turn(minutes=10) == []
    _, acts = await pager.ask(show, (await pager.ask(of, WHO)).id)
    assert [act.what for act in acts].count("asked_to_stop") == 1


async def test_a_stop_is_not_forgotten_over_a_month(pager: Pager) -> None:
    await pager.hear(Stopped(contribution_id=WHO, at=START))
    await pager.turn(minutes=60 * 24 * 30)
    await pager.hear(levelled(WHO, Level.HIGH, at=pager.now()))
    assert await pager.turn() == [LEAD]
    text = pager.phones.calls[-1].text(LINK)
    assert "HIGH" in text and "asked us not to text again" in text


async def test_every_act_is_kept_with_who_and_when(pager: Pager) -> None:
    await pager.hear(levelled(WHO, Level.MEDIUM))
    concern = await pager.ask(of, WHO)
    assert await pager.ask(find, concern.reference.upper()) == concern.id
    await pager.ask(take, concern.id, "anna", pager.now())
    await pager.ask(take, concern.id, "anna", pager.now())  # twice is once
    await pager.ask(raise_level, concern.id, Level.HIGH, "anna", pager.now())
    assert await pager.turn() == [LEAD]
    await pager.ask(take, concern.id, "ben", pager.now.on(minutes=1))
    await pager.ask(close, concern.id, "ben", "referred_mash", pager.now.on(minutes=1))
    closed, acts = await pager.ask(show, concern.id)
    assert [(act.n, act.who, act.what) for act in acts] == [
        (1, "pager", "opened"),
        (2, "anna", "taken"),
        (3, "anna", "raised"),
        (4, "ben", "taken"),
        (5, "ben", "closed"),
    ]
    assert (closed.state, closed.closed_by, closed.outcome) == (State.CLOSED, "ben", "referred_mash")
    assert await pager.ask(list_open) == []
    with pytest.raises(AlreadyClosed):
        await pager.ask(take, concern.id, "anna", pager.now())
    for wrong in ("zzzz", "ffffffff", str(uuid4())):
        with pytest.raises(NoSuchConcern):
            await pager.ask(find, wrong)


@pytest.mark.parametrize(("who", "outcome"), [("anna", "he said Tom hit him"), ("Anna B", "no_concern")])
async def test_words_have_no_place_in_an_act(pager: Pager, who: str, outcome: str) -> None:
    await pager.hear(levelled(WHO, Level.HIGH))
    concern = await pager.ask(of, WHO)
    with pytest.raises(ValueError, match="short code"):
        await pager.ask(close, concern.id, who, outcome, pager.now())


@pytest.mark.parametrize("role", ["pager", "console"])
async def test_nobody_changes_or_deletes_an_act(pager: Pager, server: Postgres, role: str) -> None:
    await pager.hear(levelled(WHO, Level.HIGH))
    entered = create_engine(
        make_url(role_uri(server.uri(), role, "secret")).set(drivername="postgresql+psycopg")
    )
    for statement in (
        "update concerns.act set who = 'x'",
        "delete from concerns.act",
        "truncate concerns.act",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), entered.begin() as connection:
            connection.execute(text(statement))
    entered.dispose()


async def test_a_fact_that_we_cannot_take_in_is_before_a_person(
    pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("services.pager.adapters.record._levelled", broken)
    await pager.hear(levelled(WHO, Level.NONE))
    assert await pager.turn() == [LEAD]
    assert (await pager.ask(of, WHO)).cause == "defect"


async def test_tables_that_take_in_and_cannot_be_read_do_not_silence_it(
    pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Say a row that the clock stumbles over: what was written down since must ring all the same."""

    async def stumbles(*_: object, **__: object) -> None:
        raise ValueError

    await pager.hear(levelled(WHO, Level.HIGH))
    assert await pager.turn() == [LEAD]
    monkeypatch.setattr(Tables, "turn", stumbles)
    pager.now.on(minutes=1)
    ports = Ports(pager.local, pager.now, uuid4, pager.watch.wake)
    effect = await on_event(a_triaged(OTHER, Level.IMMEDIATE), ports=ports)
    assert effect
    async with pager.engine.begin() as connection:
        await effect.apply(connection)
    assert await pager.turn() == [LEAD]
    assert (pager.phones.calls[-1].level, pager.phones.calls[-1].waiting) == (Level.IMMEDIATE, 2)
    monkeypatch.undo()
    assert await pager.turn(seconds=1) == []
    concern = await pager.ask(of, OTHER)
    await pager.ask(close, concern.id, "anna", "no_concern", pager.now())
    await pager.turn(seconds=1)
    assert pager.watch.state()["ringing"] == {"high": 1}  # what was closed is not remembered


async def test_a_state_that_we_do_not_know_rings(pager: Pager) -> None:
    await pager.hear(levelled(WHO, Level.HIGH))
    async with pager.engine.begin() as connection:
        await connection.execute(text("update concerns.concern set state = 'handed'"))
    assert await pager.turn() == [LEAD]


class Tells:
    """An intake whose receipts are made by hand."""

    def __init__(self) -> None:
        self.rows: list[Receipt] = []
        self.away = False

    async def receipts(self, intake: str, after: int) -> list[Receipt]:
        if self.away:
            raise Unavailable("intake_away")
        return [row for row in self.rows if row.seq > after]

    async def depth(self, intake: str) -> int | None:
        return None


def a_puller(pager: Pager, intake: Tells) -> Puller:
    return Puller(
        "sms_intake", intake, pager.watch.tables, pager.local, pager.now, uuid4, lambda: None, PATIENCE
    )


def a_receipt(seq: int, now: Hand, *, aside: bool = False) -> Receipt:
    return Receipt(seq, UUID(int=seq), UUID(int=1000 + seq), now(), False, aside)


async def test_with_kafka_away_what_the_intakes_accepted_rings(pager: Pager) -> None:
    intake = Tells()
    puller = a_puller(pager, intake)
    intake.rows = [a_receipt(n, pager.now) for n in range(1, 40)]
    await puller.pull()
    assert await pager.turn(seconds=179) == []
    intake.away = True  # and then the intake as well: what it had still counts
    pager.now.on(seconds=1)
    for _ in range(3):
        await puller.pull()
    assert await pager.turn() == [LEAD]
    (concern,) = await pager.ask(list_open)
    assert (concern.cause, concern.intake, concern.level) == ("spool_waits", "sms_intake", Level.UNASSESSED)
    await pager.ask(close, concern.id, "anna", "kafka_mended", pager.now())
    await puller.pull()
    assert await pager.ask(list_open) == []  # a person has seen these
    intake.away = False
    intake.rows.append(a_receipt(50, Hand(pager.now.on(seconds=1))))
    await puller.pull()
    pager.now.on(minutes=3)
    await puller.pull()
    (newer,) = await pager.ask(list_open)
    assert newer.id != concern.id


async def test_what_was_published_and_never_heard_of_rings(pager: Pager) -> None:
    intake = Tells()
    puller = a_puller(pager, intake)
    intake.rows = [replace(a_receipt(n, pager.now), published=True) for n in (1, 2)]
    await pager.hear(expect(intake.rows[0].contribution_id))
    await pager.hear(levelled(intake.rows[0].contribution_id, Level.NONE))
    await puller.pull()
    pager.now.on(minutes=3)
    for _ in range(2):
        await puller.pull()
    assert await pager.turn() == [LEAD]
    (concern,) = await pager.ask(list_open)
    assert (concern.cause, concern.intake) == ("not_heard", "sms_intake")


async def test_what_the_broker_refused_is_before_a_person_once(pager: Pager) -> None:
    intake = Tells()
    intake.rows = [a_receipt(1, pager.now, aside=True)]
    await a_puller(pager, intake).pull()
    assert await pager.turn() == [LEAD]
    (concern,) = await pager.ask(list_open)
    assert (concern.contribution_id, concern.cause) == (UUID(int=1001), "set_aside")
    await pager.ask(close, concern.id, "anna", "read_by_hand", pager.now())
    await a_puller(pager, intake).pull()  # after a restart it is read from the start
    assert await pager.ask(list_open) == []


async def test_with_the_database_away_it_rings_and_afterwards_the_tables_know(
    pager: Pager, server: Postgres
) -> None:
    await pager.hear(levelled(WHO, Level.HIGH))
    await pager.hear(expect(UUID(int=3)))
    assert await pager.turn() == [LEAD]
    server.stop()
    try:
        assert await pager.turn(minutes=2) == [LEAD]  # the ladder goes on
        await pager.hear(levelled(OTHER, Level.IMMEDIATE, at=pager.now()))
        assert await pager.turn(seconds=59) == []  # a minute between two texts
        assert await pager.turn(seconds=1) == [LEAD]  # what comes now rings, and what has no level by now
        assert pager.phones.calls[-1].waiting == 3
        assert pager.local.desk.concerns[UUID(int=3)].cause == "no_level"
        assert pager.watch.state()["database"] == "failing"
    finally:
        server.start()
    assert await pager.turn(seconds=5) == []
    known = {one.contribution_id: one for one in await pager.ask(list_open)}
    assert {who.int: one.level for who, one in known.items()} == {
        1: Level.HIGH,
        2: Level.IMMEDIATE,
        3: Level.UNASSESSED,
    }
    assert known[OTHER].id == pager.phones.calls[2].concerns[0]  # the reference in the text still holds
    assert pager.local.pending == ((), ())
    async with pager.engine.connect() as connection:
        assert len((await connection.execute(select(RING))).all()) >= len(pager.phones.calls)
    await pager.ask(take_everything, pager.now())
    assert await pager.turn(minutes=10) == []


def take_everything(connection: Connection, now: Any) -> None:
    for one in list_open(connection):
        take(connection, one.id, "anna", now)


async def test_it_starts_with_the_database_away(
    engine: AsyncEngine, server: Postgres, tmp_path: Path
) -> None:
    server.stop()
    try:
        pager = a_pager(engine, tmp_path)
        await pager.hear(levelled(WHO, Level.IMMEDIATE))
        assert await pager.turn() == [LEAD]
        pager.local.close()
        again = a_pager(engine, tmp_path, pager.now)  # and is started again
        assert await again.turn(minutes=1) == []
        assert await again.turn(minutes=1) == [LEAD]
    finally:
        server.start()
    assert await again.turn(minutes=1) == []
    assert [one.contribution_id for one in await again.ask(list_open)] == [WHO]


async def test_a_database_that_hangs_does_not_silence_it(pager: Pager, server: Postgres) -> None:
    """Stopped in mid-air: connections stay open and nothing answers."""
    await pager.hear(levelled(WHO, Level.HIGH))
    assert await pager.turn() == [LEAD]
    pager.watch.patience = 0.5
    everyone = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    try:
        for one in everyone:
            os.kill(one.pid, signal.SIGSTOP)
        assert await pager.turn(minutes=2) == [LEAD]
        assert await pager.turn(minutes=3) == [DEPUTY]
    finally:
        for one in everyone:
            os.kill(one.pid, signal.SIGCONT)
    await asyncio.sleep(1)
    pager.watch.patience = 5
    assert await pager.turn(minutes=1) == []
    assert pager.watch.state()["database"] == "ok"
    assert pager.local.pending == ((), ())


async def test_the_same_fact_before_and_during_an_outage_counts_once(pager: Pager, server: Postgres) -> None:
    event_id, fact = uuid4(), doubt(WHO, "undecodable")
    await pager.hear(fact, event_id)
    await pager.turn()
    server.stop()
    try:
        await pager.hear(fact, event_id)
        await pager.turn(seconds=1)
    finally:
        server.start()
    await pager.turn(seconds=1)
    _, acts = await pager.ask(show, (await pager.ask(of, WHO)).id)
    assert [act.what for act in acts] == ["opened"]
    assert pager.phones.rung == [LEAD]
