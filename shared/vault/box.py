"""A symmetric box for what a service keeps for itself: AES-256-GCM, the place bound as associated data."""

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import Rejected

_NONCE = 12


@dataclass(frozen=True, slots=True)
class Box:
    """Seal and open under one key of 32 bytes.

    >>> box = Box(bytes(32)); box.open(box.seal(b"hello", b"here"), b"here")
    b'hello'
    """

    key: bytes = field(repr=False)

    def seal(self, clear: bytes, place: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self.key).encrypt(nonce, clear, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Give the clear bytes.

        Raises:
            Rejected: with the reason `box_does_not_open`.
        """
        try:
            return AESGCM(self.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place)
        except (InvalidTag, ValueError):
            raise Rejected("box_does_not_open") from None
