"""What is known, and since when. Everything else on the page follows from this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.contracts.topics import GROUPS, Topic, service_of


class State(StrEnum):
    """The worst first."""

    BROKEN = "broken"
    LATE = "late"
    UNKNOWN = "not known yet"
    WELL = "well"

    @property
    def rank(self) -> int:
        return list(State).index(self)


SILENT_AFTER: Final = timedelta(seconds=8)
"""A restart takes less."""

AWAY_AFTER: Final = timedelta(seconds=12)
"""After this time without an answer what Kafka, the database or the ledger said last is old."""

FIRST: Final = timedelta(seconds=30)
"""How long whoever was never heard may take: everything starts at once."""

SETTLES: Final = timedelta(seconds=45)
"""How long a process that answers may take until it is ready."""


@dataclass(frozen=True, slots=True)
class Heard:
    """When somebody last answered; `asked_from` is when we began to ask."""

    asked_from: datetime
    at: datetime | None = None

    @property
    def last(self) -> datetime:
        return self.at or self.asked_from

    def is_silent(self, now: datetime, after: timedelta = AWAY_AFTER) -> bool:
        return now - self.last > (after if self.at else max(after, FIRST))

    @property
    def is_new(self) -> bool:
        """Never heard, and perhaps only because we have just begun."""
        return self.at is None


@dataclass(frozen=True, slots=True)
class Spool:
    """What waits at an intake for Kafka, for how many seconds, and what Kafka refused."""

    depth: int = 0
    age: float = 0.0
    set_aside: int = 0


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a service, as its health port tells. `unready_since` is None while it is ready; `groups` says of each
    consumer group whether it is running, paused by an operator, or halted because most of its records failed.
    """

    heard: Heard
    unready_since: datetime | None = None
    spool: Spool | None = None
    can_ring: bool = True
    ringing: int = 0
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a group has not handled, and when Kafka took in the first of it."""

    behind: int = 0
    oldest: datetime | None = None

    def __add__(self, other: "Waiting") -> "Waiting":
        known = [one for one in (self.oldest, other.oldest) if one]
        return Waiting(self.behind + other.behind, min(known, default=None))

    def seconds(self, now: datetime) -> float:
        return max((now - self.oldest).total_seconds(), 0.0) if self.behind and self.oldest else 0.0


@dataclass(frozen=True, slots=True)
class Kafka:
    """`lags` are by group and topic."""

    heard: Heard
    brokers: int = 0
    most_brokers: int = 0
    lags: Mapping[tuple[str, str], Waiting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Database:
    """Whether those who use it say that it answers."""

    heard: Heard
    refused_at: datetime | None = None

    def is_away(self, now: datetime) -> bool:
        if self.refused_at is None or now - self.refused_at > AWAY_AFTER:
            return False
        return self.heard.at is None or (
            self.refused_at > self.heard.at and now - self.heard.at > SILENT_AFTER / 2
        )


@dataclass(frozen=True, slots=True)
class Letters:
    """Dead letters that wait for a person, by group: how many, and since when the first."""

    heard: Heard
    by_group: Mapping[str, Waiting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Concerns:
    """Safeguarding concerns, counted. `ringing` is what the pager itself says, with or without the database."""

    heard: Heard
    open: int = 0
    untaken: int = 0
    oldest_untaken: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The ledger's figures."""

    heard: Heard
    accepted: int = 0
    archived: int = 0
    held: int = 0
    in_flight: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came in within the last minute and hour."""

    minute: int = 0
    hour: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known at one moment."""

    now: datetime
    began: datetime
    processes: Mapping[str, Sequence[Process]]
    kafka: Kafka
    database: Database
    letters: Letters
    concerns: Concerns
    account: Account
    arrivals: Mapping[str, Arrivals] = field(default_factory=dict)

    @property
    def kafka_away(self) -> bool:
        return self.kafka.heard.is_silent(self.now)

    @property
    def database_away(self) -> bool:
        return self.database.is_away(self.now)

    @property
    def kafka_since(self) -> datetime:
        return self.kafka.heard.last

    @property
    def database_since(self) -> datetime:
        return self.database.heard.last

    def waiting(self, group: str, topics: Sequence[str] | None = None) -> Waiting:
        """What a group has not handled of some topics; of all that it reads with its first consumers when none is named."""
        found = Waiting()
        for (one, topic), waiting in self.kafka.lags.items():
            if one == group and (topics is None or topic in topics):
                found += waiting
        return found

    def spool(self, service: str) -> Spool:
        found = [one.spool for one in self.processes.get(service, ()) if one.spool]
        return Spool(
            sum(one.depth for one in found),
            max((one.age for one in found), default=0.0),
            sum(one.set_aside for one in found),
        )

    @property
    def ringing(self) -> int:
        return max((one.ringing for one in self.processes.get("pager", ())), default=0)


def groups_of(service: str) -> tuple[str, ...]:
    """
    >>> groups_of("art_intake")
    ('art-status',)
    """
    return tuple(group for group in GROUPS if service_of(group) == service)


RECEIVED_BY: Final[Mapping[str, str]] = {
    "sms_intake": Topic.SMS_RECEIVED,
    "email_intake": Topic.EMAIL_RECEIVED,
    "voice_intake": Topic.VOICE_RECEIVED,
    "art_intake": Topic.ART_RECEIVED,
}
