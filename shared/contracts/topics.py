"""The topics, in travelling order, and the settings that they are created with."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.contracts import events
from shared.contracts.base import Event

DAY_MS: Final = 24 * 60 * 60 * 1000
KEPT_DAYS: Final = 35
LARGEST: Final = 1024 * 1024
"""Bytes of the largest event. A record may be twice as large, so that a parked one fits with its headers."""


class Topic(StrEnum):
    SMS_RECEIVED = "sms.received.v1"
    EMAIL_RECEIVED = "email.received.v1"
    VOICE_RECEIVED = "voice.received.v1"
    ART_RECEIVED = "art.received.v1"
    FOUND = "attachments.found.v1"
    READ = "contributions.read.v1"
    TRIAGED = "contributions.triaged.v1"
    ANONYMISED = "contributions.anonymised.v1"
    ARCHIVED = "contributions.archived.v1"
    COPIES_DELETED = "copies.deleted.v1"
    REPLIES_REQUESTED = "replies.requested.v1"
    REPLIES_SENT = "replies.sent.v1"
    REPLIES_DELIVERED = "replies.delivered.v1"
    REMOVALS_REQUESTED = "removals.requested.v1"
    HEARTBEATS = "heartbeats.v1"

    @property
    def version(self) -> int:
        """The major version of what travels here."""
        return int(self.rpartition(".v")[2])

    @property
    def kind(self) -> str:
        """The name without its version: the CloudEvents type.

        >>> Topic.SMS_RECEIVED.kind
        'sms.received'
        """
        return self.rpartition(".v")[0]


RECEIVED: Final = (Topic.SMS_RECEIVED, Topic.EMAIL_RECEIVED, Topic.VOICE_RECEIVED, Topic.ART_RECEIVED)
WITH_WORDS: Final = (*RECEIVED, Topic.READ)

MODELS: Final[dict[Topic, type[Event]]] = {
    **dict.fromkeys(RECEIVED, events.ContributionReceived),
    Topic.FOUND: events.AttachmentFound,
    Topic.READ: events.ContributionRead,
    Topic.TRIAGED: events.ContributionTriaged,
    Topic.ANONYMISED: events.ContributionAnonymised,
    Topic.ARCHIVED: events.ContributionArchived,
    Topic.COPIES_DELETED: events.CopyDeleted,
    Topic.REPLIES_REQUESTED: events.ReplyRequested,
    Topic.REPLIES_SENT: events.ReplySent,
    Topic.REPLIES_DELIVERED: events.ReplyDelivered,
    Topic.REMOVALS_REQUESTED: events.RemovalRequested,
    Topic.HEARTBEATS: events.Heartbeat,
}

INTAKES: Final[dict[Topic, str]] = {
    Topic.SMS_RECEIVED: "sms_intake",
    Topic.EMAIL_RECEIVED: "email_intake",
    Topic.VOICE_RECEIVED: "voice_intake",
    Topic.ART_RECEIVED: "art_intake",
}

WRITERS: Final[dict[Topic, tuple[str, ...]]] = {
    **{topic: (intake,) for topic, intake in INTAKES.items()},
    Topic.FOUND: ("reader",),
    Topic.READ: ("reader",),
    Topic.TRIAGED: ("triage",),
    Topic.ANONYMISED: ("anonymiser",),
    Topic.ARCHIVED: ("archive",),
    Topic.COPIES_DELETED: ("reader",),
    Topic.REPLIES_REQUESTED: ("console",),
    Topic.REPLIES_SENT: ("replies",),
    Topic.REPLIES_DELIVERED: ("sms_intake",),
    Topic.REMOVALS_REQUESTED: ("art_intake",),
    Topic.HEARTBEATS: ("every service",),
}

GROUPS: Final[dict[str, tuple[Topic, ...]]] = {
    "triage": WITH_WORDS,
    "anonymiser": WITH_WORDS,
    "archive": (
        *RECEIVED,
        Topic.FOUND,
        Topic.READ,
        Topic.TRIAGED,
        Topic.ANONYMISED,
        Topic.COPIES_DELETED,
        Topic.REMOVALS_REQUESTED,
    ),
    "reader-text": (Topic.EMAIL_RECEIVED,),
    "reader-media": (Topic.SMS_RECEIVED, Topic.VOICE_RECEIVED, Topic.ART_RECEIVED, Topic.FOUND),
    "reader-delete": (Topic.ARCHIVED,),
    "art-status": (Topic.ART_RECEIVED, Topic.READ, Topic.ARCHIVED, Topic.REMOVALS_REQUESTED),
    "replies": (*RECEIVED, Topic.READ, Topic.REPLIES_REQUESTED, Topic.REPLIES_DELIVERED),
    "pager": (*RECEIVED, Topic.FOUND, Topic.READ, Topic.TRIAGED, Topic.REPLIES_SENT),
    "ledger": tuple(topic for topic in Topic),
}
"""Each consumer group and what it reads. The ledger reads every group's retry topic and dead letters as well."""


SERVICE_OF: Final = {
    "reader-text": "reader",
    "reader-media": "reader",
    "reader-delete": "reader",
    "art-status": "art_intake",
}
"""The service of each group that is not named like its service."""


def service_of(group: str) -> str:
    return SERVICE_OF.get(group, group)


def retry_of(group: str) -> str:
    return f"{group}.retry"


def dead_of(group: str) -> str:
    return f"{group}.dead"


def read_by(group: str) -> tuple[str, ...]:
    """Every topic that a group reads with its first consumers: the ledger also what others put aside.

    >>> read_by("reader-text")
    ('email.received.v1',)
    """
    topics = tuple(topic.value for topic in GROUPS[group])
    if group != "ledger":
        return topics
    aside = tuple(retry_of(other) for other in GROUPS if other != group)
    return (*topics, *aside, *(dead_of(other) for other in GROUPS))


@dataclass(frozen=True, slots=True)
class Plan:
    """How a topic is created. `replication` and `min_insync` follow the number of brokers."""

    name: str
    partitions: int

    def settings(self, brokers: int) -> dict[str, str]:
        """The topic's configuration on a cluster of that many brokers.

        On one machine each message is flushed, so that a power cut loses nothing that was acknowledged.
        """
        settings = {
            "cleanup.policy": "delete",
            "retention.ms": str(KEPT_DAYS * DAY_MS),
            "segment.ms": str(DAY_MS),
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(2 * LARGEST),
            "min.insync.replicas": "2" if brokers >= 3 else "1",
        }
        return settings if brokers >= 3 else {**settings, "flush.messages": "1"}


_PARTITIONS: Final = {
    Topic.REPLIES_REQUESTED: 6,
    Topic.REPLIES_SENT: 6,
    Topic.REPLIES_DELIVERED: 6,
    Topic.REMOVALS_REQUESTED: 6,
    Topic.HEARTBEATS: 1,
}


def plans() -> tuple[Plan, ...]:
    """Every topic that must exist, retry topics and dead letters included."""
    flow = [Plan(topic.value, _PARTITIONS.get(topic, 12)) for topic in Topic]
    for group in GROUPS:
        flow += [Plan(retry_of(group), 12), Plan(dead_of(group), 3)]
    return tuple(flow)
