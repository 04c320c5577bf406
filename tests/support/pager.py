"""A pager without a provider: invented facts, phones that remember, a clock that is moved by hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from services.pager.adapters.local import Local
from services.pager.adapters.phones import Ways
from services.pager.rules.calls import Call
from services.pager.rules.facts import Doubt, Expect, Levelled
from shared.concerns.ladder import Pace, Result, Whom
from shared.contracts.base import Sealed
from shared.contracts.events import ContributionTriaged
from shared.contracts.values import Channel, Level, Tray

START = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
PATIENCE = timedelta(seconds=180)
SEALED = Sealed(key="findings/2026W48", ct=b"sealed")
LINK = "https://console.example.org/concerns"
NUMBERS = {
    "PAGER_DUTY_LEAD": "+447700900101",
    "PAGER_DEPUTY": "+447700900102",
    "PAGER_ON_CALL": "+447700900103",
}


@dataclass
class Hand:
    """A clock that somebody moves."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def on(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


@dataclass
class Remembers:
    """Phones that keep every call; `results` come one after the other, then everything is sent."""

    results: list[Result] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    webhook: str | None = None

    ways: Ways = field(default_factory=Ways)

    can_ring = True

    async def call(self, call: Call) -> tuple[Result, str | None]:
        self.calls.append(call)
        return (self.results.pop(0) if self.results else Result.SENT), "SM1"

    async def check(self, now: datetime) -> None:
        return

    @property
    def rung(self) -> list[Whom]:
        return [call.whom for call in self.calls]


def a_local(folder: Path, pace: Pace | None = None) -> Local:
    return Local(folder / "pager.sqlite", pace or Pace(), PATIENCE, uuid4, webhook=False)


def expect(contribution_id: UUID, *parts: int, since: datetime = START, at: datetime | None = None) -> Expect:
    return Expect(contribution_id=contribution_id, parts=parts or (1,), since=since, at=at or since)


def levelled(
    contribution_id: UUID,
    level: Level,
    *,
    part: int = 1,
    at: datetime = START,
    appended_at: datetime | None = None,
    cause: str | None = None,
    tray: Tray | None = None,
    partition: int = 0,
) -> Levelled:
    return Levelled(
        contribution_id=contribution_id,
        part=part,
        level=level,
        tray=tray,
        cause=cause,
        findings=SEALED,
        new_id=uuid4(),
        partition=partition,
        appended_at=appended_at or at,
        at=at,
    )


def doubt(contribution_id: UUID, cause: str, *, at: datetime = START) -> Doubt:
    return Doubt(contribution_id=contribution_id, cause=cause, new_id=uuid4(), at=at)


def a_triaged(
    contribution_id: UUID,
    level: Level,
    *,
    part: int = 1,
    cause: str | None = None,
    event_id: UUID | None = None,
    at: datetime = START,
) -> ContributionTriaged:
    return ContributionTriaged(
        event_id=event_id or uuid4(),
        contribution_id=contribution_id,
        channel=Channel.SMS,
        received_at=at,
        part=part,
        source=contribution_id,
        level=level,
        cause=cause,
        rules_version="1",
        lexicon_version="1",
        findings=SEALED,
    )
