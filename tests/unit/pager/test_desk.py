"""What is on the desk, and what is overdue."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.pager.rules.calls import calls
from services.pager.rules.desk import Desk
from services.pager.rules.facts import Fact, IntakeWaits, Replaced, Stopped
from shared.concerns.ladder import Pace, Result, Whom
from shared.concerns.rules import State
from shared.contracts.values import Level
from tests.support.pager import PATIENCE, START, doubt, expect, levelled

WHO, OTHER = UUID(int=1), UUID(int=2)


def desk_with(*facts: Fact) -> Desk:
    desk = Desk()
    for fact in facts:
        desk.take_in(fact)
    return desk


def overdue(desk: Desk, seconds: float) -> set[tuple[UUID, int]]:
    found = desk.overdue(START + timedelta(seconds=seconds), PATIENCE)
    return {(one.contribution_id, one.part) for one in found}


def test_every_part_without_a_level_after_three_minutes_is_overdue() -> None:
    desk = desk_with(expect(WHO, 1, 2), levelled(WHO, Level.NONE, part=1))
    assert overdue(desk, 179) == set()
    assert overdue(desk, 180) == {(WHO, 2)}


def test_a_level_may_come_before_what_it_is_about() -> None:
    assert overdue(desk_with(levelled(WHO, Level.NONE), expect(WHO)), 999) == set()


def test_what_is_overdue_becomes_a_concern_once() -> None:
    desk = desk_with(expect(WHO))
    now = START + timedelta(seconds=200)
    (one,) = desk.overdue(now, PATIENCE)
    fact = desk.alarm(one, uuid4(), now)
    assert (fact.cause, desk.concerns[WHO].level, desk.concerns[WHO].id) == (
        "no_level",
        Level.UNASSESSED,
        fact.new_id,
    )
    assert desk.overdue(now, PATIENCE) == []
    desk.take_in(expect(WHO))  # redelivered
    assert desk.overdue(now, PATIENCE) == []


def test_a_part_that_was_read_hands_its_clock_to_its_words() -> None:
    read = Replaced(contribution_id=WHO, part=1, by=(2, 3), since=START + timedelta(seconds=170), at=START)
    desk = desk_with(expect(WHO, 1), read)
    assert overdue(desk, 180) == {(WHO, 2), (WHO, 3)}


def test_a_part_that_was_read_into_itself_still_waits() -> None:
    read = Replaced(contribution_id=WHO, part=1, by=(1,), since=START, at=START)
    assert overdue(desk_with(expect(WHO, 1), read), 180) == {(WHO, 1)}


def test_after_a_stop_the_levels_in_the_log_are_read_before_anybody_is_rung() -> None:
    """The pager was down for ten minutes: what it reads is old, and its level comes a moment later."""
    now = START + timedelta(minutes=10)
    old = levelled(OTHER, Level.NONE, at=now, appended_at=START)
    desk = desk_with(expect(WHO, at=now), old)
    assert desk.overdue(now + timedelta(seconds=5), PATIENCE) == []
    later = now + timedelta(seconds=8)
    desk.take_in(levelled(OTHER, Level.NONE, part=2, at=later, appended_at=START + PATIENCE))
    assert len(desk.overdue(later, PATIENCE)) == 1  # read past its time: there is none


def test_just_after_a_start_a_missing_level_is_not_judged_and_a_quarter_of_an_hour_later_it_is() -> None:
    desk = desk_with(expect(WHO))
    assert desk.overdue(START + PATIENCE, PATIENCE, judge=False) == []
    assert (
        len(desk.overdue(START + timedelta(minutes=16), PATIENCE, judge=False)) == 1
    )  # it starts again and again


@pytest.mark.parametrize("minutes", [0.25, 16])
def test_reading_that_stands_still_or_never_ends_holds_nothing_up(minutes: float) -> None:
    now = START + timedelta(minutes=10)
    desk = desk_with(expect(WHO, at=now), levelled(OTHER, Level.NONE, at=now, appended_at=START))
    later = now + timedelta(minutes=minutes)
    if minutes > 1:
        desk.take_in(levelled(OTHER, Level.NONE, part=2, at=later, appended_at=START))
    assert len(desk.overdue(later, PATIENCE)) == 1


def test_one_concern_for_an_intake_whose_intake_waits() -> None:
    waits = IntakeWaits(
        cause="spool_waits",
        intake="sms_intake",
        first=UUID(int=7),
        last=UUID(int=8),
        last_accepted_at=START,
        new_id=uuid4(),
        at=START,
    )
    desk = Desk()
    assert desk.take_in(waits)
    assert not desk.take_in(waits.model_copy(update={"first": UUID(int=9)}))
    assert [one.cause for one in desk.concerns.values()] == ["spool_waits"]


@pytest.mark.parametrize("stop_first", [True, False])
def test_its_lead_is_told_that_somebody_said_stop_whichever_comes_first(stop_first: bool) -> None:
    facts: list[Fact] = [Stopped(contribution_id=WHO, at=START), levelled(WHO, Level.MEDIUM)]
    desk = desk_with(*(facts if stop_first else reversed(facts)))
    (call,) = calls(desk, START, Pace(), uuid4, webhook=False)
    assert call.whom is Whom.DUTY_LEAD
    assert "asked us not to text again" in call.text("https://console.example.org")
    assert call.level is None
    desk.rings.extend(call.rings)
    desk.settle(call.message, Result.SENT, None)
    assert calls(desk, START + timedelta(hours=1), Pace(), uuid4, webhook=False) == []


def test_whoever_took_it_is_told() -> None:
    desk = desk_with(levelled(WHO, Level.HIGH), Stopped(contribution_id=WHO, at=START))
    concern = desk.concerns[WHO]
    desk.concerns[WHO] = replace(concern, state=State.TAKEN, taken_by="deputy")
    assert [one.whom for one in calls(desk, START, Pace(), uuid4, webhook=False)] == [Whom.DEPUTY]


def test_a_closed_concern_tells_nobody() -> None:
    desk = desk_with(doubt(WHO, "undecodable"), Stopped(contribution_id=WHO, at=START))
    desk.concerns[WHO] = replace(desk.concerns[WHO], state=State.CLOSED)
    assert calls(desk, START, Pace(), uuid4, webhook=False) == []
