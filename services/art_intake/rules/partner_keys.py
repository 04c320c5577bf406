"""A partner's API keys: their shape, what is kept of them, and who may come in with one.

A key is shown once. Kept is an HMAC of it, so nobody who reads the table can come in.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

PARTNER: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""A partner's short name. It stands in keys and records, so it names an organisation and never a person."""

_KEY: Final = re.compile(rf"heard_({PARTNER.pattern})_([A-Za-z0-9_-]{{40,64}})")
_NOBODY: Final = "0" * 64


class Scope(StrEnum):
    """What a key may do: send items and ask for their removal; read what arrived, and its proof."""

    SEND = "send"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Known:
    """One key as it is kept."""

    partner_id: str
    digest: str = field(repr=False)
    scopes: frozenset[Scope]
    expires_at: datetime | None = None


def compose(partner_id: str, chance: str) -> str:
    """The key that the partner is shown.

    >>> compose("northside", "a" * 43).startswith("heard_northside_aaa")
    True

    Raises:
        ValueError: when the name is no short name.
    """
    if not PARTNER.fullmatch(partner_id):
        raise ValueError("a partner's short name is 1 to 40 of a-z, 0-9 and hyphens, such as northside-youth")
    return f"heard_{partner_id}_{chance}"


def digest_of(secret: bytes, key: str) -> str:
    """What is kept of a key."""
    return hmac.new(secret, b"partner key\0" + key.encode("utf-8", "replace"), sha256).hexdigest()


def partner_of(key: str) -> str | None:
    """Whose key it says it is; None when it does not have the shape of one.

    >>> partner_of("heard_northside_" + "a" * 43), partner_of("heard_northside")
    ('northside', None)
    """
    found = _KEY.fullmatch(key)
    return found[1] if found else None


def who(secret: bytes, key: str, known: Mapping[str, Sequence[Known]], now: datetime) -> Known | None:
    """Who comes in with this key, if anybody.

    Wrong, unknown, ended and revoked keys cost the same: one HMAC, and a comparison that takes the same time.
    """
    digest = digest_of(secret, key)
    partner = partner_of(key)
    mine = known.get(partner, ()) if partner else ()
    nobody = Known("", _NOBODY, frozenset())
    right = None
    for one in mine or (nobody,):
        if hmac.compare_digest(one.digest, digest):
            right = one
    if right is None or (right.expires_at is not None and right.expires_at <= now):
        return None
    return right
