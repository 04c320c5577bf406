"""What news about a contribution means for its concern. Pure: the pager's tables and its local file obey the same.

A level rises by itself and never falls by itself. Closing is a person's decision about what was known then: news that
needs a person, of a part that had not this level yet, opens the concern again.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from shared.concerns.hours import due_at
from shared.contracts.base import Sealed
from shared.contracts.values import Keyword, Level, Tray

PAGER: Final = "pager"
NO_LEVEL: Final = "no_level"
UNDECODABLE: Final = "undecodable"
SPOOL_WAITS: Final = "spool_waits"
NOT_HEARD: Final = "not_heard"
SET_ASIDE: Final = "set_aside"
DEFECT: Final = "defect"

_ONE_PERSON: Final = frozenset({None, "partner_flag", *(word.value for word in Keyword)})


class State(StrEnum):
    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return (
            cls("open") if isinstance(value, str) else None
        )  # a newer console's: the most careful is to ring


@dataclass(frozen=True, slots=True)
class Concern:
    """A safeguarding concern: one for each contribution.

    `part`, `cause` and `findings` belong to what gave it its level. `rings_from` starts the ladder's clock; rings from
    before `raised_at` do not count. `intake` is set when it is about an intake rather than one contribution.
    """

    id: UUID
    contribution_id: UUID
    level: Level
    opened_at: datetime
    due_at: datetime
    rings_from: datetime
    raised_at: datetime
    state: State = State.OPEN
    part: int = 0
    tray: Tray | None = None
    cause: str | None = None
    intake: str | None = None
    findings: Sealed | None = field(default=None, repr=False)
    taken_by: str | None = None
    taken_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    outcome: str | None = None

    @property
    def reference(self) -> str:
        """What a text may call it; the id is random, so this says nothing about anybody."""
        return self.id.hex[:8]

    @property
    def rings(self) -> bool:
        return self.state is State.OPEN and self.level.rings

    @property
    def ladder(self) -> str:
        """What is rung once. Each person in danger is one; what is the same trouble for many is one for all."""
        if self.level is Level.UNASSESSED and self.cause not in _ONE_PERSON:
            return f"cause:{self.cause}:{self.intake}" if self.intake else f"cause:{self.cause}"
        return str(self.contribution_id)


@dataclass(frozen=True, slots=True)
class News:
    """A level for one part, or a doubt. `fresh` says that the part had not this level, nor a higher one, before."""

    contribution_id: UUID
    level: Level
    at: datetime
    new_id: UUID
    part: int = 0
    tray: Tray | None = None
    cause: str | None = None
    intake: str | None = None
    findings: Sealed | None = field(default=None, repr=False)
    fresh: bool = True

    @property
    def needs_person(self) -> bool:
        return self.level.rank >= Level.MEDIUM.rank or self.tray is not None


@dataclass(frozen=True, slots=True)
class Act:
    """What was done; `reason` is a code."""

    what: str
    who: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    concern: Concern
    act: Act


def came(known: Concern | None, news: News) -> Change | None:
    """Say what becomes of the concern; None when nothing does."""
    level = _level_of(news)
    if known is None:
        return _open(news, level) if news.needs_person else None
    if known.state is State.CLOSED:
        if news.fresh and news.needs_person:
            return _reopen(known, news, level)
    elif level.rank > known.level.rank:
        return _raise(known, news, level)
    if not news.fresh:
        return None
    told = replace(known, tray=known.tray or news.tray)
    if known.findings is None and news.findings is not None:
        told = replace(told, findings=news.findings, part=news.part)
    return Change(told, Act("level_came", PAGER, _reason(news, news.level)))


def _level_of(news: News) -> Level:
    """A tray waits as long as medium."""
    if news.tray is not None and news.level.rank < Level.MEDIUM.rank:
        return Level.MEDIUM
    return news.level


def _open(news: News, level: Level) -> Change:
    concern = Concern(
        id=news.new_id,
        contribution_id=news.contribution_id,
        level=level,
        opened_at=news.at,
        due_at=due_at(level, news.at),
        rings_from=news.at,
        raised_at=news.at,
        part=news.part,
        tray=news.tray,
        cause=news.cause,
        intake=news.intake,
        findings=news.findings,
    )
    return Change(concern, Act("opened", PAGER, _reason(news, level)))


def _raise(known: Concern, news: News, level: Level) -> Change:
    """Higher: whoever was rung before is told anew, and the clock of a ladder that already runs goes on."""
    risen = _with(known, news, level)
    if level.rings:
        starts = not known.rings
        risen = replace(
            risen,
            state=State.OPEN,
            taken_by=None,
            taken_at=None,
            rings_from=news.at if starts else known.rings_from,
            raised_at=news.at,
        )
    risen = replace(risen, due_at=min(known.due_at, due_at(level, news.at)))
    return Change(risen, Act("raised", PAGER, _reason(news, level)))


def _reopen(known: Concern, news: News, level: Level) -> Change:
    opened = replace(
        _with(known, news, level),
        state=State.OPEN,
        taken_by=None,
        taken_at=None,
        closed_by=None,
        closed_at=None,
        outcome=None,
        due_at=due_at(level, news.at),
        rings_from=news.at,
        raised_at=news.at,
    )
    return Change(opened, Act("reopened", PAGER, _reason(news, level)))


def _with(known: Concern, news: News, level: Level) -> Concern:
    return replace(
        known,
        level=level,
        part=news.part,
        cause=news.cause,
        tray=news.tray or known.tray,
        intake=news.intake or known.intake,
        findings=news.findings or known.findings,
    )


def _reason(news: News, level: Level) -> str:
    """A code of at most 64 signs: the level, and the cause if there is one."""
    return f"{level.value}:{news.cause}"[:64] if news.cause else level.value
