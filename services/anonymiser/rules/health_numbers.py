"""NHS and National Insurance numbers, valid or not. The checksum names the kind; it never spares a number.

| written | label |
| --- | --- |
| 943 476 5919, 999-123-4578, "nhs no 9434765870" | NHS_NUMBER |
| AB123456C, "jg 10 37 59 a", QQ 41 70 26 C | NINO |
"""

import re

from services.anonymiser.rules.spans import DIRECT, Finds, Folded, Found

_TEN = re.compile(r"(?<![0-9])(?<![0-9][ .-])[0-9]{3}[ .-]?[0-9]{3}[ .-]?[0-9]{4}(?![0-9])")
_NHS_CUE = re.compile(r"\bnhs\b[^.!?\n]{0,40}$")
_NINO = re.compile(
    r"(?<![a-z0-9])([a-z])([ ./-]?)([a-z])[ ./-]{0,2}[0-9][ ./-]?[0-9][ ./-]{0,2}[0-9][ ./-]?[0-9][ ./-]{0,2}[0-9][ ./-]?[0-9]"
    r"(?:[ ./-]{0,2}[a-z])?(?![a-z0-9])"
)
_NINO_CUE = re.compile(r"\b(?:n\.?i\.?|nino|national insurance|insurance)\b[^.!?\n]{0,40}$")
_WORDS = frozenset(
    {
        "am",
        "an",
        "as",
        "at",
        "be",
        "by",
        "do",
        "go",
        "he",
        "if",
        "im",
        "in",
        "is",
        "it",
        "me",
        "my",
        "no",
        "of",
        "on",
        "or",
        "so",
        "to",
        "up",
        "us",
        "we",
    }
)
_MODULUS = 11


def nhs_checksum(digits: str) -> bool:
    """Tell whether ten digits are a valid NHS number.

    >>> nhs_checksum("9434765919"), nhs_checksum("9434765918")
    (True, False)
    """
    total = sum(int(digit) * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True))
    return (_MODULUS - total % _MODULUS) % _MODULUS == int(digits[9])


def find(folded: Folded) -> Finds:
    text = folded.text
    for match in _TEN.finditer(text):
        start, end = match.span()
        digits = re.sub(r"[^0-9]", "", match.group())
        cue = _NHS_CUE.search(text, max(0, start - 48), start)
        if cue or (digits[0] != "0" and nhs_checksum(digits)):
            yield Found(start, end, "NHS_NUMBER", DIRECT, "NHS number")
    for match in _NINO.finditer(text):
        start, end = match.span()
        cue = _NINO_CUE.search(text, max(0, start - 48), start)
        prefix = match.group(1) + match.group(3)
        if cue or (not match.group(2) and prefix not in _WORDS and match.group()[-1].isalpha()):
            yield Found(start, end, "NINO", DIRECT, "National Insurance number")
