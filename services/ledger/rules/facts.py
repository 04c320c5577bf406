"""What is known of one contribution, and what one look at the whole system found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

Spot = tuple[str, int]
"""A topic's partition."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An intake's own record that it accepted something; `partition` and `offset` are there once Kafka has it."""

    intake: str
    topic: str
    accepted_at: datetime
    published_at: datetime | None = None
    partition: int | None = None
    offset: int | None = None
    set_aside: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A stage said something of a contribution: one event, at the place where it was first read.

    `code` is the step, status, level, outcome or result; `detail` a tray or a cause. `words` are the parts that an
    open copy is due for, `unread` those that a reader must turn into words first.
    """

    stage: str
    event_id: UUID
    topic: str
    partition: int
    offset: int
    at: datetime
    part: int | None = None
    revision: int = 1
    code: str | None = None
    detail: str | None = None
    source: UUID | None = None
    words: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Parked:
    """A record on a group's retry topic or among its dead letters; `origin` is where it lay first."""

    group: str
    dead: bool
    at: datetime
    topic: str
    partition: int
    offset: int
    origin: tuple[str, int, int]
    source: UUID | None = None
    reason: str = "unknown"
    discarded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known of one contribution, in no particular order."""

    contribution_id: UUID
    receipt: Receipt | None = None
    marks: tuple[Mark, ...] = ()
    parked: tuple[Parked, ...] = ()

    @property
    def first_at(self) -> datetime | None:
        """When it was first heard of."""
        moments = [mark.at for mark in self.marks] + [one.at for one in self.parked]
        if self.receipt:
            moments.append(self.receipt.accepted_at)
        return min(moments, default=None)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the system: `committed` of each group was read first, then the outboxes, then the `ends`.

    `committed` is None when Kafka did not answer. `behind` means that the ledger itself had not read up to the ends.
    """

    committed: Mapping[str, Mapping[Spot, int]] | None
    ends: Mapping[Spot, int] = field(default_factory=dict)
    outboxes: Mapping[str, frozenset[UUID]] = field(default_factory=dict)
    unanswered: frozenset[str] = frozenset()
    behind: bool = False

    def passed(self, group: str, topic: str, partition: int, offset: int) -> bool:
        """Say whether a group has settled a record. A group that never committed has settled none."""
        if self.committed is None:
            return False
        return offset < self.committed.get(group, {}).get((topic, partition), 0)
