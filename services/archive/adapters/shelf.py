"""The shelf: OCFL objects in an object store. A whole batch of objects is put at once, since `fsync` is what costs.

The catalogue is the truth. What a crash left above the version that the catalogue knows is taken away and written
again; nothing that the catalogue knows is ever changed.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.archive.rules.numbers import object_id, object_path
from services.archive.rules.ocfl import (
    INVENTORY,
    NAMASTE,
    NAMASTE_TEXT,
    ROOT_NAMASTE,
    SIDECAR,
    Inventory,
    storage_root,
)
from shared.errors import Retryable, Unavailable
from shared.storage import Differs, Missing, Objects
from shared.storage.fixity import sha512, unchanged


@dataclass(frozen=True, slots=True)
class Layer:
    """One version to be made: files that come (already sealed), names that go."""

    message: str
    added: Mapping[str, bytes] = field(repr=False)
    dropped: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """New versions of one object. `version` and `inventory_sha512` are the catalogue's; 0 for a new one."""

    contribution_id: UUID
    version: int
    inventory_sha512: str | None
    layers: Sequence[Layer]


@dataclass(frozen=True, slots=True)
class Shelved:
    """Where the object lies, since when, and the digest of the inventory of each new version."""

    object_key: str
    at: datetime
    inventories: Mapping[int, str]


class Shelf:
    def __init__(self, objects: Objects, prefix: str) -> None:
        self._objects, self.prefix = objects, prefix
        self._rooted = False

    async def prepare(self, *, catalogue_is_empty: bool) -> None:
        """Make the storage root for a new archive.

        Raises:
            Unavailable: `archive_root_missing`, when there are accessions already: then this is not their store.
        """
        if self._rooted:
            return
        if not await self._objects.exists(f"{self.prefix}/{ROOT_NAMASTE}"):
            if not catalogue_is_empty:
                raise Unavailable("archive_root_missing")
            files = {f"{self.prefix}/{path}": content for path, content in storage_root().items()}
            await self._objects.put_all(files, last=[f"{self.prefix}/{ROOT_NAMASTE}"])
        self._rooted = True

    @property
    def is_prepared(self) -> bool:
        return self._rooted

    def key_of(self, contribution_id: UUID) -> str:
        return f"{self.prefix}/{object_path(contribution_id)}"

    async def add(self, wanted: Sequence[Wanted], at: datetime) -> dict[UUID, Shelved]:
        """Make the new versions of many objects durable; an object's own inventory appears last."""
        bases = await asyncio.gather(*(self._base(one) for one in wanted))
        files: dict[str, bytes] = {}
        last: list[str] = []
        shelved = {}
        for one, base in zip(wanted, bases, strict=True):
            key, inventory, digests = self.key_of(one.contribution_id), base, {}
            if base.head == 0:
                files[f"{key}/{NAMASTE}"] = NAMASTE_TEXT
            for layer in one.layers:
                inventory, content = inventory.extended(
                    layer.added, layer.dropped, at=at, message=layer.message
                )
                here = content | inventory.beside(f"v{inventory.head}/")
                files |= {f"{key}/{path}": value for path, value in here.items()}
                digests[inventory.head] = sha512(inventory.text())
            files |= {f"{key}/{path}": value for path, value in inventory.beside("").items()}
            last += [f"{key}/{INVENTORY}", f"{key}/{SIDECAR}"]
            shelved[one.contribution_id] = Shelved(key, at, digests)
        await self._clear(wanted)
        await self._objects.put_all(files, last=last)
        return shelved

    async def inventory(self, object_key: str, version: int, digest: str) -> Inventory:
        """The inventory that the catalogue knows; a version's own copy where the object's is ahead or broken.

        Raises:
            Retryable: `object_damaged`, when neither is what the catalogue knows.
        """
        for path in (INVENTORY, f"v{version}/{INVENTORY}"):
            try:
                text = await self._objects.get(f"{object_key}/{path}")
            except (Missing, Differs):
                continue
            if unchanged(text, digest):
                return Inventory.parse(text)
        raise Retryable("object_damaged")

    async def read(self, object_key: str, inventory: Inventory, name: str) -> bytes:
        """A file of the newest version, as it is kept."""
        return await self._objects.get(f"{object_key}/{inventory.manifest[inventory.state[name]][0]}")

    async def verify(self, object_key: str, version: int, digest: str) -> tuple[str, ...]:
        """Check every byte of an object against the digest that the catalogue knows.

        Gives what is wrong: `missing`, `differs`, `stray`, or `damaged` when no inventory is the catalogue's.
        """
        try:
            inventory = await self.inventory(object_key, version, digest)
        except Retryable:
            return ("damaged",)
        expected = inventory.every_file()
        found = {path[len(object_key) + 1 :] for path in await self._objects.list(object_key)}
        each = await asyncio.gather(
            *(self._wrong(f"{object_key}/{path}", digest) for path, digest in expected.items())
        )
        strays = {"stray"} if found - set(expected) else set()
        return tuple(sorted({wrong for wrong in each if wrong} | strays))

    async def _wrong(self, key: str, digest: str) -> str | None:
        try:
            return None if unchanged(await self._objects.get(key), digest) else "differs"
        except Missing:
            return "missing"
        except Differs:
            return "differs"

    async def _base(self, one: Wanted) -> Inventory:
        if not one.version:
            return Inventory.of(object_id(one.contribution_id))
        assert one.inventory_sha512 is not None
        return await self.inventory(self.key_of(one.contribution_id), one.version, one.inventory_sha512)

    async def _clear(self, wanted: Sequence[Wanted]) -> None:
        """Take away what a crash left above what the catalogue knows."""
        found = await asyncio.gather(
            *(self._objects.list(self.key_of(one.contribution_id)) for one in wanted)
        )
        strays = [
            key
            for one, keys in zip(wanted, found, strict=True)
            for key in keys
            if not one.version or _version(key[len(self.key_of(one.contribution_id)) + 1 :]) > one.version
        ]
        if strays:
            await self._objects.remove(strays)


def _version(path: str) -> int:
    """The version that a file of an object belongs to, 0 for those of the object as a whole.

    >>> _version("v12/content/metadata.json"), _version("inventory.json")
    (12, 0)
    """
    folder, below, _ = path.partition("/")
    return int(folder[1:]) if below and folder[:1] == "v" and folder[1:].isdecimal() else 0
