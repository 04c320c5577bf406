"""The form on real servers: what became of a contribution in whatever order it is told, and the database going away."""

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.art_intake.adapters.status import of_code
from services.art_intake.adapters.tables import contribution, reading
from services.art_intake.handlers.status import Known, note
from services.local.postgres import Postgres
from services.local.send_art import fill_in
from services.local.servers import postgres_of
from services.local.up import Local
from shared.contracts.events import (
    ContributionArchived,
    ContributionRead,
    ContributionReceived,
    RemovalRequested,
)
from shared.contracts.ids import output_of
from shared.contracts.parts import Context, Part
from shared.contracts.values import Channel, Outcome, PartKind, Provider, Step
from shared.database import connect
from shared.database.setup import SCHEMAS, prepare
from shared.vault import Binding, Purpose
from tests.support.events import edge
from tests.support.local import heard, until

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
HASH = "ab" * 32


@pytest.fixture(scope="module")
def prepared(postgres: Postgres) -> str:
    prepare(postgres.uri(), dict.fromkeys(SCHEMAS, "only-for-tests"))
    return postgres.uri()


@pytest.fixture
async def engine(prepared: str) -> AsyncIterator[AsyncEngine]:
    made = connect(prepared)
    async with made.begin() as connection:
        await connection.execute(delete(contribution))
        await connection.execute(delete(reading))
    yield made
    await made.dispose()


def story(contribution_id: UUID, channel: Channel = Channel.WEB) -> list[Known]:
    """Everything that is told of one contribution with a file: a first reading that failed, a second that did not."""
    context = Context(contribution_id=contribution_id, channel=channel, received_at=NOW)
    words = edge().sealer.seal(Purpose.WORDS, b"hi", Binding.of(context, 1), week="2026W48")
    part = Part(number=1, kind=PartKind.WORDS, size=2, digest=HASH, words=words)
    readings = [
        ContributionRead(
            event_id=output_of("reader", contribution_id, 2, revision), context=context, source=contribution_id,
            part=2, revision=revision, outcome=outcome, reader_version="1",
        )
        for revision, outcome in ((1, Outcome.UNREADABLE), (2, Outcome.WORDS))
    ]  # fmt: skip
    return [
        ContributionReceived(
            event_id=contribution_id, context=context, provider=Provider.FORM, digest=HASH,
            receipt_hash=HASH, parts=(part,),
        ),
        *readings,
        ContributionArchived(
            event_id=uuid4(), contribution_id=contribution_id, accession="2026-0001", step=Step.MASTER,
            object_key="x", version=1, inventory_sha512="0" * 128, at=NOW + timedelta(minutes=1),
        ),
        RemovalRequested(event_id=uuid4(), contribution_id=contribution_id, by="code", at=NOW + timedelta(hours=1)),
    ]  # fmt: skip


async def tell(engine: AsyncEngine, events: Sequence[Known]) -> None:
    for event in events:
        effect = note(event)
        if effect:
            async with engine.begin() as connection:
                assert await effect.apply(connection) == []


async def test_in_whatever_order_it_is_told_it_comes_to_the_same(engine: AsyncEngine) -> None:
    for order in list(permutations(range(5)))[::7]:
        contribution_id = uuid4()
        events = story(contribution_id)
        await tell(engine, [events[n] for n in order])
        async with engine.connect() as connection:
            row = (
                await connection.execute(
                    select(contribution).where(contribution.c.contribution_id == contribution_id)
                )
            ).one()
            read = (
                await connection.execute(select(reading).where(reading.c.contribution_id == contribution_id))
            ).one()
        assert (row.receipt_hash, row.received_at) == (HASH, NOW)
        assert (row.archived_at, row.removal_at) == (NOW + timedelta(minutes=1), NOW + timedelta(hours=1))
        assert (read.part, read.revision, read.outcome) == (2, 2, "words")


async def test_the_first_wish_counts_and_what_is_told_twice_changes_nothing(engine: AsyncEngine) -> None:
    contribution_id = uuid4()
    events = story(contribution_id)
    again = RemovalRequested(
        event_id=uuid4(), contribution_id=contribution_id, by="code", at=NOW + timedelta(days=3)
    )
    await tell(engine, [*events, *events, again])
    async with engine.connect() as connection:
        found = await of_code(connection, HASH)
        row = (await connection.execute(select(contribution))).one()
    assert found == [(contribution_id, True)]
    assert row.removal_at == NOW + timedelta(hours=1)


async def test_what_other_channels_are_read_as_is_left_alone(engine: AsyncEngine) -> None:
    await tell(engine, story(uuid4(), Channel.EMAIL)[1:3])
    async with engine.connect() as connection:
        assert (await connection.execute(select(reading))).all() == []


async def test_one_code_may_stand_for_two(engine: AsyncEngine) -> None:
    one, other = uuid4(), uuid4()
    await tell(engine, [*story(one)[:1], *story(other)])
    async with engine.connect() as connection:
        assert sorted(await of_code(connection, HASH)) == sorted([(one, False), (other, True)])
        assert await of_code(connection, "cd" * 32) == []


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with heard(
        tmp_path_factory.mktemp("heard"), services=("art_intake",), ART_INTAKE_WRONG_CODES="40"
    ) as running:
        yield running


def look(url: str, code: str, path: str = "/code") -> httpx.Response:
    time.sleep(0.5)
    return httpx.post(f"{url}{path}", data={"code": code}, timeout=30)


def test_with_the_database_away_the_form_takes_in_and_codes_are_known_later(local: Local) -> None:
    url = f"http://127.0.0.1:{local.ports['art_web']}"
    first = fill_in(url, {"words": "before"}, [("a.png", b"\x89PNG\r\n\x1a\n" + b"x" * 100_000)])
    until(lambda: look(url, first.code).status_code == 200, 30, "the first code is known")
    postgres = postgres_of(local.home)
    postgres.stop()
    try:
        away = fill_in(url, {"words": "while it is away"}, [("b.png", b"\x89PNG\r\n\x1a\n")])
        assert away.status == 200
        answer = look(url, away.code)
        assert answer.status_code == 503
        assert "What you sent is safe" in answer.text
    finally:
        postgres.start()
    until(lambda: look(url, away.code).status_code == 200, 60, "the second code is known")
    wish = look(url, away.code, "/code/remove")
    assert "You asked us to remove it" in wish.text
    assert "You asked us to remove it" in look(url, away.code, "/code/remove").text, (
        "asked twice is asked once"
    )
    until(lambda: "You asked us to remove it" in look(url, away.code).text, 30, "the wish came back to us")
    assert "We have it" in look(url, first.code).text, "and concerns that one alone"
    assert told(local).count("removals.requested.v1") == 1


def told(local: Local) -> list[str]:
    """The topics of everything that this intake has told."""
    with closing(sqlite3.connect(local.home.path / "state" / "art_intake" / "spool-1.sqlite")) as spool:
        return [row[0] for row in spool.execute("select topic from row")]


@pytest.mark.faults
def test_codes_cannot_be_guessed_at_for_long(local: Local) -> None:
    url = f"http://127.0.0.1:{local.ports['art_web']}"
    known = fill_in(url, {"words": "mine"}).code
    until(lambda: look(url, known).status_code == 200, 30, "the code is known")
    words = ("acorn", "amber", "brick", "candle")
    answers = [look(url, f"apricot badge calm daisy echo {word}") for word in words]
    assert {answer.status_code for answer in answers} == {404}
    said = {answer.text.replace(word, "") for answer, word in zip(answers, words, strict=True)}
    assert len(said) == 1, "every wrong code is answered alike"
    until(lambda: look(url, "six wrong words that are wrong").status_code == 429, 60, "guessing is stopped")
    assert look(url, known).status_code == 429, "even for a right one: nothing is learnt by trying"
