"""The way of one contribution: every stage that said something of it, oldest first."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ledger.adapters.facts import letter_rows
from services.ledger.adapters.tables import contribution, parked, receipt, stage


async def trace(connection: AsyncConnection, contribution_id: UUID) -> dict[str, Any] | None:
    """Everything that the ledger knows of a contribution; None when it never heard of it."""
    c = contribution.c
    whole = (
        await connection.execute(select(contribution).where(c.contribution_id == contribution_id))
    ).first()
    if whole is None:
        return None
    receipts = await connection.execute(select(receipt).where(receipt.c.contribution_id == contribution_id))
    stages = await connection.execute(select(stage).where(stage.c.contribution_id == contribution_id))
    letters = await connection.execute(letter_rows().where(parked.c.contribution_id == contribution_id))
    steps = [
        *(step for row in receipts for step in _of_receipt(row)),
        *(
            _step(row, row.stage, part=row.part, revision=row.revision, code=row.code, detail=row.detail)
            for row in stages
        ),
        *(step for row in letters for step in _of_letter(row)),
    ]
    return {
        "contribution_id": str(contribution_id),
        "channel": whole.channel,
        "state": whole.state,
        "owner": whole.owner,
        "why": whole.why,
        "since": whole.since.isoformat(),
        "steps": sorted(steps, key=lambda step: (step["at"], step["topic"] or "", step["offset"] or 0)),
    }


def _step(row: Any, step: str, **more: Any) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(timespec="milliseconds"),
        "step": step,
        "topic": row.topic,
        "partition": row.partition,
        "offset": row.offset,
        **{name: value for name, value in more.items() if value is not None},
    }


def _of_receipt(row: Any) -> Sequence[dict[str, Any]]:
    nowhere = {"topic": None, "partition": None, "offset": None}
    steps = [{"at": _at(row.accepted_at), "step": "accepted", "code": f"by {row.intake}", **nowhere}]
    if row.published_at:
        place = {"topic": row.topic, "partition": row.partition, "offset": row.offset}
        steps.append({"at": _at(row.published_at), "step": "published", **place})
    if row.set_aside:
        steps.append({"at": _at(row.accepted_at), "step": "set aside", "code": row.set_aside, **nowhere})
    return steps


def _of_letter(row: Any) -> Sequence[dict[str, Any]]:
    kind = "dead" if row.dead else "retry"
    steps = [
        _step(
            row,
            kind,
            code=f"{row.consumer_group}: {row.reason}",
            attempt=row.attempt,
            dead_id=str(row.dead_id),
        )
    ]
    if row.discarded_at:
        steps.append({**steps[0], "at": _at(row.discarded_at), "step": "discarded"})
    return steps


def _at(moment: Any) -> str:
    return str(moment.isoformat(timespec="milliseconds"))
