"""A record as it arrived: its event, and where it came from. Each record is decoded by itself."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from shared.contracts.base import Event
from shared.contracts.ids import dead_letter
from shared.contracts.topics import MODELS, Topic
from shared.errors import Rejected
from shared.messaging import headers as h
from shared.messaging.record import Record


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the log: the record's first one, when it comes back from a retry topic."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def of(cls, record: Record) -> "Place":
        """Where the record stands now."""
        return cls(record.topic, record.partition, record.offset)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a handler may ask about the record in hand, beside its event. `value` is the event as it came."""

    event: Event
    place: Place
    headers: Mapping[str, str]
    appended_at: datetime
    value: bytes = field(default=b"", repr=False)

    @property
    def trace(self) -> str | None:
        return self.headers.get("traceparent")

    @property
    def attempt(self) -> int:
        return h.number(self.headers, h.ATTEMPT)

    @property
    def replayed(self) -> bool:
        """A person asked for this record again: nothing may be sent because of it."""
        return h.REPLAY in self.headers

    def again(self) -> "Arrival":
        """The same, read once more because its group was moved back."""
        return replace(self, headers={**self.headers, h.REPLAY: "moved_back"})


class Parked(Event):
    """A record on a retry topic or among the dead letters, as its headers tell; its words stay unread.

    `source` is the id of the event in it, `parked_*` where the record lies now, `origin_*` where it lay first.
    """

    contribution_id: UUID | None
    source: UUID | None = None
    parked_on: str
    parked_partition: int = 0
    parked_offset: int = 0
    group: str
    dead: bool
    reason: str
    attempt: int
    origin_topic: str
    origin_partition: int
    origin_offset: int


current: ContextVar[Arrival] = ContextVar("current")
"""The record whose handler is running."""


def origin(record: Record, headers: Mapping[str, str]) -> Place:
    """Where the record first stood."""
    if h.ORIGIN_TOPIC not in headers:
        return Place.of(record)
    return Place(
        headers[h.ORIGIN_TOPIC], h.number(headers, h.ORIGIN_PARTITION), h.number(headers, h.ORIGIN_OFFSET)
    )


def is_parked(topic: str) -> bool:
    return topic.endswith((".retry", ".dead"))


def decode(record: Record) -> Arrival:
    """Read headers, version and event of one record.

    Raises:
        Rejected: `header_null`, `header_not_ascii`, `no_id`, `unknown_topic`, `unknown_version`, `empty`,
            `not_json` or `shape:<field>`; never a word of the input.
    """
    headers = h.read(record.headers)
    place = origin(record, headers)
    try:
        topic = Topic(place.topic)
    except ValueError:
        raise Rejected("unknown_topic") from None
    event_id = h.uuid(headers, "ce_id")
    if event_id is None:
        raise Rejected("no_id")
    if headers.get("ce_dataschema") != f"urn:heard:{topic.kind}:{topic.version}":
        raise Rejected("unknown_version")
    if not record.value:
        raise Rejected("empty")
    try:
        event = MODELS[topic].model_validate_json(record.value)
    except ValidationError as wrong:
        raise Rejected(fields_of(wrong)) from None
    if event.event_id != event_id:
        raise Rejected("id_differs")
    return Arrival(event, place, headers, _when(record), record.value)


def parked(record: Record) -> Arrival:
    """Read what the headers of a parked record tell; never fails."""
    headers = h.salvage(record.headers)
    place = origin(record, headers)
    group, _, kind = record.topic.rpartition(".")
    event = Parked(
        event_id=dead_letter(record.topic, place.topic, place.partition, place.offset),
        contribution_id=h.uuid(headers, "ce_subject"),
        source=h.uuid(headers, "ce_id"),
        parked_on=record.topic,
        parked_partition=record.partition,
        parked_offset=record.offset,
        group=group,
        dead=kind == "dead",
        reason=headers.get(h.REASON, "unknown"),
        attempt=h.number(headers, h.ATTEMPT),
        origin_topic=place.topic,
        origin_partition=place.partition,
        origin_offset=place.offset,
    )
    return Arrival(event, place, headers, _when(record))


_BAD_JSON: Final = "json_invalid"
_LATEST: Final = 253_402_300_799_000  # milliseconds: the last second that a datetime can hold


def fields_of(wrong: ValidationError) -> str:
    """Name the first field that is wrong, as a code; pydantic's own text quotes its input."""
    first = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
    if first["type"] == _BAD_JSON:
        return "not_json"
    field = str(first["loc"][0]) if first["loc"] else "whole"  # deeper steps may be keys of the input
    return f"shape:{field}"


def _when(record: Record) -> datetime:
    return datetime.fromtimestamp(min(max(record.timestamp, 0), _LATEST) / 1000, UTC)
