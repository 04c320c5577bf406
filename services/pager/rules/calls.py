"""Which messages go out now: one ring a cause, at most one a minute to a person, saying how many wait.

No words, no number, no name stand in a message: a level, how many, a reference and a link.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.pager.rules.desk import Desk, Ring
from shared.concerns.ladder import PEOPLE, Due, Pace, Whom, due, must, silent_until
from shared.concerns.rules import Concern, State
from shared.contracts.values import Level

STOP: Final = "stop"
MOST_IDS: Final = 100

NewId = Callable[[], UUID]


@dataclass(frozen=True, slots=True)
class Call:
    """One message to one role. `concerns` are all that ring, the worst first, and `level` is the first one's.

    `stops` are concerns whose person asked not to be texted again.
    """

    message: UUID
    whom: Whom
    level: Level | None
    concerns: tuple[UUID, ...]
    stops: tuple[UUID, ...]
    rings: tuple[Ring, ...]

    @property
    def waiting(self) -> int:
        return len(self.concerns)

    def text(self, link: str) -> str:
        """What a phone shows; the link goes to the console, where one must sign in."""
        said = []
        if self.level is not None:
            reference = f"ref {self.concerns[0].hex[:8]}"
            more = f"{self.waiting} waiting, first {reference}" if self.waiting > 1 else reference
            said.append(f"Heard: {self.level.value.upper()} safeguarding concern, {more}. Please take it")
        if self.stops:
            which = ", ".join(f"ref {one.hex[:8]}" for one in self.stops[:3])
            more = f" and {len(self.stops) - 3} more" if len(self.stops) > 3 else ""
            said.append(f"Heard: the person asked us not to text again, {which}{more}")
        return f"{'. '.join(said)}: {link}"

    def body(self, link: str) -> dict[str, Any]:
        """What the webhook gets."""
        return {
            "concern_id": str(self.concerns[0]) if self.concerns else None,
            "level": self.level.value if self.level else None,
            "waiting": self.waiting,
            "concerns": [str(one) for one in self.concerns[:MOST_IDS]],
            "not_to_be_texted": [str(one) for one in self.stops[:MOST_IDS]],
            "link": link,
        }


def calls(desk: Desk, now: datetime, pace: Pace, new_id: NewId, *, webhook: bool) -> list[Call]:
    """Every message that is due now, with the rows to write before anybody is asked."""
    ringing = sorted((one for one in desk.concerns.values() if one.rings), key=_worst_first)
    wanted = _wanted(ringing, desk.rings, now, pace)
    stops = _stops(desk, now, pace)
    found = []
    for whom in (*PEOPLE, Whom.WEBHOOK) if webhook else PEOPLE:
        if whom is not Whom.WEBHOOK and silent_until(whom, (one.rung for one in desk.rings), now, pace):
            continue
        mine = [(one, step) for one, step_of in wanted if (step := step_of.get(whom)) is not None]
        told = stops.get(whom, [])
        if mine or told:
            found.append(_call(whom, mine, told, ringing, now, new_id))
    return found


def told_whom(concern: Concern) -> Whom:
    """Who is told about a taken concern: whoever took it, if that is one of the roles, else the duty lead."""
    return next((whom for whom in PEOPLE if whom.value == concern.taken_by), Whom.DUTY_LEAD)


def stop_ladder(contribution_id: UUID) -> str:
    return f"{STOP}:{contribution_id}"


def _worst_first(one: Concern) -> tuple[int, datetime, str]:
    return -one.level.rank, one.rings_from, str(one.id)


def _wanted(
    ringing: Sequence[Concern], rings: Iterable[Ring], now: datetime, pace: Pace
) -> list[tuple[Concern, dict[Whom, int]]]:
    """Each ladder that rings, as its worst concern, and the roles that are due with their step."""
    ladders: dict[str, list[Concern]] = {}
    for one in ringing:
        ladders.setdefault(one.ladder, []).append(one)
    made: dict[str, list[Ring]] = {}
    for ring in rings:
        made.setdefault(ring.ladder, []).append(ring)
    wanted = []
    for name, members in ladders.items():
        start = min(one.rings_from for one in members)
        raised = min(one.raised_at for one in members)
        rungs = [ring.rung for ring in made.get(name, ())]
        found: Sequence[Due] = due(start, now, rungs, taken=False, raised_at=raised, pace=pace)
        wanted.append((members[0], {one.whom: one.step for one in found}))
    return wanted


def _stops(desk: Desk, now: datetime, pace: Pace) -> dict[Whom, list[Concern]]:
    """Concerns that are not closed, whose person said STOP: who must still be told of which."""
    found: dict[Whom, list[Concern]] = {}
    for contribution_id in sorted(desk.stopped):
        concern = desk.concerns.get(contribution_id)
        if concern is None or concern.state is State.CLOSED:
            continue
        for whom in (told_whom(concern), Whom.WEBHOOK):
            rungs = [
                one.rung
                for one in desk.rings
                if one.ladder == stop_ladder(contribution_id) and one.whom is whom
            ]
            if must(rungs, now, pace):
                found.setdefault(whom, []).append(concern)
    return found


def _call(
    whom: Whom,
    mine: Sequence[tuple[Concern, int]],
    told: Sequence[Concern],
    ringing: Sequence[Concern],
    now: datetime,
    new_id: NewId,
) -> Call:
    message = new_id()
    by = "webhook" if whom is Whom.WEBHOOK else "sms"
    rings = [
        Ring(new_id(), message, one.ladder, step, whom, by, now, one.id, one.cause or one.level.value)
        for one, step in mine
    ]
    rings += [
        Ring(new_id(), message, stop_ladder(one.contribution_id), 0, whom, by, now, one.id, STOP)
        for one in told
    ]
    return Call(
        message=message,
        whom=whom,
        level=ringing[0].level if mine else None,
        concerns=tuple(one.id for one in ringing) if mine else (),
        stops=tuple(one.id for one in told),
        rings=tuple(rings),
    )
