"""Every part gets a level, whatever goes wrong: what cannot be scored goes up to a person."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.triage import handlers
from services.triage.adapters import Remembered
from services.triage.handlers import Ports, give_up, triage
from shared.contracts.events import ContributionRead, ContributionReceived, ContributionTriaged
from shared.contracts.values import Level, Outcome, ThreadUse, Tray
from shared.vault import Binding
from tests.support.events import NOW, a_received, moved
from tests.support.keys import keys_of


class Memory:
    """Remembers in a list; `away` is a database that does not answer."""

    def __init__(self, *, away: bool = False) -> None:
        self.away, self.kept = away, list[tuple[str, str]]()

    async def recall(
        self, sender_id: str, contribution_id: UUID, part: int, at: datetime, words: str
    ) -> Remembered:
        if self.away:
            return Remembered(ThreadUse.TIMED_OUT)
        before = tuple(kept for known, kept in self.kept if known == sender_id)
        self.kept.append((sender_id, words))
        return Remembered(ThreadUse.USED, before)


def ports(memory: Memory | None = None) -> Ports:
    keys = keys_of("triage")
    return Ports(keys.opener, keys.sealer, memory or Memory(), keys.secret("sender"), lambda: NOW, 1)


async def levels(event: ContributionReceived | ContributionRead, **more: Any) -> list[ContributionTriaged]:
    return list(await triage(event, ports=ports(**more)))


def findings(event: ContributionTriaged) -> dict[str, Any]:
    assert event.findings
    binding = Binding(event.contribution_id, event.part, event.channel)
    found: dict[str, Any] = json.loads(keys_of("console").opener.open(event.findings, binding))
    return found


async def test_a_disclosure_is_urgent_and_says_which_words() -> None:
    words = "my stepdad hit me again last night and i cant go home"
    (told,) = await levels(a_received(words))
    assert told.level in (Level.IMMEDIATE, Level.HIGH)
    seen = findings(told)
    assert seen["words"] == words
    assert seen["evidence"] and seen["reasons"]
    assert all(words[e["start"] : e["end"]] for e in seen["evidence"])


async def test_findings_are_for_the_safeguarding_lead_alone() -> None:
    (told,) = await levels(a_received("my stepdad hit me"))
    assert "stepdad" not in told.model_dump_json()
    assert told.findings
    for service in ("triage", "pager", "ledger", "archive", "anonymiser"):
        with pytest.raises(Exception, match="no_key"):
            keys_of(service).opener.open(told.findings, Binding(told.contribution_id, 1, told.channel))


async def test_ciphertext_moved_under_another_id_goes_to_a_person() -> None:
    (told,) = await levels(moved(a_received("hello")))
    assert (told.level, told.cause) == (Level.UNASSESSED, "bound_elsewhere")


async def test_a_defect_in_the_rules_goes_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the words: help")

    monkeypatch.setattr(handlers, "assess", broken)
    (told,) = await levels(a_received("help"))
    assert told.level is Level.UNASSESSED


@pytest.mark.parametrize(
    ("words", "level", "cause"), [("HELP", Level.UNASSESSED, "help"), ("help!", Level.UNASSESSED, "help")]
)
async def test_a_lone_help_opens_a_human_check(words: str, level: Level, cause: str) -> None:
    (told,) = await levels(a_received(words))
    assert told.level.rank >= level.rank
    assert told.cause == cause


async def test_stop_is_triaged_like_any_words() -> None:
    (told,) = await levels(a_received("STOP"))
    assert told.cause == "stop"
    assert not told.level.rings


async def test_an_empty_text_waits_in_the_tray() -> None:
    (told,) = await levels(a_received(""))
    assert (told.tray, told.level) == (Tray.NO_WORDS, Level.MEDIUM)


async def test_what_must_be_read_first_has_no_level_yet() -> None:
    picture = ("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", "image/jpeg")
    (words,) = await levels(a_received("hello", media=(picture,)))
    assert (words.part, words.level) == (1, Level.NONE)


async def test_a_redelivery_gives_the_same_event_and_another_revision_another() -> None:
    event = a_received("hello")
    (first,), (second,) = await levels(event), await levels(event)
    assert first.event_id == second.event_id
    keys = keys_of("triage")
    again = Ports(keys.opener, keys.sealer, Memory(), keys.secret("sender"), lambda: NOW, 2)
    (third,) = await triage(event, ports=again)
    assert third.event_id != first.event_id


async def test_triage_never_waits_for_the_memory() -> None:
    (told,) = await levels(a_received("hello"), memory=Memory(away=True))
    assert told.thread is ThreadUse.TIMED_OUT


async def test_one_address_is_one_thread_and_another_is_not() -> None:
    memory = Memory()
    for sender in ("+447700900001", "+447700900001", "+447700900002"):
        await levels(a_received("hello", sender=sender), memory=memory)
    assert len({sender_id for sender_id, _ in memory.kept}) == 2
    assert all("7700900" not in sender_id for sender_id, _ in memory.kept)


@pytest.mark.parametrize(
    ("outcome", "level", "tray"),
    [
        (Outcome.NO_WORDS, Level.MEDIUM, Tray.NO_WORDS),
        (Outcome.OTHER_LANGUAGE, Level.MEDIUM, Tray.OTHER_LANGUAGE),
        (Outcome.LOW_CONFIDENCE, Level.MEDIUM, Tray.LOW_CONFIDENCE),
        (Outcome.UNREADABLE, Level.UNASSESSED, None),
        (Outcome.TOO_BIG, Level.UNASSESSED, None),
        (Outcome.UNSUPPORTED, Level.UNASSESSED, None),
    ],
)
async def test_what_the_reader_could_not_turn_into_words(
    outcome: Outcome, level: Level, tray: Tray | None
) -> None:
    source = a_received("hello")
    read = ContributionRead(
        event_id=uuid4(),
        context=source.context,
        source=source.event_id,
        part=2,
        outcome=outcome,
        reader_version="r1",
    )
    (told,) = await levels(read)
    assert (told.part, told.level, told.tray) == (2, level, tray)


@pytest.mark.parametrize(
    ("words", "outcome", "level"),
    [
        ("I like my school", Outcome.TOO_BIG, Level.UNASSESSED),
        ("I like my school", Outcome.UNREADABLE, Level.UNASSESSED),
        ("I like my school", Outcome.UNSUPPORTED, Level.UNASSESSED),
        ("I like my school", Outcome.LOW_CONFIDENCE, Level.MEDIUM),
        ("I am going to kill myself tonight", Outcome.TOO_BIG, Level.IMMEDIATE),
    ],
)
async def test_words_of_which_the_rest_could_not_be_read_go_to_a_person(
    words: str, outcome: Outcome, level: Level
) -> None:
    source = a_received(words)
    read = ContributionRead(
        event_id=uuid4(),
        context=source.context,
        source=source.event_id,
        part=2,
        outcome=outcome,
        words=source.parts,
        reader_version="r1",
    )
    (told,) = await levels(read)
    assert told.level is level


async def test_a_partners_flag_goes_to_the_lead() -> None:
    event = a_received("hello")
    flagged = event.model_copy(update={"context": event.context.model_copy(update={"partner_flag": True})})
    (told,) = await levels(flagged)
    assert told.level is Level.HIGH


async def test_what_kills_us_goes_up_to_a_person_unread() -> None:
    event = a_received("a good day")
    (told,) = await give_up(event, ports=ports())
    assert (told.level, told.cause) == (Level.UNASSESSED, "defect")
    assert told.event_id == (await levels(event))[0].event_id, "a repeat collapses"
