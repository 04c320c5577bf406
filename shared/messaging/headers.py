"""Headers: CloudEvents 1.0 in binary mode (its Kafka binding), trace context, and ours for retries. ASCII text only.

Nothing here is personal: ids of ours, topic names, times, codes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.contracts.base import Event, utc
from shared.contracts.topics import Topic
from shared.errors import Rejected
from shared.telemetry.trace import child_of

ATTEMPT: Final = "x-attempt"
NOT_BEFORE: Final = "x-not-before"
REASON: Final = "x-reason"
REPLAY: Final = "x-replay"
ORIGIN_TOPIC: Final = "x-origin-topic"
ORIGIN_PARTITION: Final = "x-origin-partition"
ORIGIN_OFFSET: Final = "x-origin-offset"

_OURS: Final = frozenset(
    {
        "ce_id", "ce_type", "ce_source", "ce_time", "ce_specversion", "ce_dataschema", "ce_subject",
        "content-type", "traceparent", "correlation_id",
        ATTEMPT, NOT_BEFORE, REASON, REPLAY, ORIGIN_TOPIC, ORIGIN_PARTITION, ORIGIN_OFFSET,
    }
)  # fmt: skip

Raw = Iterable[tuple[str, bytes | None]]


def of_event(
    event: Event, topic: Topic, *, source: str, at: datetime, trace: str | None = None
) -> dict[str, str]:
    """The headers that an event is published with."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(event.event_id),
        "ce_type": topic.kind,
        "ce_source": f"/heard/{source}",
        "ce_time": utc(at),
        "ce_dataschema": f"urn:heard:{topic.kind}:{topic.version}",
        "content-type": "application/json",
        "traceparent": child_of(trace),
    }
    return {**headers, "ce_subject": str(event.about)} if event.about else headers


def read(raw: Raw) -> dict[str, str]:
    """Read a record's headers strictly.

    Raises:
        Rejected: `header_null` or `header_not_ascii`. The text of a bad header is not repeated.
    """
    headers: dict[str, str] = {}
    for name, value in raw:
        if value is None:
            raise Rejected("header_null")
        try:
            headers[name] = value.decode("ascii")
        except UnicodeDecodeError:
            raise Rejected("header_not_ascii") from None
    return headers


def salvage(raw: Raw) -> dict[str, str]:
    """What can be kept of the headers of a record that is parked: ours, where they are sound. None has a space."""
    kept: dict[str, str] = {}
    for name, value in raw:
        if name in _OURS and value is not None and len(value) <= 200:
            text = value.decode("ascii", "replace")
            if text.isascii() and text.isprintable() and " " not in text:
                kept[name] = text
    return kept


def number(headers: Mapping[str, str], name: str) -> int:
    """A header that counts; 0 when it is absent or no number."""
    text = headers.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def uuid(headers: Mapping[str, str], name: str) -> UUID | None:
    try:
        return UUID(headers[name])
    except (KeyError, ValueError):
        return None
