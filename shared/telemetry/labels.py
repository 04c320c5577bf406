"""The labels of metrics, each with every value that it may have. A test holds them against what they are made from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shared.contracts.topics import GROUPS, retry_of, service_of
from shared.contracts.topics import INTAKES as _INTAKE_OF
from shared.contracts.values import (
    Channel,
    Deletion,
    Level,
    Outcome,
    ReplyKind,
    SendResult,
    Status,
    ThreadUse,
    WithheldCause,
)

OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Label:
    """`own` says that a service has only the groups that are its own."""

    name: str
    values: tuple[str, ...]
    own: bool = False

    def of(self, service: str) -> tuple[str, ...]:
        """The values that one service may give it."""
        return tuple(one for one in self.values if service_of(one) == service) if self.own else self.values


def _label(name: str, values: Iterable[str]) -> Label:
    return Label(name, tuple(str(one) for one in values))


INTAKES: Final = tuple(_INTAKE_OF.values())
SERVICES: Final = tuple(dict.fromkeys((*INTAKES, *map(service_of, GROUPS), "console")))
CONSUMERS: Final = tuple(dict.fromkeys(map(service_of, GROUPS)))
RELAYS: Final = ("anonymiser", "archive", "replies")
SEEN: Final = ("anonymiser", "archive", "art_intake", "pager", "replies")
"""Who marks what it has seen in a table."""

GROUP: Final = Label("group", tuple(GROUPS), own=True)
ANY_GROUP: Final = _label("group", GROUPS)
LINE: Final = _label("group", (*GROUPS, *(retry_of(group) for group in GROUPS)))
BEATING: Final = _label("service", SERVICES)
CHANNEL: Final = _label("channel", (*Channel, "unknown"))
SOURCE: Final = _label("source", ("outbox", "review", "archive", "sending", "ledger", "lag"))

WHAT: Final = _label("what", ("contribution", "report"))
"""A report says what became of a message of ours."""

ANSWERED: Final = _label("answered", ("published", "spooled", "kafka_alone"))
"""`published`: Kafka had it before the answer; `spooled`: it was on our disk; `kafka_alone`: the disk was full."""

_HTTP: Final = (400, 401, 403, 404, 405, 408, 409, 410, 411, 413, 415, 422, 429, 500, 503)
_SMTP: Final = (421, 451, 452, 550, 552)
STATUS: Final = _label("status", map(str, (*_HTTP, *_SMTP)))

RETRIED: Final = _label("reason", ("for_now", "database_slow"))
DIED: Final = _label("reason", ("undecodable", "rejected", "too_big", "defect"))
AWAITED: Final = _label("reason", ("database", "kafka", "store", "provider", "child", "defect"))

TASK: Final = _label("task", ("mail", "plain", "sound", "picture", "document", "dkim"))
OUTCOME: Final = _label("outcome", Outcome)
ENDED: Final = _label("how", ("died", "overran", "rubbish"))
COPY: Final = _label("result", Deletion)
LEVEL: Final = _label("level", Level)
RINGING: Final = _label("level", (level for level in Level if level.rings))
THREAD: Final = _label("use", ThreadUse)
STEP: Final = _label("step", ("1", "2", "3", "4", "later", "stop"))
RING: Final = _label("result", ("sent", "unknown", "unavailable", "refused"))
OPENNESS: Final = _label("status", Status)
REPLY: Final = _label("kind", ReplyKind)
SENT: Final = _label("result", SendResult)
WITHHELD: Final = _label("cause", WithheldCause)
SENDING: Final = _label("state", ("waiting", "due", "sending"))
STATE: Final = _label("state", ("archived", "held", "in_flight", "refused", "erased", "missing"))
ALARM: Final = _label(
    "cause",
    (
        "missing", "other_words", "no_receipt", "unreceived", "stuck", "dead", "set_aside", "no_answer", "silent", "halted",
    ),
)  # fmt: skip


def why_parked(reason: str) -> str:
    """The class of a reason for the retry topic.

    >>> why_parked("database_slow"), why_parked("not_there_yet")
    ('database_slow', 'for_now')
    """
    return reason if reason == "database_slow" else "for_now"


_UNREADABLE: Final = frozenset(
    {
        "header_null", "header_not_ascii", "unknown_topic", "no_id", "unknown_version", "empty", "not_json",
        "id_differs",
    }
)  # fmt: skip


def why_dead(reason: str) -> str:
    """The class of a dead letter's reason.

    >>> [why_dead(one) for one in ("shape:context", "defect:KeyError", "too_big", "late")]
    ['undecodable', 'defect', 'too_big', 'rejected']
    """
    if reason.startswith("shape:") or reason in _UNREADABLE:
        return "undecodable"
    if reason.startswith("defect:"):
        return "defect"
    return "too_big" if reason == "too_big" else "rejected"


_AWAITED: Final = {
    "database": ("database",),
    "kafka": ("kafka", "publish"),
    "store": ("store", "object"),
    "provider": ("provider", "twilio", "smtp"),
    "child": ("no_child",),
}


def for_whom(fault: str) -> str:
    """The class of what a batch waits for.

    >>> [for_whom(one) for one in ("database_busy", "kafka_away", "store_away", "no_child", "local_file")]
    ['database', 'kafka', 'store', 'child', 'other']
    """
    if fault == "publish_defect":
        return "defect"
    return next((name for name, starts in _AWAITED.items() if fault.startswith(starts)), OTHER)
