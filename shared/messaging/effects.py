"""Effects happen once: one transaction marks the event seen, does the work and writes the outbox."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.clock import Clock
from shared.contracts.base import Event
from shared.contracts.events import (
    AttachmentFound,
    ContributionAnonymised,
    ContributionArchived,
    ContributionRead,
    ContributionTriaged,
    CopyDeleted,
    Heartbeat,
    RemovalRequested,
    ReplyDelivered,
    ReplyRequested,
    ReplySent,
)
from shared.contracts.topics import LARGEST, Topic
from shared.database import Book
from shared.errors import Rejected
from shared.messaging import headers as h
from shared.messaging.arrival import Arrival
from shared.telemetry.meters import NOWHERE, Meters
from shared.telemetry.metrics import Metric

TOPIC_OF: Final[dict[type[Event], Topic]] = {
    AttachmentFound: Topic.FOUND,
    ContributionRead: Topic.READ,
    ContributionTriaged: Topic.TRIAGED,
    ContributionAnonymised: Topic.ANONYMISED,
    ContributionArchived: Topic.ARCHIVED,
    CopyDeleted: Topic.COPIES_DELETED,
    ReplyRequested: Topic.REPLIES_REQUESTED,
    ReplySent: Topic.REPLIES_SENT,
    ReplyDelivered: Topic.REPLIES_DELIVERED,
    RemovalRequested: Topic.REMOVALS_REQUESTED,
    Heartbeat: Topic.HEARTBEATS,
}
"""Where each event travels. Received events are published by their intake's spool alone."""

Apply = Callable[[AsyncConnection], Awaitable[Sequence[Event]]]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a handler wants done, once, whatever is redelivered.

    `apply` runs inside the transaction and returns the events to publish after it. `otherwise` is what to do when the
    database is away, or there and of no use, and waiting would be worse (the pager rings); without it the partition
    waits.
    """

    apply: Apply
    otherwise: Callable[[], Awaitable[None]] | None = None


Write = Callable[[AsyncConnection, Sequence[Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Note:
    """Something to write down together with the rest of its batch: `write` gets all of them at once.

    Nothing is marked seen and nothing is published, so `write` must bear a repeat by itself, or use `Effects`.
    """

    write: Write
    what: Any


@dataclass(frozen=True, slots=True)
class Effects:
    """Runs effects for one consumer group."""

    group: str
    engine: AsyncEngine
    book: Book
    now: Clock
    meters: Meters = NOWHERE

    async def run(self, connection: AsyncConnection, arrival: Arrival, effect: Effect) -> None:
        """Do one effect inside a transaction that the caller holds; a repeat does nothing.

        Raises:
            Rejected: `same_id_other_words`, when the id was seen with another digest. It is not a repeat.
        """
        if not await self._first_time(connection, arrival.event):
            return
        for event in await effect.apply(connection):
            await self.write(connection, event, arrival.trace)

    async def write(self, connection: AsyncConnection, event: Event, trace: str | None) -> None:
        """Put an event into the outbox of the same transaction."""
        await self.write_all(connection, [(event, trace)])

    async def write_all(
        self, connection: AsyncConnection, outgoing: Sequence[tuple[Event, str | None]]
    ) -> None:
        """Put many into the outbox, in this order; each goes on with the trace that stands beside it."""
        moment = self.now()
        rows = [
            {
                "event_id": event.event_id,
                "contribution_id": event.about,
                "topic": (topic := TOPIC_OF[type(event)]).value,
                "key": key_of(event),
                "headers": h.of_event(event, topic, source=self.group, at=moment, trace=trace),
                "value": value_of(event),
                "created_at": moment,
            }
            for event, trace in outgoing
        ]
        if rows:
            await connection.execute(insert(self.book.outbox), rows)

    async def first_times(self, connection: AsyncConnection, events: Sequence[Event]) -> frozenset[UUID]:
        """Mark many seen at once, for what is written a batch at a time; gives the ids of those that are new.

        Raises:
            Rejected: `same_id_other_words`, as for `run`.
        """
        seen, moment = self.book.seen, self.now()
        digests = {event.event_id: getattr(event, "digest", None) for event in events}
        if not digests:
            return frozenset()
        rows = [
            {"consumer_group": self.group, "event_id": event_id, "digest": digests[event_id], "at": moment}
            for event_id in sorted(
                digests
            )  # in one order everywhere, so that two batches never block each other
        ]
        marked = await connection.scalars(
            upsert(seen).values(rows).on_conflict_do_nothing().returning(seen.c.event_id)
        )
        new = frozenset(marked.all())
        self.meters.count(Metric.REPEATED, len(digests) - len(new), group=self.group)
        again = [event_id for event_id, digest in digests.items() if digest and event_id not in new]
        if again:
            known = await connection.execute(
                select(seen.c.event_id, seen.c.digest).where(
                    seen.c.consumer_group == self.group, seen.c.event_id.in_(again)
                )
            )
            if any(row.digest not in (None, digests[row.event_id]) for row in known):
                raise Rejected("same_id_other_words")
        if any(getattr(event, "digest", None) != digests[event.event_id] for event in events):
            raise Rejected("same_id_other_words")  # both came in this batch
        return new

    async def _first_time(self, connection: AsyncConnection, event: Event) -> bool:
        return event.event_id in await self.first_times(connection, [event])


def key_of(event: Event) -> bytes:
    """The partition key: the contribution, or what stands for it in events about none."""
    if isinstance(event, Heartbeat):
        return event.service.encode()
    return str(event.about or event.event_id).encode()


def value_of(event: Event) -> bytes:
    """The event as it travels.

    Raises:
        Rejected: `too_big`; Kafka would refuse it for ever.
    """
    value = event.model_dump_json().encode()
    if len(value) > LARGEST:
        raise Rejected("too_big")
    return value


def ago(moment: datetime, now: datetime) -> float:
    """Seconds since a moment, never negative."""
    return max(0.0, (now - moment).total_seconds())
