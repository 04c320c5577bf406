"""The intakes' receipts: pulled over HTTP, page by page, and written down before the cursor moves."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ledger.adapters.notes import Known, know
from services.ledger.adapters.tables import cursor, receipt
from shared.clock import Clock
from shared.telemetry import log

_AWAY: Final = (httpx.HTTPError, ValueError, KeyError, TypeError)
"""A body that is not what we agreed on counts as no answer: it is said, and asked again."""


@dataclass(slots=True)
class Intakes:
    """Every intake by name and health address. `refused` is what they last said of answers that accepted nothing."""

    addresses: Sequence[tuple[str, str]]
    engine: AsyncEngine
    http: httpx.AsyncClient
    now: Clock
    refused: dict[str, tuple[str, Mapping[str, int]]] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def pull(self) -> frozenset[str]:
        """Fetch what is new from every intake; gives the names of those that do not answer."""
        silent = set()
        async with self.one_at_a_time:
            for name, address in self.addresses:
                try:
                    await self._pull(name, address)
                except _AWAY as error:
                    if name not in self.silent:
                        log.warning("intake_does_not_answer", intake=name, kind=type(error).__name__)
                    silent.add(name)
            self.silent = frozenset(silent)
        return self.silent

    async def _pull(self, name: str, address: str) -> None:
        async with self.engine.connect() as connection:
            known = (await connection.execute(select(cursor).where(cursor.c.address == address))).first()
        spool, seq = (known.spool, known.seq) if known else ("", 0)
        while True:
            asked_at = self.now()
            answer = await self.http.get(f"{address}/receipts", params={"after": seq})
            answer.raise_for_status()
            page = answer.json()
            if spool not in ("", named := str(page.get("spool", spool))):
                log.error("spool_is_new", intake=name)  # its disk was lost: its numbers begin anew
                spool, seq = named, 0
                continue
            spool, rows = named, [_row(name, one) for one in page["receipts"]]
            seq = max([seq, *(row["seq"] for row in rows)])
            self.refused[address] = (name, _by_status(page["refused"]))
            async with self.engine.begin() as connection:
                await keep(connection, rows)
                await _move(connection, address, name, spool, seq, asked_at)
            if not rows:
                return


async def keep(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Write receipts down; what Kafka once had it has, whatever a later row says."""
    if not rows:
        return
    new = upsert(receipt)
    kept, given = receipt.c, new.excluded
    later = {name: func.coalesce(given[name], kept[name]) for name in ("published_at", "partition", "offset")}
    statement = new.on_conflict_do_update(
        index_elements=[kept.event_id],
        set_={
            **later,
            "set_aside": given.set_aside,
            "seq": given.seq,
            "conflict": kept.conflict | given.conflict,
        },
    )
    await connection.execute(statement, sorted(rows, key=lambda row: (row["event_id"], row["seq"])))
    await know(
        connection,
        [Known(row["contribution_id"], row["accepted_at"], row["channel"], receipted=True) for row in rows],
    )


async def _move(
    connection: AsyncConnection, address: str, intake: str, spool: str, seq: int, at: datetime
) -> None:
    values = {"address": address, "intake": intake, "spool": spool, "seq": seq, "pulled_at": at}
    await connection.execute(
        upsert(cursor).values(values).on_conflict_do_update(index_elements=[cursor.c.address], set_=values)
    )


def _by_status(days: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
    counted: Counter[str] = Counter()
    for one in days:
        counted[str(int(one["status"]))] += int(one["n"])
    return counted


def _row(intake: str, one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event_id": UUID(one["event_id"]),
        "contribution_id": UUID(one["contribution_id"]),
        "intake": intake,
        "channel": str(one["channel"])[:20],
        "topic": str(one["topic"])[:80],
        "accepted_at": datetime.fromisoformat(one["accepted_at"]),
        "published_at": datetime.fromisoformat(one["acked_at"]) if one["acked_at"] else None,
        "partition": one["partition"],
        "offset": one["offset"],
        "set_aside": str(one["set_aside"])[:80] if one["set_aside"] else None,
        "conflict": bool(one["conflict"]),
        "seq": int(one["seq"]),
    }
