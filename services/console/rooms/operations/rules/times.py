"""Times and figures as a person says them. Clock times are those of the United Kingdom."""

from datetime import datetime

from shared.concerns.hours import to_london


def clock(at: datetime, now: datetime) -> str:
    """
    >>> from datetime import UTC
    >>> now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    >>> clock(datetime(2026, 7, 1, 9, 5, 9, tzinfo=UTC), now), clock(datetime(2026, 6, 30, 9, tzinfo=UTC), now)
    ('10:05', '10:00 on 30 June')
    """
    here = to_london(at)
    time = f"{here:%H:%M}"
    return time if here.date() == to_london(now).date() else f"{time} on {here.day} {here:%B}"


def span(seconds: float) -> str:
    """
    >>> [span(one) for one in (0.4, 1, 59, 61, 7300, 200_000)]
    ['0 seconds', '1 second', '59 seconds', '1 minute', '2 hours', '2 days']
    """
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return count(int(seconds // size), unit)
    return count(int(seconds), "second")


def count(n: int, one: str, many: str | None = None) -> str:
    """
    >>> count(1, "dead letter"), count(1200, "dead letter"), count(2, "person", "people")
    ('1 dead letter', '1,200 dead letters', '2 people')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"
