"""The anonymiser's effects on a real PostgreSQL: one thread has one map, sealed; doubt waits for a reviewer."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.anonymiser.adapters import BOOK, Pseudonyms, held, stand_in
from services.anonymiser.handlers import Ports, anonymise
from services.anonymiser.rules import Redacted, redact
from services.local.postgres import Postgres
from shared.contracts.events import ContributionAnonymised, ContributionRead, ContributionReceived
from shared.contracts.values import HoldCause, Status
from shared.database import connect
from shared.database.setup import SCHEMAS, prepare
from shared.vault import Binding, Box, Purpose
from tests.support.archive import read
from tests.support.events import NOW, a_received, moved
from tests.support.keys import keys_of
from tests.support.twilio.sign import SENDER

pytestmark = pytest.mark.connected


@pytest.fixture
async def engine(postgres: Postgres) -> AsyncIterator[AsyncEngine]:
    prepare(postgres.uri(), dict.fromkeys(SCHEMAS, "only for tests"))
    made = connect(postgres.uri("anonymiser", "only for tests"))
    async with made.begin() as connection:
        for table in (stand_in, held, BOOK.seen, BOOK.outbox):
            await connection.execute(table.delete())
    yield made
    await made.dispose()


def ports(engine: AsyncEngine, revision: int = 1) -> Ports:
    keys = keys_of("anonymiser")
    store = keys.secret("store_anonymiser")
    return Ports(
        keys.opener,
        keys.sealer,
        Pseudonyms(Box(store), store),
        keys.secret("sender"),
        lambda: NOW,
        revision,
        engine,
    )


async def done(
    engine: AsyncEngine, event: ContributionReceived | ContributionRead, revision: int = 1
) -> ContributionAnonymised:
    effect = await anonymise(event, ports=ports(engine, revision))
    assert effect
    async with engine.begin() as connection:
        (one,) = await effect.apply(connection)
    assert isinstance(one, ContributionAnonymised)
    return one


def opened(event: ContributionAnonymised) -> str:
    assert event.words
    binding = Binding(event.contribution_id, event.part, event.channel)
    return keys_of("archive").opener.open(event.words, binding).decode()


async def test_words_leave_without_names_and_numbers(engine: AsyncEngine) -> None:
    event = await done(
        engine, a_received("my name is Kofi and my number is 07700 900123", display_name="Kofi")
    )
    assert event.status is Status.OPEN
    assert "Kofi" not in opened(event)
    assert "900123" not in opened(event)


async def test_the_same_person_has_the_same_stand_in_over_a_thread_and_not_beyond(
    engine: AsyncEngine,
) -> None:
    first = opened(await done(engine, a_received("my sister Kayleigh is 12 and my brother Tyler is 9")))
    second = opened(await done(engine, a_received("i have not seen my brother Tyler since")))
    mark = next(word for word in second.split() if word.startswith("[PERSON"))
    number = second[second.index(mark) :].split("]")[0] + "]"
    assert number in first, (first, second)
    assert "Tyler" not in first + second
    other = opened(await done(engine, a_received("my brother Marek is kind", sender="+447700900555")))
    assert "[PERSON 1]" in other, "another address begins its own count"


async def test_the_map_of_a_thread_is_keyed_and_sealed(engine: AsyncEngine) -> None:
    await done(engine, a_received("my sister Kayleigh is 12"))
    async with engine.connect() as connection:
        rows = (await connection.execute(select(stand_in))).all()
    assert rows
    for row in rows:
        whole = repr(row).lower().encode() + bytes(row.name).lower()
        assert b"kayleigh" not in whole
        assert SENDER[1:].encode() not in whole


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (
            "Dzień dobry, mój syn jest w rodzinie zastępczej od dwóch lat i bardzo proszę o pomoc",
            HoldCause.LANGUAGE,
        ),
        ("the final hearing in our care proceedings is next week and the judge decides", HoldCause.COURT),
    ],
)
async def test_what_a_person_must_see_first_is_held(
    engine: AsyncEngine, words: str, cause: HoldCause
) -> None:
    event = await done(engine, a_received(words))
    assert (event.status, event.words) == (Status.HELD, None)
    assert cause in event.causes
    assert event.doubt
    seen = json.loads(
        keys_of("console").opener.open(event.doubt, Binding(event.contribution_id, 1, event.channel))
    )
    assert seen["words"] == words
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(held)) == 1


async def test_what_cannot_be_opened_is_held(engine: AsyncEngine) -> None:
    event = await done(engine, moved(a_received("hello")))
    assert (event.status, event.causes) == (Status.HELD, (HoldCause.FAILED,))


async def test_if_the_rules_fail_nothing_moves_on(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("services.anonymiser.handlers.redact", broken)
    event = await done(engine, a_received("my name is Kofi"))
    assert (event.status, event.causes, event.words) == (Status.HELD, (HoldCause.FAILED,), None)


async def test_a_newer_revision_is_another_event(engine: AsyncEngine, tmp_path: Path) -> None:
    event = a_received("my name is Kofi")
    first, again, newer = await done(engine, event), await done(engine, event), await done(engine, event, 2)
    assert first.event_id == again.event_id != newer.event_id


async def test_a_picture_alone_has_no_words_to_anonymise(engine: AsyncEngine) -> None:
    picture = ("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", "image/jpeg")
    assert await anonymise(a_received("", media=(picture,)), ports=ports(engine)) is None


async def test_the_names_that_a_mail_gave_are_taken_out_of_its_words(engine: AsyncEngine) -> None:
    received = a_received("")
    names = json.dumps(["Wrenfield Quaye", "wrenfield@mail.example.org"]).encode()
    sealed = keys_of("reader").sealer.seal(
        Purpose.NAMES, names, Binding.of(received.context, 1), week="2026W48"
    )
    event = read(received, "we were heard at last, says wrenfield quaye to all of you")
    told = await done(engine, event.model_copy(update={"names": sealed}))
    shown = opened(told) if told.words else ""
    assert "quaye" not in shown.lower()
    other = read(
        a_received("", sender="+447700900777"), "we were heard at last, says wrenfield quaye to all of you"
    )
    without = await done(engine, other)
    assert without.status is Status.HELD or "quaye" in opened(without).lower(), (
        "the names make the difference"
    )


async def test_words_are_redacted_before_the_transaction_and_again_only_when_their_thread_went_on(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def counted(words: str, *rest: Any) -> Redacted:
        calls.append(words)
        return redact(words, *rest)

    monkeypatch.setattr("services.anonymiser.handlers.redact", counted)
    one = await anonymise(a_received("my brother Tyler is 9"), ports=ports(engine))
    other = await anonymise(a_received("my sister Kayleigh is 12"), ports=ports(engine))
    assert one and other
    assert len(calls) == 2, "both are ready before anything is written"
    async with engine.begin() as connection:
        (first,) = await one.apply(connection)
        assert len(calls) == 2, "nobody of the thread said more meanwhile"
        (second,) = await other.apply(connection)
        assert len(calls) == 3, "the first one's stand-ins are new to it"
    assert isinstance(first, ContributionAnonymised)
    assert isinstance(second, ContributionAnonymised)
    assert "[PERSON 1]" in opened(first)
    assert "[PERSON 2]" in opened(second)
