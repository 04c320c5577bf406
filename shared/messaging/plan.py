"""What is to be done about one record: computed first, done later."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.base import Event
from shared.messaging import headers as h
from shared.messaging.arrival import Arrival
from shared.messaging.effects import Effect, Note
from shared.messaging.record import Record

Answer = Event | Sequence[Event] | Effect | Note | None
Handler = Callable[[Any], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Parking:
    """Where a record goes that could not be settled by its handler."""

    dead: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Message:
    """An event on its way out."""

    topic: str
    key: bytes
    value: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about one record."""

    record: Record
    arrival: Arrival | None = None
    messages: Sequence[Message] = ()
    effect: Effect | None = None
    note: Note | None = None
    parking: Parking | None = None
    fault: str | None = None


def mark_of(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset


def where(record: Record) -> dict[str, Any]:
    return {"topic": record.topic, "partition": record.partition, "offset": record.offset}


def not_before(headers: dict[str, str]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(headers[h.NOT_BEFORE].replace("Z", "+00:00"))
    except (KeyError, ValueError):
        return None
    return moment if moment.tzinfo else None
