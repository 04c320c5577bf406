"""The balance out of the tables: what was accepted is counted by itself, and so is every state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ledger.adapters.letters import open_letters, retrying
from services.ledger.adapters.tables import beat, contribution, cursor, receipt
from services.ledger.rules import Beat, Figures, Look, State
from shared.messaging.effects import ago

_SHOWN: Final = 50
_MARGIN: Final = timedelta(seconds=5)
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """One look, counted: for people, and for alarms."""

    balance: dict[str, Any]
    figures: Figures
    beats: Sequence[Beat]
    oldest_letters: Mapping[str, datetime] = field(default_factory=dict)


async def count(
    connection: AsyncConnection,
    look: Look,
    *,
    now: datetime,
    stuck_after: timedelta,
    refused: Sequence[tuple[str, Mapping[str, int]]],
) -> Counted:
    """Count everything; `connection` shows one state of the tables (repeatable read)."""
    c = contribution.c
    accepted = await _accepted(connection)
    by_state = await connection.execute(select(c.channel, c.state, func.count()).group_by(c.channel, c.state))
    channels: dict[str, dict[str, int]] = {channel: _zeros(n) for channel, n in sorted(accepted.items())}
    for channel, state, n in by_state:
        channels.setdefault(channel, _zeros(0))[state] = n
    total = {name: sum(one[name] for one in channels.values()) for name in _zeros(0)}
    letters = await open_letters(connection)
    by_group: dict[str, int] = {}
    oldest: dict[str, datetime] = {}
    nameless: dict[str, list[datetime]] = {}
    for row in letters:
        by_group[row.consumer_group] = by_group.get(row.consumer_group, 0) + 1
        oldest[row.consumer_group] = min(row.at, oldest.get(row.consumer_group, row.at))
        if row.contribution_id is None:
            nameless.setdefault(row.consumer_group, []).append(row.at)
    waiting = await retrying(connection, look)
    no_receipt = await _without_receipt(connection, look)
    balance = {
        "at": now.isoformat(),
        "balanced": not total["missing"] and not look.unanswered and _adds_up(channels),
        "channels": channels,
        "total": total,
        "in_flight": await _owned(connection, State.IN_FLIGHT, now),
        "held": await _owned(connection, State.HELD, now),
        "missing": await _missing(connection),
        "from_topics_only": no_receipt,
        "parked": [
            {"group": group, "retrying": n, "dead": by_group.get(group, 0)}
            for group, n in waiting.items()
            if n or by_group.get(group)
        ],
        "unattributed": [
            {"group": group, "n": len(moments), "oldest_seconds": ago(min(moments), now)}
            for group, moments in sorted(nameless.items())
        ],
        "refused_answers": [
            {"intake": intake, "status": status, "n": n}
            for intake, counts in refused
            for status, n in sorted(counts.items())
        ],
        "unanswered": sorted(look.unanswered),
        "behind": look.behind,
    }
    stuck = await connection.execute(
        select(c.owner, func.count())
        .where(c.state == State.IN_FLIGHT.value, c.since < now - stuck_after)
        .group_by(c.owner)
    )
    beats, aside = await _beats(connection, now)
    figures = Figures(
        missing=total["missing"],
        stuck={owner: int(n) for owner, n in stuck},
        letters=by_group,
        other_words=await _other_words(connection, now),
        set_aside=aside,
        no_receipt=no_receipt,
        unanswered=sorted(look.unanswered),
        behind=look.behind,
    )
    return Counted(balance, figures, beats, oldest)


async def _accepted(connection: AsyncConnection) -> dict[str, int]:
    """Receipts, which are the intakes' own count, and what is known from a topic though its receipt is lost."""
    c, r = contribution.c, receipt.c
    counted: dict[str, int] = {}
    by_receipt = select(r.channel, func.count(r.contribution_id.distinct())).group_by(r.channel)
    by_topic = select(c.channel, func.count()).where(~c.receipted).group_by(c.channel)
    for query in (by_receipt, by_topic):
        for channel, n in await connection.execute(query):
            counted[channel] = counted.get(channel, 0) + n
    return counted


def _zeros(accepted: int) -> dict[str, int]:
    return {"accepted": accepted, **{state.value: 0 for state in _COLUMNS}}


_COLUMNS: Final = (
    State.ARCHIVED,
    State.HELD,
    State.IN_FLIGHT,
    State.REFUSED,
    State.ERASED,
    State.MISSING,
)


def _adds_up(channels: Mapping[str, Mapping[str, int]]) -> bool:
    return all(one["accepted"] == sum(one[state.value] for state in _COLUMNS) for one in channels.values())


async def _owned(connection: AsyncConnection, state: State, now: datetime) -> list[dict[str, Any]]:
    c = contribution.c
    rows = await connection.execute(
        select(c.owner, c.why, func.count(), func.min(c.since))
        .where(c.state == state.value)
        .group_by(c.owner, c.why)
        .order_by(func.min(c.since))
    )
    return [
        {"owner": owner, "why": why, "n": n, "oldest_seconds": ago(oldest, now)}
        for owner, why, n, oldest in rows
    ]


async def _missing(connection: AsyncConnection) -> list[dict[str, Any]]:
    c = contribution.c
    rows = await connection.execute(
        select(c.contribution_id, c.channel, c.owner, c.why, c.since)
        .where(c.state == State.MISSING.value)
        .order_by(c.since)
        .limit(_SHOWN)
    )
    return [
        {
            "contribution_id": str(row.contribution_id),
            "channel": row.channel,
            "owner": row.owner,
            "why": row.why,
            "since": row.since.isoformat(),
        }
        for row in rows
    ]


async def _without_receipt(connection: AsyncConnection, look: Look) -> int:
    """Known from a topic only, though every intake was asked since: a spool's disk was lost."""
    c = contribution.c
    pulled, addresses = (
        await connection.execute(select(func.min(cursor.c.pulled_at), func.count()).select_from(cursor))
    ).one()
    if not addresses:
        return 0
    lost = select(func.count()).where(~c.receipted, c.first_at < pulled - _MARGIN)
    return int(await connection.scalar(lost) or 0)


async def _other_words(connection: AsyncConnection, now: datetime) -> int:
    r = receipt.c
    count = select(func.count()).where(r.conflict, r.accepted_at > now - _A_DAY)
    return int(await connection.scalar(count) or 0)


_FRESH: Final = timedelta(minutes=2)
"""A process that says no more is silent, and whether its groups stand is not known."""


async def _beats(connection: AsyncConnection, now: datetime) -> tuple[list[Beat], dict[str, int]]:
    """The last heartbeat of each service, and what the spools have set aside."""
    b, r = beat.c, receipt.c
    rows = await connection.execute(select(b.service, func.max(b.at)).group_by(b.service))
    standing = await connection.execute(
        select(b.service, b.halted).where(b.halted != [], b.at > now - _FRESH)
    )
    halted = {service: tuple(groups) for service, groups in standing}
    beats = [Beat(service, at, halted=halted.get(service, ())) for service, at in rows]
    aside = select(r.intake, func.count()).where(r.set_aside.is_not(None)).group_by(r.intake)
    return beats, {intake: int(n) for intake, n in await connection.execute(aside)}
