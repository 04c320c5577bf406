"""The alarm rows: one for each time that a cause held, from its first look to its last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ledger.adapters.tables import alarm


@dataclass(frozen=True, slots=True)
class Lasting:
    """An alarm that has not ended."""

    cause: str
    first_at: datetime
    n: int
    paged_at: datetime | None
    paged_n: int

    def as_json(self) -> dict[str, Any]:
        return {"cause": self.cause, "first_at": self.first_at.isoformat(), "n": self.n}


async def keep(connection: AsyncConnection, found: Mapping[str, int], now: datetime) -> list[Lasting]:
    """Begin, go on with and end alarms, so that exactly those of `found` last."""
    lasting = {one.cause: one for one in await of_now(connection)}
    for cause, n in sorted(found.items()):
        if cause in lasting:
            await connection.execute(
                update(alarm)
                .where(alarm.c.cause == cause, alarm.c.ended_at.is_(None))
                .values(n=n, last_at=now)
            )
        else:
            await connection.execute(
                insert(alarm).values(cause=cause[:120], first_at=now, last_at=now, n=n, paged_n=0)
            )
    over = sorted(set(lasting) - set(found))
    if over:
        await connection.execute(
            update(alarm).where(alarm.c.cause.in_(over), alarm.c.ended_at.is_(None)).values(ended_at=now)
        )
    return await of_now(connection)


async def of_now(connection: AsyncConnection) -> list[Lasting]:
    a = alarm.c
    rows = await connection.execute(
        select(a.cause, a.first_at, a.n, a.paged_at, a.paged_n)
        .where(a.ended_at.is_(None))
        .order_by(a.first_at, a.cause)
    )
    return [Lasting(*row) for row in rows]


async def paged(connection: AsyncConnection, told: Mapping[str, int], now: datetime) -> None:
    """Operations were told of these causes, with these figures."""
    for cause, n in sorted(told.items()):
        await connection.execute(
            update(alarm)
            .where(alarm.c.cause == cause, alarm.c.ended_at.is_(None))
            .values(paged_at=now, paged_n=n)
        )
