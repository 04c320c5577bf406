"""How long it took until a level stood: from the intake's own receipt to triage's last word on any part."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ledger.adapters.tables import receipt, stage


async def until_level(connection: AsyncConnection) -> dict[str, dict[str, Any]]:
    """For each channel: how many have a level, and the seconds until it stood (half of them, 95 %, the longest).

    A contribution of several parts counts by its last one. `first` is until any part of it had a level.
    """
    triaged = (
        select(
            stage.c.contribution_id,
            func.min(stage.c.at).label("first"),
            func.max(stage.c.at).label("last"),
        )
        .where(stage.c.stage == "triaged", stage.c.revision == 1)
        .group_by(stage.c.contribution_id)
        .subquery()
    )
    first = func.extract("epoch", triaged.c.first - receipt.c.accepted_at)
    last = func.extract("epoch", triaged.c.last - receipt.c.accepted_at)
    rows = await connection.execute(
        select(
            receipt.c.channel,
            func.count(),
            func.percentile_cont(0.5).within_group(first),
            func.percentile_cont(0.5).within_group(last),
            func.percentile_cont(0.95).within_group(last),
            func.max(last),
        )
        .join(triaged, triaged.c.contribution_id == receipt.c.contribution_id)
        .group_by(receipt.c.channel)
        .order_by(receipt.c.channel)
    )
    names = ("first_p50", "p50", "p95", "longest")
    return {
        channel: {
            "n": n,
            **{name: round(max(0.0, float(one)), 3) for name, one in zip(names, figures, strict=True)},
        }
        for channel, n, *figures in rows
    }
