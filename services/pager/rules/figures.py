"""What the pager's desk says in figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.pager.rules.calls import STOP, Call
from services.pager.rules.desk import Desk, Ring
from shared.concerns.ladder import STEPS, Result
from shared.contracts.values import Level


def untaken(desk: Desk) -> Mapping[Level, tuple[int, datetime | None]]:
    """By level: how many concerns ring and nobody has them, and since when the oldest does."""
    since: dict[Level, list[datetime]] = {level: [] for level in Level if level.rings}
    for one in desk.concerns.values():
        if one.rings:
            since[one.level].append(one.opened_at)
    return {level: (len(moments), min(moments, default=None)) for level, moments in since.items()}


def without_level(desk: Desk) -> tuple[int, datetime | None]:
    """How many parts have no level, and since when the oldest waits for one."""
    return len(desk.waiting), min((one.since for one in desk.waiting.values()), default=None)


def step_of(ring: Ring) -> str:
    """The step of the ladder, counted from 1; those after the last are one."""
    if ring.cause == STOP:
        return "stop"
    return str(ring.step + 1) if ring.step < len(STEPS) else "later"


def first_rings(desk: Desk, call: Call) -> Sequence[datetime]:
    """For each concern that had not rung before this call: when its clock began."""
    rung = {ring.concern_id for ring in desk.rings if ring.result is Result.SENT}
    wanted = {ring.concern_id for ring in call.rings} - rung
    return [one.rings_from for one in desk.concerns.values() if one.id in wanted]
