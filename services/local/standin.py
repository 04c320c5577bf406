"""Starts the stand-in for Twilio that a checkout has. It is not part of the image: production has Twilio."""

import json
import os
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.local import running
from services.local.home import Home
from services.local.leash import spawn
from services.local.loopback import client
from services.local.plan import DRAMA, sms_url, voice_url
from services.local.trouble import CannotHave
from shared.files import write_whole
from shared.vault.keyring import Keyring

ACCOUNT: Final = "AC" + "0" * 31 + "1"


@contextmanager
def playing(name: str, called: str, home: Home, arguments: Sequence[str]) -> Iterator[str]:
    """Run the stand-in `tests.support.<name>`, and stop it at the end; gives the address that it prints.

    Raises:
        CannotHave: outside a checkout, where there is none; or when it does not start.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "tests" / "support" / name).is_dir():
        raise CannotHave(f"{called} is only in a checkout of Heard: clone it, and run this from there.")
    reading, writing = os.pipe()
    log = running.open_log(home.logs / f"{name}.log")
    command = [sys.executable, "-m", f"tests.support.{name}", *arguments]
    process = spawn(command, stdout=writing, stderr=log, cwd=root)
    os.close(writing)
    log.close()
    try:
        with os.fdopen(reading) as answer:
            line = answer.readline()
            if not line:
                raise CannotHave(f"{called} did not start: see {name}.log in the folder of logs.")
            yield str(json.loads(line)["url"])
    finally:
        process.terminate()
        process.wait(10)


@dataclass(frozen=True, slots=True)
class StandIn:
    """Talks to the stand-in's control routes."""

    url: str

    @classmethod
    @contextmanager
    def running(cls, home: Home, keyring: Keyring, ports: Mapping[str, int]) -> Iterator["StandIn"]:
        """Start it, and stop it at the end.

        Raises:
            CannotHave: outside a checkout, where there is none.
        """
        token = home.run / "twilio-token"
        write_whole(token, keyring.secret("twilio_webhook").decode())
        arguments = [
            "--port", str(ports["twilio"]), "--account", ACCOUNT, "--token-file", str(token), "--webhook", sms_url(ports),
            "--numbers", DRAMA["ours"], "--voice-webhook", f"{voice_url(ports)}/call",
        ]  # fmt: skip
        try:
            with playing("twilio", "Twilio's stand-in", home, arguments) as url:
                yield cls(url)
        finally:
            token.unlink(missing_ok=True)

    def text(self, sender: str, body: str, **more: Any) -> dict[str, Any]:
        """Somebody texts us; gives the message's sid and how each try of the webhook went."""
        answer = client().post(
            f"{self.url}/_stand-in/inbound",
            json={"from": sender, "to": DRAMA["ours"], "body": body, **more},
            timeout=60,
        )
        answer.raise_for_status()
        return dict(answer.json())

    def call(self, sender: str, sound: bytes | None, **more: Any) -> dict[str, Any]:
        """Somebody calls us and says `sound`, a WAV; gives what they heard, and the recording's sid."""
        spoken = {"base64": b64encode(sound).decode()} if sound is not None else {}
        answer = client().post(
            f"{self.url}/_stand-in/calls",
            json={"from": sender, "to": DRAMA["ours"], **spoken, **more},
            timeout=90,
        )
        answer.raise_for_status()
        return dict(answer.json())

    def voice_note(self, sender: str, sound: bytes, words: str = "", **more: Any) -> dict[str, Any]:
        """Somebody sends a voice note by WhatsApp, with words under it or without."""
        note = {"content_type": "audio/ogg; codecs=opus", "base64": b64encode(sound).decode()}
        return self.text(sender, words, media=[note], whatsapp="", **more)

    def phone(self, number: str) -> list[dict[str, Any]]:
        """The texts that arrived at a phone."""
        answer = client().get(f"{self.url}/_stand-in/phone/{number}", timeout=10)
        answer.raise_for_status()
        found = answer.json()
        return list(found["texts"] if isinstance(found, dict) else found)

    def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = client().request(method, f"{self.url}/_stand-in/{path}", json=body or None, timeout=60)
        answer.raise_for_status()
        return answer.json()
