"""What the rules answer with, and the words they use for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from services.anonymiser.rules.fold import Folded

RULES_VERSION = "rules-1"

DIRECT = "DIRECT"
QUASI = "QUASI"


class Found(NamedTuple):
    """A place in the folded words; a recogniser finds it, nobody else sees it."""

    start: int
    end: int
    label: str
    kind: str
    why: str


Finds = Iterator[Found]


@dataclass(frozen=True, slots=True)
class Span:
    """A redacted place, in characters of the original words."""

    start: int
    end: int
    label: str
    kind: str
    why: str
    stand_in: str


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who or what a number stands for; it lives in the thread's sealed map and nowhere else."""

    name: str
    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class Redacted:
    words: str
    spans: tuple[Span, ...]
    held: bool
    causes: tuple[str, ...]
    doubtful: tuple[tuple[int, int], ...]
    counts: tuple[tuple[str, int], ...]
    stand_ins: tuple[StandIn, ...]
    rules_version: str
    language: str | None


__all__ = ["DIRECT", "QUASI", "RULES_VERSION", "Finds", "Folded", "Found", "Redacted", "Span", "StandIn"]
