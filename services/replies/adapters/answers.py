"""One answer: decided about by what is known now, begun, and ended with the event that tells its end."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.replies.adapters.ports import Ports
from services.replies.adapters.rows import Next, Row, State
from services.replies.rules import Facts, History, decide
from shared.contracts.base import Event
from shared.contracts.events import ReplySent
from shared.contracts.values import ReplyKind, SendResult, WithheldCause
from shared.telemetry import log
from shared.telemetry.metrics import Metric


async def begin(
    connection: AsyncConnection, row: Row, cause: WithheldCause | None, ports: Ports
) -> list[Event]:
    """Add a row, ended already if there is a cause; a row that is there is left as it is."""
    if cause:
        row = replace(row, **ended(State.WITHHELD, row.at, cause))
    if not await ports.rows.insert(connection, row):
        return []
    if cause is None:
        return []
    _counted(row, State.WITHHELD, cause, ports)
    return [told(row, State.WITHHELD, row.at, cause)]


async def end(
    connection: AsyncConnection,
    row: Row,
    state: State,
    ports: Ports,
    cause: WithheldCause | None = None,
    *,
    provider_id: str | None = None,
) -> None:
    """End a row and tell it, in the caller's transaction."""
    now = ports.now()
    if await ports.rows.change(connection, row, **ended(state, now, cause, provider_id)):
        await ports.publish(connection, told(row, state, now, cause, provider_id), row.trace)
        _counted(row, state, cause, ports)
        log.info(
            "reply_settled",
            contribution_id=str(row.contribution_id),
            kind=row.kind.value,
            result=state.value,
            cause=cause.value if cause else None,
        )


def _counted(row: Row, state: State, cause: WithheldCause | None, ports: Ports) -> None:
    ports.meters.count(Metric.REPLIES, kind=row.kind, result=state)
    if cause is not None:
        ports.meters.count(Metric.WITHHELD, cause=cause)


async def recheck(
    connection: AsyncConnection,
    row: Row,
    ports: Ports,
    *,
    automatic: bool = False,
    authenticated: bool = True,
    replayed: bool = False,
) -> WithheldCause | None:
    """Decide about a row once more, by what is known now."""
    facts = Facts(
        arrived_at=row.received_at,
        reachable=row.slip is not None and row.channel in ports.senders,
        safe_contact=row.safe_contact,
        automatic=automatic,
        authenticated=authenticated,
        replayed=replayed,
    )
    before = await history(connection, row, ports)
    return decide(facts, before, ports.now(), within=ports.times.of(row.kind))


async def history(connection: AsyncConnection, row: Row, ports: Ports) -> History:
    if row.address_hmac is None:
        return History()
    opted_out = (await ports.rows.opt_out(connection, row.address_hmac)).in_force
    if row.kind is ReplyKind.PERSONAL:
        return History(opted_out)  # a person may answer as often as they need to
    return History(opted_out, await ports.rows.last(connection, row.address_hmac, row.event_id))


async def locked(connection: AsyncConnection, one: Next, ports: Ports) -> Row | None:
    """Read a row anew, once nobody else can decide about its address."""
    if one.address_hmac:
        await ports.rows.lock(connection, one.address_hmac)
    return await ports.rows.get(connection, one.event_id)


def ended(
    state: State, now: datetime, cause: WithheldCause | None, provider_id: str | None = None
) -> dict[str, Any]:
    return {"state": state, "cause": cause, "at": now, "next_at": None, "provider_id": provider_id}


def told(
    row: Row, state: State, now: datetime, cause: WithheldCause | None, provider_id: str | None = None
) -> ReplySent:
    return ReplySent(
        event_id=row.event_id,
        contribution_id=row.contribution_id,
        request_id=row.request_id,
        kind=row.kind,
        template=row.template,
        result=SendResult(state.value),
        cause=cause,
        provider_id=provider_id,
        at=now,
    )
