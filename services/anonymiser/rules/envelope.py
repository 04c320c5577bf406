"""What the envelope says of the sender: never left in the words, in any spelling or spacing.

A display name that is a plain word ("Hope") is left to the grammar of names; where it still stands, a person looks.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from services.anonymiser.rules.common_words import is_common
from services.anonymiser.rules.digits import numbers
from services.anonymiser.rules.fold import fold
from services.anonymiser.rules.given_names import WORDS_TOO
from services.anonymiser.rules.helplines import is_helpline
from services.anonymiser.rules.spans import DIRECT, Finds, Folded, Found

_GAP = r"(?:[^\w\ue000-\ue002]|_){0,6}"
_SAID = rf"(?:{_GAP}(?:dot|at|underscore|dash|hyphen|plus|point|full stop){_GAP}|{_GAP})"
_PIECE = re.compile(r"[^\W_]+")
_LONG_ENOUGH_TO_GLUE = 6
_SHORTEST_NAME = 2
_SHORTEST_NUMBER = 5
_TAIL = 9  # a UK number is the same with +44 and with 0
_MOST = 80


class Envelope:
    """The sender's own identifiers, read once for one text."""

    def __init__(self, names: Sequence[str]) -> None:
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        self._numbers: list[str] = []
        self._plain: set[str] = set()
        for name in names:
            self._add(name)

    def _add(self, name: str) -> None:
        text = fold(name[: _MOST * 2]).text
        digits = "".join(c for c in text if c.isdigit())
        letters = [c for c in text if c.isalpha()]
        if digits and not letters:
            if len(digits) >= _SHORTEST_NUMBER and not is_helpline(digits):
                self._numbers.append(digits[-_TAIL:])
            return
        pieces = tuple(_PIECE.findall(text)[:_MOST])
        if not pieces:
            return
        if "@" in text:
            local = tuple(_PIECE.findall(text.split("@", 1)[0]))
            self._patterns.append((_spelled(pieces), "EMAIL"))
            if local and not _is_plain("".join(local)) and len("".join(local)) > _SHORTEST_NAME:
                self._patterns.append((_spelled(local), "HANDLE"))
            return
        strange = [p for p in pieces if not _is_plain(p) and len(p) >= _SHORTEST_NAME]
        if strange and (len(pieces) > 1 or digits):
            label = "HANDLE" if digits or "_" in text else "PERSON"
            self._patterns.append((_spelled(pieces), label))
        for piece in pieces:
            if piece in strange and not piece.isdigit():
                self._patterns.append((_spelled((piece,)), "PERSON"))
            elif not piece.isdigit() and len(piece) > _SHORTEST_NAME:
                self._plain.add(piece)

    def find(self, folded: Folded) -> Finds:
        for pattern, label in self._patterns:
            for match in pattern.finditer(folded.text):
                yield Found(*match.span(), label, DIRECT, "envelope")
        if self._numbers:
            for number in numbers(folded):
                if any(known in number.digits for known in self._numbers):
                    yield Found(number.start, number.end, "PHONE", DIRECT, "envelope")

    def left(self, folded: Folded) -> list[tuple[int, int]]:
        """List where a plain word that is also the sender's name still stands."""
        return [(w.start, w.end) for w in folded.words if w.base in self._plain]


def _is_plain(word: str) -> bool:
    return is_common(word) or word in WORDS_TOO


@lru_cache(maxsize=512)
def _spelled(pieces: tuple[str, ...]) -> re.Pattern[str]:
    """Match the pieces with anything thin between the letters, and said or written joins between the pieces."""
    body = _SAID.join(_GAP.join(f"{re.escape(c)}" for c in piece) for piece in pieces)
    before = "" if sum(map(len, pieces)) >= _LONG_ENOUGH_TO_GLUE else r"(?<![^\W_])"
    return re.compile(rf"{before}{body}(?:s(?![^\W_])|(?![^\W_]))" if before else body)
