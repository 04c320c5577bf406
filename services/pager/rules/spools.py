"""What an intake's receipts tell: which rows Kafka does not have, and since when."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.pager.rules.facts import SpoolWaits

PATIENT: Final = 3


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an intake says of one row: no words, no sender."""

    seq: int
    event_id: UUID
    contribution_id: UUID
    accepted_at: datetime
    published: bool
    set_aside: bool


@dataclass(slots=True)
class Spool:
    """One intake's spool, as far as its receipts were read."""

    intake: str
    after: int = 0
    waiting: dict[UUID, tuple[datetime, datetime]] = field(default_factory=dict)
    differs: int = 0

    def read(self, receipts: Iterable[Receipt], now: datetime) -> list[Receipt]:
        """Take in receipts; gives those that were set aside."""
        aside = []
        for one in receipts:
            self.after = max(self.after, one.seq)
            if one.set_aside:
                aside.append(one)
            if one.published or one.set_aside:
                self.waiting.pop(one.event_id, None)
            else:
                self.waiting.setdefault(one.event_id, (one.accepted_at, now))
        return aside

    def compare(self, depth: int | None, *, quiet: bool) -> None:
        """A quiet spool that has more or less than we know is another one (a new disk): read it from the start."""
        differs = quiet and depth is not None and depth != len(self.waiting)
        self.differs = self.differs + 1 if differs else 0
        if self.differs >= PATIENT:
            self.after, self.differs = 0, 0
            self.waiting.clear()

    def late(self, now: datetime, patience: timedelta, new_id: Callable[[], UUID]) -> SpoolWaits | None:
        """What to say when rows wait too long; by the intake's clock, or by ours if that one runs ahead."""
        overdue = sorted(
            (accepted_at, event_id)
            for event_id, (accepted_at, seen_at) in self.waiting.items()
            if now - min(accepted_at, seen_at) >= patience
        )
        if not overdue:
            return None
        return SpoolWaits(
            intake=self.intake,
            first=overdue[0][1],
            last=overdue[-1][1],
            last_accepted_at=overdue[-1][0],
            new_id=new_id(),
            at=now,
        )
