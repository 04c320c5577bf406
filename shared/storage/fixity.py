"""Fixity: proof that bytes are unchanged."""

import hashlib
import hmac


def sha512(value: bytes) -> str:
    """The digest that inventories hold.

    >>> sha512(b"")[:16]
    'cf83e1357eefb8bd'
    """
    return hashlib.sha512(value).hexdigest()


def unchanged(value: bytes, digest: str) -> bool:
    """Say whether the bytes still have that SHA-512."""
    return hmac.compare_digest(sha512(value), digest)
