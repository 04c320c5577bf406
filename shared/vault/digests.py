"""Keyed digests: the SHA-256 of a short text or of a phone number could be guessed, so the edge keys them."""

import hmac
from hashlib import sha256


def keyed(key: bytes, *pieces: bytes) -> str:
    """HMAC-SHA256 in hex over the pieces, each with its length, so that no two lists give the same bytes."""
    mac = hmac.new(key, digestmod=sha256)
    for piece in pieces:
        mac.update(len(piece).to_bytes(8, "big"))
        mac.update(piece)
    return mac.hexdigest()


def bucket(key: bytes, address: bytes) -> bytes:
    """The sender bucket: 16 bits of an HMAC. Enough for order, too coarse to find a person."""
    return keyed(key, address)[:4].encode()
