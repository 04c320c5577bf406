"""A small language for cues that a safeguarding lead can read, and a matcher that takes linear time.

    {person} hit+ ?my {child}

is one actor, any form of "hit", perhaps "my", and one of the child words, in that order and in one sentence.
`a|b` is either word, `..` lets up to three other words stand between, `...` up to seven. No regular expression is used.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.triage.rules.groups import COMMON, GROUPS, NEGATIONS, forms
from services.triage.rules.text import NAME, NUMBER, Token

_GAPS: Final = {"..": 3, "...": 7}
_MOST_HITS: Final = 24  # of one phrase in one message: enough for a level, and a bound on a flood


@dataclass(frozen=True, slots=True)
class Step:
    words: frozenset[str]
    gap: int  # other words allowed before this one
    optional: bool


@dataclass(frozen=True, slots=True)
class Phrase:
    steps: tuple[Step, ...]
    anchor: int  # the step with the rarest words: where matching starts
    says_no: bool  # has a "not" of its own

    @property
    def vocabulary(self) -> frozenset[str]:
        return frozenset().union(*(step.words for step in self.steps))


def phrase(line: str) -> Phrase:
    steps: list[Step] = []
    gap = 0
    for part in line.split():
        if part in _GAPS:
            gap = _GAPS[part]
            continue
        optional, body = part.startswith("?"), part.removeprefix("?")
        steps.append(Step(frozenset().union(*map(_words, body.split("|"))), gap, optional))
        gap = 0
    required = [i for i, step in enumerate(steps) if not step.optional]
    anchor = min(required, key=lambda i: (len(steps[i].words & COMMON), len(steps[i].words)))
    return Phrase(tuple(steps), anchor, any(step.words & NEGATIONS for step in steps))


def _words(part: str) -> Collection[str]:
    if part.startswith("{"):
        return GROUPS[part.strip("{}")]
    return forms(part.removesuffix("+")) if part.endswith("+") else (part,)


def fits(step: Step, token: Token) -> bool:
    return (
        token.word in step.words
        or (token.capital and NAME in step.words)
        or (NUMBER in step.words and token.word.isdigit())
    )


def matches(wanted: Phrase, text: Sequence[Token], anchors: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last token of each match around the places where the anchor's words stand."""
    count = 0
    for at in anchors:
        last = _walk(wanted.steps[wanted.anchor + 1 :], text, at, +1)
        if last is None:
            continue
        first = _walk(_backwards(wanted.steps[: wanted.anchor + 1]), text, at, -1)
        if first is not None:
            yield first, last
            count += 1
            if count == _MOST_HITS:
                return


def _backwards(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps before the anchor, nearest first; each keeps the gap that separates it from the one it follows."""
    gaps = [step.gap for step in steps[1:]]
    return tuple(
        Step(step.words, gap, step.optional) for step, gap in zip(steps[-2::-1], reversed(gaps), strict=True)
    )


def _walk(steps: Sequence[Step], text: Sequence[Token], at: int, way: int) -> int | None:
    here = {at}
    for step in steps:
        reached = {
            spot
            for origin in here
            for spot in range(origin + way, origin + way * (step.gap + 2), way)
            if 0 <= spot < len(text) and text[spot].sentence == text[at].sentence and fits(step, text[spot])
        }
        here = reached | here if step.optional else reached
        if not here:
            return None
    return min(here, key=lambda spot: abs(spot - at))
