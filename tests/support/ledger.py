"""Facts about one contribution, made in a line each, for tests of the ledger's equation."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from services.ledger.rules import Facts, Look, Mark, Parked, Receipt
from services.ledger.rules.facts import Spot
from shared.contracts.topics import GROUPS, Topic, dead_of, retry_of

ID: Final = UUID("11111111-2222-5333-8444-555555555555")
NOON: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LEAD: Final = {
    "received": Topic.SMS_RECEIVED,
    "found": Topic.FOUND,
    "read": Topic.READ,
    "triaged": Topic.TRIAGED,
    "anonymised": Topic.ANONYMISED,
    "archived": Topic.ARCHIVED,
    "sent": Topic.REPLIES_SENT,
}
EVERYTHING: Final = 1_000_000


def event(name: str) -> UUID:
    return uuid5(ID, name)


def mark(stage: str, code: str | None = None, *, offset: int = 0, after: float = 0, **more: Any) -> Mark:
    """A stage's word; by default it stands at the start of its topic."""
    name = f"{stage}/{code}/{more.get('part')}/{more.get('revision', 1)}/{offset}"
    at = NOON + timedelta(seconds=after)
    return Mark(stage, event(name), LEAD[stage].value, 0, offset, at, code=code, **more)


def received(words: tuple[int, ...] = (1,), **more: Any) -> Mark:
    return mark("received", words=words, **more)


def receipt(*, offset: int | None = 0, set_aside: str | None = None, at: datetime = NOON) -> Receipt:
    published = offset is not None
    return Receipt(
        "sms_intake",
        Topic.SMS_RECEIVED.value,
        at,
        at if published else None,
        0 if published else None,
        offset,
        set_aside,
    )


def parked(group: str, *, dead: bool, offset: int = 0, after: float = 10, **more: Any) -> Parked:
    topic = dead_of(group) if dead else retry_of(group)
    source = more.pop("source", received().event_id)
    origin = more.pop("origin", (Topic.SMS_RECEIVED.value, 0, 0))
    return Parked(group, dead, NOON + timedelta(seconds=after), topic, 0, offset, origin, source, **more)


def facts(*marks: Mark, receipt: Receipt | None = None, parked: tuple[Parked, ...] = ()) -> Facts:
    return Facts(ID, receipt, marks, parked)


def look(*, behind_groups: tuple[str, ...] = (), **more: Any) -> Look:
    """Every group has passed everything, but for those named, which have passed nothing."""
    everywhere: Mapping[Spot, int] = {(topic, 0): EVERYTHING for topic in (*Topic, *map(retry_of, GROUPS))}
    groups = (*GROUPS, *map(retry_of, GROUPS))
    committed = {group: {} if group in behind_groups else everywhere for group in groups}
    return Look(**{"committed": committed, "ends": everywhere, **more})


ARCHIVED: Final = (
    received(),
    mark("triaged", "low", part=1),
    mark("anonymised", "open", part=1),
    mark("archived", "master"),
    mark("archived", "open", part=1),
    mark("archived", "level"),
    mark("sent", "sent"),
)
