"""The local keyring: one file under a passphrase (Argon2id, AES-256-GCM). It stands in for AWS KMS or OpenBao.

It protects a stolen disk that is switched off; not against root, nor another process of the same account.
"""

import base64
import json
import os
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from shared.clock import week_of, week_start
from shared.errors import Rejected
from shared.vault.box import Box
from shared.vault.bundle import KeyBundle
from shared.vault.purposes import OPENS, SECRETS, Purpose

LIVES: Final = timedelta(days=43)
"""How long a private half is kept: its week, 35 days of a topic, one day of a segment."""

_PLACE: Final = b"heard keyring 1"
_COST: Final[dict[str, int]] = {"iterations": 3, "lanes": 4, "memory_cost": 64 * 1024}


class WrongPassphrase(Exception):
    """The keyring does not open with that passphrase."""


class Keyring:
    """Key pairs by purpose and week, and symmetric secrets by name; kept in one file."""

    def __init__(self, path: Path, box: Box, salt: bytes, kept: dict[str, Any]) -> None:
        self.path, self._box, self._salt, self._kept = path, box, salt, kept

    @classmethod
    def open(cls, path: Path, passphrase: str) -> "Keyring":
        """Open the file, or make it when there is none yet.

        Raises:
            WrongPassphrase: when the file is there and does not open.
        """
        if not path.exists():
            salt = os.urandom(16)
            return cls(path, _derive(passphrase, salt, _COST), salt, {"pairs": {}, "secrets": {}})
        try:
            outer = json.loads(path.read_bytes())
            salt = base64.b64decode(outer["salt"])
            box = _derive(passphrase, salt, outer["cost"])
            kept = json.loads(box.open(base64.b64decode(outer["sealed"]), _PLACE))
        except (ValueError, KeyError, TypeError, Rejected):
            raise WrongPassphrase("the keyring does not open with this passphrase, or is damaged") from None
        return cls(path, box, salt, kept)

    def rotate(self, now: datetime) -> bool:
        """Make what is missing for this week and the next; destroy private halves that are 43 days old.

        Gives True when something changed; `save` keeps it.
        """
        changed = False
        for purpose in Purpose:
            weeks = self._kept["pairs"].setdefault(purpose.value, {})
            for week in (week_of(now), week_of(now + timedelta(days=7))):
                if week not in weeks:
                    private = X25519PrivateKey.generate()
                    weeks[week] = {
                        "private": _text(private.private_bytes_raw()),
                        "public": _text(private.public_key().public_bytes_raw()),
                    }
                    changed = True
            for week in list(weeks):
                if now - week_start(week) > LIVES:  # made ahead: its age counts from when it first serves
                    del weeks[week]
                    changed = True
        for name in sorted(set().union(*SECRETS.values())):
            changed |= self._make(name)
        return changed

    def put(self, name: str, value: bytes) -> None:
        """Keep a secret that comes from outside, such as a provider's token."""
        self._kept["secrets"][name] = _text(value)

    def secret(self, name: str) -> bytes:
        return base64.b64decode(self._kept["secrets"][name])

    def names(self) -> Iterable[str]:
        return tuple(self._kept["secrets"])

    def bundle(self, service: str) -> str:
        """The keys of one service, as JSON for its pipe; nothing that its row does not name."""
        pairs: dict[str, dict[str, dict[str, str]]] = self._kept["pairs"]
        opens, names = OPENS[service], SECRETS[service]
        return json.dumps(
            {
                "service": service,
                "public": {p: {w: k["public"] for w, k in weeks.items()} for p, weeks in pairs.items()},
                "private": {p.value: {w: k["private"] for w, k in pairs[p.value].items()} for p in opens},
                "secrets": {
                    name: self._kept["secrets"][name] for name in names if name in self._kept["secrets"]
                },
            }
        )

    def keys_of(self, service: str) -> KeyBundle:
        return KeyBundle.parse(self.bundle(service))

    def save(self) -> None:
        """Write the file whole and durably, readable by its owner alone."""
        sealed = self._box.seal(json.dumps(self._kept).encode(), _PLACE)
        outer = {"cost": _COST, "salt": _text(self._salt), "sealed": _text(sealed)}
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            os.fchmod(file.fileno(), 0o600)  # one that a crash left may have been wider
            file.write(json.dumps(outer))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _make(self, name: str) -> bool:
        if name in self._kept["secrets"] or name.startswith(("twilio_", "smtp_")):
            return False
        value = secrets.token_urlsafe(24).encode() if name.startswith("database_") else os.urandom(32)
        self._kept["secrets"][name] = _text(value)
        return True


def _derive(passphrase: str, salt: bytes, cost: dict[str, int]) -> Box:
    kdf = Argon2id(
        salt=salt,
        length=32,
        iterations=cost["iterations"],
        lanes=cost["lanes"],
        memory_cost=cost["memory_cost"],
    )
    return Box(kdf.derive(passphrase.encode()))


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
