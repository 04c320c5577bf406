"""Lines that were seen on pages become a reading: in the order in which one reads, with their place and confidence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from services.reader.rules.reading import MOST_WORDS, Reading, clean
from shared.contracts.values import Outcome

_NO_ALPHABET: Final = 0x2E80  # from here on signs, each of which is a syllable or a word
LOW: Final = 0.60
"""Below this mean confidence of its lines a page goes to a person."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line on a page. The box is left, top, right, bottom, each from 0 to 1 of the page; `sure` from 0 to 1."""

    text: str = field(repr=False)
    left: float
    top: float
    right: float
    bottom: float
    sure: float = 1.0

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Seen:
    """All pages that were read. What stood in the way of more is said beside it."""

    pages: Sequence[Sequence[Line]] = field(repr=False)
    cut: str | None = None
    damaged: bool = False
    moving: bool = False


def reading(seen: Seen, version: str, low: float = LOW) -> Reading:
    """Say what pages are. Words always come along, whatever stood in the way.

    >>> reading(Seen([[]]), "v1").outcome.value
    'no_words'
    """
    words, marks, whole = _written(seen.pages)
    outcome, reason = _outcome(seen, words, whole, low)
    return Reading(outcome, reason, words, tuple(marks), None, version)


def _outcome(seen: Seen, words: str, whole: bool, low: float) -> tuple[Outcome, str | None]:
    if seen.cut:
        return Outcome.TOO_BIG, seen.cut
    if not whole:
        return Outcome.TOO_BIG, "too_many_words"
    if seen.damaged:
        return Outcome.UNREADABLE, "cut_short"
    if seen.moving:
        return Outcome.UNSUPPORTED, "moving_pictures"
    if not any(c.isalnum() for c in words):
        return Outcome.NO_WORDS, None
    if mean([line for page in seen.pages for line in page]) < low:
        return Outcome.LOW_CONFIDENCE, "unsure"
    return Outcome.WORDS, None


def is_shape(line: Line) -> bool:
    """A house drawn as a box is seen as a sign that looks like it: one lonely sign of no alphabet is no word.

    >>> [is_shape(Line(text, 0, 0, 1, 1)) for text in ("\u53e3", "I", "\u6211\u5bb6", "o-", "..")]
    [True, False, False, False, True]
    """
    letters = [c for c in line.text if c.isalnum()]
    return not letters or (len(letters) == 1 and ord(letters[0]) >= _NO_ALPHABET)


def mean(lines: Sequence[Line]) -> float:
    """How sure on average, each line as much as it has letters."""
    letters = sum(len(line.text) for line in lines)
    return sum(line.sure * len(line.text) for line in lines) / letters if letters else 0.0


def ordered(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines in rows from the top, and in each row from the left. What overlaps by half its height is one row.

    >>> [[line.text for line in row] for row in ordered([Line("b", .5, .1, .9, .2), Line("a", .1, .11, .4, .21)])]
    [['a', 'b']]
    """
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: one.middle):
        last = rows[-1][0] if rows else None
        if last and abs(line.middle - last.middle) < min(line.height, last.height) / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda one: one.left) for row in rows]


def _written(pages: Sequence[Sequence[Line]]) -> tuple[str, list[object], bool]:
    """The words as one text; for each line [from, to, page, left, top, right, bottom, sure]; whether all fitted."""
    text, marks = "", list[object]()
    for number, page in enumerate(pages, start=1):
        if text:
            text += "\n"
        for row in ordered(page):
            for place, line in enumerate(row):
                said = clean(line.text).strip()
                if not said:
                    continue
                if len(text) + len(said) + 1 > MOST_WORDS:
                    return text.strip("\n"), marks, False
                begin = len(text)
                text += said + (" " if place + 1 < len(row) else "\n")
                box = [round(value, 3) for value in (line.left, line.top, line.right, line.bottom)]
                marks.append([begin, begin + len(said), number, *box, round(line.sure, 2)])
    return text.strip("\n"), marks, True
