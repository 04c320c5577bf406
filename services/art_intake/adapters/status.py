"""SQL: what became of a contribution, in the transaction of the caller."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.art_intake.adapters.tables import contribution, reading
from shared.contracts.events import ContributionRead, ContributionReceived


async def received(connection: AsyncConnection, event: ContributionReceived) -> None:
    """It came by the form or from a partner; a later event of it may have come first."""
    facts = {
        "receipt_hash": event.receipt_hash,
        "partner_id": event.partner_id,
        "item_id": event.item_id,
        "received_at": event.context.received_at,
        "handover": event.handover.ct if event.handover else None,
    }
    await connection.execute(
        upsert(contribution)
        .values(contribution_id=event.context.contribution_id, **facts)
        .on_conflict_do_update(index_elements=["contribution_id"], set_=facts)
    )


async def change(connection: AsyncConnection, contribution_id: UUID, **moment: datetime) -> None:
    """Set a moment, unless it is set already: the first one holds."""
    ((name, at),) = moment.items()
    column = contribution.c[name]
    await connection.execute(
        upsert(contribution)
        .values(contribution_id=contribution_id, **moment)
        .on_conflict_do_update(index_elements=["contribution_id"], set_={name: func.coalesce(column, at)})
    )


async def read(connection: AsyncConnection, event: ContributionRead) -> None:
    """Keep what the highest revision made of a part."""
    found = upsert(reading).values(
        contribution_id=event.context.contribution_id,
        part=event.part,
        revision=event.revision,
        outcome=event.outcome.value,
    )
    newer = found.excluded.revision >= reading.c.revision
    await connection.execute(
        found.on_conflict_do_update(
            index_elements=["contribution_id", "part"],
            set_={
                "revision": func.greatest(found.excluded.revision, reading.c.revision),
                "outcome": case((newer, found.excluded.outcome), else_=reading.c.outcome),
            },
        )
    )


async def of_code(connection: AsyncConnection, receipt_hash: str) -> Sequence[tuple[UUID, bool]]:
    """The contributions that a code stands for, and whether somebody asked to have each removed."""
    rows = await connection.execute(
        select(contribution.c.contribution_id, contribution.c.removal_at.is_not(None)).where(
            contribution.c.receipt_hash == receipt_hash
        )
    )
    return [(row[0], row[1]) for row in rows]
