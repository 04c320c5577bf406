"""What goes between us and a child: a length, a header in JSON, then bytes. Nothing in it is ever executed."""

import json
from collections.abc import Mapping
from typing import Any, Final

LENGTHS: Final = 16
"""Each frame begins with two lengths of 8 bytes: of the header, and of the bytes behind it."""
HEADER_LIMIT: Final = 16 * 1024 * 1024
_BLOB: Final = "$bytes"


class Rubbish(Exception):
    """What came is no frame."""


def pack(value: Mapping[str, object]) -> list[bytes]:
    """Write a frame. Bytes anywhere in the value travel behind the header."""
    blobs: list[bytes] = []

    def aside(one: object) -> dict[str, int]:
        if not isinstance(one, bytes):
            raise TypeError("neither JSON nor bytes")
        blobs.append(one)
        return {_BLOB: len(one)}

    header = json.dumps(value, default=aside).encode()
    rest = sum(map(len, blobs))
    return [len(header).to_bytes(8, "big") + rest.to_bytes(8, "big"), header, *blobs]


def lengths(start: bytes, limit: int) -> tuple[int, int]:
    """How long the header is, and what comes behind it.

    Raises:
        Rubbish: when it is more than `limit`.
    """
    header, rest = int.from_bytes(start[:8], "big"), int.from_bytes(start[8:], "big")
    if len(start) != LENGTHS or not 0 < header <= HEADER_LIMIT or rest > limit:
        raise Rubbish
    return header, rest


def unpack(header: bytes, rest: bytes) -> dict[str, Any]:
    """Read a frame back.

    Raises:
        Rubbish: when it is none.
    """
    try:
        value = json.loads(header)
        if not isinstance(value, dict):
            raise Rubbish
        pieces = _Pieces(rest)
        back: dict[str, Any] = _with_bytes(value, pieces)
    except (ValueError, RecursionError, TypeError):
        raise Rubbish from None
    if not pieces.used_up:
        raise Rubbish
    return back


class _Pieces:
    """The bytes behind a header, in the order in which the header names them."""

    def __init__(self, rest: bytes) -> None:
        self._rest, self._at = rest, 0

    def next(self, length: object) -> bytes:
        if not isinstance(length, int) or length < 0 or self._at + length > len(self._rest):
            raise Rubbish
        piece = self._rest[self._at : self._at + length]
        self._at += length
        return piece

    @property
    def used_up(self) -> bool:
        return self._at == len(self._rest)


def _with_bytes(value: Any, pieces: _Pieces) -> Any:
    if isinstance(value, dict):
        if set(value) == {_BLOB}:
            return pieces.next(value[_BLOB])
        return {name: _with_bytes(one, pieces) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_bytes(one, pieces) for one in value]
    return value
