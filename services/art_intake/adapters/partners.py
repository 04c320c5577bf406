"""SQL of the partners: who they are, their keys, and what each handed over. Nobody sees another's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.art_intake.adapters.tables import contribution, partner, partner_key, reading
from services.art_intake.rules.partner_keys import Known, Scope
from services.art_intake.rules.status import ItemStatus, item_status
from shared.contracts.values import Outcome


@dataclass(frozen=True, slots=True)
class Arrived:
    """One item as it stands."""

    contribution_id: UUID
    item_id: str
    received_at: datetime
    status: ItemStatus
    handover: bytes | None = field(repr=False)


async def known_keys(connection: AsyncConnection) -> Mapping[str, Sequence[Known]]:
    """Every key that is not revoked, of partners that are not off, by partner."""
    k = partner_key.c
    rows = await connection.execute(
        select(k.partner_id, k.digest, k.scopes, k.expires_at)
        .join(partner, partner.c.partner_id == k.partner_id)
        .where(k.revoked_at.is_(None), partner.c.off_at.is_(None))
    )
    found: dict[str, list[Known]] = {}
    for partner_id, digest, scopes, expires_at in rows:
        known = Known(partner_id, digest, frozenset(map(Scope, scopes.split())), expires_at)
        found.setdefault(partner_id, []).append(known)
    return found


async def arrived(
    connection: AsyncConnection, partner_id: str, *, after: tuple[datetime, UUID] | None, limit: int | None
) -> Sequence[Arrived]:
    """A partner's items in the order in which they came, from the one after `after`."""
    c = contribution.c
    outcomes = func.array_agg(reading.c.outcome).filter(reading.c.outcome.is_not(None))
    wanted = (
        select(c.contribution_id, c.item_id, c.received_at, c.archived_at, c.removal_at, c.handover, outcomes)
        .select_from(contribution.outerjoin(reading, reading.c.contribution_id == c.contribution_id))
        .where(_of(partner_id))
        .group_by(c.contribution_id)
        .order_by(c.received_at, c.contribution_id)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(tuple_(c.received_at, c.contribution_id) > tuple_(*after))
    rows = await connection.execute(wanted)
    return [
        Arrived(
            contribution_id=row[0],
            item_id=row[1],
            received_at=row[2],
            status=item_status(
                archived=row[3] is not None,
                removal=row[4] is not None,
                outcomes=[Outcome(one) for one in row[6] or ()],
            ),
            handover=row[5],
        )
        for row in rows
    ]


async def contributions_of(connection: AsyncConnection, partner_id: str, item_id: str) -> Sequence[UUID]:
    """The contributions that an item is: several where one id came with several contents."""
    rows = await connection.scalars(
        select(contribution.c.contribution_id)
        .where(_of(partner_id), contribution.c.item_id == item_id)
        .order_by(contribution.c.received_at)
    )
    return rows.all()


def _of(partner_id: str) -> ColumnElement[bool]:
    return and_(contribution.c.partner_id == partner_id, contribution.c.received_at.is_not(None))
