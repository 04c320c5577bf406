"""An object store in memory, for tests. It can fail in the middle of a put, as a power cut would have it."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from pathlib import Path

from shared.errors import Unavailable
from shared.storage import Missing, checked
from shared.storage.objects import PIECE


class MemoryObjects:
    """`fails_after` is how many more files can be put before the store is away; None is for ever."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.fails_after: int | None = None

    async def put(self, key: str, value: bytes) -> None:
        await self.put_all({key: value})

    async def put_file(self, key: str, path: Path) -> None:
        await self.put_all({key: path.read_bytes()})

    async def add(self, key: str, value: bytes) -> bool:
        if await self.exists(key):
            return False
        await self.put_all({key: value})
        return True

    async def put_all(self, files: Mapping[str, bytes], last: Collection[str] = ()) -> None:
        for key in files:
            checked(key)
        for key in sorted(files, key=lambda key: key in last):
            if self.fails_after is not None:
                if not self.fails_after:
                    raise Unavailable("object_store_away")
                self.fails_after -= 1
            self.files[key] = files[key]

    async def get(self, key: str) -> bytes:
        try:
            return self.files[checked(key)]
        except KeyError:
            raise Missing("object_missing") from None

    async def pieces(self, key: str, size: int = PIECE) -> AsyncIterator[bytes]:
        value = await self.get(key)
        for start in range(0, len(value), size):
            yield value[start : start + size]

    async def exists(self, key: str) -> bool:
        return checked(key) in self.files

    async def list(self, prefix: str = "") -> Sequence[str]:
        below = f"{checked(prefix)}/" if prefix else ""
        return sorted(key for key in self.files if key.startswith(below))

    async def remove(self, keys: Collection[str]) -> None:
        for key in [checked(key) for key in keys]:
            self.files.pop(key, None)
