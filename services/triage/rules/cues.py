"""Find every cue in one message, and read each in its context."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from services.triage.rules import (
    lexicon_body,
    lexicon_context,
    lexicon_danger,
    lexicon_hints,
    lexicon_languages,
    lexicon_others,
    lexicon_self,
)
from services.triage.rules.context import Seen, negated
from services.triage.rules.frames import Phrase, matches
from services.triage.rules.groups import words_of
from services.triage.rules.lexicon import Entry, Slot
from services.triage.rules.text import NAME, NUMBER, Token, tokens
from services.triage.rules.txt_speak import TXT

ENTRIES: Final[tuple[Entry, ...]] = (
    *lexicon_self.ENTRIES, *lexicon_body.ENTRIES, *lexicon_others.ENTRIES, *lexicon_danger.ENTRIES, *lexicon_hints.ENTRIES,
)  # fmt: skip
OTHER_LANGUAGES: Final[tuple[Entry, ...]] = (*ENTRIES, *lexicon_languages.ENTRIES)
_CONTEXTS: Final = (
    lexicon_context.SOON, lexicon_context.NOW, lexicon_context.THIS_MINUTE, lexicon_context.PRESENT,
    lexicon_context.PAST, lexicon_context.STOPPED, lexicon_context.AGAIN, lexicon_context.IDIOM,
    lexicon_context.FICTION, lexicon_context.GAMES, lexicon_context.SELF_TIE, lexicon_context.WORK, lexicon_context.IDENTIFIABLE,
    lexicon_context.RETRACTION,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cue:
    entry: Entry
    slot: Slot | None  # where it went; None: set aside as a saying, a story, talk of work, or denied
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    cues: tuple[Cue, ...]
    slots: frozenset[Slot]
    denied: bool
    retracted: bool


@cache
def vocabulary() -> frozenset[str]:
    phrases = [p for entry in OTHER_LANGUAGES for p in entry.phrases] + [
        p for table in _CONTEXTS for p in table
    ]
    return frozenset().union(*(p.vocabulary for p in phrases)) | TXT.keys()


class _Text:
    """One message's tokens, with the places of each word."""

    def __init__(self, words: str) -> None:
        self.tokens: list[Token] = tokens(words, vocabulary())
        self._places: dict[str, list[int]] = defaultdict(list)
        for at, token in enumerate(self.tokens):
            self._places[token.word].append(at)
            if token.capital:
                self._places[NAME].append(at)
            if token.word.isdigit():
                self._places[NUMBER].append(at)

    def find(self, wanted: Phrase) -> Iterator[tuple[int, int]]:
        if any(not step.optional and self._places.keys().isdisjoint(step.words) for step in wanted.steps):
            return
        words = wanted.steps[wanted.anchor].words & self._places.keys()
        yield from matches(wanted, self.tokens, sorted({at for word in words for at in self._places[word]}))

    def has(self, table: Iterable[Phrase]) -> bool:
        return any(True for p in table for _ in self.find(p))

    def near(self, table: Iterable[Phrase], reach: int, *, onward: bool = False) -> frozenset[int]:
        """The tokens that a table's words govern: so many either side, in their sentence (and the next, if onward).

        A reach is needed because speech and texts often have no full stops at all.
        """
        found: set[int] = set()
        for wanted in table:
            for first, last in self.find(wanted):
                here = self.tokens[first].sentence
                around = range(max(0, first - reach), min(len(self.tokens), last + reach + 1))
                found.update(at for at in around if 0 <= self.tokens[at].sentence - here <= onward)
        return frozenset(found)

    def covered(self, table: Iterable[Phrase]) -> frozenset[int]:
        return frozenset(at for p in table for first, last in self.find(p) for at in range(first, last + 1))


_FIGHTING: Final = frozenset({"physical_abuse", "threat_to_others", "immediate_danger"})
_CLOSE: Final = 10  # tokens
_FAR: Final = 16
_FIRST_PERSON: Final = words_of("i me my myself us we our")


def read(words: str, entries: Sequence[Entry] = ENTRIES) -> Reading:
    text = _Text(words)
    stopped = text.near(lexicon_context.STOPPED, _FAR) - text.near(lexicon_context.AGAIN, _FAR)
    present = text.near(lexicon_context.PRESENT, _CLOSE)
    past = text.near(lexicon_context.PAST, _FAR, onward=True)
    stories = text.near(lexicon_context.FICTION, _FAR)
    games = text.near(lexicon_context.GAMES, _FAR)
    work = text.near(lexicon_context.WORK, _FAR)
    idiom = text.covered(lexicon_context.IDIOM)
    tied, real = text.has(lexicon_context.SELF_TIE), text.has(lexicon_context.IDENTIFIABLE)
    cues: list[Cue] = []
    denied = False
    for entry in entries:
        for wanted in entry.phrases:
            for first, last in text.find(wanted):
                seen = Seen.NONE
                if entry.negatable and negated(text.tokens, first, last, own=wanted.says_no):
                    seen |= Seen.NEGATED
                if idiom.intersection(range(first, last + 1)):
                    seen |= Seen.IDIOM
                if not tied and (first in stories or (first in games and entry.category in _FIGHTING)):
                    seen |= Seen.FICTION
                if first in work and not real and not _personal(text.tokens[first : last + 1]):
                    seen |= Seen.WORK
                if first in stopped or (first in past and first not in present):
                    seen |= Seen.PAST
                denied |= Seen.NEGATED in seen and entry.slot not in (Slot.SAD, Slot.HINT)
                cues.append(
                    Cue(entry, _route(entry.slot, seen), text.tokens[first].start, text.tokens[last].end)
                )
    slots = {cue.slot for cue in cues if cue.slot}
    if text.has(lexicon_context.SOON):
        slots.add(Slot.SOON)
    if text.has(lexicon_context.THIS_MINUTE):
        slots.add(Slot.THIS_MINUTE)
    if text.has(lexicon_context.NOW):
        slots.add(Slot.NOW)
    return Reading(tuple(cues), frozenset(slots), denied, text.has(lexicon_context.RETRACTION))


def _personal(span: Sequence[Token]) -> bool:
    return any(token.word in _FIRST_PERSON for token in span)


def _route(slot: Slot, seen: Seen) -> Slot | None:
    if slot is Slot.ACCESS:
        return slot
    if seen & (Seen.NEGATED | Seen.IDIOM | Seen.FICTION | Seen.WORK):
        return None
    if Seen.PAST in seen and slot not in (
        Slot.SAD,
        Slot.HINT,
        Slot.PASSIVE,
        Slot.ACCESS,
        Slot.DANGER,
        Slot.HIDING,
    ):
        return Slot.PAST
    return slot
