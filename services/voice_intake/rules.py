"""Which number called, if it says so, and how ours are dialled."""

import re
from typing import Final

_NUMBER: Final = re.compile(r"\+[1-9]\d{7,14}")
_WITHHELD: Final = frozenset({"+266696687", "+7378742883", "+7378742833", "+86282452253"})
"""ANONYMOUS, RESTRICTED and UNAVAILABLE, as telephone keys spell them: Twilio gives these for no number."""


def caller_of(given: str) -> str | None:
    """The number that called; None when it was withheld, so that those who withhold it are not taken for one person.

    >>> caller_of("+447700900123"), caller_of("+266696687"), caller_of("anonymous")
    ('+447700900123', None, None)
    """
    return given if _NUMBER.fullmatch(given) and given not in _WITHHELD else None


def dialled(number: str) -> str:
    """A British number as it is dialled from a provider abroad.

    >>> dialled("0800 1111")
    '+448001111'
    """
    digits = "".join(filter(str.isdecimal, number))
    if not digits.startswith("0"):
        raise ValueError("not a number that can be dialled from abroad")
    return f"+44{digits[1:]}"
