"""The proof of a hand-over: a signed list of everything that one partner handed over, which anybody can check.

The signature (Ed25519) is over the canonical JSON of `statement`: sorted keys, no spaces, UTF-8. It proves what was
handed over and when, and says nothing of what became of it.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

STATEMENT: Final = "heard.hand-over.v1"


class NotProven(Exception):
    """The proof does not hold. The message says why, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Handed:
    """One item as it was sent; `sha256` and `size` are of the file's bytes, or of the words in UTF-8."""

    item_id: str
    contribution_id: str
    sha256: str
    size: int
    received_at: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that held."""

    partner: str
    issued_at: str
    public_key: str
    items: Sequence[Handed]


def canonical(statement: Mapping[str, Any]) -> bytes:
    """The bytes that are signed.

    >>> canonical({"b": 1, "a": "x"})
    b'{"a":"x","b":1}'
    """
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def statement_of(partner_id: str, items: Sequence[Handed], at: datetime) -> dict[str, Any]:
    return {
        "statement": STATEMENT,
        "partner": partner_id,
        "issued_at": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "count": len(items),
        "items": [asdict(one) for one in items],
    }


def signed(seed: bytes, statement: Mapping[str, Any]) -> dict[str, Any]:
    """The proof as it is handed out."""
    return {
        "statement": dict(statement),
        "algorithm": "Ed25519 over canonical JSON",
        "public_key": public_key(seed),
        "signature": base64.b64encode(
            Ed25519PrivateKey.from_private_bytes(seed).sign(canonical(statement))
        ).decode(),
    }


def public_key(seed: bytes) -> str:
    """What a proof is checked with, in hex: it is no secret."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()


def verify(document: object, expected_key: str | None = None) -> Proof:
    """Check a proof; with `expected_key` (hex) also that it is ours, and not signed by somebody else.

    Raises:
        NotProven: it does not hold.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("statement"), Mapping):
        raise NotProven("this is not a proof of a hand-over")
    statement, key = document["statement"], document.get("public_key")
    if not isinstance(key, str):
        raise NotProven("the proof names no public key")
    if expected_key is not None and key.lower() != expected_key.strip().lower():
        raise NotProven("the proof was signed with another key than the one that was expected")
    try:
        signature = base64.b64decode(str(document.get("signature", "")), validate=True)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, canonical(statement))
    except (ValueError, InvalidSignature):
        raise NotProven("the signature does not hold: the proof was changed, or cut short") from None
    try:
        items = tuple(Handed(**one) for one in statement["items"])
        proof = Proof(str(statement["partner"]), str(statement["issued_at"]), key.lower(), items)
    except (KeyError, TypeError):
        raise NotProven("the proof is signed, but is of a form that this program does not know") from None
    if statement.get("statement") != STATEMENT or statement.get("count") != len(items):
        raise NotProven("the proof is signed, but is of a form that this program does not know")
    return proof
