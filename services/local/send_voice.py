"""`heard send voice`: somebody calls, sends a voice note, or records on a web page."""

import secrets
from collections.abc import Iterator
from enum import StrEnum

import httpx

from services.local.found import Found
from services.local.loopback import client
from services.local.speech import to_call, to_opus
from services.local.standin import ACCOUNT, StandIn
from services.local.trouble import CannotHave
from shared.contracts.ids import form, twilio_message, twilio_recording


class By(StrEnum):
    """How the voice comes."""

    CALL = "call"
    WHATSAPP = "whatsapp"
    WEB = "web"


def send(heard: Found, sound: bytes | None, by: By, sender: str) -> Iterator[str]:
    """Send a sound (None: say nothing), and tell what became of it.

    Raises:
        CannotHave: the sound cannot be read, or silence was to be sent where there is none.
    """
    stand_in = StandIn(f"http://127.0.0.1:{heard.port('twilio')}")
    if by is By.CALL:
        yield from _call(stand_in, sender, to_call(sound) if sound is not None else None)
        return
    if sound is None:
        raise CannotHave("Only a caller can be silent: give a file of sound, or --say.")
    note = to_opus(sound)
    if by is By.WHATSAPP:
        told = stand_in.voice_note(sender, note)
        yield f"sent as {told['sid']}, answered {told['status']}"
        yield _follow(str(twilio_message(ACCOUNT, told["sid"])))
        return
    token = secrets.token_urlsafe(24)
    status = upload(heard.port("voice_web"), note, token).status_code
    yield f"uploaded {len(note)} bytes, answered {status}"
    yield _follow(str(form(token)))


def upload(port: int, note: bytes, token: str) -> httpx.Response:
    """What the recorder of a web page does."""
    return client().post(
        f"http://127.0.0.1:{port}/recordings/web",
        content=note,
        headers={"Content-Type": "audio/ogg", "Heard-Once": token},
        timeout=60,
    )


def _call(stand_in: StandIn, sender: str, sound: bytes | None) -> Iterator[str]:
    told = stand_in.call(sender, sound)
    for heard in told["heard"]:
        yield f"they heard: {heard}"
    if told["recording"]:
        yield f"recorded as {told['recording']}, answered {', '.join(map(str, told['statuses']))}"
        yield _follow(str(twilio_recording(ACCOUNT, told["recording"])))
    else:
        yield "nothing was said, so nothing was kept"


def _follow(contribution: str) -> str:
    return f"see its way with: heard trace {contribution}"
