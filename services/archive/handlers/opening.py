"""What is opened of an event when it comes, to be sealed again under the contribution's own key.

The event is kept as it came as well; but the keys that its words are sealed under are destroyed after 43 days.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from services.archive.adapters import Media
from services.archive.rules import Item
from services.archive.rules.record import (
    KEY,
    REFERENCE,
    Archivable,
    file_of,
    marks_of,
    media_of,
    word_parts,
)
from shared.clock import week_of
from shared.contracts.base import Sealed
from shared.contracts.events import (
    AttachmentFound,
    ContributionAnonymised,
    ContributionRead,
    ContributionReceived,
)
from shared.contracts.parts import ObjectRef
from shared.contracts.values import Status
from shared.errors import Rejected, Retryable
from shared.vault import Binding, CannotOpen, Opener
from shared.vault.objects import stream_key

_KEPT: Final = timedelta(days=43)
_AHEAD: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Text:
    """One sealed text: the file that it goes to, and where it was sealed. `part` is None where it must open."""

    name: str
    sealed: Sealed = field(repr=False)
    binding: Binding
    part: int | None = None


def opened(event: Archivable, value: bytes, opener: Opener, now: datetime, trace: str | None) -> Item:
    """Open what the archive may open. Words that do not open are noted: what was received is kept all the same.

    Raises:
        Retryable: `no_key_yet`, when this process should have the key.
        Rejected: when an open copy has no words, or they do not open. Nobody reads it, and a person looks.
    """
    clear: dict[str, bytes] = {}
    unopened: dict[int, str] = {}
    for text in _texts(event):
        try:
            clear[text.name] = opener.open(text.sealed, text.binding)
        except CannotOpen as wrong:
            if wrong.reason == "no_key" and should_have(text.sealed.key, now):
                raise Retryable("no_key_yet") from None
            if text.part is None:
                raise Rejected(f"open_copy_{wrong.reason}") from None
            unopened[text.part] = wrong.reason
    return Item(event, value, clear, unopened, trace)


async def with_media(item: Item, media: Media, opener: Opener, now: datetime) -> Item:
    """Copy the sealed objects that an event brings, and open their keys. A key that does not open is noted.

    Raises:
        Retryable: when an object is not there, is another, or its key should be here.
    """
    found = media_of(item.event)
    if not found:
        return item
    files: dict[str, bytes] = {}
    unopened: dict[int, str] = {}
    for stem, number, ref in found:
        reference = await media.keep(item.about, ref)
        files[stem + REFERENCE] = reference.text()
        try:
            files[stem + KEY] = _stream_key(item, number, ref, opener)
        except CannotOpen as wrong:
            if wrong.reason == "no_key" and should_have(ref.header.key, now):
                raise Retryable("no_key_yet") from None
            unopened[number] = wrong.reason
    return replace(item, opened={**item.opened, **files}, unopened={**item.unopened, **unopened})


def _stream_key(item: Item, number: int, ref: ObjectRef, opener: Opener) -> bytes:
    """What an intake sealed is bound to its part's digest; what the reader fetched, to the object's own."""
    event = item.event
    assert isinstance(event, ContributionReceived | AttachmentFound | ContributionRead)
    parts = {part.number: part.digest for part in word_parts(event) if part.object is not None}
    return stream_key(opener, event.context, number, parts.get(number, ref.sha256), ref)


def _texts(event: Archivable) -> Iterator[_Text]:
    match event:
        case ContributionReceived() | AttachmentFound() | ContributionRead():
            for part in word_parts(event):
                if part.words:
                    binding = Binding.of(event.context, part.number)
                    yield _Text(file_of(event, part.number), part.words, binding, part.number)
        case ContributionAnonymised(status=Status.OPEN):
            if event.words is None:
                raise Rejected("open_copy_without_words")
            binding = Binding(event.contribution_id, event.part, event.channel)
            yield _Text(file_of(event, event.part), event.words, binding)
            if event.marks:
                yield _Text(marks_of(event.part), event.marks, binding)


def should_have(key: str, now: datetime) -> bool:
    """Say whether a key is one that this process should have been given.

    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 24, tzinfo=UTC)
    >>> [should_have(f"words/{week}", now) for week in ("2026W48", "2026W01", "2031W01")]
    [True, False, False]
    """
    week = key.partition("/")[2]
    return week_of(now - _KEPT) <= week <= week_of(now + _AHEAD)
