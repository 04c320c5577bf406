"""Finds the Heard that runs on this machine, for the commands that ask it something."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from services.local import running
from services.local.home import Home, default
from services.local.loopback import client
from services.local.trouble import CannotHave
from shared.vault.keyring import Keyring, WrongPassphrase

DEMO_MARK = "THIS-IS-A-DEMO.txt"
DEMO_PASSPHRASE = "demo-passphrase"  # noqa: S105  (a file name)
_POINTER = "running-now"


@dataclass(frozen=True, slots=True)
class Found:
    """A running Heard: its folder, and what it noted about itself."""

    home: Home
    status: dict[str, Any]

    @property
    def bootstrap(self) -> str:
        return str(self.status["bootstrap"])

    @property
    def is_demo(self) -> bool:
        return self.status.get("stage") == "demo"

    def port(self, name: str) -> int:
        return int(self.status["ports"][name])

    def ask(self, service: str, path: str, *, seconds: float = 30.0) -> dict[str, Any]:
        """Ask a service on its health port.

        Raises:
            CannotHave: when it does not answer.
        """
        try:
            answer = client().get(f"http://127.0.0.1:{self.port(service)}{path}", timeout=seconds)
        except httpx.HTTPError:
            raise CannotHave(f"{service} does not answer; it may be starting again: try once more.") from None
        if answer.status_code == 404:
            raise CannotHave(f"{service} knows nothing of that.")
        found: dict[str, Any] = answer.json()
        return found

    def keyring(self, passphrase: str) -> Keyring:
        try:
            return Keyring.open(self.home.path / "keyring.json", passphrase)
        except WrongPassphrase:
            raise CannotHave("The keyring does not open with this passphrase.") from None

    def passphrase(self) -> str | None:
        """The passphrase that needs no asking: of a demo, whose keys are thrown away, or from the file named."""
        if path := os.environ.get("HEARD_PASSPHRASE_FILE"):
            return Path(path).read_text(encoding="utf-8").strip()
        kept = self.home.path / DEMO_PASSPHRASE
        if (self.home.path / DEMO_MARK).exists() and kept.exists():
            return kept.read_text(encoding="utf-8").strip()
        return None


def found() -> Found:
    """The Heard of `HEARD_HOME`, or the last one that was started and still runs.

    Raises:
        CannotHave: when none runs.
    """
    homes = [Home()]
    if "HEARD_HOME" not in os.environ and (path := running.read(pointer()).get("home")):
        homes.insert(0, Home(Path(path)))
    for home in homes:
        if home.is_running() and "ports" in home.status():
            return Found(home, home.status())
    raise CannotHave("No Heard runs here: start one with `heard up` or `heard demo`.")


def pointer() -> Path:
    """Where the path of the Heard that was started last is noted."""
    return default().parent / _POINTER if "HEARD_HOME" not in os.environ else Home().path.parent / _POINTER
