"""Time comes in as an argument; this is where the real one comes from."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


def week_of(moment: datetime) -> str:
    """Name the ISO week that a key pair serves.

    >>> week_of(datetime(2026, 11, 24, tzinfo=UTC))
    '2026W48'
    """
    year, week, _ = moment.astimezone(UTC).isocalendar()
    return f"{year}W{week:02d}"


def week_start(week: str) -> datetime:
    """The Monday that begins an ISO week.

    >>> week_start("2026W48").date().isoformat()
    '2026-11-23'
    """
    year, _, number = week.partition("W")
    return datetime.fromisocalendar(int(year), int(number), 1).replace(tzinfo=UTC)
