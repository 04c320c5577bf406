"""The lexicon's shape: entries that a safeguarding lead can read, one phrase a line, and where they are put together.

Change a phrase in `lexicon_*.py`, raise LEXICON_VERSION, run the tests. How phrases are written: `frames.py`.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from services.triage.rules.frames import Phrase, phrase

LEXICON_VERSION: Final = "lexicon-1"


class Slot(StrEnum):
    """What part of a concern a phrase fills; `ladder.py` says what each is worth, alone and together."""

    DANGER = "danger"  # life or safety at risk as this is written
    ACT = "act"  # an overdose taken, a fatal act begun
    INTENT = "intent"  # wants or means to die
    PLAN = "plan"  # goodbye, note, belongings given away, a place chosen
    MEANS = "means"
    PLACE = "place"  # a bridge, a roof, the tracks: nothing alone
    SELF_HARM = "self_harm"
    PASSIVE = "passive"  # a wish not to be here, with no intent
    HARM = "harm"  # abuse, neglect, exploitation, missing: significant
    THREAT = "threat"  # names whom the writer means to hurt
    WEAPON = "weapon"
    ACCESS = "access"  # who did it is still near children
    HIDING = "hiding"  # where the writer is, because of somebody
    SOON = "soon"
    NOW = "now"
    THIS_MINUTE = "this_minute"
    PAST = "past"
    HINT = "hint"  # worrying and unclear
    SAD = "sad"


@dataclass(frozen=True, slots=True)
class Entry:
    category: str
    slot: Slot
    reason: str
    lines: str
    negatable: bool = True  # "he never hit me" takes it away; phrases with their own "not" are not negatable
    phrases: tuple[Phrase, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        lines = (line.strip() for line in self.lines.splitlines())
        object.__setattr__(self, "phrases", tuple(phrase(line) for line in lines if line))
