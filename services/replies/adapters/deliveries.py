"""What became of what was sent. It may be told before we know ourselves that we sent it, and in any order."""

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.replies.adapters.tables import delivery, sending
from services.replies.rules import FAILED, furthest
from shared.contracts.events import ReplyDelivered


class Deliveries:
    """One row a message of ours, by the provider's id, with the furthest status that was told."""

    async def put(self, connection: AsyncConnection, told: ReplyDelivered) -> None:
        values = {
            "status": told.status,
            "rank": furthest(told.status),
            "error": told.error,
            "at": told.at,
        }
        new = upsert(delivery).values(provider_id=told.provider_id, **values)
        await connection.execute(
            new.on_conflict_do_update(
                index_elements=["provider_id"],
                set_=values,
                where=delivery.c.rank <= new.excluded.rank,
            )
        )

    async def counts(self, connection: AsyncConnection) -> dict[str, dict[str, int]]:
        """How many of our answers have which status, and why the others did not arrive."""
        return {
            "delivery": await self._by(connection, delivery.c.status),
            "not_delivered": await self._by(
                connection,
                func.coalesce(delivery.c.error, "unknown"),
                delivery.c.status.in_(sorted(FAILED)),
            ),
        }

    async def _by(
        self, connection: AsyncConnection, what: ColumnElement[Any], *which: ColumnElement[bool]
    ) -> dict[str, int]:
        ours = delivery.join(sending, sending.c.provider_id == delivery.c.provider_id)
        found = await connection.execute(
            select(what, func.count()).select_from(ours).where(*which).group_by(what)
        )
        return {str(value): count for value, count in found}
