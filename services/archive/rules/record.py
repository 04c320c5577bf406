"""What a contribution's record becomes when events arrive, in whatever order, however often.

The master comes first. What arrives before the event that it builds on waits. Of several open copies of a part the
highest revision holds; a level never sinks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.contracts.events import (
    AttachmentFound,
    ContributionAnonymised,
    ContributionRead,
    ContributionReceived,
    ContributionTriaged,
)
from shared.contracts.parts import ObjectRef, Part
from shared.contracts.values import Level, PartKind, Status, Step
from shared.errors import Rejected

Archivable = (
    ContributionReceived | AttachmentFound | ContributionRead | ContributionTriaged | ContributionAnonymised
)
MASTER: Final = "received.sealed"
METADATA: Final = "metadata.json"
"""The one file of a master that is not sealed, but for references to media."""
KEY: Final = ".key"
REFERENCE: Final = ".json"

_FIRST: Final = (ContributionReceived, AttachmentFound, ContributionRead)


class State(StrEnum):
    KEPT = "kept"
    ERASED = "erased"


class PartState(StrEnum):
    """Whether a part has an open copy: yes, a reviewer has it, or not (yet)."""

    OPEN = "open"
    HELD = "held"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Item:
    """An event as it came. `opened` are words, by the name of the file that will hold them re-sealed."""

    event: Archivable
    value: bytes = field(repr=False)
    opened: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    unopened: Mapping[int, str] = field(default_factory=dict)
    trace: str | None = None

    @property
    def about(self) -> UUID:
        about = self.event.about
        assert about is not None  # every event that the archive reads is about a contribution
        return about


@dataclass(frozen=True, slots=True)
class PartRecord:
    """One part. `read` is the revision of the reading that the copy builds on, 0 for what was received as words."""

    kind: PartKind = PartKind.OTHER
    state: PartState = PartState.NONE
    read: int = 0
    revision: int = 0
    event_id: UUID | None = None
    unopened: str | None = None

    @property
    def rank(self) -> tuple[int, int, str]:
        """Which copy of a part holds: the highest; the id only breaks ties the same way every time."""
        return self.read, self.revision, str(self.event_id or "")


@dataclass(frozen=True, slots=True)
class Record:
    """The catalogue's view of one contribution. `sources` are the events that others build on, with their revision."""

    contribution_id: UUID
    number: str | None = None
    version: int = 0
    state: State = State.KEPT
    level: Level | None = None
    parts: Mapping[int, PartRecord] = field(default_factory=dict)
    sources: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger is to be told; `by` is the event that brought it."""

    step: Step
    by: Item
    part: int | None = None


@dataclass(slots=True)
class Change:
    """What to do: the new record, the master's files, those of the version after it, and what still waits."""

    record: Record
    master: dict[str, bytes] = field(default_factory=dict, repr=False)
    received: Item | None = None
    added: dict[str, bytes] = field(default_factory=dict, repr=False)
    dropped: set[str] = field(default_factory=set)
    told: dict[tuple[Step, UUID | int], Told] = field(default_factory=dict)
    waiting: list[Item] = field(default_factory=list)

    @property
    def is_erased(self) -> bool:
        return self.record.state is State.ERASED

    @property
    def brings(self) -> bool:
        """Whether the object gets a version beside its master."""
        return bool(self.added or self.dropped)


def word_parts(event: Archivable) -> tuple[Part, ...]:
    """The parts that an event brings, with words or without."""
    match event:
        case ContributionReceived(parts=parts):
            return parts
        case ContributionRead(words=words):
            return words
        case AttachmentFound(part=part):
            return (part,)
        case _:
            return ()


def file_of(event: Archivable, part: int | None = None) -> str:
    """The name of the file that holds an event, or the words of one of its parts."""
    match event:
        case ContributionReceived():
            return MASTER if part is None else f"part-{part}.sealed"
        case ContributionAnonymised():
            return f"open-{event.part}{'-event' if part is None else ''}.sealed"
        case ContributionTriaged():
            return f"level-{event.event_id}.sealed"
        case AttachmentFound():
            stage = "found"
        case ContributionRead():
            stage = "read"
    return f"{stage}-{event.event_id}{'' if part is None else f'-part-{part}'}.sealed"


def media_of(event: Archivable) -> tuple[tuple[str, int, ObjectRef], ...]:
    """The sealed objects that an event brings: the stem of their files' names, the part, and where they are."""
    found = [
        (file_of(event, part.number).removesuffix(".sealed"), part.number, part.object)
        for part in word_parts(event)
        if part.object is not None
    ]
    if isinstance(event, ContributionRead) and event.original is not None:
        found.append((f"read-{event.event_id}-original", event.part, event.original))
    return tuple(found)


def marks_of(part: int) -> str:
    """The name of the file that says what was taken out of an open copy, and where."""
    return f"open-{part}-marks.sealed"


def take(record: Record, items: Iterable[Item]) -> Change:
    """Take in what arrived, in the order in which it builds on each other.

    Raises:
        Rejected: `second_master`, when a contribution that has its master is received again. It is not a repeat
            (those are known by their id), so a person must look.
    """
    change = Change(record)
    if record.state is State.ERASED:
        return change  # nothing of it is kept again
    for item in sorted(items, key=_order):
        if not _has_ground(change.record, item.event):
            change.waiting.append(item)
        else:
            _take_one(change, item)
    return change


def _order(item: Item) -> int:
    return next((n for n, kind in enumerate(_FIRST) if isinstance(item.event, kind)), len(_FIRST))


def _has_ground(record: Record, event: Archivable) -> bool:
    match event:
        case ContributionReceived():
            return True
        case AttachmentFound() | ContributionRead():
            return bool(record.sources)  # the first of them is the master
        case _:
            return event.source in record.sources


def _take_one(change: Change, item: Item) -> None:
    match item.event:
        case ContributionReceived() as event:
            if change.record.sources:
                raise Rejected("second_master")
            change.received = item
            change.master = {file_of(event): item.value, **item.opened}
            _source(change, item, 0)
            change.told[Step.MASTER, item.about] = Told(Step.MASTER, item)
        case AttachmentFound() as event:
            change.added |= {file_of(event): item.value, **item.opened}
            _source(change, item, 0)
        case ContributionRead() as event:
            change.added |= {file_of(event): item.value, **item.opened}
            _source(change, item, event.revision)
            if event.original is not None:
                change.told[Step.MASTER, event.event_id] = Told(Step.MASTER, item, event.part)
        case ContributionTriaged() as event:
            change.added[file_of(event)] = item.value
            change.told[Step.LEVEL, event.event_id] = Told(Step.LEVEL, item, event.part)
            change.record = replace(change.record, level=_higher(change.record.level, event.level))
        case ContributionAnonymised() as event:
            _copy(change, item, event)


def _source(change: Change, item: Item, revision: int) -> None:
    """An event that others build on: it and its parts are known from now on."""
    parts = dict(change.record.parts)
    for part in word_parts(item.event):
        before = parts.get(part.number, PartRecord())
        unopened = item.unopened.get(part.number, before.unopened)
        parts[part.number] = replace(before, kind=part.kind, unopened=unopened)
    sources = {**change.record.sources, item.event.event_id: revision}
    change.record = replace(change.record, parts=parts, sources=sources)


def _copy(change: Change, item: Item, event: ContributionAnonymised) -> None:
    """An open copy, or word that a reviewer has the part: whichever is highest holds, the other goes."""
    before = change.record.parts.get(event.part, PartRecord(kind=PartKind.WORDS))
    state = (
        PartState.HELD if event.status is Status.HELD else PartState.OPEN if item.opened else PartState.NONE
    )
    after = replace(
        before,
        state=state,
        read=change.record.sources[event.source],
        revision=event.revision,
        event_id=event.event_id,
    )
    if after.rank <= before.rank:
        return
    names = (file_of(event), file_of(event, event.part), marks_of(event.part))
    for name in names:
        was_new = change.added.pop(name, None) is not None
        if before.event_id and before.state is not PartState.HELD and not was_new:
            change.dropped.add(name)
    change.told.pop((Step.OPEN, event.part), None)
    if state is not PartState.HELD:
        change.added |= {file_of(event): item.value, **item.opened}
    if state is PartState.OPEN:
        change.told[Step.OPEN, event.part] = Told(Step.OPEN, item, event.part)
    parts = {**change.record.parts, event.part: after}
    change.record = replace(change.record, parts=parts)


def _higher(one: Level | None, other: Level) -> Level:
    return max((level for level in (one, other) if level), key=lambda level: level.rank)
