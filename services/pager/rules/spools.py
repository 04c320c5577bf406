"""What an intake's receipts tell: which rows Kafka does not have, and since when."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Literal
from uuid import UUID

from services.pager.rules.facts import IntakeWaits
from shared.concerns.rules import NOT_HEARD, SPOOL_WAITS

NewId = Callable[[], UUID]
Cause = Literal["spool_waits", "not_heard"]

PATIENT: Final = 3

LATELY: Final = timedelta(days=1)
"""What was published longer ago than this is not asked after: the log itself may be read anew from its start."""


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
    published: dict[UUID, tuple[datetime, datetime]] = field(default_factory=dict)
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
                if one.published and now - one.accepted_at < LATELY:
                    self.published[one.contribution_id] = (one.accepted_at, now)
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

    def unsure(self, now: datetime, patience: timedelta, most: int = 1000) -> list[UUID]:
        """What Kafka has had for so long that we should have heard of it from there."""
        due = (one for one, (_, seen_at) in self.published.items() if now - seen_at >= patience)
        return list(islice(due, most))

    def heard(self, known: Iterable[UUID]) -> None:
        for one in known:
            self.published.pop(one, None)

    def late(self, now: datetime, patience: timedelta, new_id: NewId) -> IntakeWaits | None:
        """What to say when Kafka does not have rows; by the intake's clock, or by ours if that one runs ahead."""
        overdue = sorted(
            (accepted_at, event_id)
            for event_id, (accepted_at, seen_at) in self.waiting.items()
            if now - min(accepted_at, seen_at) >= patience
        )
        return self._says(SPOOL_WAITS, overdue, now, new_id)

    def unheard(self, asked: Iterable[UUID], now: datetime, new_id: NewId) -> IntakeWaits | None:
        """What to say when Kafka has rows and we have not heard of them: our own ears are shut."""
        missed = sorted((self.published[one][0], one) for one in asked if one in self.published)
        return self._says(NOT_HEARD, missed, now, new_id)

    def _says(
        self, cause: Cause, rows: Sequence[tuple[datetime, UUID]], now: datetime, new_id: NewId
    ) -> IntakeWaits | None:
        if not rows:
            return None
        return IntakeWaits(
            cause=cause,
            intake=self.intake,
            first=rows[0][1],
            last=rows[-1][1],
            last_accepted_at=rows[-1][0],
            new_id=new_id(),
            at=now,
        )
