"""The number that words get which were read out of a part. A part that is read again gets the same."""

from typing import Final

FOUND: Final = 100_000
_STEP: Final = 100


def of_received(part: int, parts: int) -> int:
    """Words out of part `part` of a contribution with so many parts.

    >>> [of_received(part, 3) for part in (1, 2, 3)]
    [103, 203, 303]
    """
    return parts + part * _STEP


def of_found(part: int) -> int:
    """Words out of something that was found in a mail; mails have fewer parts than where these begin.

    >>> of_found(7)
    100007
    """
    return FOUND + part
