"""What the pager learns from an event, and from a record that nobody can read."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from services.pager.handlers.events import RECORD, Ports, effect, fact_of, on_event, on_undecodable
from services.pager.rules.facts import Doubt, Expect, Levelled, Replaced, Stopped
from shared.contracts.events import AttachmentFound, ContributionRead, ReplySent
from shared.contracts.parts import Waiting
from shared.contracts.values import Level, Outcome, PartKind, ReplyKind, SendResult, WithheldCause
from shared.errors import Unavailable
from shared.messaging.arrival import Arrival, Place, current
from tests.support.events import a_received
from tests.support.pager import START, Hand, a_local, a_triaged, doubt
from tests.support.records import a_record, record_of

WHO = UUID(int=1)


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    return Ports(a_local(tmp_path), Hand(), uuid4, lambda: None)


def learnt(event: Any, ports: Ports, appended_at: datetime = START) -> Any:
    token = current.set(Arrival(event, Place("topic", 3, 1), {}, appended_at))
    try:
        return fact_of(event, ports)
    finally:
        current.reset(token)


def test_every_part_that_was_received_must_get_a_level(ports: Ports) -> None:
    event = a_received("hello", media=(("ME1", "image/png"), ("ME2", "audio/ogg")))
    fact = learnt(event, ports, START - timedelta(seconds=9))
    assert isinstance(fact, Expect)
    assert (fact.parts, fact.since) == ((1, 2, 3), START - timedelta(seconds=9))


def test_a_log_whose_clock_runs_ahead_does_not_make_anybody_wait(ports: Ports) -> None:
    assert learnt(a_received("hello"), ports, START + timedelta(hours=1)).since == START


def test_a_level_says_how_far_the_log_was_read(ports: Ports) -> None:
    fact = learnt(a_triaged(WHO, Level.HIGH, part=2), ports)
    assert isinstance(fact, Levelled)
    assert (fact.part, fact.level, fact.partition, fact.appended_at) == (2, Level.HIGH, 3, START)


def read(event: Any, words: tuple[Any, ...], outcome: Outcome) -> ContributionRead:
    return ContributionRead(
        event_id=uuid4(), context=event.context, source=event.event_id, part=1, outcome=outcome, words=words,
        reader_version="1",
    )  # fmt: skip


def test_a_part_that_was_read_is_replaced_by_its_words(ports: Ports) -> None:
    event = a_received("hello")
    words = event.parts[0].model_copy(update={"number": 2, "parent": 1})
    fact = learnt(read(event, (words,), Outcome.WORDS), ports)
    assert isinstance(fact, Replaced)
    assert (fact.part, fact.by) == (1, (2,))
    assert learnt(read(event, (), Outcome.NO_WORDS), ports).by == (1,)


def test_an_attachment_that_was_found_must_get_a_level(ports: Ports) -> None:
    event = a_received("hello")
    part = event.parts[0].model_copy(
        update={"number": 4, "parent": 1, "kind": PartKind.SOUND, "words": None, "waiting": Waiting(account="A", sid="S")}
    )  # fmt: skip
    found = AttachmentFound(event_id=uuid4(), context=event.context, source=event.event_id, part=part)
    assert learnt(found, ports).parts == (4,)


def reply(result: SendResult, cause: WithheldCause | None) -> ReplySent:
    return ReplySent(
        event_id=uuid4(), contribution_id=WHO, kind=ReplyKind.ACKNOWLEDGEMENT, template="ack", result=result,
        cause=cause, at=START,
    )  # fmt: skip


def test_a_stop_is_learnt_and_other_replies_are_not(ports: Ports) -> None:
    assert isinstance(learnt(reply(SendResult.WITHHELD, WithheldCause.OPTED_OUT), ports), Stopped)
    assert learnt(reply(SendResult.WITHHELD, WithheldCause.DAILY), ports) is None
    assert learnt(reply(SendResult.SENT, None), ports) is None


async def test_a_fault_of_ours_puts_a_person_before_it(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("services.pager.handlers.events.fact_of", broken)
    found = await on_event(a_triaged(WHO, Level.NONE), ports=ports)
    assert found and found.otherwise
    await found.otherwise()
    assert ports.local.desk.concerns[WHO].cause == "defect"


@pytest.mark.parametrize(
    ("record", "contribution_id"),
    [
        (record_of(a_triaged(WHO, Level.HIGH)), WHO),
        (a_record("sms.received.v1", b"{", [("ce_id", str(WHO).encode())]), WHO),
        (
            a_record("sms.received.v1", b"{", [("ce_id", b"\xff")], offset=7),
            uuid5(RECORD, "sms.received.v1/0/7"),
        ),
        (
            a_record("sms.received.v1", None, [("ce_id", None)], offset=8),
            uuid5(RECORD, "sms.received.v1/0/8"),
        ),
    ],
)
async def test_a_record_that_nobody_can_read_is_before_a_person(
    ports: Ports, record: Any, contribution_id: UUID
) -> None:
    found = on_undecodable(record, "not_json", ports=ports)
    assert found.otherwise
    await found.otherwise()
    await found.otherwise()
    (concern,) = ports.local.desk.concerns.values()
    assert (concern.contribution_id, concern.level, concern.cause) == (
        contribution_id,
        Level.UNASSESSED,
        "undecodable",
    )


async def test_the_clock_is_woken_even_when_the_local_file_fails(tmp_path: Path) -> None:
    woken: list[int] = []
    local = a_local(tmp_path)
    local.close()
    ports = Ports(local, Hand(), uuid4, lambda: woken.append(1))
    found = effect(uuid4(), doubt(WHO, "undecodable"), ports)
    assert isinstance(doubt(WHO, "undecodable"), Doubt) and found.otherwise
    with pytest.raises(Unavailable):  # so the record is not settled, and comes again
        await found.otherwise()
    assert woken and local.desk.concerns[WHO].rings
