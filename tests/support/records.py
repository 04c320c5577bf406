"""Kafka records made by hand, for what comes from the wire."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from aiokafka import ConsumerRecord

from shared.contracts.base import Event
from shared.contracts.events import ContributionReceived
from shared.contracts.topics import Topic
from shared.messaging import headers as h
from shared.messaging.effects import TOPIC_OF
from shared.messaging.record import Record

Headers = Iterable[tuple[str, bytes | None]]

AT = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


def topic_of(event: Event) -> Topic:
    return Topic.SMS_RECEIVED if isinstance(event, ContributionReceived) else TOPIC_OF[type(event)]


def headers_of(event: Event, **changed: str | bytes | None) -> list[tuple[str, bytes | None]]:
    """An event's headers as they stand on the wire; `changed` replaces (or adds) some."""
    sound = h.of_event(event, topic_of(event), source="tests", at=AT)
    found: dict[str, bytes | None] = {name: text.encode() for name, text in sound.items()}
    for name, value in changed.items():
        found[name] = value.encode() if isinstance(value, str) else value
    return list(found.items())


def a_record(
    topic: str,
    value: bytes | None,
    headers: Headers = (),
    *,
    partition: int = 0,
    offset: int = 0,
    key: bytes | None = b"key",
    timestamp: int = 1_790_000_000_000,
) -> Record:
    return ConsumerRecord(
        topic,
        partition,
        offset,
        timestamp,
        1,
        key,
        value,
        None,
        len(key or b""),
        len(value or b""),
        tuple(headers),  # type: ignore[arg-type]  # a null header value is what some tests are about
    )


def record_of(
    event: Event,
    *,
    offset: int = 0,
    topic: str = "",
    more: Mapping[str, str] | None = None,
    **changed: str | bytes | None,
) -> Record:
    """An event as it arrives; `more` and `changed` are headers."""
    return a_record(
        topic or topic_of(event).value,
        event.model_dump_json().encode(),
        headers_of(event, **(more or {}), **changed),
        offset=offset,
    )
