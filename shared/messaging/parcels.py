"""Sealed objects between an intake and the object store: files beside the spool, until the store has them."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shared.messaging.spool import SpoolFull
from shared.vault.stream import StreamSealer

_NEW: Final = ".new"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A sealed object on this disk. `size` and `sha256` are the ciphertext's, `clear_size` is the clear's, in bytes."""

    key: str
    stream_key: bytes = field(repr=False)
    clear_size: int
    size: int
    sha256: str


class Packing:
    """An object that is being sealed to disk, piece by piece: memory holds one chunk of it."""

    def __init__(self, folder: Path) -> None:
        self._name = secrets.token_hex(16)
        self._path = folder / self._name
        self._fresh = self._path.with_suffix(_NEW)
        try:
            self._file = os.fdopen(os.open(self._fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
            self._sealer = StreamSealer(self._file.write)
        except OSError:
            raise SpoolFull from None

    def feed(self, clear: bytes) -> None:
        """Seal more of it.

        Raises:
            SpoolFull: the disk does not take it; nothing of it is left.
        """
        try:
            self._sealer.feed(clear)
        except OSError:
            self.abandon()
            raise SpoolFull from None

    @property
    def clear_size(self) -> int:
        return self._sealer.clear_size

    def finish(self) -> Parcel:
        """Make it durable.

        Raises:
            SpoolFull: the disk does not take it; nothing of it is left.
        """
        try:
            digest = self._sealer.finish()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._fresh.rename(self._path)
            _sync(self._path.parent)
        except OSError:
            self.abandon()
            raise SpoolFull from None
        return Parcel(
            f"incoming/{self._name}",
            self._sealer.key,
            self._sealer.clear_size,
            self._sealer.sealed_size,
            digest,
        )

    def abandon(self) -> None:
        """Leave nothing behind: the sender went away, or sent too much."""
        with contextlib.suppress(OSError):  # what the buffer held did not fit either
            self._file.close()
        self._fresh.unlink(missing_ok=True)


class Parcels:
    """The folder of one intake's parcels. What no row of the spool names any more is a stray."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def begin(self) -> Packing:
        return Packing(self.folder)

    async def pack(self, pieces: Iterable[bytes]) -> Parcel:
        """Seal what is in memory already, off the event loop."""

        def seal() -> Parcel:
            packing = self.begin()
            for piece in pieces:
                packing.feed(piece)
            return packing.finish()

        return await asyncio.to_thread(seal)

    def read(self, key: str) -> bytes:
        return self.path_of(key).read_bytes()

    def forget(self, keys: Iterable[str]) -> None:
        """The store has them, or nobody accepted them."""
        for key in keys:
            self.path_of(key).unlink(missing_ok=True)

    def clear_strays(self, named: Iterable[str]) -> int:
        """Take away what a crash left between sealing and accepting; the sender was not answered. At start only."""
        kept = {key.rpartition("/")[2] for key in named}
        strays = [path for path in self.folder.iterdir() if path.name not in kept]
        for path in strays:
            path.unlink(missing_ok=True)
        return len(strays)

    def path_of(self, key: str) -> Path:
        return self.folder / key.rpartition("/")[2]


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
