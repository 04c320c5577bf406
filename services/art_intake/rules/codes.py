"""A code of six words: made from bytes, and read back as people type it."""

import re
from typing import Final

from services.art_intake.rules.code_words import CODE_WORDS

WORDS: Final = 6
_LONGEST: Final = 200
_LETTERS: Final = re.compile(r"[a-z]+")


def code_of(bytes_: bytes) -> str:
    """Six words out of at least 32 bytes that nobody can foretell: the same bytes give the same words.

    >>> len(code_of(bytes(32)).split())
    6
    """
    number, words = int.from_bytes(bytes_, "big"), []
    for _ in range(WORDS):
        number, index = divmod(number, len(CODE_WORDS))
        words.append(CODE_WORDS[index])
    return " ".join(words)


def as_typed(text: str) -> str | None:
    """The code in what somebody typed, in its one spelling: case, commas, hyphens and line ends do not matter.

    >>> as_typed(" Apricot, BADGER-calm\\ncosmos daisy  echo.")
    'apricot badger calm cosmos daisy echo'
    >>> as_typed("apricot badger") is None
    True
    """
    words = _LETTERS.findall(text[:_LONGEST].lower())
    return " ".join(words) if len(words) == WORDS else None
