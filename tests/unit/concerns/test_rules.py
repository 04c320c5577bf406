"""What news does to a concern."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis.strategies import booleans, lists, sampled_from, tuples

from shared.concerns.rules import Concern, News, State, came
from shared.contracts.base import Sealed
from shared.contracts.values import Level, Tray

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
WHO = UUID(int=1)
SEALED = Sealed(key="findings/2026W48", ct=b"sealed")


def news(level: Level, *, minutes: float = 0, **more: Any) -> News:
    return News(WHO, level, NOW + timedelta(minutes=minutes), uuid4(), **more)


def opened(level: Level, **more: Any) -> Concern:
    change = came(None, news(level, **more))
    assert change is not None
    return change.concern


@pytest.mark.parametrize(
    ("level", "tray", "opens", "rings"),
    [
        (Level.IMMEDIATE, None, True, True),
        (Level.HIGH, None, True, True),
        (Level.UNASSESSED, None, True, True),
        (Level.MEDIUM, None, True, False),
        (Level.MEDIUM, Tray.OTHER_LANGUAGE, True, False),
        (Level.NONE, Tray.NO_WORDS, True, False),
        (Level.LOW, None, False, False),
        (Level.NONE, None, False, False),
    ],
)
def test_what_opens_a_concern_and_what_rings(
    level: Level, tray: Tray | None, opens: bool, rings: bool
) -> None:
    change = came(None, news(level, tray=tray))
    assert (change is not None) == opens
    if change:
        assert change.concern.rings == rings
        assert change.concern.level.rank >= Level.MEDIUM.rank


def test_rising_to_a_ringing_level_starts_the_ladder() -> None:
    change = came(opened(Level.MEDIUM), news(Level.HIGH, minutes=60, findings=SEALED, part=2))
    assert change and change.act.what == "raised" and change.concern.rings
    assert change.concern.rings_from == change.concern.raised_at == NOW + timedelta(minutes=60)
    assert (change.concern.findings, change.concern.part) == (SEALED, 2)


def test_rising_while_it_rings_keeps_the_clock() -> None:
    change = came(opened(Level.HIGH), news(Level.IMMEDIATE, minutes=4))
    assert change and change.concern.rings_from == NOW
    assert change.concern.raised_at == NOW + timedelta(minutes=4)
    assert change.concern.due_at == NOW + timedelta(minutes=9)


def test_rising_rings_again_though_somebody_has_taken_it() -> None:
    taken = replace(opened(Level.MEDIUM), state=State.TAKEN, taken_by="anna", taken_at=NOW)
    change = came(taken, news(Level.IMMEDIATE, minutes=4))
    assert change and change.concern.rings and change.concern.taken_by is None


def test_the_same_level_of_another_part_stays_with_whoever_took_it() -> None:
    taken = replace(opened(Level.HIGH), state=State.TAKEN, taken_by="anna", taken_at=NOW)
    change = came(taken, news(Level.HIGH, part=2))
    assert change and change.concern.state is State.TAKEN and change.act.what == "level_came"


def test_a_late_level_is_told_and_never_lowers() -> None:
    change = came(opened(Level.UNASSESSED, cause="no_level"), news(Level.NONE, minutes=9, findings=SEALED))
    assert change and change.concern.level is Level.UNASSESSED and change.concern.rings
    assert change.act.reason == "none" and change.concern.findings == SEALED


def test_a_repeat_changes_nothing() -> None:
    assert came(opened(Level.HIGH), news(Level.HIGH, fresh=False)) is None


CLOSED = replace(opened(Level.HIGH), state=State.CLOSED, closed_by="anna", closed_at=NOW, outcome="referred")


@pytest.mark.parametrize("level", [Level.IMMEDIATE, Level.HIGH, Level.UNASSESSED, Level.MEDIUM])
def test_news_that_needs_a_person_opens_a_closed_concern_again(level: Level) -> None:
    change = came(CLOSED, news(level, minutes=60))
    assert change and change.act.what == "reopened" and change.concern.state is State.OPEN
    assert change.concern.closed_by is None and change.concern.rings == level.rings


def test_a_closed_concern_stays_closed_when_nothing_needs_a_person_or_nothing_is_new() -> None:
    change = came(CLOSED, news(Level.LOW))
    assert change and change.concern.state is State.CLOSED
    assert came(CLOSED, news(Level.HIGH, fresh=False)) is None


@given(lists(tuples(sampled_from(Level), sampled_from([None, *Tray]), booleans()), min_size=1))
def test_a_level_never_falls_by_itself(told: list[tuple[Level, Tray | None, bool]]) -> None:
    concern, highest = None, 0
    for minutes, (level, tray, fresh) in enumerate(told):
        change = came(concern, news(level, minutes=minutes, tray=tray, fresh=fresh))
        concern = change.concern if change else concern
        highest = max(highest, level.rank)
        if concern:
            assert concern.level.rank >= highest or highest < Level.MEDIUM.rank
            assert concern.rings == (concern.level.rank >= Level.UNASSESSED.rank)
    assert (concern is not None) == (
        highest >= Level.MEDIUM.rank or any(tray is not None for _, tray, _ in told)
    )


@pytest.mark.parametrize(
    ("level", "cause", "together"),
    [
        (Level.IMMEDIATE, None, False),
        (Level.HIGH, "partner_flag", False),
        (Level.UNASSESSED, None, False),
        (Level.UNASSESSED, "help", False),
        (Level.UNASSESSED, "no_level", True),
        (Level.UNASSESSED, "no_reader", True),
    ],
)
def test_each_person_in_danger_is_rung_for_and_one_trouble_rings_once(
    level: Level, cause: str | None, together: bool
) -> None:
    one = opened(level, cause=cause)
    other = replace(one, contribution_id=uuid4())
    assert (one.ladder == other.ladder) == together
