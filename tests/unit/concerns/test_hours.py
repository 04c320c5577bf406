"""By when a trained person must have looked."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis.strategies import datetimes

from shared.concerns.hours import (
    BANK_HOLIDAYS,
    after_working_time,
    due_at,
    is_working,
    is_working_day,
    to_london,
)
from shared.contracts.values import Level

LONDON = ZoneInfo("Europe/London")


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("level", "opened", "due"),
    [
        (Level.IMMEDIATE, "2026-12-25T03:00", "2026-12-25T03:05"),
        (Level.HIGH, "2026-11-24T09:00", "2026-11-24T09:30"),
        (Level.UNASSESSED, "2026-11-24T16:50", "2026-11-24T17:20"),
        (Level.HIGH, "2026-11-24T17:00", "2026-11-24T19:00"),
        (Level.HIGH, "2026-11-24T08:00", "2026-11-24T09:30"),  # 30 minutes after the hours begin
        (Level.HIGH, "2026-11-28T12:00", "2026-11-28T14:00"),  # a Saturday
        (Level.MEDIUM, "2026-11-24T09:00", "2026-11-24T13:00"),
        (Level.MEDIUM, "2026-11-24T15:00", "2026-11-25T11:00"),
        (Level.MEDIUM, "2026-11-24T20:00", "2026-11-25T13:00"),
        (Level.MEDIUM, "2026-11-27T16:00", "2026-11-30T12:00"),  # over a weekend
        (Level.MEDIUM, "2026-12-24T16:00", "2026-12-29T12:00"),  # over Christmas
        (Level.MEDIUM, "2027-03-27T16:00", "2027-03-30T13:00"),  # over Easter, and the change to summer time
        (Level.MEDIUM, "2026-07-01T13:00", "2026-07-01T17:00"),
    ],
)
def test_due_times(level: Level, opened: str, due: str) -> None:
    assert due_at(level, london(opened)) == london(due)


@given(datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2030, 1, 1)))  # noqa: DTZ001
def test_londons_clock_is_the_one_in_the_table_of_zones(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    assert to_london(moment) == moment.astimezone(LONDON).replace(tzinfo=None)


@given(datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2028, 12, 1)))  # noqa: DTZ001
def test_four_working_hours_are_four_hours_of_working_time(naive: datetime) -> None:
    start = naive.replace(tzinfo=UTC, second=0, microsecond=0)
    end = after_working_time(start, timedelta(hours=4))
    worked = sum(
        is_working(start + timedelta(minutes=n)) for n in range(int((end - start) / timedelta(minutes=1)))
    )
    assert worked == 240


def easter(year: int) -> date:
    """The anonymous Gregorian computus."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def monday(year: int, month: int, *, last: bool) -> date:
    days = [date(year, month, day) for day in range(1, 32) if date(year, month, day).weekday() == 0]
    return days[-1 if last else 0]


def substituted(day: date, taken: set[date]) -> date:
    while day.weekday() >= 5 or day in taken:
        day += timedelta(days=1)
    return day


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_the_bank_holidays_are_those_of_the_act(year: int) -> None:
    wanted = {easter(year) - timedelta(days=2), easter(year) + timedelta(days=1)}
    wanted |= {monday(year, 5, last=False), monday(year, 5, last=True), monday(year, 8, last=True)}
    for day in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        wanted.add(substituted(day, wanted))
    assert {day for day in BANK_HOLIDAYS if day.year == year} == wanted
    assert not any(is_working_day(day) for day in wanted)
