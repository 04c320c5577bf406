"""What the archive is told by others: a provider's copy is gone, somebody asks for a removal."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.adapters.tables import deletion, removal
from shared.contracts.events import CopyDeleted, RemovalRequested
from shared.messaging.effects import Note


def notice(event: CopyDeleted | RemovalRequested) -> Note:
    """Write it down; a repeat changes nothing."""
    return Note(_write, event)


async def removals(connection: AsyncConnection) -> list[dict[str, Any]]:
    """Every removal that was asked for, the oldest first; one line a contribution."""
    rows = await connection.execute(
        select(removal.c.contribution_id, removal.c.by, removal.c.at).order_by(removal.c.at)
    )
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        told = {"contribution_id": str(row.contribution_id), "by": row.by, "at": row.at.isoformat()}
        first.setdefault(told["contribution_id"], told)
    return list(first.values())


async def _write(connection: AsyncConnection, events: Sequence[Any]) -> None:
    for event in events:
        row = {"event_id": event.event_id, "contribution_id": event.contribution_id, "at": event.at}
        if isinstance(event, CopyDeleted):
            await connection.execute(
                insert(deletion).values(**row, result=event.result.value).on_conflict_do_nothing()
            )
        else:
            await connection.execute(insert(removal).values(**row, by=event.by).on_conflict_do_nothing())
