"""Numbers in any spelling: 0 7 7, 077oo, 0️⃣7️⃣, "oh double seven", all read as digits with their place."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from services.anonymiser.rules.fold import Folded

ONES = {
    "zero": "0", "nought": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
TEENS = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
TENS = {
    "twenty": "2", "thirty": "3", "forty": "4", "fourty": "4", "fifty": "5", "sixty": "6", "seventy": "7",
    "eighty": "8", "ninety": "9",
}  # fmt: skip
TIMES = {"double": 2, "triple": 3, "treble": 3}
ZEROS = {"hundred": "00", "thousand": "000"}
LOOKALIKE = {"o": "0", "l": "1", "i": "1"}

# one piece of a number: digits with lookalikes between them, or a spoken word
_PIECE = re.compile(
    r"[0-9][0-9oil]*|(?<![a-z])[oil]{1,4}(?=[0-9])|(?<![^\W_])(?:" + "|".join(
        sorted([*ONES, *TEENS, *TENS, *TIMES, *ZEROS], key=len, reverse=True)
    ) + r")(?![^\W_])|(?<=[0-9oil])(?:one|two|three|four|five|six|seven|eight|nine)(?![^\W_])"
)  # fmt: skip
_NOT_ALONE = frozenset({"o", "oh", *ZEROS, *TIMES})
_JOIN = re.compile(r"(?:[^\w\n\ue000-\ue002]|_){0,3}|\s{0,3}\n\s{0,3}")


Piece = tuple[int, int, str]


class Number(NamedTuple):
    start: int
    end: int
    digits: str
    pieces: tuple[Piece, ...]


def digits_of(pieces: Sequence[Piece]) -> str:
    """Read the digits of neighbouring pieces."""
    out: list[str] = []
    times = 1
    tens = ""
    for _, _, piece in pieces:
        if tens and piece not in ONES:
            out.append(tens + "0")
            tens = ""
        if piece in TIMES:
            times = TIMES[piece]
        elif piece in ZEROS:
            out.append(ZEROS[piece])
        elif piece in TENS:
            tens = TENS[piece]
        elif piece in ONES and tens:
            out.append(tens + ONES[piece])
            tens = ""
        else:
            value = ONES.get(piece) or TEENS.get(piece) or "".join(LOOKALIKE.get(c, c) for c in piece)
            out.append(value * times)
            times = 1
    return "".join(out) + (tens + "0" if tens else "")


def numbers(folded: Folded) -> list[Number]:
    """Read every run of digits, however it is spaced or said.

    >>> from services.anonymiser.rules.fold import fold
    >>> [n.digits for n in numbers(fold("call oh double seven 00-9OO one two"))]
    ['0770090012']
    """
    found: list[Number] = []
    pieces: list[Piece] = []
    for match in _PIECE.finditer(folded.text):
        if pieces and not _JOIN.fullmatch(folded.text, pieces[-1][1], match.start()):
            found += _number(pieces)
            pieces = []
        pieces.append((*match.span(), match.group()))
    return found + _number(pieces)


def _number(pieces: list[Piece]) -> list[Number]:
    # "hundred" or "oh" alone is a word; it is a number only beside another
    if not pieces or (len(pieces) == 1 and pieces[0][2] in _NOT_ALONE):
        return []
    return [Number(pieces[0][0], pieces[-1][1], digits_of(pieces), tuple(pieces))]
