"""Sound, pictures and documents to words. Each part is read by itself; whatever it is, something is said of it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.reader.adapters.provider import NotThere, TooLarge
from services.reader.handlers.ports import Ports
from services.reader.rules.numbers import of_found, of_received
from services.reader.rules.reading import Reading
from services.reader.rules.sniff import Form, form_of
from shared.contracts.events import AttachmentFound, ContributionRead, ContributionReceived
from shared.contracts.ids import output_of
from shared.contracts.parts import Context, ObjectRef, Part
from shared.contracts.values import Outcome, PartKind
from shared.errors import HeardError, Retryable
from shared.messaging.effects import ago
from shared.telemetry import log
from shared.vault import CannotOpen

STAGE: Final = "reader"
VERSION: Final = "media-1"

_MOST_BYTES: Final = 300_000
"""Of words, and of marks, so that what is sealed of both fits into one event."""
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,63}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_ELSEWHERE: Final = frozenset({PartKind.WORDS, PartKind.MAIL})

Source = ContributionReceived | AttachmentFound


@dataclass(frozen=True, slots=True)
class _Held:
    """The bytes of a part, or why there are none."""

    clear: bytes = field(default=b"", repr=False)
    failed: Reading | None = None


async def read_media(event: Source, *, ports: Ports) -> Sequence[ContributionRead]:
    """One answer for each part that has no words yet and is no mail.

    Raises:
        Retryable: when one of them is not there yet, before any was read; Unavailable: when somebody is away.
    """
    wanted = _wanted(event)
    held = [await _hold(event.context, part, ports) for part in wanted]
    return [await _answer(event, part, one, ports) for part, one in zip(wanted, held, strict=True)]


async def give_up(event: Source, *, ports: Ports) -> Sequence[ContributionRead]:
    """The process died of this record, more than once: a person looks at what nobody could read."""
    return [_said(event, part, Reading(Outcome.UNREADABLE, "defect"), None, ports) for part in _wanted(event)]


def _wanted(event: Source) -> list[Part]:
    parts = event.parts if isinstance(event, ContributionReceived) else (event.part,)
    return [part for part in parts if part.kind not in _ELSEWHERE]


async def _hold(context: Context, part: Part, ports: Ports) -> _Held:
    try:
        return _Held(
            await (_fetched(context, part, ports) if part.waiting else _stored(context, part, ports))
        )
    except TooLarge:
        return _Held(failed=Reading(Outcome.TOO_BIG, "too_large"))
    except CannotOpen as wrong:
        if wrong.reason == "no_key":
            raise Retryable("no_key") from None
        return _Held(failed=Reading(Outcome.UNREADABLE, wrong.reason))


async def _stored(context: Context, part: Part, ports: Ports) -> bytes:
    if part.object and part.object.size > ports.media.largest:
        raise TooLarge("too_large")
    return await ports.fetch(context, part)


async def _fetched(context: Context, part: Part, ports: Ports) -> bytes:
    assert part.waiting
    if ports.copies is None:
        raise Retryable("no_provider")
    try:
        return await ports.copies.fetch(part.waiting, ports.media.largest)
    except NotThere:
        if ago(context.received_at, ports.now()) < ports.media.gone_after:
            raise Retryable("not_there_yet") from None
        return b""


async def _answer(event: Source, part: Part, held: _Held, ports: Ports) -> ContributionRead:
    original: ObjectRef | None = None
    if part.waiting and held.clear:  # kept before anybody tries to understand it
        original = await ports.keep_original(event.context, part.number, held.clear)
    try:
        reading = held.failed or await _read(part, held.clear, ports)
    except HeardError:
        raise
    except Exception as error:
        log.error(
            "part_defect", contribution_id=str(event.about), part=part.number, stage=STAGE, exc_info=error
        )
        reading = Reading(Outcome.UNREADABLE, "defect")
    return _said(event, part, reading, original, ports)


async def _read(part: Part, clear: bytes, ports: Ports) -> Reading:
    if part.waiting and not clear:
        return Reading(Outcome.UNREADABLE, "gone_at_provider")
    task = task_of(part.kind, form_of(clear))
    if isinstance(task, Reading):
        return task
    answer = await ports.children.read(task, clear, ports.media.options(task))
    return Reading.of(answer)


def task_of(kind: PartKind, form: Form) -> str | Reading:
    """What reads it: what it is counts, and what it was called only where that cannot be told.

    >>> task_of(PartKind.OTHER, Form.SOUND), task_of(PartKind.PICTURE, Form.PDF)
    ('sound', 'document')
    """
    match form:
        case Form.SOUND:
            return "sound"
        case Form.PICTURE:
            return "picture"
        case Form.PDF:
            return "document"
        case Form.EMPTY:
            return Reading(Outcome.UNREADABLE, "empty")
        case Form.UNKNOWN if kind is PartKind.SOUND:
            return "sound"
        case Form.UNKNOWN if kind is PartKind.PICTURE:
            return "picture"
        case Form.UNKNOWN | Form.HTML:
            return "plain"
    return Reading(Outcome.UNSUPPORTED, form.value)


def _said(
    event: Source, part: Part, reading: Reading, original: ObjectRef | None, ports: Ports
) -> ContributionRead:
    number = (
        of_received(part.number, len(event.parts))
        if isinstance(event, ContributionReceived)
        else of_found(part.number)
    )
    words, reading = _fitting(reading)
    sealed = (
        [ports.words(event.context, number, words, parent=part.number, place=part.place)] if words else []
    )
    marks = {"words": number, "version": reading.version, "places": _few(reading.marks)}
    outcome = reading.outcome if words or reading.outcome is not Outcome.WORDS else Outcome.NO_WORDS
    return ContributionRead(
        event_id=output_of(STAGE, event.event_id, part.number, ports.revision),
        context=event.context,
        source=event.event_id,
        part=part.number,
        revision=ports.revision,
        outcome=outcome,
        reason=_matching(_CODE, reading.reason),
        words=tuple(sealed),
        marks=ports.marks(event.context, part.number, marks) if words else None,
        language=_matching(_LANGUAGE, reading.language),
        original=original,
        fetched_from=part.waiting if original else None,
        reader_version=_matching(_CODE, reading.version) or VERSION,
    )


def _fitting(reading: Reading) -> tuple[str, Reading]:
    clear = reading.words.encode("utf-8", "replace")
    if len(clear) <= _MOST_BYTES:
        return reading.words, reading
    cut = clear[:_MOST_BYTES].decode("utf-8", "ignore")
    return cut, Reading(
        Outcome.TOO_BIG, "too_many_words", cut, reading.marks, reading.language, reading.version
    )


def _few(marks: Sequence[Any]) -> list[Any]:
    """As many places as fit; the words themselves are all there."""
    kept, size = [], 0
    for mark in marks:
        size += len(json.dumps(mark))
        if size > _MOST_BYTES:
            break
        kept.append(mark)
    return kept


def _matching(pattern: re.Pattern[str], text: str | None) -> str | None:
    return text if text and pattern.fullmatch(text) else None
