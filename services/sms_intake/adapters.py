"""Twilio's webhook, translated until only our words remain: signature, form, numbers, media."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from shared.contracts.values import Channel, PartKind

FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 300
_MOST_MEDIA: Final = 10
_SID: Final = re.compile(r"[A-Za-z0-9]{1,100}")
_KIND: Final = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")


class Malformed(Exception):
    """The form cannot be read, or lacks what every text has. The message is safe to answer with."""


@dataclass(frozen=True, slots=True)
class Media:
    """Something that waits at Twilio."""

    sid: str
    media_type: str

    @property
    def kind(self) -> PartKind:
        return {"image": PartKind.PICTURE, "audio": PartKind.SOUND}.get(
            self.media_type.partition("/")[0],
            PartKind.DOCUMENT if self.media_type == "application/pdf" else PartKind.OTHER,
        )


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
    def from_form(cls, fields: Sequence[tuple[str, str]], raw: bytes) -> Self:
        """Read the fields that we need; the others stay in `raw`.

        Raises:
            Malformed: when the message, the account, the sender or the receiver is not named.
        """
        named = dict(reversed(fields))  # the first of a repeated field wins
        account, sid = named.get("AccountSid", ""), named.get("MessageSid", "")
        sender, to = named.get("From", ""), named.get("To", "")
        for name, value in (("MessageSid", sid), ("AccountSid", account), ("From", sender), ("To", to)):
            if not value:
                raise Malformed(f"{name} is missing")
            if not value.isascii() or not value.isprintable() or len(value) > 200:
                raise Malformed(f"{name} is malformed")
        if " " in sid or " " in account:
            raise Malformed("MessageSid or AccountSid is malformed")
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
            raw=raw,
        )


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """Read a form, blank and repeated fields kept. Bytes that are no UTF-8 become lone surrogates.

    Raises:
        Malformed: when it is no form.
    """
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="surrogateescape",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise Malformed("the body is not a form") from None


def whole(text: str) -> str:
    """Words as they can be stored: what was no UTF-8 becomes the replacement sign, nothing is dropped.

    >>> whole("a\\udced b")
    'a\\ufffd b'
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Signature:
    """Checks `X-Twilio-Signature` against the configured public URL, never against the request's own."""

    token: str = field(repr=False)
    public_urls: tuple[str, ...]

    def holds(self, fields: Sequence[tuple[str, str]], query: bytes, signature: str | None) -> bool:
        """True when Twilio signed this form for one of our addresses."""
        if not signature or not signature.isascii():
            return False
        extra = f"?{query.decode('ascii', 'replace')}" if query else ""
        return any(self._signed(f"{url}{extra}", fields, signature) for url in self.public_urls)

    def _signed(self, url: str, fields: Sequence[tuple[str, str]], signature: str) -> bool:
        try:
            return bool(RequestValidator(self.token).validate(url, ImmutableMultiDict(fields), signature))
        except UnicodeEncodeError:
            # The library signs text; a form with bytes that are no UTF-8 is signed over its bytes.
            return hmac.compare_digest(self._over_bytes(url, fields), signature)
        except (TypeError, ValueError, IndexError):
            return False

    def _over_bytes(self, url: str, fields: Sequence[tuple[str, str]]) -> str:
        pairs = sorted(
            {
                (name.encode("utf-8", "surrogateescape"), value.encode("utf-8", "surrogateescape"))
                for name, value in fields
            }
        )
        signed = url.encode() + b"".join(name + value for name, value in pairs)
        digest = hmac.new(self.token.encode(), signed, hashlib.sha1).digest()
        return base64.b64encode(digest).decode()


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
