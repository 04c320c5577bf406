"""The keys that one process is given, over an inherited pipe: never in arguments or environment."""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from shared.vault.purposes import Purpose
from shared.vault.sealing import Opener, Sealer


class NoKeys(RuntimeError):
    """The process was started without its keys."""


@dataclass(frozen=True, slots=True)
class KeyBundle:
    """Public keys for sealing, private keys of the service's own row, and its symmetric secrets."""

    service: str
    sealer: Sealer
    opener: Opener
    secrets: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the JSON that `Keyring.bundle` writes."""
        raw: dict[str, Any] = json.loads(text)
        public = {
            Purpose(p): {w: X25519PublicKey.from_public_bytes(_bytes(k)) for w, k in weeks.items()}
            for p, weeks in raw["public"].items()
        }
        private = {
            Purpose(p): {w: X25519PrivateKey.from_private_bytes(_bytes(k)) for w, k in weeks.items()}
            for p, weeks in raw["private"].items()
        }
        secrets = {name: _bytes(value) for name, value in raw["secrets"].items()}
        return cls(raw["service"], Sealer(public), Opener(private), secrets)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the bundle from the pipe `HEARD_KEYS_FD`, or from the file `HEARD_KEYS_FILE` (a mounted secret).

        Raises:
            NoKeys: when there is neither.
        """
        if fd := environment.get("HEARD_KEYS_FD"):
            with os.fdopen(int(fd), encoding="utf-8") as pipe:
                return cls.parse(pipe.read())
        if path := environment.get("HEARD_KEYS_FILE"):
            return cls.parse(Path(path).read_text(encoding="utf-8"))
        raise NoKeys("no keys: start services with `heard up`, or give HEARD_KEYS_FD or HEARD_KEYS_FILE")

    def secret(self, name: str) -> bytes:
        """Give one symmetric secret.

        Raises:
            NoKeys: when this process was not given it.
        """
        try:
            return self.secrets[name]
        except KeyError:
            raise NoKeys(f"{self.service} was not given the secret {name}") from None

    def text(self, name: str) -> str:
        """A secret that is text, such as a password."""
        return self.secret(name).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
