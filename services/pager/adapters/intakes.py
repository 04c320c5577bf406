"""The intakes' own receipts, over HTTP: what they accepted and Kafka does not have, when Kafka cannot tell."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import httpx

from services.pager.rules.spools import Receipt
from shared.errors import Unavailable


class Intakes(Protocol):
    async def receipts(self, intake: str, after: int) -> list[Receipt]:
        """What changed after a sequence number.

        Raises:
            Unavailable: the intake does not answer, or not in its usual way.
        """

    async def depth(self, intake: str) -> int | None:
        """How many rows the intake itself says are waiting; None when it does not say."""


class HttpIntakes:
    """Each intake's health port."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._addresses = addresses
        self._client = httpx.AsyncClient(trust_env=False, timeout=5.0)

    async def receipts(self, intake: str, after: int) -> list[Receipt]:
        answer = await self._get(intake, f"/receipts?after={after}")
        try:
            return [_receipt(row) for row in answer["receipts"]]
        except (KeyError, TypeError, ValueError):
            raise Unavailable("receipts_malformed") from None

    async def depth(self, intake: str) -> int | None:
        depth = (await self._get(intake, "/ready")).get("spool_depth")
        return depth if isinstance(depth, int) else None

    async def close(self) -> None:
        await self._client.aclose()

    async def _get(self, intake: str, path: str) -> dict[str, Any]:
        try:
            answer = (await self._client.get(self._addresses[intake] + path)).json()
        except (httpx.HTTPError, ValueError):
            raise Unavailable("intake_away") from None
        if not isinstance(answer, dict):
            raise Unavailable("receipts_malformed")
        return answer


def _receipt(row: dict[str, Any]) -> Receipt:
    accepted_at = datetime.fromisoformat(row["accepted_at"])
    if accepted_at.tzinfo is None:
        raise ValueError("a time without its zone")
    return Receipt(
        seq=int(row["seq"]),
        event_id=UUID(row["event_id"]),
        contribution_id=UUID(row["contribution_id"]),
        accepted_at=accepted_at,
        published=row["acked_at"] is not None,
        set_aside=row["set_aside"] is not None,
    )
