"""How many concerns wait, for the console: counts and a time, nothing of what a concern is about."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.concerns import State
from shared.concerns.tables import CONCERN


async def counted(connection: AsyncConnection) -> dict[str, Any]:
    """Those that are not closed, those that nobody has taken, and since when the first of these is open."""
    untaken = CONCERN.c.state == State.OPEN
    row = (
        await connection.execute(
            select(
                func.count(),
                func.count().filter(untaken),
                func.min(CONCERN.c.opened_at).filter(untaken),
            ).where(CONCERN.c.state != State.CLOSED)
        )
    ).one()
    oldest = row[2].isoformat() if row[2] else None
    return {"open": row[0], "untaken": row[1], "oldest_untaken": oldest}
