"""What was heard becomes a reading: words in order, with times, confidence, and the language it was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.reader.rules.reading import MOST_WORDS, Reading, clean
from shared.contracts.values import Outcome

LOW: Final = 0.60
"""Below this mean confidence of its words a recording goes to a person."""

ENGLISH: Final = 0.20
FOREIGN: Final = 0.60
"""English counts when it is this likely: accents are no language. Another counts alone from here on; between the two
it is written down both ways, and the surer one is kept."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it was heard; times in seconds, `sure` from 0 to 1."""

    text: str = field(repr=False)
    start: float
    end: float
    sure: float


@dataclass(frozen=True, slots=True)
class Heard:
    """All that was heard. `speech` says whether anybody spoke at all; the rest is what stood in the way."""

    words: Sequence[Word] = field(repr=False)
    languages: Sequence[str]
    speech: bool
    cut: bool = False
    late: bool = False
    moving: bool = False
    loops: bool = False


def reading(heard: Heard, version: str, low: float = LOW) -> Reading:
    """Say what a recording is. Words always come along, whatever stood in the way.

    >>> reading(Heard((), (), speech=False), "v1").reason
    'silence'
    """
    words, marks = _written(heard.words)
    language = next((one for one in heard.languages if one != "en"), "en" if heard.languages else None)
    outcome, reason = _outcome(heard, words, language, low)
    return Reading(outcome, reason, words, tuple(marks), language, version)


def _outcome(heard: Heard, words: str, language: str | None, low: float) -> tuple[Outcome, str | None]:
    if heard.cut:
        return Outcome.TOO_BIG, "too_long"
    if heard.late:
        return Outcome.TOO_BIG, "took_too_long"
    if heard.moving:
        return Outcome.UNSUPPORTED, "moving_pictures"
    if not heard.speech:
        return Outcome.NO_WORDS, "silence"
    if language not in (None, "en"):
        return Outcome.OTHER_LANGUAGE, None
    if not words:
        return Outcome.LOW_CONFIDENCE, "nothing_understood"
    if heard.loops:
        return Outcome.LOW_CONFIDENCE, "repeats"
    if mean(heard.words) < low:
        return Outcome.LOW_CONFIDENCE, "unsure"
    return Outcome.WORDS, None


def surest(attempts: Sequence[tuple[str, Sequence[Word], bool]]) -> tuple[str, Sequence[Word], bool]:
    """Of a language, its words and whether they repeat themselves: the one to keep."""
    return max(attempts, key=lambda one: (not one[2], mean(one[1])))


def mean(words: Sequence[Word]) -> float:
    """How sure on average, each word as much as it has letters."""
    letters = sum(len(word.text.strip()) for word in words)
    return sum(word.sure * len(word.text.strip()) for word in words) / letters if letters else 0.0


def _written(heard: Sequence[Word]) -> tuple[str, list[object]]:
    """The words as one text, and for each its place in it, its time and how sure: [from, to, start, end, sure]."""
    text, marks = "", list[object]()
    for word in heard:
        said = clean(word.text).replace("\n", " ")
        if not text:
            said = said.lstrip()
        if len(text) + len(said) > MOST_WORDS:
            break
        begin = len(text) + len(said) - len(said.lstrip())
        text += said
        marks.append([begin, len(text), round(word.start, 2), round(word.end, 2), round(word.sure, 2)])
    return text, marks


def languages_of(chances: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    """The languages to write it down in, from what the model thinks likely.

    >>> languages_of([("cy", 0.6), ("en", 0.35)]), languages_of([("pl", 0.9)]), languages_of([("hu", 0.3), ("en", 0.1)])
    (('en',), ('pl',), ('en', 'hu'))
    """
    best, chance = max(chances, key=lambda one: one[1], default=("en", 1.0))
    if best == "en" or dict(chances).get("en", 0.0) >= ENGLISH:
        return ("en",)
    return (best,) if chance >= FOREIGN else ("en", best)


def grouped(spoken: Sequence[tuple[int, int]], most: int) -> Iterator[list[tuple[int, int]]]:
    """Stretches of speech put together up to `most` samples: never cut inside one.

    >>> list(grouped([(0, 5), (9, 12), (20, 29)], 10))
    [[(0, 5), (9, 12)], [(20, 29)]]
    """
    group: list[tuple[int, int]] = []
    size = 0
    for start, end in spoken:
        if group and size + end - start > most:
            yield group
            group, size = [], 0
        group.append((start, end))
        size += end - start
    if group:
        yield group
