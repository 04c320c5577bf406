"""Facts out of the tables, for the contributions that must be looked at; and what was found, back into them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, bindparam, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ledger.adapters.tables import contribution, discarded, parked, receipt, stage
from services.ledger.rules import RULES, Facts, Found, Mark, Parked, Receipt, State

AT_ONCE: Final = 1000
_PROVEN: Final = (State.ERASED, State.REFUSED, State.HELD, State.ARCHIVED)
"""States that only a new fact can change; the others depend on how far the groups are."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A contribution to look at, with the number of its facts when we began."""

    contribution_id: UUID
    changes: int
    state: str
    owner: str
    why: str
    since: datetime


async def unsettled(connection: AsyncConnection, after: UUID | None) -> list[Unsettled]:
    """Give the next contributions to look at, in the order of their ids."""
    c = contribution.c
    rows = await connection.execute(
        select(c.contribution_id, c.changes, c.state, c.owner, c.why, c.since)
        .where(~c.settled, c.contribution_id > after if after else true())
        .order_by(c.contribution_id)
        .limit(AT_ONCE)
    )
    return [Unsettled(*row) for row in rows]


async def forget_old_rules(connection: AsyncConnection) -> None:
    """What was settled by other rules than today's is looked at again."""
    c = contribution.c
    await connection.execute(
        update(contribution).where(c.settled, c.rules != RULES).values(settled=False, changes=c.changes + 1)
    )


async def look_at_everything_again(connection: AsyncConnection) -> None:
    await connection.execute(update(contribution).where(contribution.c.settled).values(settled=False))


async def facts_of(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Facts]:
    """Everything that is known of these contributions."""
    receipts: dict[UUID, Receipt] = {}
    for row in await connection.execute(select(receipt).where(receipt.c.contribution_id.in_(ids))):
        receipts[row.contribution_id] = Receipt(
            row.intake, row.topic, row.accepted_at, row.published_at, row.partition, row.offset, row.set_aside
        )
    marks: defaultdict[UUID, list[Mark]] = defaultdict(list)
    for row in await connection.execute(select(stage).where(stage.c.contribution_id.in_(ids))):
        marks[row.contribution_id].append(mark_of(row))
    letters: defaultdict[UUID, list[Parked]] = defaultdict(list)
    for row in await connection.execute(letter_rows().where(parked.c.contribution_id.in_(ids))):
        letters[row.contribution_id].append(letter_of(row))
    return [Facts(one, receipts.get(one), tuple(marks[one]), tuple(letters[one])) for one in ids]


def letter_rows() -> Any:
    """Parked records, each with when a person discarded it."""
    joined = parked.outerjoin(discarded, and_(discarded.c.dead_id == parked.c.dead_id, parked.c.dead))
    return select(parked, discarded.c.at.label("discarded_at")).select_from(joined)


def mark_of(row: Any) -> Mark:
    return Mark(
        row.stage, row.event_id, row.topic, row.partition, row.offset, row.at, row.part, row.revision,
        row.code, row.detail, row.source, tuple(row.words), tuple(row.unread),
    )  # fmt: skip


def letter_of(row: Any) -> Parked:
    return Parked(
        row.consumer_group, row.dead, row.at, row.topic, row.partition, row.offset,
        (row.origin_topic, row.origin_partition, row.origin_offset), row.source, row.reason, row.discarded_at,
    )  # fmt: skip


async def keep(connection: AsyncConnection, found: Mapping[Unsettled, Found]) -> None:
    """Write down what changed, unless there is something new that this look did not see."""
    c = contribution.c
    rows = [
        {
            "id": one.contribution_id,
            "seen": one.changes,
            "to_state": result.state.value,
            "to_owner": result.owner[:40],
            "to_why": result.why[:120],
            "to_since": result.since or one.since,
            "to_settled": result.state in _PROVEN,
        }
        for one, result in found.items()
        if result.state in _PROVEN
        or (one.state, one.owner, one.why, one.since)
        != (result.state.value, result.owner[:40], result.why[:120], result.since)
    ]
    if rows:
        await connection.execute(
            update(contribution)
            .where(c.contribution_id == bindparam("id"), c.changes == bindparam("seen"))
            .values(
                state=bindparam("to_state"),
                owner=bindparam("to_owner"),
                why=bindparam("to_why"),
                since=bindparam("to_since"),
                settled=bindparam("to_settled"),
                rules=RULES,
            ),
            sorted(rows, key=lambda row: row["id"]),
        )
