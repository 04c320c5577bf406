"""Events into rows: who, where, when, and what was decided, in codes."""

from collections.abc import Sequence
from typing import Any

from services.ledger.adapters.notes import UNKNOWN, Known, Line
from shared.contracts.base import Event
from shared.contracts.events import (
    AttachmentFound,
    ContributionAnonymised,
    ContributionArchived,
    ContributionRead,
    ContributionReceived,
    ContributionTriaged,
    CopyDeleted,
    Heartbeat,
    RemovalRequested,
    ReplySent,
)
from shared.contracts.parts import Part
from shared.contracts.topics import Topic
from shared.contracts.values import READ, PartKind
from shared.messaging.arrival import Arrival, Parked


def line_of(event: Event, arrival: Arrival) -> Line | None:
    """What one record adds; None for one that is about no contribution."""
    match event:
        case Heartbeat():
            return Line("beat", _beat(event, arrival))
        case Parked():
            known = Known(event.contribution_id, arrival.appended_at) if event.contribution_id else None
            return Line("parked", _parked(event, arrival), known)
    if event.about is None:
        return None
    received = isinstance(event, ContributionReceived)
    channel = getattr(getattr(event, "context", event), "channel", None)
    known = Known(event.about, arrival.appended_at, channel.value if channel else UNKNOWN, received=received)
    return Line("stage", _stage(event, arrival), known)


def _stage(event: Event, arrival: Arrival) -> dict[str, Any]:
    place, told = arrival.place, _told(event)
    part = getattr(event, "part", None)
    return {
        "event_id": event.event_id,
        "topic": place.topic,
        "contribution_id": event.about,
        "stage": Topic(place.topic).kind.rpartition(".")[2],
        "part": part.number if isinstance(part, Part) else part,
        "revision": getattr(event, "revision", 1),
        "partition": place.partition,
        "offset": place.offset,
        "at": arrival.appended_at,
        "source": getattr(event, "source", None),
        "code": None,
        "detail": None,
        "words": [],
        "unread": [],
        **told,
    }


def _told(event: Event) -> dict[str, Any]:
    """What a stage decided, in codes, and which parts have something coming."""
    match event:
        case ContributionReceived():
            return _parts(event.parts)
        case AttachmentFound():
            return _parts((event.part,))
        case ContributionRead():
            return {
                "code": event.outcome.value,
                "detail": event.reason,
                "words": _parts(event.words)["words"],
            }
        case ContributionTriaged():
            return {"code": event.level.value, "detail": event.tray.value if event.tray else None}
        case ContributionAnonymised():
            causes = ",".join(cause.value for cause in event.causes)
            return {"code": event.status.value, "detail": causes[:80] or None}
        case ContributionArchived():
            return {"code": event.step.value}
        case CopyDeleted():
            return {"code": event.result.value}
        case RemovalRequested():
            return {"stage": "removal", "code": event.by}
        case ReplySent():
            return {"code": event.result.value, "detail": event.cause.value if event.cause else None}
    return {}


def _parts(parts: Sequence[Part]) -> dict[str, list[int]]:
    return {
        "words": [part.number for part in parts if part.kind is PartKind.WORDS],
        "unread": [part.number for part in parts if part.kind in READ],
    }


def _parked(event: Parked, arrival: Arrival) -> dict[str, Any]:
    return {
        "topic": event.parked_on,
        "partition": event.parked_partition,
        "offset": event.parked_offset,
        "consumer_group": event.group,
        "dead": event.dead,
        "dead_id": event.event_id,
        "reason": event.reason,
        "attempt": event.attempt,
        "contribution_id": event.contribution_id,
        "source": event.source,
        "origin_topic": event.origin_topic,
        "origin_partition": event.origin_partition,
        "origin_offset": event.origin_offset,
        "at": arrival.appended_at,
    }


def _beat(event: Heartbeat, arrival: Arrival) -> dict[str, Any]:
    return {
        "service": event.service,
        "instance": event.instance,
        "at": arrival.appended_at,
        "spool_depth": event.spool_depth,
        "spool_age": event.spool_age,
        "set_aside": event.set_aside,
        "halted": event.halted,
        "paused": event.paused,
    }
