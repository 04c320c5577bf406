"""Dead letters: found their contribution, listed, counted, discarded by a person with a reason."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ledger.adapters.facts import letter_of, letter_rows, mark_of
from services.ledger.adapters.notes import Known, know
from services.ledger.adapters.tables import discarded, parked, receipt, stage
from services.ledger.rules import Look, Mark, chains, is_open
from shared.contracts.topics import GROUPS, retry_of

MOST: Final = 10_000
"""As many letters as one look counts; with more, the figure says at least."""


async def attribute(connection: AsyncConnection) -> None:
    """Find the contribution of parked records whose headers do not tell it: by their event's id, by their place."""
    p = parked.c
    nameless = (await connection.execute(select(parked).where(p.contribution_id.is_(None)).limit(MOST))).all()
    for row in nameless:
        by_receipt = select(receipt.c.contribution_id).where(
            or_(
                receipt.c.event_id == row.source,
                (receipt.c.topic == row.origin_topic)
                & (receipt.c.partition == row.origin_partition)
                & (receipt.c.offset == row.origin_offset),
            )
        )
        by_stage = select(stage.c.contribution_id).where(stage.c.event_id == row.source)
        whose = await connection.scalar(by_receipt.union(by_stage).limit(1))
        if whose is not None:
            place = (p.topic == row.topic, p.partition == row.partition, p.offset == row.offset)
            await connection.execute(update(parked).where(*place).values(contribution_id=whose))
            await know(connection, [Known(whose, row.at)])


async def open_letters(connection: AsyncConnection, group: str | None = None) -> list[Any]:
    """Give the rows of dead letters that nobody has replayed or discarded, oldest first."""
    p = parked.c
    dead = letter_rows().where(p.dead, p.consumer_group == group if group else p.dead)
    rows = (await connection.execute(dead.order_by(p.at.desc()).limit(MOST))).all()
    chain = (p.consumer_group, p.origin_topic, p.origin_partition, p.origin_offset)
    again = select(*chain, func.max(p.at).label("at")).where(~p.dead).group_by(*chain)
    retried = {tuple(row[:4]): row.at for row in await connection.execute(again)}
    marks = await _answers(connection, [row.contribution_id for row in rows if row.contribution_id])
    last = {(one.topic, one.partition, one.offset) for one in chains(letter_of(row) for row in rows)}
    return [
        row
        for row in reversed(rows)
        if (row.topic, row.partition, row.offset) in last
        and row.at >= retried.get(_chain(row), row.at)
        and is_open(letter_of(row), marks.get(row.contribution_id, ()))
    ]


async def retrying(connection: AsyncConnection, look: Look) -> dict[str, int]:
    """How many records of each group wait on its retry topic."""
    p, found = parked.c, {}
    for group in GROUPS:
        topic, done = retry_of(group), (look.committed or {}).get(retry_of(group), {})
        passed = [(p.partition == partition) & (p.offset < offset) for (_, partition), offset in done.items()]
        count = select(func.count()).where(p.topic == topic, ~or_(*passed) if passed else p.topic == topic)
        found[group] = int(await connection.scalar(count) or 0)
    return found


async def discard(connection: AsyncConnection, *, dead_id: UUID, who: str, reason: str, at: datetime) -> bool:
    """A person decides that a dead letter will not be replayed; False when there is no such letter.

    Its contribution counts as refused if the letter kept it out of the archive. `reason` is a short code.
    """
    rows = await connection.execute(select(parked).where(parked.c.dead_id == dead_id, parked.c.dead))
    letters = rows.all()
    if not letters:
        return False
    values = {
        "dead_id": dead_id,
        "consumer_group": letters[0].consumer_group,
        "who": who,
        "reason": reason,
        "at": at,
    }
    await connection.execute(
        upsert(discarded)
        .values(values)
        .on_conflict_do_update(index_elements=[discarded.c.dead_id], set_=values)
    )
    await know(connection, [Known(one.contribution_id, one.at) for one in letters if one.contribution_id])
    return True


def letter_as_json(row: Any) -> dict[str, Any]:
    """What operations may see of a dead letter: ids, places, a code; nothing of what is in it."""
    return {
        "dead_id": str(row.dead_id),
        "group": row.consumer_group,
        "reason": row.reason,
        "contribution_id": str(row.contribution_id) if row.contribution_id else None,
        "at": row.at.isoformat(),
        "attempts": row.attempt,
        "topic": row.topic,
        "partition": row.partition,
        "offset": row.offset,
        "origin": {"topic": row.origin_topic, "partition": row.origin_partition, "offset": row.origin_offset},
    }


async def _answers(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[Mark]]:
    found: dict[UUID, list[Mark]] = {}
    if ids:
        for row in await connection.execute(select(stage).where(stage.c.contribution_id.in_(set(ids)))):
            found.setdefault(row.contribution_id, []).append(mark_of(row))
    return found


def _chain(row: Any) -> tuple[Any, ...]:
    return row.consumer_group, row.origin_topic, row.origin_partition, row.origin_offset
