"""One contribution's level, from its own words and what came before from the same address."""

from collections.abc import Sequence
from typing import Final

from services.triage.rules.assessment import RULES_VERSION, Assessment, Evidence
from services.triage.rules.cues import OTHER_LANGUAGES, Cue, Reading, read
from services.triage.rules.ladder import level as on_the_ladder
from services.triage.rules.language import language
from services.triage.rules.lexicon import LEXICON_VERSION, Slot
from services.triage.rules.text import tokens
from shared.contracts.values import Level, Tray

_FLOOR: Final = {Level.IMMEDIATE: 0.85, Level.HIGH: 0.6, Level.MEDIUM: 0.35, Level.LOW: 0.12, Level.NONE: 0.0}
_ROOM: Final = {
    Level.IMMEDIATE: 0.14,
    Level.HIGH: 0.24,
    Level.MEDIUM: 0.24,
    Level.LOW: 0.22,
    Level.NONE: 0.11,
}
_FEW_WORDS: Final = 12
_MOST_THREAD: Final = 20
_MOST_EVIDENCE: Final = 12


def assess(words: str, thread: Sequence[str] = ()) -> Assessment:
    """Say how soon a trained person must look at these words.

    >>> found = assess("my dad hits my mum and im scared to go home")
    >>> found.level.value, found.categories[0]
    ('high', 'physical_abuse')
    """
    plain = [token.word for token in tokens(words)]
    before = [read(earlier) for earlier in thread[-_MOST_THREAD:]]
    spoken, readable = language(words, plain)
    here = read(words) if readable else read(words, OTHER_LANGUAGES)
    tray: Tray | None = None
    if not any(c.isalpha() for c in words):
        tray = Tray.NO_WORDS
    elif not readable:
        tray = Tray.OTHER_LANGUAGE if spoken else Tray.LOW_CONFIDENCE
    found = _level(here, before, len(plain), tray)
    return _answer(found, here, before, tray, spoken)


def _level(here: Reading, before: Sequence[Reading], length: int, tray: Tray | None) -> Level:
    own = on_the_ladder(here.slots)
    earlier = frozenset[Slot]().union(*(reading.slots for reading in before))
    together = on_the_ladder(here.slots | earlier)
    if here.slots or length <= _FEW_WORDS or here.retracted:
        found = _higher(own, together)
    else:  # an ordinary message after a worrying one: a person looks, nobody is woken
        found = _higher(own, Level.MEDIUM if together.rank >= Level.MEDIUM.rank else own)
    return _higher(found, Level.MEDIUM) if tray else found


def _higher(one: Level, other: Level) -> Level:
    return one if one.rank >= other.rank else other


def _answer(
    found: Level, here: Reading, before: Sequence[Reading], tray: Tray | None, spoken: str | None
) -> Assessment:
    kept = [cue for cue in here.cues if cue.slot is not None]
    worth = sorted(kept, key=_weight)
    strong = [cue for cue in worth if cue.slot is not Slot.SAD] if found.rank > Level.LOW.rank else worth
    told = [cue for reading in before for cue in reading.cues if cue.slot not in (None, Slot.SAD)]
    evidence = tuple(_evidence(strong))
    categories = tuple(dict.fromkeys(_category(cue) for cue in [*strong, *told]))
    reasons = tuple(dict.fromkeys(e.reason for e in evidence)) + _why(found, here, before, tray)
    return Assessment(
        level=found,
        score=_score(found, kept),
        categories=categories or ("none",),
        evidence=evidence,
        reasons=reasons,
        tray=tray,
        to_human=found.rank >= Level.MEDIUM.rank,
        language=spoken,
        rules_version=RULES_VERSION,
        lexicon_version=LEXICON_VERSION,
    )


def _weight(cue: Cue) -> tuple[int, int]:
    return list(Slot).index(cue.slot or Slot.SAD), cue.start


def _category(cue: Cue) -> str:
    return (
        "historic_abuse"
        if cue.slot is Slot.PAST and cue.entry.category != "suicide_self_harm"
        else cue.entry.category
    )


def _evidence(cues: Sequence[Cue]) -> list[Evidence]:
    found = {
        (c.start, c.end, c.entry.reason): Evidence(c.start, c.end, _category(c), c.entry.reason) for c in cues
    }
    return list(found.values())[:_MOST_EVIDENCE]


def _why(found: Level, here: Reading, before: Sequence[Reading], tray: Tray | None) -> tuple[str, ...]:
    why: list[str] = []
    if tray is Tray.NO_WORDS:
        why.append("Has no words that can be read")
    if tray is Tray.OTHER_LANGUAGE:
        why.append("Seems to be in another language than English")
    if tray is Tray.LOW_CONFIDENCE:
        why.append("Is written in a way that the rules cannot read well")
    if before and found.rank > on_the_ladder(here.slots).rank:
        why.append("Earlier messages from the same address add to this one")
    if here.denied and found.rank >= Level.MEDIUM.rank:
        why.append("Denies one harm, and says something else that worries us")
    return tuple(why)


def _score(found: Level, cues: Sequence[Cue]) -> float:
    """Within a level, more kinds of cue come first.

    >>> _score(Level.HIGH, [])
    0.6
    """
    kinds = len({(cue.entry.category, cue.slot) for cue in cues})
    return round(_FLOOR[found] + _ROOM[found] * (1 - 0.7**kinds), 4)
