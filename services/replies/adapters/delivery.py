"""Sending, at most once whatever crashes.

A row says `sending` before the provider is asked; such a row is only looked for in the provider's own list, and asked
about again nowhere. Only a sure "not sent" makes it due again.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.replies.adapters.answers import end, locked, recheck
from services.replies.adapters.ports import Ports
from services.replies.adapters.rows import Next, Row, State
from services.replies.rules import Slip
from shared.contracts.values import WithheldCause
from shared.errors import Rejected, Unavailable
from shared.telemetry import log
from shared.twilio import OptedOut, Unknown
from shared.vault import Binding

_LOOK_SOON: Final = timedelta(seconds=2)  # what went out a moment ago may not be listed yet


async def attend(one: Next, *, ports: Ports) -> None:
    """Look after one row whose time has come: decide again, then ask the provider, or look for it in its list."""
    async with ports.begin() as connection:
        row = await locked(connection, one, ports)
        taken = await _take(connection, row, ports) if row else None
    ports.wake()
    if row and taken:
        await (_look if row.state is State.SENDING else _ask)(taken, ports)


async def _take(connection: AsyncConnection, row: Row, ports: Ports) -> Row | None:
    """Write down what we are about to do; gives the row as it then stands, or None when there is nothing to do."""
    now = ports.now()
    if row.next_at is None or row.next_at > now:
        return None
    if row.state is State.SENDING:
        later = min(now + ports.times.check_every, max(_given_up(row, ports), now + _LOOK_SOON))
        return row if await ports.rows.change(connection, row, state=row.state, next_at=later) else None
    if cause := await recheck(connection, row, ports):
        await end(connection, row, State.WITHHELD, ports, cause)
        return None
    if row.state is State.WAITING:
        await ports.rows.change(connection, row, state=row.state, next_at=now + _LOOK_SOON)
        return None
    lease = now + ports.times.answer_within + _LOOK_SOON
    if not await ports.rows.change(connection, row, state=State.SENDING, next_at=lease, asked_at=now):
        return None
    return replace(row, state=State.SENDING, next_at=lease, asked_at=now)


async def _ask(row: Row, ports: Ports) -> None:
    """Ask the provider once. The row says `sending`, so nobody will ask again but after a sure no."""
    left = row.received_at + ports.times.of(row.kind) - ports.now()
    if left < timedelta(0):  # the machine slept between the decision and now
        await _settle(row, State.WITHHELD, ports, WithheldCause.LATE)
        return
    try:
        slip, words = _opened(row, ports)
        async with asyncio.timeout(ports.times.answer_within.total_seconds()):
            sid = await ports.senders[row.channel].send(slip, words, within=left)
    except Unavailable as away:
        log.warning("provider_away", reason=away.reason, contribution_id=str(row.contribution_id))
        await _again(row, State.DUE, ports.now() + ports.times.retry_every, ports)
    except OptedOut:
        await _settle(row, State.WITHHELD, ports, WithheldCause.OPTED_OUT)
    except Rejected as refused:
        log.error("reply_refused", reason=refused.reason, contribution_id=str(row.contribution_id))
        await _settle(row, State.REFUSED, ports, WithheldCause.PROVIDER)
    except (Unknown, TimeoutError):
        await _again(row, State.SENDING, ports.now() + _LOOK_SOON, ports)
    else:
        await _settle(row, State.SENT, ports, provider_id=sid)


async def _look(row: Row, ports: Ports) -> None:
    """Find out in the provider's own list whether it was sent; after ten minutes that is left to a person."""
    assert row.asked_at is not None  # every row that says `sending` says since when
    try:
        slip, words = _opened(row, ports)
        sid = await ports.senders[row.channel].sent(slip, words, row.asked_at)
    except (Unavailable, Rejected) as away:
        log.warning("provider_list_away", reason=away.reason, contribution_id=str(row.contribution_id))
        sid = None
    if sid:
        await _settle(row, State.SENT, ports, provider_id=sid)
    elif ports.now() >= _given_up(row, ports):
        log.error("reply_unknown", contribution_id=str(row.contribution_id))
        await _settle(row, State.UNKNOWN, ports)


def _given_up(row: Row, ports: Ports) -> datetime:
    """When a row whose end is not known is left to a person."""
    return (row.asked_at or row.at) + ports.times.unknown_after


async def _settle(
    row: Row,
    state: State,
    ports: Ports,
    cause: WithheldCause | None = None,
    *,
    provider_id: str | None = None,
) -> None:
    """End a row that says `sending`, and tell it; nothing happens when it has ended already."""
    async with ports.begin() as connection:
        if row.address_hmac:
            await ports.rows.lock(connection, row.address_hmac)
            if cause is WithheldCause.OPTED_OUT and row.asked_at:
                asked = await ports.rows.opt_out(connection, row.address_hmac)
                await ports.rows.put_opt_out(connection, row.address_hmac, asked.stopped(row.asked_at, None))
        await end(connection, row, state, ports, cause, provider_id=provider_id)
    ports.wake()


async def _again(row: Row, state: State, next_at: datetime, ports: Ports) -> None:
    asked_at = row.asked_at if state is State.SENDING else None
    async with ports.begin() as connection:
        if row.address_hmac:
            await ports.rows.lock(connection, row.address_hmac)
        await ports.rows.change(connection, row, state=state, next_at=next_at, asked_at=asked_at)


def _opened(row: Row, ports: Ports) -> tuple[Slip, str]:
    """The address and the words, for as long as it takes to send them."""
    if row.slip is None:
        raise Rejected("no_slip")
    binding = Binding(row.contribution_id, 0, row.channel, row.consent)
    slip = Slip.parse(ports.opener.open(row.slip, binding))
    if row.words is None:
        return slip, ports.words[row.template]
    clear = ports.opener.open(row.words, Binding(row.contribution_id, 0, row.channel))
    return slip, clear.decode("utf-8", "replace")
