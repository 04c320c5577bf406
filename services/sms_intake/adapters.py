"""Twilio's webhooks, translated until only our words remain: numbers, words, media, and what became of our texts."""

import re
from dataclasses import dataclass, field
from typing import Final, Self

from shared.contracts.values import Channel, PartKind
from shared.twilio_webhook import Malformed, Posted, plain, whole

_MOST_MEDIA: Final = 10
_SID: Final = re.compile(r"[A-Za-z0-9]{1,100}")
_KIND: Final = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")
_STATUS: Final = re.compile(r"[a-z_]{1,40}")
_ERROR: Final = re.compile(r"\d{1,10}")


@dataclass(frozen=True, slots=True)
class Media:
    """Something that waits at Twilio."""

    sid: str
    media_type: str

    @property
    def kind(self) -> PartKind:
        return PartKind.of(self.media_type)


@dataclass(frozen=True, slots=True)
class Text:
    """One message. `raw` is the form as it came, for the identity vault; it names the sender, so it is not shown."""

    account: str
    sid: str
    sender: str = field(repr=False)
    to: str = field(repr=False)
    words: str = field(repr=False)
    display_name: str = field(repr=False)
    opt_out_type: str | None
    channel: Channel
    media: tuple[Media, ...]
    raw: bytes = field(repr=False)

    @classmethod
    def from_form(cls, posted: Posted) -> Self:
        """Read the fields that we need; the others stay in `raw`.

        Raises:
            Malformed: when the message, the account, the sender or the receiver is not named.
        """
        named = posted.named
        sid, account, sender, to = plain(named, "MessageSid", "AccountSid", "From", "To")
        whatsapp = sender.startswith("whatsapp:")
        return cls(
            account=account,
            sid=sid,
            sender=sender.removeprefix("whatsapp:"),
            to=to.removeprefix("whatsapp:"),
            words=whole(named.get("Body", "")),
            display_name=whole(named.get("ProfileName", "")),
            opt_out_type=named.get("OptOutType"),
            channel=Channel.WHATSAPP if whatsapp else Channel.SMS,
            media=tuple(_media(named)),
            raw=posted.raw,
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """What Twilio says of a message of ours. The number that it went to is not read."""

    account: str
    sid: str
    status: str
    error: str | None

    @classmethod
    def from_form(cls, posted: Posted) -> Self:
        """Read a status callback.

        Raises:
            Malformed: when the message, the account or the status is not named.
        """
        named = posted.named
        sid, account, status = plain(named, "MessageSid", "AccountSid", "MessageStatus")
        if not _STATUS.fullmatch(status.lower()):
            raise Malformed("MessageStatus is malformed")
        error = named.get("ErrorCode", "")
        return cls(account, sid, status.lower(), error if _ERROR.fullmatch(error) and int(error) else None)


def _media(named: dict[str, str]) -> list[Media]:
    count = named.get("NumMedia", "0")
    number = min(int(count), _MOST_MEDIA) if count.isdecimal() and len(count) < 4 else 0
    found = []
    for index in range(number):
        sid = named.get(f"MediaUrl{index}", "").rstrip("/").rpartition("/")[2]
        kind = named.get(f"MediaContentType{index}", "").partition(";")[0].strip().lower()
        found.append(
            Media(
                sid if _SID.fullmatch(sid) else f"unknown{index}",
                kind if _KIND.fullmatch(kind) else "application/octet-stream",
            )
        )
    return found
