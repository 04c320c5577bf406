"""Twilio's webhooks at our door: read with limits, checked against the configured address, handed on as fields."""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from shared.messaging.intake import Intake, NothingTakesIt
from shared.web import TooLarge, TooSlow, body_of

FORM: Final = "application/x-www-form-urlencoded"
EMPTY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""The answer that says nothing."""
_MOST_FIELDS: Final = 300


class Malformed(Exception):
    """The form cannot be read, or lacks what every one has. The message is safe to answer with."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that Twilio signed. `raw` is the body as it came, for the identity vault; both name people."""

    fields: Sequence[tuple[str, str]] = field(repr=False)
    raw: bytes = field(repr=False)
    query: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def named(self) -> dict[str, str]:
        """The fields by name; the first of a repeated one wins."""
        return dict(reversed(self.fields))


Answer = Callable[[Posted], Awaitable[Response]]


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


def plain(named: dict[str, str], *names: str) -> tuple[str, ...]:
    """The values of fields that must be there, in short printable ASCII.

    Raises:
        Malformed: when one is missing or is not.
    """
    for name in names:
        value = named.get(name, "")
        if not value:
            raise Malformed(f"{name} is missing")
        if not value.isascii() or not value.isprintable() or len(value) > 200:
            raise Malformed(f"{name} is malformed")
        if name.endswith("Sid") and " " in value:
            raise Malformed(f"{name} is malformed")
    return tuple(named[name] for name in names)


def whole(text: str) -> str:
    """Words as they can be stored: what was no UTF-8 becomes the replacement sign, nothing is dropped.

    >>> whole("a\\udced b")
    'a\\ufffd b'
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Signature:
    """Checks `X-Twilio-Signature` against the configured public URLs, never against the request's own."""

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


@dataclass(slots=True)
class Webhooks:
    """Routes of one intake. Every refusal is counted; `in_flight` of all routes together is the most at once."""

    intake: Intake
    token: str = field(repr=False)
    body_limit: int
    in_flight: int
    _now: int = 0

    def route(self, path: str, urls: tuple[str, ...], answer: Answer) -> Route:
        """Answer forms that were signed for one of these addresses; TwiML, or a plain refusal."""
        signature = Signature(self.token, urls)

        async def posted(request: Request) -> Response:
            if self._now >= self.in_flight:
                return await self.refused(503, "too many at once; please try again")
            self._now += 1
            try:
                return await self._answer(request, signature, answer)
            finally:
                self._now -= 1

        return Route(path, posted, methods=["POST"])

    async def refused(self, status: int, why: str) -> Response:
        await self.intake.refuse(status)
        return PlainTextResponse(f"{why}\n", status_code=status)

    async def _answer(self, request: Request, signature: Signature, answer: Answer) -> Response:
        try:
            body = await body_of(request, limit=self.body_limit)
        except TooLarge:
            return await self.refused(413, "the body is too large")
        except TooSlow:
            return await self.refused(408, "the body did not come in time")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return await self.refused(400, f"the content type must be {FORM}")
        try:
            fields = fields_of(body)
            signed = request.headers.get("x-twilio-signature")
            if not signature.holds(fields, request.scope["query_string"], signed):
                return await self.refused(403, "the signature does not hold")
            return await answer(Posted(fields, body, dict(request.query_params)))
        except Malformed as wrong:
            return await self.refused(400, str(wrong))
        except NothingTakesIt:
            return await self.refused(503, "not accepted; please try again")


def twiml(words: str = EMPTY) -> Response:
    return Response(words, media_type="application/xml")
