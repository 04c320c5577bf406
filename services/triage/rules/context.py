"""How the words around a cue change it. A change re-routes the cue; it never makes the message vanish."""

from collections.abc import Sequence
from enum import Flag, auto
from typing import Final

from services.triage.rules.groups import NEGATIONS
from services.triage.rules.text import Token

# Negations that people use the other way round: "cant stop cutting", "no one knows he hits me", "not gonna lie".
_EXCEPTIONS: Final = (
    ("stop",), ("stops",), ("knows",), ("know",), ("going", "to", "lie"), ("lie",), ("joke",), ("joking",), ("jk",), ("kidding",),
    ("only",), ("just",), ("even",), ("tell",), ("say",), ("sure",), ("listening",), ("listens",), ("help",), ("helps",), ("cares",),
    ("care",), ("believes",), ("believe",), ("understand",), ("like",), ("want",), ("let",), ("one", "knows"), ("one", "cares"),
    ("think",), ("noticed",), ("notices",), ("see",), ("sees",), ("matter",), ("long",), ("ok",), ("fine",), ("safe",), ("allowed",),
)  # fmt: skip
_REACH: Final = 4
_CONTRAST: Final = frozenset(
    {"but", "just", "only", "except", "apart", "because", "until", "when", "so", "and", "if"}
)


class Seen(Flag):
    NONE = 0
    NEGATED = auto()
    PAST = auto()
    IDIOM = auto()
    FICTION = auto()
    WORK = auto()


def negated(text: Sequence[Token], first: int, last: int, *, own: bool = False) -> bool:
    """Whether a "not" governs the cue; `own`: the cue is worded with one, so that one inside it changes nothing.

    >>> from services.triage.rules.text import tokens
    >>> negated(tokens("he never hit me"), 2, 3), negated(tokens("i cant stop and he hit me"), 5, 6)
    (True, False)
    """
    for at in range(first - 1, max(-1, first - 1 - _REACH), -1):
        token = text[at]
        if token.sentence != text[first].sentence:
            return False
        if token.word in _CONTRAST:
            return False
        if token.word in NEGATIONS or (token.word == "one" and at and text[at - 1].word == "no"):
            return not _excepted(text, at, first) and not _just_her(text, last)
    inside = () if own else [t.word for t in text[first + 1 : last]]
    return bool(NEGATIONS.intersection(inside)) and not _just_her(text, last)


def _excepted(text: Sequence[Token], at: int, first: int) -> bool:
    after = tuple(t.word for t in text[at + 1 : min(first, at + 4)])
    return any(after[: len(words)] == words for words in _EXCEPTIONS)


def _just_her(text: Sequence[Token], last: int) -> bool:
    """ "dad doesnt hit us. just mum." """
    after = [t.word for t in text[last + 1 : last + 4]]
    return (
        len(after) > 1
        and after[0] in {"just", "only"}
        and after[1] in {"mum", "her", "my", "him", "brother", "sister"}
    )
