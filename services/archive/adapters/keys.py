"""Keys: one for each contribution, wrapped by an epoch's. Destroying the wrapped one erases the contribution."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from shared.errors import Rejected, Retryable
from shared.vault import Box


@dataclass(frozen=True, slots=True)
class ContentKey:
    """Seals the files of one contribution, each bound to its name."""

    contribution_id: UUID
    box: Box

    @classmethod
    def new(cls, contribution_id: UUID) -> Self:
        return cls(contribution_id, Box(os.urandom(32)))

    def seal(self, name: str, clear: bytes) -> bytes:
        return self.box.seal(clear, self._place(name))

    def open(self, name: str, sealed: bytes) -> bytes:
        """Give the clear bytes of a file.

        Raises:
            Rejected: when it is not the file of that name, or was changed.
        """
        return self.box.open(sealed, self._place(name))

    def _place(self, name: str) -> bytes:
        return f"heard archive 1/{self.contribution_id}/{name}".encode()


@dataclass(frozen=True, slots=True)
class Epochs:
    """The keys that wrap content keys, by name; new ones are wrapped by the current one."""

    boxes: Mapping[str, Box]
    current: str

    def wrap(self, key: ContentKey) -> bytes:
        return self.boxes[self.current].seal(key.box.key, _place(key.contribution_id, self.current))

    def unwrap(self, contribution_id: UUID, wrapped: bytes, epoch: str) -> ContentKey:
        """Give a contribution's key.

        Raises:
            Retryable: `no_epoch_key`, when this process was not given it.
            Rejected: `key_does_not_open`.
        """
        if epoch not in self.boxes:
            raise Retryable("no_epoch_key")
        try:
            clear = self.boxes[epoch].open(wrapped, _place(contribution_id, epoch))
        except Rejected:
            raise Rejected("key_does_not_open") from None
        return ContentKey(contribution_id, Box(clear))


def _place(contribution_id: UUID, epoch: str) -> bytes:
    return f"heard content key 1/{contribution_id}/{epoch}".encode()
