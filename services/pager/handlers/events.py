"""Each event becomes a fact; the fact goes into the tables, or with the database away into the local file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from services.pager.adapters.local import Local
from services.pager.adapters.record import record_surely
from services.pager.rules.facts import Doubt, Expect, Fact, Levelled, Replaced, Stopped, earlier
from shared.clock import Clock
from shared.concerns.rules import DEFECT, UNDECODABLE
from shared.contracts.base import Event
from shared.contracts.events import (
    AttachmentFound,
    ContributionRead,
    ContributionReceived,
    ContributionTriaged,
    ReplySent,
)
from shared.contracts.ids import dead_letter
from shared.contracts.topics import Topic
from shared.contracts.values import SendResult, WithheldCause
from shared.messaging import headers as h
from shared.messaging.arrival import current, origin
from shared.messaging.effects import Effect
from shared.messaging.record import Record
from shared.telemetry import log

Heard = ContributionReceived | AttachmentFound | ContributionRead | ContributionTriaged | ReplySent

RECORD: Final = UUID("6f1d2a54-94a4-5d0e-9a39-3f1d1c6e7a12")


@dataclass(frozen=True, slots=True)
class Ports:
    """`wake` lets the clock look at once."""

    local: Local
    now: Clock
    new_id: Callable[[], UUID]
    wake: Callable[[], None]


async def on_event(event: Heard, *, ports: Ports) -> Effect | None:
    """Note what must get a level, what has one, and who said STOP."""
    try:
        fact = fact_of(event, ports)
    except Exception as error:  # a fault of ours must not keep a person in danger from being seen
        log.critical("event_defect", event_id=str(event.event_id), exc_info=error)
        fact = _doubt(event.about or event.event_id, DEFECT, ports)
    return effect(event.event_id, fact, ports) if fact else None


async def give_up(event: Heard, *, ports: Ports) -> Effect:
    """The process died of this record, more than once: a person looks, whatever it says."""
    return effect(event.event_id, _doubt(event.about or event.event_id, DEFECT, ports), ports)


def on_undecodable(record: Record, reason: str, *, ports: Ports) -> Effect:
    """Nobody can read it, so nobody knows how urgent it is: a person looks."""
    kept = h.salvage(record.headers)
    place = origin(record, kept)
    letter = dead_letter(record.topic, place.topic, place.partition, place.offset)
    if place.topic == Topic.REPLIES_SENT:  # nobody in danger speaks there; the ledger has the dead letter
        return Effect(apply=_nothing, otherwise=_nothing_either)
    named = h.uuid(kept, "ce_subject") or h.uuid(kept, "ce_id")
    contribution_id = named or uuid5(RECORD, f"{place.topic}/{place.partition}/{place.offset}")
    log.error("undecodable_rings", contribution_id=str(contribution_id), reason=reason, topic=place.topic)
    return effect(letter, _doubt(contribution_id, UNDECODABLE, ports), ports)


def effect(event_id: UUID, fact: Fact, ports: Ports) -> Effect:
    """Into the tables; if they are away, into the local file, and the clock rings from there."""

    async def apply(connection: AsyncConnection) -> Sequence[Event]:
        await connection.run_sync(record_surely, fact, ports.new_id())
        ports.local.overhear(fact)
        return ()

    async def otherwise() -> None:
        try:
            await ports.local.note(event_id, fact)
        finally:
            ports.wake()

    return Effect(apply, otherwise)


def fact_of(event: Heard, ports: Ports) -> Fact | None:
    """What the pager learns from an event; nothing from most replies."""
    now = ports.now()
    arrival = current.get(None)
    since = earlier(arrival.appended_at, now) if arrival else now
    match event:
        case ContributionReceived():
            parts = tuple(part.number for part in event.parts)
            return Expect(contribution_id=event.about, parts=parts, since=since, at=now)
        case AttachmentFound():
            return Expect(contribution_id=event.about, parts=(event.part.number,), since=since, at=now)
        case ContributionRead():
            by = tuple(part.number for part in event.words) or (event.part,)
            return Replaced(contribution_id=event.about, part=event.part, by=by, since=since, at=now)
        case ContributionTriaged():
            return _levelled(event, arrival.place.partition if arrival else 0, since, now, ports)
        case ReplySent():
            stop = event.result is SendResult.WITHHELD and event.cause is WithheldCause.OPTED_OUT
            if not stop or event.contribution_id is None:
                return None
            return Stopped(contribution_id=event.contribution_id, at=now)


def _levelled(
    event: ContributionTriaged, partition: int, appended_at: datetime, now: datetime, ports: Ports
) -> Levelled:
    return Levelled(
        contribution_id=event.contribution_id,
        part=event.part,
        level=event.level,
        tray=event.tray,
        cause=event.cause,
        findings=event.findings,
        new_id=ports.new_id(),
        partition=partition,
        appended_at=appended_at,
        at=now,
    )


def _doubt(contribution_id: UUID, cause: str, ports: Ports) -> Doubt:
    return Doubt(contribution_id=contribution_id, cause=cause, new_id=ports.new_id(), at=ports.now())


async def _nothing(_: AsyncConnection) -> Sequence[Event]:
    return ()


async def _nothing_either() -> None:
    return
