"""UK phone numbers in every spelling, and any other long run of digits that nothing else explains.

| written | taken |
| --- | --- |
| 07700 900123, 07700.900.123, 0 7 7 0 0 ... | yes |
| +44 (0) 7700 900123, 0044 ... | yes |
| oh double seven hundred nine hundred one two three | yes |
| 07700 90012 (a digit short) | yes |
| 0800 1111, 116 123, 85258 | no: helplines |
"""

import re

from services.anonymiser.rules.digits import Number, digits_of, numbers
from services.anonymiser.rules.helplines import is_helpline
from services.anonymiser.rules.spans import DIRECT, Finds, Folded, Found

LONG = 7  # a run of this many digits never survives
_SHORT_LINE = 3  # 999 may be part of any number
_UK = re.compile(r"(?:0044|44)?0?(?:7\d{8,9}|[12389]\d{8,9})")
_SHORT_UK = re.compile(r"0[1-9]\d{7,10}")
_EXTENSION = re.compile(r"\s{0,2}(?:ext|extension|x)\.?\s{0,2}[0-9]{1,5}(?![0-9])")


def find(folded: Folded) -> Finds:
    for number in numbers(folded):
        if len(number.digits) < LONG or is_helpline(number.digits):
            continue
        number = _without_helplines(number)
        digits = number.digits
        if len(digits) < LONG:
            continue
        start, end = number.start, number.end
        if _is_uk(digits):
            while start and folded.text[start - 1] in "+(":
                start -= 1
            extension = _EXTENSION.match(folded.text, end)
            yield Found(start, extension.end() if extension else end, "PHONE", DIRECT, "phone")
        else:
            yield Found(start, end, "ID_NUMBER", DIRECT, "long number")


def _is_uk(digits: str) -> bool:
    return bool(_UK.fullmatch(digits) or _SHORT_UK.fullmatch(digits))


def _without_helplines(number: Number) -> Number:
    """Take a helpline off either end of a run, as in "0800 1111, 116 123", unless the whole is a phone."""
    pieces = list(number.pieces)
    cut = not _is_uk(number.digits)
    while cut and pieces and not _is_uk(digits_of(pieces)):
        cut = False
        for size in range(min(len(pieces), 12), 0, -1):
            for side in (slice(0, size), slice(len(pieces) - size, len(pieces))):
                rest = pieces[size:] if side.start == 0 else pieces[:-size]
                digits = digits_of(pieces[side])
                if is_helpline(digits) and (len(digits) > _SHORT_LINE or _is_uk(digits_of(rest))):
                    del pieces[side]
                    cut = True
                    break
            if cut:
                break
    if not pieces:
        return Number(number.start, number.start, "", ())
    return Number(pieces[0][0], pieces[-1][1], digits_of(pieces), tuple(pieces))
