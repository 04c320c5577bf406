"""Which words of a mail are new, and which were there before: marked, never taken away.

Whoever strips quotes loses what people write: "On Monday my social worker wrote:" ends with a colon too. So a mark
says what a passage looks like, everything stays where it is, and each later stage decides what it makes of it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Mark(StrEnum):
    NEW = "new"
    QUOTED = "quoted"
    SIGNATURE = "signature"
    FORWARDED = "forwarded"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of the words."""

    start: int
    end: int
    kind: Mark

    def as_answer(self) -> dict[str, object]:
        return {"start": self.start, "end": self.end, "kind": self.kind.value}


_ON: Final = re.compile(
    r"(?:on|am|le|el|w dniu|il giorno|op)\b.{0,300}(?:wrote|schrieb|écrit|escribió|napisała?|scritto|schreef)\s{0,3}:",
    re.I,
)
_ADDRESS: Final = re.compile(r".{1,200}@.{1,200}\b(?:wrote|writes|said)\s{0,3}:", re.I)
_ORIGINAL: Final = re.compile(r"[-_*\s]{2,40}(?:original message|original appointment)[-_*\s]{2,40}", re.I)
_FORWARDED: Final = re.compile(
    r"[-_\s]{2,40}(?:forwarded message|forwarded by\b.{0,200})[-_\s]{0,40}|begin forwarded message:\s*", re.I
)
_FIELD: Final = re.compile(r"\*?(from|sent|date|to|cc|subject|reply-to)\*?\s{0,3}:\*?(?:\s.*)?", re.I)
_SENT_FROM: Final = re.compile(
    r"(?:sent|envoyé|wysłane) (?:from|via|using|de|z) (?:my |mon |mojego )?\w[\w .-]{1,60}|get outlook for \w+.*|"
    r"sent from (?:yahoo|outlook|mail|gmail)\b.{0,60}|yahoo mail: search, organi[sz]e, conquer",
    re.I,
)
_LONGEST_LINE: Final = 600
_MOST: Final = 1_000


def spans(text: str) -> tuple[Span, ...]:
    """Mark the whole text, without a gap.

    >>> [(s.kind.value, s.start, s.end) for s in spans("Yes.\\n> Are you well?\\n-- \\nAnn")]
    [('new', 0, 5), ('quoted', 5, 21), ('signature', 21, 28)]
    """
    lines = text.split("\n")
    return tuple(_joined(lines, _kinds(lines)))


def moved(marked: Sequence[Span], by: int) -> tuple[Span, ...]:
    return tuple(Span(one.start + by, one.end + by, one.kind) for one in marked)


def merged(marked: Sequence[Span]) -> tuple[Span, ...]:
    """Neighbours of one kind become one; what goes on beyond the most that are kept counts as new.

    >>> merged([Span(0, 2, Mark.NEW), Span(2, 5, Mark.NEW)])
    (Span(start=0, end=5, kind=<Mark.NEW: 'new'>),)
    """
    kept: list[Span] = []
    for one in marked:
        kind = one.kind if len(kept) < _MOST else Mark.NEW
        if kept and kept[-1].kind is kind:
            kept[-1] = Span(kept[-1].start, one.end, kind)
        else:
            kept.append(Span(one.start, one.end, kind))
    return tuple(kept)


def clipped(marked: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    """What falls within a piece of the text, counted from the piece's own beginning."""
    return tuple(
        Span(max(one.start, start) - start, min(one.end, end) - start, one.kind)
        for one in marked
        if one.start < end and one.end > start
    )


def _kinds(lines: Sequence[str]) -> list[Mark]:
    kinds, at, kind = [Mark.NEW] * len(lines), 0, Mark.NEW
    while at < len(lines):
        line = lines[at].strip()
        if not line:
            kinds[at] = kinds[at - 1] if at else kind
        elif len(line) > _LONGEST_LINE:
            kinds[at] = kind
        elif kind is not Mark.QUOTED and (_ORIGINAL.fullmatch(line) or _fields(lines, at)):
            kind = Mark.FORWARDED if kind is Mark.FORWARDED else Mark.QUOTED
            kinds[at] = kind
        elif _FORWARDED.fullmatch(line):
            kinds[at] = kind = Mark.FORWARDED
        elif line.startswith(">"):
            kinds[at] = Mark.FORWARDED if kind is Mark.FORWARDED else Mark.QUOTED
            kind = kind if kind is not Mark.SIGNATURE else Mark.NEW
        elif kind in (Mark.NEW, Mark.SIGNATURE) and (length := _attribution(lines, at)):
            kinds[at : at + length] = [Mark.QUOTED] * length
            at, kind = at + length - 1, Mark.NEW
        elif kind is Mark.NEW and (lines[at].rstrip("\r") in ("-- ", "--") or _SENT_FROM.fullmatch(line)):
            kinds[at] = Mark.SIGNATURE
            kind = Mark.SIGNATURE if line.startswith("--") else Mark.NEW
        else:
            kinds[at] = kind
        at += 1
    return kinds


def _attribution(lines: Sequence[str], at: int) -> int:
    """How many lines say who wrote what is quoted next; 0 when nothing is quoted next.

    Only a line that begins as such may go on for three: a line of somebody's own before it is never taken for a part.
    """
    for length in (1, 2, 3):
        said = " ".join(line.strip() for line in lines[at : at + length])
        if at + length > len(lines) or len(said) > _LONGEST_LINE:
            return 0
        if said.endswith(":") and (_ON.fullmatch(said) or (length == 1 and _ADDRESS.fullmatch(said))):
            after = next((line for line in lines[at + length : at + length + 3] if line.strip()), "")
            return length if after.lstrip().startswith(">") else 0
        if not lines[at + length - 1].strip() or said.endswith((".", "!", "?")):
            return 0
    return 0


def _fields(lines: Sequence[str], at: int) -> bool:
    """A block such as Outlook puts above what it quotes: From, Sent, To, Subject, at least three of them."""
    if not lines[at].lstrip(" *").lower().startswith("from"):
        return False
    named = set()
    for line in lines[at : at + 8]:
        found = _FIELD.fullmatch(line.strip()[:_LONGEST_LINE])
        if found:
            named.add(found[1].lower())
        elif not line.strip():
            break
    return "from" in named and len(named) >= 3


def _joined(lines: Sequence[str], kinds: Sequence[Mark]) -> Iterator[Span]:
    start = at = 0
    for number, line in enumerate(lines):
        last = number + 1 == len(lines)
        at += len(line) + (not last)
        if last or kinds[number + 1] is not kinds[number]:
            if at > start:
                yield Span(start, at, kinds[number])
            start = at
