"""Twilio's forms of a call, translated until only our words remain."""

import base64
import binascii
import json
import os
import re
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.voice_intake.rules import caller_of
from shared.twilio_webhook import Malformed, Posted, plain
from shared.vault.digests import keyed

ABSENT: Final = "absent"
"""What Twilio says when there was nothing to record."""
_SID: Final = re.compile(r"[A-Za-z0-9]{1,100}")
_NONCE: Final = 12


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it comes in. `caller` is None when the number was withheld."""

    account: str
    sid: str
    caller: str | None = field(repr=False)
    to: str = field(repr=False)
    digits: str = field(default="", repr=False)

    @classmethod
    def from_form(cls, posted: Posted) -> Self:
        """Read the fields that we need.

        Raises:
            Malformed: when the call, the account or our number is not named.
        """
        named = posted.named
        sid, account, to = plain(named, "CallSid", "AccountSid", "To")
        return cls(account, sid, caller_of(named.get("From", "")), to, named.get("Digits", ""))


class Ticket:
    """The caller's number on its way to Twilio and back, in the address that recordings are reported to.

    That report does not say who called, and comes on its own: before the call ends, or when we were started anew in
    between. So the number travels in the address, under a key of the edge, where no log of an address can show it.
    """

    def __init__(self, tag_key: bytes) -> None:
        self._cipher = AESGCM(bytes.fromhex(keyed(tag_key, b"a caller's ticket")))

    def write(self, call: Call) -> str:
        clear = json.dumps([call.caller, call.to]).encode()
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, clear, call.sid.encode())
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, ticket: str, call_sid: str) -> tuple[str | None, str]:
        """Give the caller and our number; nobody, when the ticket is not of this call."""
        try:
            sealed = base64.b64decode(ticket + "=" * (-len(ticket) % 4), altchars=b"-_", validate=True)
            clear = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], call_sid.encode())
        except (ValueError, binascii.Error, InvalidTag):
            return None, ""
        caller, to = json.loads(clear)
        return caller, to


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded in a call, as it waits at Twilio. `raw` is the form as it came, for the identity vault."""

    account: str
    sid: str
    call_sid: str
    status: str
    caller: str | None = field(repr=False)
    to: str = field(repr=False)
    raw: bytes = field(repr=False)

    @classmethod
    def after_the_call(cls, posted: Posted) -> Self | None:
        """Read what comes at the end of a recording, with the caller; None when it names no recording.

        Raises:
            Malformed: when the call, the account or our number is not named.
        """
        named, call = posted.named, Call.from_form(posted)
        sid = named.get("RecordingSid") or named.get("RecordingUrl", "").rstrip("/").rpartition("/")[2]
        if not _SID.fullmatch(sid):
            return None
        return cls(call.account, sid, call.sid, "completed", call.caller, call.to, posted.raw)

    @classmethod
    def reported(cls, posted: Posted, ticket: Ticket) -> Self:
        """Read a recording's status callback.

        Raises:
            Malformed: when the recording, the call or the account is not named.
        """
        named = posted.named
        sid, call_sid, account, status = plain(
            named, "RecordingSid", "CallSid", "AccountSid", "RecordingStatus"
        )
        if not _SID.fullmatch(sid):
            raise Malformed("RecordingSid is malformed")
        caller, to = ticket.read(posted.query.get("c", ""), call_sid)
        return cls(account, sid, call_sid, status.lower(), caller, to, posted.raw)
