"""Who is rung when: the ladder as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.concerns.ladder import ASKS, PEOPLE, Due, Pace, Result, Rung, Whom, due, silent_until

START = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
LEAD, DEPUTY, ON_CALL, WEBHOOK = Whom.DUTY_LEAD, Whom.DEPUTY, Whom.ON_CALL, Whom.WEBHOOK
ALL = {*PEOPLE, WEBHOOK}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def sent(whom: Whom, minutes: float, result: Result = Result.SENT) -> Rung:
    return Rung(whom, at(minutes), result)


def whom(now: float, *rungs: Rung, start: float = 0, **more: object) -> set[Whom]:
    return {one.whom for one in due(at(start), at(now), rungs, taken=False, **more)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("minutes", "rung"),
    [
        (0, {LEAD, WEBHOOK}),
        (1.9, set()),
        (2, {LEAD, WEBHOOK}),
        (3, set()),
        (5, {DEPUTY, WEBHOOK}),
        (9.9, set()),
        (10, {ON_CALL, WEBHOOK}),
        (14.9, set()),
        (15, ALL),
        (19.9, set()),
        (20, ALL),
        (60, ALL),
        (24 * 60, ALL),
    ],
)
def test_who_is_rung_at_a_minute_when_every_step_before_was(minutes: float, rung: set[Whom]) -> None:
    made: list[Rung] = []
    for before in (0, 2, 5, 10, *range(15, 24 * 60, 5)):
        if before < minutes:
            made += [
                Rung(one.whom, at(before), Result.SENT) for one in due(START, at(before), made, taken=False)
            ]
    assert whom(minutes, *made) == rung


@pytest.mark.parametrize(
    ("minutes", "rung"),
    [(0, {LEAD, WEBHOOK}), (4, {LEAD, WEBHOOK}), (7, {LEAD, DEPUTY, WEBHOOK}), (11, ALL), (600, ALL)],
)
def test_after_a_stop_each_person_is_rung_once_whatever_was_missed(minutes: float, rung: set[Whom]) -> None:
    assert whom(minutes) == rung


def test_nobody_is_rung_once_it_is_taken() -> None:
    assert due(START, at(30), (), taken=True) == ()


def test_the_steps_are_numbered() -> None:
    assert due(START, at(0), (), taken=False) == (Due(LEAD, 0), Due(WEBHOOK, 0))
    assert {one.step for one in due(START, at(15), (), taken=False)} == {4}
    assert {one.step for one in due(START, at(20), (), taken=False)} == {5}


@pytest.mark.parametrize(
    ("result", "silent", "again"),
    [
        (Result.UNAVAILABLE, 9 / 60, 10 / 60),
        (Result.UNKNOWN, 19 / 60, 20 / 60),
        (Result.REFUSED, 59 / 60, 1),
        (Result.ASKING, (ASKS.total_seconds() - 1) / 60, ASKS.total_seconds() / 60),
    ],
)
def test_a_ring_that_did_not_surely_go_out_is_tried_again(
    result: Result, silent: float, again: float
) -> None:
    tried = sent(LEAD, 0, result)
    assert LEAD not in whom(silent, tried)
    assert LEAD in whom(again, tried)


def test_an_unknown_result_twice_waits_a_minute_so_that_a_phone_is_not_flooded() -> None:
    twice = [sent(LEAD, 0, Result.UNKNOWN), sent(LEAD, 1 / 3, Result.UNKNOWN)]
    assert LEAD not in whom(1, *twice)
    assert LEAD in whom(1.4, *twice)


def test_a_number_that_is_refused_does_not_hold_the_ladder_up() -> None:
    refused = sent(LEAD, 0, Result.REFUSED)
    assert whom(0.1, refused) == {DEPUTY, WEBHOOK}
    assert whom(0.2, refused, sent(DEPUTY, 0.1, Result.REFUSED)) == {ON_CALL, WEBHOOK}
    assert whom(0.3, refused, sent(DEPUTY, 0.1), sent(WEBHOOK, 0.1)) == set()


def test_when_the_level_rises_whoever_was_rung_is_told_anew_and_the_clock_goes_on() -> None:
    made = [sent(one, 0) for one in (LEAD, WEBHOOK)] + [sent(one, 2) for one in (LEAD, WEBHOOK)]
    assert whom(4, *made) == set()
    assert whom(4, *made, raised_at=at(4)) == {LEAD, WEBHOOK}
    assert whom(5, *made, sent(LEAD, 4), sent(WEBHOOK, 4), raised_at=at(4)) == {DEPUTY, WEBHOOK}


def test_a_clock_put_back_an_hour_does_not_silence_it() -> None:
    an_hour_ahead = [sent(LEAD, 60), sent(WEBHOOK, 60)]
    assert whom(0, *an_hour_ahead, start=60) == {LEAD, WEBHOOK}
    here = [*an_hour_ahead, sent(LEAD, 0), sent(WEBHOOK, 0)]
    assert whom(1, *here, start=60) == set()
    assert whom(5, *here, sent(LEAD, 2), sent(WEBHOOK, 2), start=60) == {DEPUTY, WEBHOOK}


def test_a_person_is_rung_at_most_once_a_minute() -> None:
    pace = Pace()
    assert silent_until(LEAD, [sent(LEAD, 0)], at(0.9), pace)
    assert not silent_until(LEAD, [sent(LEAD, 0)], at(1), pace)
    assert not silent_until(DEPUTY, [sent(LEAD, 0)], at(0.5), pace)
    assert not silent_until(LEAD, [sent(LEAD, 0, Result.UNAVAILABLE)], at(0.2), pace)
    assert not silent_until(LEAD, [sent(LEAD, 60)], at(0), pace)  # the clock was put back


def test_a_demo_may_be_quicker() -> None:
    quick = Pace(timedelta(seconds=1))
    assert {one.whom for one in due(START, START + timedelta(seconds=15), (), taken=False, pace=quick)} == ALL
