"""The hidden token of a form: drawn by chance, signed, good once; two taps with one token are one contribution."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

LASTS: Final = timedelta(days=7)
"""Longer than anybody leaves a page open; what is older is asked to be sent again, with its words put back."""
_SHAPE: Final = re.compile(r"([0-9a-f]{32})\.(\d{10})\.([0-9a-f]{64})")
Sign = Callable[[bytes], str]


def made(chance: str, now: datetime, sign: Sign) -> str:
    """A new token; `chance` is 32 hex digits.

    >>> made("0" * 32, datetime(2026, 11, 24, tzinfo=UTC), lambda _: "f" * 64)[:43]
    '00000000000000000000000000000000.1795478400'
    """
    body = f"{chance}.{int(now.timestamp())}"
    return f"{body}.{sign(body.encode())}"


def holds(token: str, now: datetime, sign: Sign, same: Callable[[str, str], bool]) -> bool:
    """Say whether it is one of ours and not too old. `same` compares without telling how far it got."""
    found = _SHAPE.fullmatch(token)
    if not found:
        return False
    chance, at, signature = found.groups()
    if not same(signature, sign(f"{chance}.{at}".encode())):
        return False
    issued = datetime.fromtimestamp(int(at), UTC)
    return timedelta(minutes=-5) <= now - issued <= LASTS
