"""Find every cue in one message, and read each in its context."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from services.triage.rules import lexicon_body, lexicon_context, lexicon_hints, lexicon_others, lexicon_self
from services.triage.rules.context import Seen, negated
from services.triage.rules.frames import Phrase, matches
from services.triage.rules.lexicon import Entry, Slot
from services.triage.rules.text import NAME, NUMBER, Token, tokens
from services.triage.rules.txt_speak import TXT

ENTRIES: Final[tuple[Entry, ...]] = (
    *lexicon_self.ENTRIES, *lexicon_body.ENTRIES, *lexicon_others.ENTRIES, *lexicon_hints.ENTRIES,
)  # fmt: skip
_CONTEXTS: Final = (
    lexicon_context.SOON, lexicon_context.NOW, lexicon_context.PRESENT, lexicon_context.PAST, lexicon_context.IDIOM,
    lexicon_context.FICTION, lexicon_context.SELF_TIE, lexicon_context.WORK, lexicon_context.IDENTIFIABLE,
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
    phrases = [p for entry in ENTRIES for p in entry.phrases] + [p for table in _CONTEXTS for p in table]
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

    def sentences(self, table: Iterable[Phrase]) -> frozenset[int]:
        return frozenset(self.tokens[first].sentence for p in table for first, _ in self.find(p))

    def covered(self, table: Iterable[Phrase]) -> frozenset[int]:
        return frozenset(at for p in table for first, last in self.find(p) for at in range(first, last + 1))


_FIRST_PERSON: Final = frozenset("i me my myself us we our".split())


def read(words: str) -> Reading:
    text = _Text(words)
    present, past = text.sentences(lexicon_context.PRESENT), text.sentences(lexicon_context.PAST)
    stories, work = text.sentences(lexicon_context.FICTION), text.sentences(lexicon_context.WORK)
    tied, idiom = bool(text.sentences(lexicon_context.SELF_TIE)), text.covered(lexicon_context.IDIOM)
    real = bool(text.sentences(lexicon_context.IDENTIFIABLE))
    cues: list[Cue] = []
    denied = False
    for entry in ENTRIES:
        for wanted in entry.phrases:
            for first, last in text.find(wanted):
                here = text.tokens[first].sentence
                seen = Seen.NONE
                if entry.negatable and negated(text.tokens, first, last):
                    seen |= Seen.NEGATED
                if idiom.intersection(range(first, last + 1)):
                    seen |= Seen.IDIOM
                if here in stories and not tied:
                    seen |= Seen.FICTION
                if here in work and not real and not _personal(text.tokens[first : last + 1]):
                    seen |= Seen.WORK
                if here not in present and (here in past or here - 1 in past):
                    seen |= Seen.PAST
                denied |= Seen.NEGATED in seen and entry.slot not in (Slot.SAD, Slot.HINT)
                cues.append(
                    Cue(entry, _route(entry.slot, seen), text.tokens[first].start, text.tokens[last].end)
                )
    slots = {cue.slot for cue in cues if cue.slot}
    if text.sentences(lexicon_context.SOON):
        slots.add(Slot.SOON)
    if text.sentences(lexicon_context.NOW):
        slots.add(Slot.NOW)
    return Reading(tuple(cues), frozenset(slots), denied, bool(text.sentences(lexicon_context.RETRACTION)))


def _personal(span: Sequence[Token]) -> bool:
    return any(token.word in _FIRST_PERSON for token in span)


def _route(slot: Slot, seen: Seen) -> Slot | None:
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
