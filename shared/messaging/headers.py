"""Headers: CloudEvents 1.0 in binary mode (its Kafka binding), trace context, and ours for retries. ASCII text only.

Nothing here is personal: ids of ours, topic names, times, codes.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.contracts.base import Event, utc
from shared.contracts.topics import GROUPS, WRITERS, Topic, plans
from shared.errors import Rejected
from shared.telemetry.trace import child_of

ATTEMPT: Final = "x-attempt"
NOT_BEFORE: Final = "x-not-before"
REASON: Final = "x-reason"
REPLAY: Final = "x-replay"
ORIGIN_TOPIC: Final = "x-origin-topic"
ORIGIN_PARTITION: Final = "x-origin-partition"
ORIGIN_OFFSET: Final = "x-origin-offset"

_UUID: Final = r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"
_TIME: Final = r"[0-9T:.Z+-]{10,40}"
_KINDS: Final = "|".join(re.escape(topic.kind) for topic in Topic)
_TOPICS: Final = "|".join(re.escape(plan.name) for plan in plans())
_WHO: Final = "|".join(sorted({*GROUPS, *(writer for writers in WRITERS.values() for writer in writers)}))
_SHAPES: Final = {
    name: re.compile(shape)
    for name, shape in {
        "ce_id": _UUID,
        "ce_subject": _UUID,
        "correlation_id": _UUID,
        "ce_type": _KINDS,
        "ce_source": f"/heard/({_WHO})",
        "ce_time": _TIME,
        "ce_specversion": r"1\.0",
        "ce_dataschema": rf"urn:heard:({_KINDS}):[0-9]{{1,4}}",
        "content-type": "application/json",
        "traceparent": "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}",
        ATTEMPT: "[0-9]{1,6}",
        NOT_BEFORE: _TIME,
        REASON: "[A-Za-z0-9_.:-]{1,100}",
        REPLAY: _TIME,
        ORIGIN_TOPIC: _TOPICS,
        ORIGIN_PARTITION: "[0-9]{1,9}",
        ORIGIN_OFFSET: "[0-9]{1,18}",
    }.items()
}
"""Our headers and the shape of each. What has another shape may be anything, somebody's words among it."""

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
    """What can be kept of the headers of a record that is parked: ours, where they have their shape."""
    kept: dict[str, str] = {}
    for name, value in raw:
        shape = _SHAPES.get(name)
        if shape is not None and value is not None:
            text = value.decode("ascii", "replace")
            if shape.fullmatch(text):
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
