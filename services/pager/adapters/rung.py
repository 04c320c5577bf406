"""What has been rung for, for whoever asks on loopback: ids drawn by chance, moments; no number, no name."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.pager.adapters.tables import RING
from shared.concerns.ladder import Result


async def rung(connection: AsyncConnection) -> list[dict[str, Any]]:
    """Each concern that a ring went out for, with the moment of the first, the oldest first."""
    first = func.min(RING.c.at)
    rows = await connection.execute(
        select(RING.c.concern_id, first.label("first"), func.count().label("n"))
        .where(RING.c.concern_id.is_not(None), RING.c.result == Result.SENT)
        .group_by(RING.c.concern_id)
        .order_by(first)
    )
    return [{"concern": str(row.concern_id), "first": row.first.isoformat(), "n": row.n} for row in rows]
