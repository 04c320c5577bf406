"""Sound, pictures and mail: the sealed stream is copied as it is; its key goes into the contribution's own object.

One copy for each content, beside the OCFL objects, never rewritten. Beside the key lies a reference with the copy's
place, size and SHA-512, so that the inventory's digest covers the media as well.
"""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from shared.contracts.parts import ObjectRef
from shared.errors import Retryable
from shared.storage import Differs, Missing, Objects
from shared.storage.fixity import sha512

_AT_ONCE: Final = 2
"""How many objects are in memory at one time; each may be as large as an upload."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a copy lies. `size` is in bytes, of the ciphertext."""

    key: str
    size: int
    sha512: str

    def text(self) -> bytes:
        kept = {"key": self.key, "size": self.size, "sha512": self.sha512}
        return json.dumps(kept, sort_keys=True, indent=2).encode() + b"\n"

    @classmethod
    def parse(cls, text: bytes) -> Self:
        kept: dict[str, Any] = json.loads(text)
        return cls(kept["key"], kept["size"], kept["sha512"])


class Media:
    """`incoming` is the store in which sealed objects travel, `kept` the archive's own."""

    def __init__(self, incoming: Objects, kept: Objects, prefix: str) -> None:
        self._incoming, self._kept, self.prefix = incoming, kept, prefix
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def keep(self, contribution_id: UUID, ref: ObjectRef) -> Reference:
        """Copy an object; a repeat finds it there.

        Raises:
            Retryable: `no_such_object`, or `object_differs` when it is not what its event says.
        """
        async with self._gate:
            sealed = await self._incoming.get(ref.key)
            if hashlib.sha256(sealed).hexdigest() != ref.sha256:
                raise Retryable("object_differs")
            found = Reference(f"{self.prefix}/{contribution_id}/{ref.sha256}", len(sealed), sha512(sealed))
            if not await self._kept.exists(found.key):
                await self._kept.add(found.key, sealed)
            return found

    async def verify(self, reference: Reference) -> str | None:
        """Give what is wrong with a copy: `missing` or `differs`."""
        async with self._gate:
            digest = hashlib.sha512()
            try:
                async for piece in self._kept.pieces(reference.key):
                    digest.update(piece)
            except Missing:
                return "missing"
            except Differs:
                return "differs"
            return None if digest.hexdigest() == reference.sha512 else "differs"
