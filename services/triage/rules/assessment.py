"""What triage says about one contribution: how soon, how sure, and which words say so."""

from dataclasses import dataclass
from typing import Final

from shared.contracts.values import Level, Tray

RULES_VERSION: Final = "rules-1"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A cue; `start` and `end` count characters of the words as they were sent."""

    start: int
    end: int
    category: str
    reason: str


@dataclass(frozen=True, slots=True)
class Assessment:
    level: Level
    score: float  # 0 to 1, orders a queue within and across levels
    categories: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    reasons: tuple[str, ...]
    tray: Tray | None
    to_human: bool
    language: str | None
    rules_version: str
    lexicon_version: str
