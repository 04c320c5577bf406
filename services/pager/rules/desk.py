"""What is on the desk: open concerns, parts without a level, rings made. In memory, the same with and without tables.

With the database there it is what was read a moment ago; with the database away it goes on by itself, from the same
facts and the same rules.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from services.pager.rules.facts import Doubt, Expect, Fact, IntakeWaits, Levelled, Replaced, Stopped
from shared.concerns.ladder import Result, Rung, Whom
from shared.concerns.rules import NO_LEVEL, Concern, News, State, came
from shared.contracts.values import Level

INTAKE: Final = UUID("6f1d2a54-94a4-5d0e-9a39-3f1d1c6e7a11")

MOVING: Final = timedelta(seconds=10)
CATCHING_UP: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A part without a level: since when, and when we heard of it."""

    contribution_id: UUID
    part: int
    since: datetime
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """How far one partition of levels has been read, and when that last moved."""

    appended_at: datetime
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Ring:
    """One call to one role for one ladder; those that share a message went out as one text."""

    id: UUID
    message: UUID
    ladder: str
    step: int
    whom: Whom
    by: str
    at: datetime
    concern_id: UUID | None = None
    cause: str | None = None
    result: Result = Result.ASKING
    provider_id: str | None = None

    @property
    def rung(self) -> Rung:
        return Rung(self.whom, self.at, self.result)


@dataclass(slots=True)
class Desk:
    """Concerns by contribution, parts without a level, rings of the last while, and who asked not to be texted.

    `closed` are contributions whose concern a person has closed in the last minutes.
    """

    concerns: dict[UUID, Concern] = field(default_factory=dict)
    waiting: dict[tuple[UUID, int], Waiting] = field(default_factory=dict)
    rings: list[Ring] = field(default_factory=list)
    stopped: set[UUID] = field(default_factory=set)
    reading: dict[int, Reading] = field(default_factory=dict)
    levelled: set[tuple[UUID, int]] = field(default_factory=set)
    closed: set[UUID] = field(default_factory=set)

    def take_in(self, fact: Fact) -> bool:
        """Change by one fact; False when it changes nothing that must be remembered."""
        match fact:
            case Expect():
                self._expect(fact.contribution_id, fact.parts, fact.since, fact.at)
            case Replaced():
                stays = fact.part in fact.by
                since = None if stays else self._leaves(fact.contribution_id, fact.part)
                self._expect(fact.contribution_id, fact.by, min(since or fact.since, fact.since), fact.at)
            case Levelled():
                self._leaves(fact.contribution_id, fact.part)
                self.reading[fact.partition] = Reading(fact.appended_at, fact.at)
                self._news(news_of(fact, fresh=True))
            case Doubt():
                self._news(doubt_of(fact, fresh=True))
            case IntakeWaits():
                return self._intake_waits(fact)
            case Stopped():
                self.stopped.add(fact.contribution_id)
        return True

    def overdue(self, now: datetime, patience: timedelta, *, judge: bool = True) -> list[Waiting]:
        """The parts that should have had a level by now, as far as the levels have been read."""
        return [
            one for one in self.waiting.values() if is_overdue(one, now, patience, self.reading, judge=judge)
        ]

    def alarm(self, one: Waiting, new_id: UUID, now: datetime) -> Doubt:
        """A part has no level: it waits no longer, a person looks."""
        fact = no_level(one, new_id, now)
        self._leaves(one.contribution_id, one.part)
        self._news(doubt_of(fact, fresh=True))
        return fact

    def settle(self, message: UUID, result: Result, provider_id: str | None) -> None:
        """Write down what became of a message."""
        self.rings = [
            replace(one, result=result, provider_id=provider_id) if one.message == message else one
            for one in self.rings
        ]

    def _expect(self, contribution_id: UUID, parts: tuple[int, ...], since: datetime, at: datetime) -> None:
        for part in parts:
            place = (contribution_id, part)
            if place not in self.levelled and place not in self.waiting:
                self.waiting[place] = Waiting(contribution_id, part, since, at)

    def _leaves(self, contribution_id: UUID, part: int) -> datetime | None:
        place = (contribution_id, part)
        self.levelled.add(place)
        left = self.waiting.pop(place, None)
        return left.since if left else None

    def _news(self, news: News) -> None:
        if change := came(self.concerns.get(news.contribution_id), news):
            self.concerns[news.contribution_id] = change.concern

    def _intake_waits(self, fact: IntakeWaits) -> bool:
        for one in self.concerns.values():
            if one.cause == fact.cause and one.intake == fact.intake and one.state is not State.CLOSED:
                return False
        self._news(intake_news(fact, about_intake(fact, fact.first)))
        return True


def is_overdue(
    one: Waiting, now: datetime, patience: timedelta, reading: dict[int, Reading], *, judge: bool
) -> bool:
    """Say whether a part should have had its level by now.

    Its level may lie in the log, unread: after a stop of ours, or when a group is rewound. So after a start nothing
    is judged for a moment, and while old levels are being read, from before its own time was up, it waits for them.
    Reading that has stood still for a moment holds nothing up, and nothing does for longer than a quarter of an hour.
    """
    if now - one.since < patience:
        return False
    if now - one.noticed_at > max(CATCHING_UP, patience):
        return True
    return judge and not any(
        now - partition.moved_at < MOVING and partition.appended_at < one.since + patience
        for partition in reading.values()
    )


def news_of(fact: Levelled, *, fresh: bool) -> News:
    return News(
        contribution_id=fact.contribution_id,
        level=fact.level,
        at=fact.at,
        new_id=fact.new_id,
        part=fact.part,
        tray=fact.tray,
        cause=fact.cause,
        findings=fact.findings,
        fresh=fresh,
    )


def doubt_of(fact: Doubt, *, fresh: bool) -> News:
    return News(
        contribution_id=fact.contribution_id,
        level=Level.UNASSESSED,
        at=fact.at,
        new_id=fact.new_id,
        part=fact.part,
        cause=fact.cause,
        intake=fact.intake,
        fresh=fresh,
    )


def no_level(one: Waiting, new_id: UUID, now: datetime) -> Doubt:
    return Doubt(contribution_id=one.contribution_id, part=one.part, cause=NO_LEVEL, new_id=new_id, at=now)


def about_intake(fact: IntakeWaits, row: UUID) -> UUID:
    """What stands for a contribution when an intake waits."""
    return uuid5(INTAKE, f"{fact.cause}/{fact.intake}/{row}")


def intake_news(fact: IntakeWaits, contribution_id: UUID) -> News:
    return News(
        contribution_id=contribution_id,
        level=Level.UNASSESSED,
        at=fact.at,
        new_id=fact.new_id,
        cause=fact.cause,
        intake=fact.intake,
    )
