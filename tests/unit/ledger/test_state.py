"""In which one state a contribution is: a table of ways that a contribution can go."""

from dataclasses import replace

import pytest

from services.ledger.rules import Facts, Found, Look, State, state_of
from tests.support.ledger import (
    ARCHIVED,
    ID,
    NOON,
    event,
    facts,
    look,
    mark,
    parked,
    receipt,
    received,
)

ALL_PASSED = look()
MASTER = mark("archived", "master")
OPEN = mark("anonymised", "open", part=1)
HELD = mark("anonymised", "held", part=1, detail="doubt")
DEAD = parked("archive", dead=True)


def state(known: Facts, at: Look = ALL_PASSED) -> tuple[str, str]:
    found = state_of(known, at)
    return found.state.value, found.owner


@pytest.mark.parametrize(
    ("known", "at", "expected"),
    [
        # the straight way
        (facts(*ARCHIVED, receipt=receipt()), ALL_PASSED, ("archived", "archive")),
        (facts(*ARCHIVED), ALL_PASSED, ("archived", "archive")),  # the spool's disk is lost: known by its topic
        (facts(receipt=receipt(offset=None)), ALL_PASSED, ("in_flight", "sms_intake")),
        (facts(receipt=receipt()), look(behind=True), ("in_flight", "ledger")),
        (facts(receipt=receipt(offset=7)), look(ends={("sms.received.v1", 0): 7}), ("in_flight", "ledger")),
        (facts(received(), OPEN, receipt=receipt()), look(behind_groups=("archive",)), ("in_flight", "archive")),
        (facts(received(), MASTER), look(behind_groups=("anonymiser",)), ("in_flight", "anonymiser")),
        (facts(received(), MASTER, OPEN), look(behind_groups=("archive",)), ("in_flight", "archive")),
        # what is not needed for the archive does not keep a contribution in flight
        (facts(*ARCHIVED), look(behind_groups=("triage", "replies", "pager")), ("archived", "archive")),
        # lost
        (facts(receipt=receipt()), ALL_PASSED, ("missing", "ledger")),
        (facts(received()), ALL_PASSED, ("missing", "archive")),
        (facts(received(), MASTER), ALL_PASSED, ("missing", "anonymiser")),
        (facts(received(), MASTER, OPEN), ALL_PASSED, ("missing", "archive")),
        (facts(received((1, 2)), *ARCHIVED[1:]), ALL_PASSED, ("missing", "anonymiser")),
        # the received record has left Kafka and our tables: the others tell enough
        (facts(*ARCHIVED[1:]), ALL_PASSED, ("archived", "archive")),
        (facts(MASTER, OPEN), ALL_PASSED, ("missing", "archive")),
        # ... even while another part is on its way, or somebody who could not have it is behind
        (facts(received(), OPEN), look(behind_groups=("anonymiser",)), ("missing", "archive")),
        (facts(received()), look(behind_groups=("triage", "replies")), ("missing", "archive")),
        # outboxes, and those who do not answer
        (facts(received(), MASTER), look(outboxes={"anonymiser": frozenset({ID})}), ("in_flight", "anonymiser")),
        (facts(received(), MASTER), look(outboxes={"archive": frozenset({ID})}), ("missing", "anonymiser")),
        (facts(received(), MASTER), look(unanswered=frozenset({"anonymiser"})), ("in_flight", "anonymiser")),
        (facts(received(), MASTER), look(unanswered=frozenset({"archive"})), ("missing", "anonymiser")),
        (facts(received(), MASTER), look(committed=None), ("in_flight", "kafka")),
        (facts(*ARCHIVED), look(committed=None), ("archived", "archive")),
        # held
        (facts(received(), MASTER, HELD), ALL_PASSED, ("held", "reviewer")),
        (facts(*ARCHIVED, mark("anonymised", "held", part=1, revision=2)), ALL_PASSED, ("held", "reviewer")),
        (facts(*ARCHIVED, mark("anonymised", "held", part=1, after=-1)), ALL_PASSED, ("archived", "archive")),
        (
            facts(*ARCHIVED, mark("anonymised", "held", part=1, revision=2), mark("anonymised", "open", part=1, after=9)),
            ALL_PASSED,
            ("held", "reviewer"),
        ),
        (facts(*ARCHIVED, mark("triaged", "medium", part=2, detail="no_words")), ALL_PASSED, ("held", "safeguarding")),
        # dead letters
        (facts(parked=(DEAD,)), ALL_PASSED, ("held", "archive")),
        (facts(received(), parked=(DEAD,)), ALL_PASSED, ("held", "archive")),
        (facts(*ARCHIVED, parked=(DEAD,)), ALL_PASSED, ("held", "archive")),
        (facts(*ARCHIVED, parked=(parked("replies", dead=True),)), ALL_PASSED, ("archived", "archive")),
        (facts(receipt=receipt(), parked=(parked("ledger", dead=True, source=None),)), ALL_PASSED, ("held", "ledger")),
        (facts(*ARCHIVED, parked=(parked("ledger", dead=True),)), ALL_PASSED, ("archived", "archive")),
        # ... replayed: tried again, then settled
        (
            facts(received(), OPEN, parked=(DEAD, parked("archive", dead=False, after=60))),
            look(behind_groups=("archive.retry",)),
            ("in_flight", "archive"),
        ),
        (
            facts(*ARCHIVED, parked=(DEAD, parked("archive", dead=False, after=60))),
            ALL_PASSED,
            ("archived", "archive"),
        ),
        (facts(received(), parked=(DEAD, parked("archive", dead=False, after=60))), ALL_PASSED, ("missing", "archive")),
        (
            facts(*ARCHIVED, mark("archived", "master", offset=9, after=60, source=received().event_id), parked=(DEAD,)),
            ALL_PASSED,
            ("archived", "archive"),
        ),
        (
            facts(*ARCHIVED, mark("archived", "master", offset=9, after=60, source=event("other")), parked=(DEAD,)),
            ALL_PASSED,
            ("held", "archive"),
        ),
        (
            facts(received(), OPEN, parked=(parked("archive", dead=False),)),
            look(committed=None),
            ("in_flight", "kafka"),
        ),
        (
            facts(received(), mark("archived", "level", after=60, source=received().event_id), parked=(DEAD,)),
            ALL_PASSED,
            ("missing", "archive"),
        ),
        # ... discarded
        (facts(received(), parked=(replace(DEAD, discarded_at=DEAD.at),)), ALL_PASSED, ("refused", "archive")),
        (facts(received(), parked=(replace(DEAD, discarded_at=NOON),)), ALL_PASSED, ("held", "archive")),
        (facts(*ARCHIVED, parked=(replace(DEAD, discarded_at=DEAD.at),)), ALL_PASSED, ("archived", "archive")),
        (
            facts(received(), parked=(replace(DEAD, discarded_at=DEAD.at), parked("anonymiser", dead=True))),
            ALL_PASSED,
            ("held", "anonymiser"),
        ),
        # refused and erased
        (facts(receipt=receipt(offset=None, set_aside="too_big")), ALL_PASSED, ("refused", "sms_intake")),
        (facts(*ARCHIVED, receipt=receipt(set_aside="too_big")), ALL_PASSED, ("archived", "archive")),
        (facts(*ARCHIVED, HELD, mark("archived", "erased", after=60)), ALL_PASSED, ("erased", "archive")),
    ],
)  # fmt: skip
def test_a_contribution_is_where_its_facts_say(known: Facts, at: Look, expected: tuple[str, str]) -> None:
    assert state(known, at) == expected


def test_a_part_that_must_be_read_waits_for_its_words() -> None:
    picture = received((), unread=(2,))
    read = mark("read", "words", part=2, words=(3,))
    rest = (mark("anonymised", "open", part=3), mark("archived", "open", part=3))
    assert state(facts(picture, MASTER)) == ("missing", "reader-text")
    assert state(facts(picture, MASTER, read), look(behind_groups=("anonymiser",))) == (
        "in_flight",
        "anonymiser",
    )
    assert state(facts(picture, MASTER, read, *rest)) == ("archived", "archive")
    assert state(facts(picture, MASTER, mark("read", "no_words", part=2))) == ("archived", "archive")


def test_what_is_lost_is_named() -> None:
    found = state_of(facts(received((1, 2)), *ARCHIVED[1:]), ALL_PASSED)
    assert found == Found(State.MISSING, "anonymiser", "nobody has the open copy of part 2", NOON)


def test_in_flight_is_as_old_as_the_record_that_waits() -> None:
    late = mark("anonymised", "open", part=1, after=30)
    found = state_of(facts(received(), MASTER, late), look(behind_groups=("archive",)))
    assert found.since == NOON, "the archive has not read the received record either"
    passed = {**look().committed, "archive": {("sms.received.v1", 0): 1}}  # type: ignore[dict-item]
    found = state_of(facts(received(), MASTER, late), look(committed=passed))
    assert found.since == late.at
