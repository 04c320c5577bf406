"""Effects happen once: one transaction marks the event seen, does the work and writes the outbox."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

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
    Heartbeat,
    ReplyRequested,
    ReplySent,
)
from shared.contracts.topics import LARGEST, Topic
from shared.database import Book
from shared.errors import Rejected
from shared.messaging import headers as h
from shared.messaging.arrival import Arrival

TOPIC_OF: Final[dict[type[Event], Topic]] = {
    AttachmentFound: Topic.FOUND,
    ContributionRead: Topic.READ,
    ContributionTriaged: Topic.TRIAGED,
    ContributionAnonymised: Topic.ANONYMISED,
    ContributionArchived: Topic.ARCHIVED,
    ReplyRequested: Topic.REPLIES_REQUESTED,
    ReplySent: Topic.REPLIES_SENT,
    Heartbeat: Topic.HEARTBEATS,
}
"""Where each event travels. Received events are published by their intake's spool alone."""

Apply = Callable[[AsyncConnection], Awaitable[Sequence[Event]]]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a handler wants done, once, whatever is redelivered.

    `apply` runs inside the transaction and returns the events to publish after it. `otherwise` is what to do when the
    database is away and waiting would be worse (the pager rings); without it the partition waits.
    """

    apply: Apply
    otherwise: Callable[[], Awaitable[None]] | None = None


Write = Callable[[AsyncConnection, Sequence[Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Note:
    """Something to write down together with the rest of its batch: `write` gets all of them at once.

    Nothing is marked seen and nothing is published, so `write` must bear a repeat by itself.
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
        topic, moment = TOPIC_OF[type(event)], self.now()
        value = value_of(event)
        await connection.execute(
            insert(self.book.outbox).values(
                event_id=event.event_id,
                contribution_id=event.about,
                topic=topic.value,
                key=key_of(event),
                headers=h.of_event(event, topic, source=self.group, at=moment, trace=trace),
                value=value,
                created_at=moment,
            )
        )

    async def _first_time(self, connection: AsyncConnection, event: Event) -> bool:
        seen, digest = self.book.seen, getattr(event, "digest", None)
        marked = await connection.execute(
            upsert(seen)
            .values(consumer_group=self.group, event_id=event.event_id, digest=digest, at=self.now())
            .on_conflict_do_nothing()
            .returning(seen.c.event_id)
        )
        if marked.first() is not None:
            return True
        if digest is not None:
            known = await connection.scalar(
                select(seen.c.digest).where(
                    seen.c.consumer_group == self.group, seen.c.event_id == event.event_id
                )
            )
            if known not in (None, digest):
                raise Rejected("same_id_other_words")
        return False


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
