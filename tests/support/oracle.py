"""One judge for every fault: whatever was answered is in the ledger once, in a final state, and was acted on once.

verdict = await judge(local, sent.accepted)
report(fault="a broker killed", **verdict.figures, cost=f"caught up in {verdict.seconds:.0f} s")
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg

from services.local.plan import DRAMA
from services.local.standin import ACCOUNT
from services.local.up import Local
from shared.contracts.events import ContributionArchived, ContributionTriaged
from shared.contracts.ids import twilio_message
from shared.contracts.topics import Topic
from shared.contracts.values import Step
from tests.support.local import balance
from tests.support.topics import events_of

FINAL: Final = ("archived", "held", "refused", "erased")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`effects` is 1, or what is furthest from it; `repeats` are records that stand twice in a topic, which costs no more.

    `seconds` is how long it took from the call until everything was settled.
    """

    sent: int
    lost: int
    effects: int
    missing: int
    repeats: int
    seconds: float
    why: str

    @property
    def figures(self) -> dict[str, Any]:
        """What `report` wants of it."""
        return {
            "sent": self.sent,
            "lost": self.lost,
            "effects": self.effects,
            "missing": self.missing,
            "why": self.why,
        }


async def judge(
    local: Local, accepted: Iterable[str | UUID], *, seconds: float = 300, renumbered: Collection[str] = ()
) -> Verdict:
    """Wait until nothing is in flight, at most so long, and hold everything against what was answered with a 2xx.

    `accepted` are message sids of texts, or contribution ids of anything. Those of `renumbered` were taken into the archive
    once more after the database was restored: each may have had another number before, which nobody else got.
    """
    ids = {one if isinstance(one, UUID) else twilio_message(ACCOUNT, one) for one in accepted}
    began = time.monotonic()
    total = await _settled(local, ids, seconds)
    took = time.monotonic() - began
    states = _states(local, ids)
    lost = [one for one in ids if states.get(one) not in FINAL]
    archived = {one for one in ids if states.get(one) == "archived"}
    again = {twilio_message(ACCOUNT, one) for one in renumbered}
    counted, repeats = await _effects(local, ids, archived, again)
    worst = max(counted, key=lambda name: abs(counted[name] - 1))
    faults = [f"{len(lost)} lost, the ledger says {_why(local, lost)}"] if lost else []
    faults += [f"{name}: {n}" for name, n in counted.items() if n != 1]
    if total.get("accepted") != sum(total.get(name, 0) for name in (*FINAL, "in_flight", "missing")):
        faults.append(f"the equation does not hold: {total}")
    missing = total.get("missing", -1)
    return Verdict(len(ids), len(lost), counted[worst], missing, repeats, took, "; ".join(faults))


async def _settled(local: Local, ids: set[UUID], seconds: float) -> Mapping[str, int]:
    """The ledger's total, once all of these and whatever else was accepted have a final state (or time is up)."""
    end, total = time.monotonic() + seconds, {}
    while time.monotonic() < end:
        if found := await asyncio.to_thread(balance, local):
            total = found["total"]
            quiet = found["balanced"] and not total["in_flight"] and not found["behind"]
            states = _states(local, ids)
            if quiet and all(states.get(one) in FINAL for one in ids) and not _without_level(local, ids):
                break
        await asyncio.sleep(0.5)
    return total


async def _effects(
    local: Local, ids: set[UUID], archived: set[UUID], again: set[UUID]
) -> tuple[dict[str, int], int]:
    """How often each thing was done to one contribution, the worst of all; and how many records are repeats."""
    bootstrap, repeats = local.servers.bootstrap, 0
    masters: defaultdict[UUID, set[Hashable]] = defaultdict(set)
    numbers: defaultdict[str, set[Hashable]] = defaultdict(set)
    for event in await events_of(bootstrap, Topic.ARCHIVED):
        assert isinstance(event, ContributionArchived)
        if event.step is Step.MASTER and event.contribution_id in ids:
            masters[event.contribution_id].add((event.accession, event.object_key, event.inventory_sha512))
            numbers[event.accession].add(event.contribution_id)
    levels: defaultdict[UUID, set[Hashable]] = defaultdict(set)
    for level in await events_of(bootstrap, Topic.TRIAGED):
        assert isinstance(level, ContributionTriaged)
        if level.contribution_id in ids:
            levels[level.contribution_id].add((level.event_id, level.level))
            repeats += 1
    repeats -= sum(map(len, levels.values()))
    received = Counter(event.event_id for event in await events_of(bootstrap, Topic.SMS_RECEIVED))
    repeats += sum(n - 1 for one, n in received.items() if one in ids)
    phones = Counter(
        one["to"] for one in local.stand_in.ask("GET", "sent") if one["to"] not in DRAMA.values()
    )
    thanked = Counter(
        str(one) for (one,) in ask(local, "select contribution_id from replies.sending where state = 'sent'")
    )
    rows = Counter(one for (one,) in ask(local, "select contribution_id from archive.accession"))
    counted = {
        "masters of a contribution": _worst([len(masters[one]) for one in archived - again]),
        "contributions of a number": _worst([len(one) for one in numbers.values()]),
        "rows in the catalogue": _worst([rows[one] for one in archived]),
        "levels of a contribution": _worst([len(levels[one]) for one in archived]),
        "answers to a phone": max([1, *phones.values()]),
        "answers to a contribution": max([1, *thanked.values()]),
    }
    return counted, repeats


def _worst(counts: Sequence[int]) -> int:
    """The one furthest from 1.

    >>> _worst([1, 0, 1]), _worst([1, 3, 1]), _worst([])
    (0, 3, 1)
    """
    return max(counts, key=lambda n: abs(n - 1), default=1)


def _states(local: Local, ids: set[UUID]) -> dict[UUID, str]:
    try:
        rows = ask(
            local,
            "select contribution_id, state from ledger.contribution where contribution_id = any(%s)",
            list(ids),
        )
    except psycopg.OperationalError:
        return {}
    return dict(rows)


def _without_level(local: Local, ids: set[UUID]) -> int:
    """How many the archive has, and not their level yet: the ledger does not wait for it, a safeguarding lead does."""
    query = "select count(*) from archive.accession where contribution_id = any(%s) and level is null"
    try:
        return int(ask(local, query, list(ids))[0][0])
    except psycopg.OperationalError:
        return len(ids)


def _why(local: Local, lost: Sequence[UUID]) -> str:
    rows = ask(
        local,
        "select state, owner, why, count(*) from ledger.contribution where contribution_id = any(%s) group by 1, 2, 3",
        list(lost),
    )
    return str(rows or "nothing of them")


def ask(local: Local, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """As the administrator, who may look everywhere."""
    with psycopg.connect(local.servers.database_admin_uri) as connection:
        return connection.execute(query, values).fetchall()
