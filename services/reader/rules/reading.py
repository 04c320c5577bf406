"""What reading a part of media gives: an outcome, words, and marks that say where each word stood and how sure we are.

It crosses from the child process, so it is a plain mapping of JSON; `Reading.of` takes it only when it is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from shared.contracts.values import Outcome

MOST_WORDS: Final = 200_000
"""Characters of words that one part may give; what goes on beyond is said to be too big, and its beginning kept."""

MOST_MARKS: Final = 6_000
_VERSION: Final = "media-1"


@dataclass(frozen=True, slots=True)
class Reading:
    """`marks` is a list of places: where in the words, where in the sound or on the page, how sure from 0 to 1."""

    outcome: Outcome
    reason: str | None = None
    words: str = field(default="", repr=False)
    marks: tuple[Any, ...] = field(default=(), repr=False)
    language: str | None = None
    version: str = _VERSION

    def as_answer(self) -> dict[str, object]:
        return {
            "outcome": self.outcome.value,
            "reason": self.reason,
            "words": self.words,
            "marks": list(self.marks),
            "language": self.language,
            "version": self.version,
        }

    @classmethod
    def of(cls, answer: Mapping[str, object]) -> Self:
        """Read what a child answered.

        Raises:
            ValueError: it is no reading; the child cannot be trusted with this part.
        """
        outcome, words, marks = answer.get("outcome"), answer.get("words", ""), answer.get("marks", [])
        if not isinstance(outcome, str) or outcome not in set(Outcome):
            raise ValueError("no outcome")
        if not isinstance(words, str) or not isinstance(marks, list):
            raise ValueError("no reading")
        return cls(
            Outcome(outcome),
            _text(answer.get("reason")),
            words[:MOST_WORDS],
            tuple(marks[:MOST_MARKS]),
            _text(answer.get("language")),
            _text(answer.get("version")) or _VERSION,
        )


def _text(value: object) -> str | None:
    return value[:64] if isinstance(value, str) and value else None


def clean(text: str) -> str:
    """Words without control characters (but for lines and tabs) and without half characters.

    >>> clean("a\\x00b\\u202ec\\n")
    'abc\\n'
    """
    kept = "".join(
        c for c in text if c in "\n\t" or (ord(c) >= 32 and not 127 <= ord(c) < 160 and c not in _TURNS)
    )
    return kept.encode("utf-8", "replace").decode()


_TURNS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Signs that turn the direction of writing: they make words look like others."""
