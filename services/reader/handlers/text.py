"""Mail to words, and what hangs on it to parts of their own."""

import asyncio
from collections.abc import Sequence
from typing import Final

from services.reader.handlers.ports import Ports
from services.reader.handlers.said import Said, said
from shared.contracts.events import AttachmentFound, ContributionRead, ContributionReceived
from shared.contracts.ids import output_of
from shared.contracts.parts import Context, Part
from shared.contracts.values import Outcome, PartKind, Place
from shared.database import is_away
from shared.errors import HeardError, Rejected
from shared.telemetry import log

STAGE: Final = "reader"
VERSION: Final = "mail-1"
APART: Final = 10_000
"""Numbers that one mail of a contribution may give to what it holds; a second mail has the next ones."""

Found = AttachmentFound | ContributionRead


async def read_mail(event: ContributionReceived, *, ports: Ports) -> Sequence[Found]:
    """What is said in each mail of the event, and what hangs on it.

    Raises:
        Retryable: when the object is not in the store yet; Unavailable: when the store is away, or no child starts.
    """
    answers: list[Found] = []
    first = max(part.number for part in event.parts)
    for index, part in enumerate(_mails(event)):
        try:
            answers += await _read(event, part, first + index * APART, ports)
        except Exception as error:
            if isinstance(error, HeardError) or is_away(error):
                raise
            log.error(
                "part_defect", contribution_id=str(event.about), part=part.number, stage=STAGE, exc_info=error
            )
            answers.append(_unreadable(event, part, "defect", ports))
    return answers


async def give_up(event: ContributionReceived, *, ports: Ports) -> Sequence[ContributionRead]:
    """The process died of this record, more than once: a person looks at what nobody could read."""
    return [_unreadable(event, part, "defect", ports) for part in _mails(event)]


def _mails(event: ContributionReceived) -> list[Part]:
    return [part for part in event.parts if part.kind is PartKind.MAIL]


def _unreadable(event: ContributionReceived, part: Part, reason: str, ports: Ports) -> ContributionRead:
    return _answer(event, part, Said(outcome=Outcome.UNREADABLE, reason=reason), ports)


async def _read(event: ContributionReceived, part: Part, first: int, ports: Ports) -> Sequence[Found]:
    """`first` is the number before the subject's: then come the words, then what hangs on it, in reading order."""
    try:
        raw = await ports.fetch(event.context, part)
    except (
        Rejected
    ) as wrong:  # it is in the store, and does not open: a person is told, as of what nobody could read
        log.warning("mail_does_not_open", contribution_id=str(event.event_id), reason=wrong.reason)
        return [_unreadable(event, part, wrong.reason, ports)]
    found = said(await ports.children.read("mail", raw, {}))
    words, marks = _words(event.context, part, found, first, ports)
    hanging = await _hanging(event, part, found, first + 2 + max(1, len(found.words)), ports)
    sealed = {
        "words": tuple(words),
        "marks": ports.marks(event.context, part.number, {"parts": marks}) if marks else None,
        "names": ports.found_names(event.context, part.number, found.names) if found.names else None,
        "authenticated": await _authenticated(raw, found, ports),
    }
    return [_answer(event, part, found, ports).model_copy(update=sealed), *hanging]


def _answer(event: ContributionReceived, part: Part, found: Said, ports: Ports) -> ContributionRead:
    return ContributionRead(
        event_id=output_of(STAGE, event.event_id, part.number, ports.revision),
        context=event.context,
        source=event.event_id,
        part=part.number,
        revision=ports.revision,
        outcome=found.outcome,
        reason=found.reason,
        language=found.language,
        attachments=len(found.attachments),
        automatic=found.automatic,
        reader_version=VERSION,
    )


def _words(
    context: Context, part: Part, found: Said, first: int, ports: Ports
) -> tuple[list[Part], dict[str, list[dict[str, object]]]]:
    """The parts with words; and by the number of each, which of them are new, quoted, forwarded or a signature."""
    words: list[Part] = []
    marks: dict[str, list[dict[str, object]]] = {}
    if found.subject.strip():
        words.append(ports.words(context, first + 1, found.subject, parent=part.number, place=Place.SUBJECT))
    for number, piece in enumerate(found.words, first + 2):
        words.append(ports.words(context, number, piece.words, parent=part.number, place=piece.place))
        if piece.marks:
            marks[str(number)] = [mark.model_dump(mode="json") for mark in piece.marks]
    return words, marks


async def _hanging(
    event: ContributionReceived, part: Part, found: Said, first: int, ports: Ports
) -> Sequence[AttachmentFound]:
    numbered = dict(enumerate(found.attachments, first))
    kept = await ports.keep_all(event.context, {number: one.content for number, one in numbered.items()})
    return [
        AttachmentFound(
            event_id=output_of(STAGE, event.event_id, number, ports.revision),
            context=event.context,
            source=event.event_id,
            part=Part(
                number=number,
                parent=part.number,
                kind=one.kind,
                place=Place.FILE,
                media_type=one.media_type,
                size=len(one.content),
                digest=kept[number][0],
                object=kept[number][1],
            ),
        )
        for number, one in numbered.items()
    ]


async def _authenticated(raw: bytes, found: Said, ports: Ports) -> str:
    """`pass` when a signature of the author's domain holds. The DNS is asked here, since a child has no network."""
    if not found.signatures:
        return "none"
    names = sorted({one.name for one in found.signatures})
    texts = await asyncio.gather(*(ports.resolver.text(name) for name in names))
    keys = {name: text for name, text in zip(names, texts, strict=True) if text}
    if not keys:
        return "none"
    answer = await ports.children.read("dkim", raw, {"keys": keys})
    verdict = answer.get("authenticated")
    return verdict if verdict in ("pass", "fail") else "none"
