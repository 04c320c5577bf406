"""Keys for tests: a keyring that is thrown away, with the row of every service."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from shared.vault import KeyBundle
from shared.vault.keyring import Keyring
from tests.support.twilio.sign import TOKEN


@cache
def keyring() -> Keyring:
    """One for the whole run: deriving a passphrase is slow on purpose."""
    ring = Keyring.open(Path(mkdtemp()) / "keyring.json", "only for tests")
    ring.rotate(datetime.now(UTC))
    ring.put("twilio_webhook", TOKEN.encode())
    ring.put("twilio_send", TOKEN.encode())
    ring.put("twilio_fetch", TOKEN.encode())
    ring.put("smtp_send", b"only for tests")
    return ring


@cache
def keys_of(service: str) -> KeyBundle:
    return keyring().keys_of(service)
