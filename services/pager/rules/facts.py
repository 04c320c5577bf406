"""What the pager learns, as small facts without words. The tables and the local file take in the same ones."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from shared.contracts.base import Code, Moment, Sealed, Value
from shared.contracts.values import Level, Tray


class Expect(Value):
    """Parts that must get a level. `since` is when they were put into the log."""

    kind: Literal["expect"] = "expect"
    contribution_id: UUID
    parts: tuple[int, ...]
    since: Moment
    at: Moment


class Replaced(Value):
    """A part was read: its words, as parts of their own, must get a level in its stead, on the same clock."""

    kind: Literal["replaced"] = "replaced"
    contribution_id: UUID
    part: int
    by: tuple[int, ...]
    since: Moment
    at: Moment


class Levelled(Value):
    """A part has a level. `partition` and `appended_at` tell how far the pager has read."""

    kind: Literal["levelled"] = "levelled"
    contribution_id: UUID
    part: int
    level: Level
    tray: Tray | None = None
    cause: Code | None = None
    findings: Sealed | None = None
    new_id: UUID
    partition: int
    appended_at: Moment
    at: Moment


class Doubt(Value):
    """A person must look, because nothing else can: `unassessed`, for a reason of ours."""

    kind: Literal["doubt"] = "doubt"
    contribution_id: UUID
    part: int = 0
    cause: Code
    intake: Code | None = None
    new_id: UUID
    at: Moment


class IntakeWaits(Value):
    """An intake has accepted what Kafka does not have, or what we never heard of. One concern a cause and intake,
    until a person closes it.

    `first` and `last` are the oldest and the newest row that waits too long; the newest says whether anything has
    come since somebody closed the last one.
    """

    kind: Literal["intake_waits"] = "intake_waits"
    cause: Literal["spool_waits", "not_heard"]
    intake: Code
    first: UUID
    last: UUID
    last_accepted_at: Moment
    new_id: UUID
    at: Moment


class Stopped(Value):
    """Whoever sent this has said STOP since."""

    kind: Literal["stopped"] = "stopped"
    contribution_id: UUID
    at: Moment


Fact = Annotated[Expect | Replaced | Levelled | Doubt | IntakeWaits | Stopped, Field(discriminator="kind")]
FACT: Final[TypeAdapter[Fact]] = TypeAdapter(Fact)


def earlier(appended_at: datetime, now: datetime) -> datetime:
    """When something arrived: the log's time, unless its clock runs ahead of ours."""
    return min(appended_at, now)
