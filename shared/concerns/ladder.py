"""Who must be rung now: the duty lead at once and after 2 minutes, the deputy at 5, on-call at 10, then all every 5.

Pure: the same for the pager's tables, its local file and the console. It asks for each person "when were they last
due, and has a ring reached the provider since?", so it needs no memory of steps: a pager that was down for an hour
rings each person once, not once a step missed. It goes on until the concern is taken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

MINUTE: Final = timedelta(minutes=1)
SKEW: Final = timedelta(minutes=1)
"""A ring that lies further in the future was made before the clock was put back: it says nothing about now."""


class Whom(StrEnum):
    """A role, never a number; the webhook is rung with every step."""

    DUTY_LEAD = "duty_lead"
    DEPUTY = "deputy"
    ON_CALL = "on_call"
    WEBHOOK = "webhook"


PEOPLE: Final = (Whom.DUTY_LEAD, Whom.DEPUTY, Whom.ON_CALL)

STEPS: Final = ((0, Whom.DUTY_LEAD), (2, Whom.DUTY_LEAD), (5, Whom.DEPUTY), (10, Whom.ON_CALL))
"""Minutes since the start, and who is rung; after the last one all of them, every `AGAIN` minutes."""

AGAIN: Final = 5

ASKS: Final = timedelta(seconds=30)
"""A ring that is still being asked after this was cut off: it may have gone out or not."""


class Result(StrEnum):
    """What became of a ring. `asking` is written before the provider is asked."""

    ASKING = "asking"
    SENT = "sent"
    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("unknown") if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Rung:
    whom: Whom
    at: datetime
    result: Result


@dataclass(frozen=True, slots=True)
class Due:
    whom: Whom
    step: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a minute is: shorter in a demo or a test, never in production."""

    minute: timedelta = MINUTE

    def waits(self, result: Result, tries: int) -> timedelta:
        """How long after a ring that did not surely go out the next try is made: rather twice than not at all."""
        if result is Result.UNAVAILABLE:
            return self.minute / 6
        if result is Result.UNKNOWN and tries == 1:
            return self.minute / 3
        return self.minute


REAL: Final = Pace()


def due(
    start: datetime,
    now: datetime,
    rungs: Sequence[Rung],
    *,
    taken: bool,
    raised_at: datetime | None = None,
    pace: Pace = REAL,
) -> tuple[Due, ...]:
    """Say who must be rung now.

    Args:
        start: when the clock of this concern (or of the first of its cause) began.
        now: the time now; it may lie before `start` when somebody put the clock back.
        rungs: the rings made for it so far.
        taken: a person has it (or has closed it): nobody is rung.
        raised_at: rings from before the level rose do not count; the clock goes on.
        pace: how long a minute is.
    """
    if taken:
        return ()
    known = [one for one in rungs if one.at <= now + SKEW]
    began = min((start, now, *(one.at for one in known if start > now)))
    found, refused_at = [], None
    for whom in Whom:
        moment, step = _last_due(whom, began, now, pace)
        if (
            refused_at is not None and whom is not Whom.WEBHOOK
        ):  # the one before cannot be rung: climb at once
            moment = max(moment, refused_at) if moment else refused_at
        if moment is None:
            continue
        since = max(moment, raised_at) if raised_at and raised_at <= now else moment
        mine = [one for one in known if one.whom is whom and one.at >= since]
        if must(mine, now, pace):
            found.append(Due(whom, step))
        refusals = [one.at for one in mine if one.result is Result.REFUSED]
        refused_at = min(refusals) if refusals else None
    return tuple(found)


def silent_until(whom: Whom, rungs: Iterable[Rung], now: datetime, pace: Pace) -> bool:
    """Say whether a person was rung within the last minute, for whatever cause."""
    return any(
        one.whom is whom
        and now - pace.minute < one.at <= now + SKEW
        and (one.result is Result.SENT or (one.result is Result.ASKING and now - one.at < ASKS))
        for one in rungs
    )


def must(mine: Sequence[Rung], now: datetime, pace: Pace) -> bool:
    """Say whether somebody who is due must be asked now, given what was tried since they became due."""
    if any(one.result is Result.SENT for one in mine):
        return False
    if not mine:
        return True
    last = max(mine, key=lambda one: one.at)
    if last.result is Result.ASKING:
        return now - last.at >= ASKS
    tries = sum(one.result is last.result for one in mine)
    return now - last.at >= pace.waits(last.result, tries)


def _last_due(whom: Whom, start: datetime, now: datetime, pace: Pace) -> tuple[datetime | None, int]:
    """The last moment, not after now, at which the ladder rings somebody, and its step; the webhook at every one."""
    passed = (now - start) / pace.minute
    last = STEPS[-1][0]
    rounds = int((passed - last) // AGAIN) if passed >= last + AGAIN else 0
    if rounds:
        return start + pace.minute * (last + rounds * AGAIN), len(STEPS) - 1 + rounds
    for step in reversed(range(len(STEPS))):
        minutes, who = STEPS[step]
        if minutes <= passed and whom in (who, Whom.WEBHOOK):
            return start + pace.minute * minutes, step
    return None, max((n for n, (minutes, _) in enumerate(STEPS) if minutes <= passed), default=0)
