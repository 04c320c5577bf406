"""HPKE (RFC 9180, base mode): X25519, HKDF-SHA256, AES-256-GCM. The edge seals, the inside opens.

`info` binds what was sealed to its contribution, part, purpose, channel, consent and media digests, so ciphertext
moved under another id, or under a consent that was not given, does not open.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from shared.clock import week_start
from shared.contracts.base import Sealed
from shared.contracts.parts import Consent, Context
from shared.contracts.values import Channel
from shared.errors import Rejected
from shared.vault.purposes import Purpose

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class CannotOpen(Rejected):
    """The key is not ours, was destroyed, or the ciphertext stands where it was not sealed."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a sealed value belongs. `part` is 0 for what belongs to the contribution as a whole."""

    contribution_id: UUID
    part: int
    channel: Channel
    consent: Consent | None = None
    media: tuple[str, ...] = ()

    @classmethod
    def of(cls, context: Context, part: int = 0, media: tuple[str, ...] = ()) -> Self:
        return cls(context.contribution_id, part, context.channel, context.consent, media)

    def info(self, purpose: Purpose) -> bytes:
        """Canonical bytes: sorted keys, no spaces, UTF-8.

        Of the consent stands what was agreed to. What was not asked is no, so a field that is added later leaves what
        was sealed before as it is.
        """
        consent = (
            None if self.consent is None else self.consent.model_dump(mode="json", exclude_defaults=True)
        )
        bound = {
            "v": 1,
            "contribution": str(self.contribution_id),
            "part": self.part,
            "purpose": purpose.value,
            "channel": self.channel.value,
            "consent": consent,
            "media": list(self.media),
        }
        return json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Sealer:
    """Public keys: seals for others, opens nothing."""

    public: Mapping[Purpose, Mapping[str, X25519PublicKey]]

    @property
    def until(self) -> datetime | None:
        """When the last week ends that it has keys of its own for; after that it seals with older ones."""
        newest = [max(weeks) for weeks in self.public.values() if weeks]
        return week_start(min(newest)) + timedelta(days=7) if newest else None

    def seal(self, purpose: Purpose, clear: bytes, binding: Binding, *, week: str) -> Sealed:
        """Seal under the week's key, or the newest that this process was given when it has run on for too long."""
        weeks = self.public[purpose]
        name = week if week in weeks else max(weeks)
        return Sealed(key=f"{purpose}/{name}", ct=_SUITE.encrypt(clear, weeks[name], binding.info(purpose)))

    def seal_for_two(self, clear: bytes, binding: Binding, *, week: str) -> Sealed:
        """Seal for the identity vault: two people, each with one key, open it together."""
        inner = self.seal(Purpose.IDENTITY_SECOND, clear, binding, week=week)
        return self.seal(Purpose.IDENTITY_FIRST, inner.model_dump_json().encode(), binding, week=week)


@dataclass(frozen=True, slots=True)
class Opener:
    """Private keys of the purposes that this process may open."""

    private: Mapping[Purpose, Mapping[str, X25519PrivateKey]] = field(repr=False)

    def open(self, sealed: Sealed, binding: Binding) -> bytes:
        """Give the clear bytes.

        Raises:
            CannotOpen: with the reason `no_key` or `bound_elsewhere`.
        """
        name, _, week = sealed.key.partition("/")
        try:
            purpose = Purpose(name)
            key = self.private[purpose][week]
        except (ValueError, KeyError):
            raise CannotOpen("no_key") from None
        try:
            return bytes(_SUITE.decrypt(sealed.ct, key, binding.info(purpose)))
        except (InvalidTag, ValueError):
            raise CannotOpen("bound_elsewhere") from None
