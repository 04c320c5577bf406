"""Working hours in England, and by when a trained person must have looked.

Working hours are 09:00 to 17:00, London time, on days that are neither a weekend nor a bank holiday in England.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from shared.contracts.values import Level

BANK_HOLIDAYS: Final = frozenset(
    date.fromisoformat(day)
    for day in (
        "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28",
        "2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30", "2027-12-27", "2027-12-28",
        "2028-01-03", "2028-04-14", "2028-04-17", "2028-05-01", "2028-05-29", "2028-08-28", "2028-12-25", "2028-12-26",
    )
)  # fmt: skip
"""England, as https://www.gov.uk/bank-holidays.json lists them (`england-and-wales`); written on 24 November 2026.

They follow the Banking and Financial Dealings Act 1971 and its substitute days. A day that is missing here counts as
a working day, so what is due is due sooner, never later. A royal proclamation may add one.
"""

OPENS, CLOSES = time(9), time(17)

IMMEDIATE: Final = timedelta(minutes=5)
SOON: Final = timedelta(minutes=30)
SOON_OUTSIDE: Final = timedelta(hours=2)
SAME_DAY: Final = timedelta(hours=4)


def due_at(level: Level, opened_at: datetime) -> datetime:
    """By when a trained person must have looked (safeguarding levels: 5 minutes, 30 minutes or 2 hours, 4 working hours).

    >>> due_at(Level.MEDIUM, datetime(2026, 11, 27, 15, tzinfo=UTC)).isoformat()  # a Friday afternoon
    '2026-11-30T11:00:00+00:00'
    """
    if level is Level.IMMEDIATE:
        return opened_at + IMMEDIATE
    if level in (Level.HIGH, Level.UNASSESSED):
        if is_working(opened_at):
            return opened_at + SOON
        return min(opened_at + SOON_OUTSIDE, _next_opening(opened_at) + SOON)
    return after_working_time(opened_at, SAME_DAY)


def after_working_time(start: datetime, span: timedelta) -> datetime:
    """The moment when that much working time has passed."""
    at, left = start, span
    while True:
        if not is_working(at):
            at = _next_opening(at)
        closing = _utc(datetime.combine(to_london(at).date(), CLOSES))
        if at + left <= closing:
            return at + left
        left -= closing - at
        at = closing


def is_working(moment: datetime) -> bool:
    local = to_london(moment)
    return is_working_day(local.date()) and OPENS <= local.time() < CLOSES


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in BANK_HOLIDAYS


def to_london(moment: datetime) -> datetime:
    """London's wall clock, as a naive time.

    By rule (Summer Time Order 2002: from 01:00 UTC on the last Sunday of March to 01:00 UTC on the last Sunday of
    October) rather than by a table of time zones, which may be missing from an image, and the pager must start.

    >>> to_london(datetime(2026, 7, 1, 12, tzinfo=UTC)).hour
    13
    """
    clear = moment.astimezone(UTC).replace(tzinfo=None)
    return clear + _summer(clear)


def _summer(utc: datetime) -> timedelta:
    begins, ends = (datetime.combine(_last_sunday(utc.year, month), time(1)) for month in (3, 10))
    return timedelta(hours=1) if begins <= utc < ends else timedelta(0)


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _utc(local: datetime) -> datetime:
    """Only for hours of the day at which no clock changes."""
    return (local - _summer(local)).replace(tzinfo=UTC)


def _next_opening(moment: datetime) -> datetime:
    local = to_london(moment)
    day = local.date()
    if not is_working_day(day) or local.time() >= OPENS:
        day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return _utc(datetime.combine(day, OPENS))
