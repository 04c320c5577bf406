"""The object store's port. Every adapter passes the one suite in `tests/contract/test_objects.py`."""

import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from shared.errors import Rejected, Retryable

PIECE: Final = 4 * 1024 * 1024
"""How many bytes of a large object are in memory at a time, when nobody asks for another size."""

_SEGMENT: Final = r"[a-z0-9][a-z0-9._=-]{0,199}"
_KEY: Final = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")
_LONGEST: Final = 300


class Missing(Retryable):
    """There is no such object, though the store answers."""


class Differs(Retryable):
    """The store gives other bytes than it was given, by its own checksum: fixity names the object."""


class Objects(Protocol):
    """Bytes under a key. Whatever returns is durable; `Unavailable` when the store is away or full.

    Keys are lower-case ASCII segments with `/` between them, none of which begins with a dot; any other key is
    `Rejected`, since keys may come from events.
    """

    async def put(self, key: str, value: bytes) -> None:
        """Keep the bytes, whole or not at all; what was there before is replaced."""

    async def put_file(self, key: str, path: Path) -> None:
        """Keep what a file of this machine holds, as `put` does; memory holds a piece of it.

        Raises:
            FileNotFoundError: when there is no such file.
        """

    async def put_all(self, files: Mapping[str, bytes], last: Collection[str] = ()) -> None:
        """Keep many. Those named in `last` appear only once all the others are durable in their places."""

    async def add(self, key: str, value: bytes) -> bool:
        """Keep the bytes unless there is such an object already: True when they were kept."""

    async def get(self, key: str) -> bytes:
        """Give the bytes.

        Raises:
            Missing: when there is no such object.
            Differs: when the store itself sees that they changed; not every store looks.
        """

    def pieces(self, key: str, size: int = PIECE) -> AsyncIterator[bytes]:
        """Give the bytes in order, so many at a time; nothing for an empty object.

        Raises:
            Missing: when there is no such object.
            Differs: as `get` does, after the last of them.
            Retryable: `object_changed`, when it was replaced meanwhile.
        """

    async def exists(self, key: str) -> bool:
        """Say whether there is such an object."""

    async def list(self, prefix: str = "") -> Sequence[str]:
        """The keys below a prefix (`a` lists `a/b`, and neither `a` nor `ab`), sorted; all of them without one."""

    async def remove(self, keys: Collection[str]) -> None:
        """Take objects away; one that is not there is no error."""


def checked(key: str) -> str:
    """Give the key back when it is one.

    >>> checked("archive/0=ocfl_1.1")
    'archive/0=ocfl_1.1'

    Raises:
        Rejected: `bad_object_key`.
    """
    if len(key) > _LONGEST or not _KEY.fullmatch(key):
        raise Rejected("bad_object_key")
    return key
