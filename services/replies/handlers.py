"""Decides about answers when something arrives: a contribution, the reading of a mail, the wish of a named person.

An address is locked before anything about it is decided, so that two texts in one moment get one acknowledgement.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.replies.adapters.answers import begin, ended, history, locked, recheck, told
from services.replies.adapters.ports import Ports
from services.replies.adapters.rows import Next, Row, State
from services.replies.rules import FAILED, RECENT, Facts, Slip, decide, is_machine, notice_of
from shared.contracts.base import Event
from shared.contracts.events import (
    ContributionRead,
    ContributionReceived,
    ReplyDelivered,
    ReplyRequested,
)
from shared.contracts.ids import output_of
from shared.contracts.values import Channel, Keyword, ReplyKind, WithheldCause
from shared.errors import Rejected, Retryable
from shared.messaging.effects import Effect
from shared.telemetry import log
from shared.vault import Binding
from shared.vault.digests import keyed

STAGE: Final = "replies"
ACKNOWLEDGEMENT: Final = "acknowledgement"
SUBJECT: Final = "acknowledgement_subject"
READ_FIRST: Final = frozenset({Channel.EMAIL})
"""Channels whose contributions are read before we know whether a machine wrote them."""


async def on_received(
    event: ContributionReceived, *, ports: Ports, replayed: bool = False, trace: str | None = None
) -> Effect:
    """Decide about the one acknowledgement, and hear STOP and START."""
    context, now = event.context, ports.now()
    slip = _slip(event, ports)
    address = keyed(ports.address_key, slip.known_as) if slip else None
    arrived_at = min(context.received_at, event.provider_at or context.received_at)
    facts = Facts(
        arrived_at=arrived_at,
        reachable=slip is not None and context.channel in ports.senders,
        keyword=context.keyword,
        safe_contact=context.safe_contact,
        automatic=slip is not None
        and context.channel is Channel.EMAIL
        and is_machine(slip.address, ports.own_domains),
        replayed=replayed,
    )
    row = Row(
        event_id=output_of(STAGE, event.event_id),
        contribution_id=context.contribution_id,
        kind=ReplyKind.ACKNOWLEDGEMENT,
        template=ACKNOWLEDGEMENT,
        channel=context.channel,
        state=State.DUE,
        received_at=arrived_at,
        at=now,
        next_at=now,
        address_hmac=address,
        consent=context.consent,
        safe_contact=context.safe_contact,
        slip=event.reply_slip,
        trace=trace,
    )
    if context.channel in READ_FIRST:
        row = replace(row, state=State.WAITING, next_at=arrived_at + ports.times.within)

    async def apply(connection: AsyncConnection) -> Sequence[Event]:
        if address:
            await ports.rows.lock(connection, address)
            await _keyword(connection, context.keyword, row, ports)
        cause = decide(
            facts, await history(connection, row, ports), ports.now(), within=ports.times.of(row.kind)
        )
        return await begin(connection, row, cause, ports)

    return Effect(apply)


async def on_read(event: ContributionRead, *, ports: Ports, replayed: bool = False) -> Effect | None:
    """A mail has been read: now we know whether a machine wrote it. Other readings change nothing."""
    if event.context.channel not in READ_FIRST or event.part != 1:
        return None

    async def apply(connection: AsyncConnection) -> Sequence[Event]:
        known = await ports.rows.get(connection, output_of(STAGE, event.context.contribution_id))
        if known is None:
            raise Retryable("not_received_yet")
        row = await locked(connection, Next(known.event_id, known.address_hmac), ports)
        if row is None or row.state is not State.WAITING:
            return []
        cause = await recheck(
            connection,
            row,
            ports,
            automatic=event.automatic,
            authenticated=event.authenticated == "pass",
            replayed=replayed or event.revision > 1,
        )
        if cause is None:
            await ports.rows.change(connection, row, state=State.DUE, next_at=ports.now())
            return []
        await ports.rows.change(connection, row, **ended(State.WITHHELD, ports.now(), cause))
        return [told(row, State.WITHHELD, ports.now(), cause)]

    return Effect(apply)


async def on_requested(
    event: ReplyRequested, *, ports: Ports, replayed: bool = False, trace: str | None = None
) -> Effect:
    """A named person answers: sent once, unless the address asked us to stop or must not be written to.

    Raises:
        Rejected: `no_words`, or when the words do not open.
    """
    if event.words is None and event.template not in ports.words:
        raise Rejected("no_words")
    if event.words is not None:
        ports.opener.open(event.words, Binding(event.contribution_id, 0, event.channel))

    async def apply(connection: AsyncConnection) -> Sequence[Event]:
        first = await ports.rows.get(connection, output_of(STAGE, event.contribution_id))
        if first is None:
            raise Retryable("not_received_yet")
        row = replace(
            first,
            event_id=output_of(STAGE, event.event_id),
            request_id=event.event_id,
            kind=ReplyKind.PERSONAL,
            template=event.template,
            state=State.DUE,
            received_at=event.at,
            at=ports.now(),
            next_at=ports.now(),
            cause=None,
            asked_at=None,
            provider_id=None,
            words=event.words,
            trace=trace,
        )
        if row.address_hmac:
            await ports.rows.lock(connection, row.address_hmac)
        cause = await recheck(connection, row, ports, replayed=replayed)
        return await begin(connection, row, cause, ports)

    return Effect(apply)


async def on_delivered(event: ReplyDelivered, *, ports: Ports) -> Effect:
    """Keep what became of something we sent. Staff see what did not arrive; nothing is sent again."""
    if event.status in FAILED:
        log.error("reply_not_delivered", status=event.status, reason=event.error or "unknown")

    async def apply(connection: AsyncConnection) -> Sequence[Event]:
        await ports.deliveries.put(connection, event)
        return []

    return Effect(apply)


async def _keyword(connection: AsyncConnection, keyword: Keyword | None, row: Row, ports: Ports) -> None:
    """Record STOP and START. The first STOP is news for the lead of each concern of the same thread.

    Each piece of news goes out on its own contribution's trace: nothing may say that they are of one address.
    """
    if keyword not in (Keyword.STOP, Keyword.START) or row.address_hmac is None:
        return
    before = await ports.rows.opt_out(connection, row.address_hmac)
    if keyword is Keyword.START:
        await ports.rows.put_opt_out(connection, row.address_hmac, before.started(row.received_at))
        return
    after = before.stopped(row.received_at, row.contribution_id)
    await ports.rows.put_opt_out(connection, row.address_hmac, after)
    if before.told or not after.told:
        return
    for one in await ports.rows.of_address(connection, row.address_hmac, row.received_at - RECENT):
        if one.contribution_id == row.contribution_id or one.state in (State.DUE, State.WAITING):
            continue  # those end with this very cause
        notice = replace(one, event_id=notice_of(one.contribution_id, row.contribution_id))
        news = told(notice, State.WITHHELD, ports.now(), WithheldCause.OPTED_OUT)
        await ports.publish(connection, news, one.trace)


def _slip(event: ContributionReceived, ports: Ports) -> Slip | None:
    if event.reply_slip is None:
        return None
    return Slip.parse(ports.opener.open(event.reply_slip, Binding.of(event.context)))
