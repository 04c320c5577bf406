"""Writes a batch of records down at once. Every row has its own key, so a repeat changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import case, func, or_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ledger.adapters.tables import beat, contribution, parked, stage

UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Known:
    """That a contribution exists, by a receipt or by a record of a topic."""

    contribution_id: UUID
    at: datetime
    channel: str = UNKNOWN
    receipted: bool = False
    received: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What one record adds: a row of one table, and the contribution that it is about."""

    table: str
    row: dict[str, Any]
    known: Known | None = None


async def write(connection: AsyncConnection, lines: Sequence[Line]) -> None:
    """Write lines in a fixed order, so that two ledgers never wait for each other in a circle."""
    rows = {name: [line.row for line in lines if line.table == name] for name in ("stage", "parked", "beat")}
    if rows["stage"]:
        rows["stage"].sort(key=lambda row: (row["event_id"], row["topic"]))
        await connection.execute(upsert(stage).on_conflict_do_nothing(), rows["stage"])
    if rows["parked"]:
        rows["parked"].sort(key=lambda row: (row["topic"], row["partition"], row["offset"]))
        await connection.execute(upsert(parked).on_conflict_do_nothing(), rows["parked"])
    if rows["beat"]:
        await _write_beats(connection, rows["beat"])
    await know(connection, [line.known for line in lines if line.known])


async def know(connection: AsyncConnection, known: Sequence[Known]) -> None:
    """Say that contributions exist, and that something is new about them."""
    merged: dict[UUID, Known] = {}
    for one in known:
        before = merged.get(one.contribution_id)
        merged[one.contribution_id] = _both(before, one) if before else one
    if not merged:
        return
    new = upsert(contribution)
    kept, given = contribution.c, new.excluded
    statement = new.on_conflict_do_update(
        index_elements=[kept.contribution_id],
        set_={
            "channel": case((given.channel == UNKNOWN, kept.channel), else_=given.channel),
            "first_at": func.least(kept.first_at, given.first_at),
            "receipted": or_(kept.receipted, given.receipted),
            "received": or_(kept.received, given.received),
            "changes": kept.changes + 1,
            "settled": False,
        },
    )
    rows = [_row(merged[contribution_id]) for contribution_id in sorted(merged)]
    await connection.execute(statement, rows)


def _row(one: Known) -> dict[str, Any]:
    """Until it is looked at it is on its way, with us."""
    return {
        "contribution_id": one.contribution_id,
        "channel": one.channel,
        "first_at": one.at,
        "receipted": one.receipted,
        "received": one.received,
        "state": "in_flight",
        "owner": "ledger",
        "why": "it came while we looked",
        "since": one.at,
        "changes": 0,
        "settled": False,
        "rules": 0,
    }


def _both(a: Known, b: Known) -> Known:
    return Known(
        a.contribution_id,
        min(a.at, b.at),
        b.channel if a.channel == UNKNOWN else a.channel,
        a.receipted or b.receipted,
        a.received or b.received,
    )


async def _write_beats(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """What a heartbeat does not say of groups stays as it was said last: a loop of an intake knows of none."""
    newest: dict[tuple[bool, str, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["at"]):
        newest[row["halted"] is not None, row["service"], row["instance"]] = row
    for says in (True, False):
        some = [
            {name: [] if told is None else told for name, told in newest[mark].items()}
            for mark in sorted(newest)
            if mark[0] == says
        ]
        if some:
            await connection.execute(_beats(says), some)


def _beats(says: bool) -> Any:
    new = upsert(beat)
    names = ("at", "spool_depth", "spool_age", "set_aside", *(("halted", "paused") if says else ()))
    return new.on_conflict_do_update(
        index_elements=[beat.c.service, beat.c.instance],
        set_={name: new.excluded[name] for name in names},
        where=new.excluded.at >= beat.c.at,
    )
