"""Twilio, asked through one door of ours; each failure says whether a text may have gone out.

`twilio`'s own HTTP clients write numbers into the log (every query, at INFO), share connections between calls and
read proxies, regions and credentials from the environment. The door does none of that: one fresh connection a
request, to one host, never a redirect. So "not reached" is certain, and everything after that is `Unknown`.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from twilio.http.response import Response
from twilio.rest import Client

from shared.errors import HeardError, Rejected, Unavailable

TWILIO = "https://api.twilio.com"
CLOCK_SKEW = timedelta(seconds=5)  # between Twilio's clock, which has whole seconds, and ours
ONE_DAY = timedelta(days=1)
MOST = 10_000  # without a limit, list() follows next pages for ever
LARGEST_ANSWER = 32 * 1024 * 1024
NOT_FOUND = 404
_NEVER_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_MEDIA_HOSTS = (".twilio.com", ".twiliocdn.com", ".amazonaws.com")
_FOR_EVERYBODY = frozenset({20003, 20005})  # wrong credentials; the account is not active


class Refused(Rejected):
    """Twilio said no to this request, and will again. `code` is Twilio's (or the HTTP status if it gave none)."""

    def __init__(self, code: int, status: int, reason: str = "") -> None:
        super().__init__(reason or f"twilio_{code}")
        self.code = code
        self.status = status


class OptedOut(Refused):
    """The number told this sender to stop (21610). It is a wish to honour, not a fault."""


class Unknown(HeardError):
    """The request was written and the answer is not known: ask `sent_since` before sending again."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text as Twilio's list knows it. Words and numbers stay out of the repr."""

    sid: str
    status: str
    direction: str
    at: datetime
    to: str = field(repr=False)
    sender: str = field(repr=False)
    body: str = field(repr=False)


class Twilio:
    """Sends texts, and asks Twilio what it sent and received.

    `client` is the real client behind the same door: `await twilio.client.messages(sid).delete_async()` raises the
    errors of this module as well. Only its `*_async` methods work.
    """

    def __init__(
        self,
        account: str,
        username: str,
        password: str,
        *,
        stage: str,
        base_url: str = TWILIO,
        timeout: float = 10.0,
    ) -> None:
        """Take the account's SID and who asks: the same SID with the auth token, or an API key with its secret."""
        self._door = Door(base_url, stage, timeout)
        # An empty mapping would be replaced by os.environ, whose TWILIO_REGION and TWILIO_EDGE change the host.
        self.client: Any = Client(username, password, account, http_client=self._door, environment={"-": ""})

    def __repr__(self) -> str:
        return f"Twilio({self.client.account_sid})"

    async def send(
        self,
        to: str,
        body: str,
        *,
        sender: str | None = None,
        messaging_service: str | None = None,
        status_callback: str | None = None,
        valid_for: int | None = None,
    ) -> str:
        """Send one text and return its SID. After `valid_for` seconds in Twilio's queue it is not sent any more.

        Raises `Unavailable` when it surely was not sent, `OptedOut` and `Refused` when it never will be, and
        `Unknown` when it may have been. A cancelled call is unknown as well.
        """
        if (sender is None) == (messaging_service is None):
            raise ValueError("give a sender or a messaging service")
        given = {
            "from_": sender,
            "messaging_service_sid": messaging_service,
            "status_callback": status_callback,
            "validity_period": valid_for,
        }
        try:
            message = await self.client.messages.create_async(
                to, body=body, **{name: value for name, value in given.items() if value is not None}
            )
        except UnicodeEncodeError:
            raise Refused(0, 0, "not_unicode") from None
        except ValueError:
            raise Unknown("twilio_unreadable_answer") from None
        if not message.sid:
            raise Unknown("twilio_unreadable_answer")
        return str(message.sid)

    async def sent_since(self, to: str, since: datetime, *, limit: int = 1000) -> list[Text]:
        """List what Twilio took for this number, newest first: the check "was it sent?" after an `Unknown`.

        It does not filter by `DateSent`: a text that still waits in Twilio's queue has no such date, and would be
        sent twice. A text that was dropped a moment ago may take a second to be listed.
        """
        found = []
        async for text in self._texts(limit, to=to):
            if text.at < _from(since) - ONE_DAY:  # the list is newest first, but for what is still queued
                break
            if text.direction != "inbound" and text.at >= _from(since):
                found.append(text)
        return found

    async def received_since(self, to: str, since: datetime, *, limit: int = MOST) -> list[Text]:
        """List what people sent to our number, newest first, to compare with what we accepted."""
        texts = self._texts(limit, to=to, date_sent_after=_from(since))
        return [text async for text in texts if text.direction == "inbound"]

    async def recorded_since(self, since: datetime, *, limit: int = MOST) -> list[tuple[str, datetime]]:
        """List the recordings of the account, by SID and when each was made, to compare with what we accepted."""
        found: list[tuple[str, datetime]] = []
        async for record in await self.client.recordings.stream_async(
            limit=limit + 1, page_size=min(limit + 1, 1000), date_created_after=_from(since)
        ):
            if len(found) == limit:
                raise Unavailable("twilio_list_too_long")
            found.append((str(record.sid), record.date_created))
        return found

    async def media(self, message: str, media: str, *, most: int = LARGEST_ANSWER) -> tuple[str, bytes]:
        """Fetch a picture or sound of a message, by SIDs: its content type and bytes. More than `most` is refused."""
        return await self._fetch(f"Messages/{message}/Media/{media}", most)

    async def recording(self, sid: str, *, most: int = LARGEST_ANSWER) -> tuple[str, bytes]:
        """Fetch a recording as WAV: its content type and bytes. More than `most` is refused."""
        return await self._fetch(f"Recordings/{sid}.wav", most)

    async def _fetch(self, path: str, most: int) -> tuple[str, bytes]:
        url = f"{TWILIO}/2010-04-01/Accounts/{self.client.account_sid}/{path}"
        return await self._door.fetch(url, self.client.auth, most)

    async def erase_message(self, sid: str) -> bool:
        """Delete a message and its media at Twilio. Twice is as good as once; False when it was gone already."""
        return await _deleted(self.client.messages(sid).delete_async())

    async def erase_media(self, message: str, media: str) -> bool:
        """Delete a picture or sound of a message at Twilio; False when it was gone already."""
        return await _deleted(self.client.messages(message).media(media).delete_async())

    async def erase_recording(self, sid: str) -> bool:
        """Delete a recording at Twilio. Twice is as good as once; False when it was gone already."""
        return await _deleted(self.client.recordings(sid).delete_async())

    async def _texts(self, limit: int, **filters: Any) -> AsyncIterator[Text]:
        """Follow the pages to their end; more than `limit` is an error, since a part would read as the whole."""
        seen = 0
        async for record in await self.client.messages.stream_async(
            limit=limit + 1, page_size=min(limit + 1, 1000), **filters
        ):
            seen += 1
            if seen > limit:
                raise Unavailable("twilio_list_too_long")
            yield Text(
                sid=str(record.sid),
                status=str(record.status),
                direction=str(record.direction),
                at=record.date_created or record.date_sent,
                to=str(record.to or ""),
                sender=str(record.from_ or ""),
                body=str(record.body or ""),
            )


class Door:
    """The only way out: the HTTP client that `twilio.rest.Client` gets (its `http_client`).

    It takes requests for api.twilio.com alone, so that credentials never cross to another host, and in a demo or
    a test swaps that host for the stand-in's.
    """

    is_async = True

    def __init__(self, base_url: str, stage: str, timeout: float) -> None:
        self.base = allowed_base(base_url, stage)
        self._timeout = httpx.Timeout(timeout, connect=min(timeout, 5.0)).as_dict()
        self._tls = httpx.create_ssl_context()

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Any:
        """Ask once. An answer of 300 and above is raised as one of our errors."""
        del timeout, allow_redirects
        request = httpx.Request(
            method,
            self._at_base(url),
            params=params or None,  # an empty one would cut the query off a next page
            data=data,
            headers=headers,
            extensions={"timeout": self._timeout},
        )
        answer, content = await self._ask(_as(auth, request))
        text = content.decode("utf-8", "replace")
        if answer.status_code >= 300:
            raise error(method, answer.status_code, _code(text))
        return Response(answer.status_code, text, answer.headers)

    async def fetch(self, url: str, auth: tuple[str, str], most: int) -> tuple[str, bytes]:
        """Fetch bytes. Twilio sends media on to a store of its own, once: there we go without credentials."""
        request = httpx.Request("GET", self._at_base(url), extensions={"timeout": self._timeout})
        answer, content = await self._ask(_as(auth, request), most)
        if answer.has_redirect_location:
            target = request.url.join(answer.headers["Location"])
            if not self._is_store(target):
                raise Refused(0, answer.status_code, "twilio_media_elsewhere")
            answer, content = await self._ask(
                httpx.Request("GET", target, extensions={"timeout": self._timeout}), most
            )
        if answer.status_code >= 300:
            raise error("GET", answer.status_code, _code(content.decode("utf-8", "replace")))
        return answer.headers.get("Content-Type", "application/octet-stream"), content

    def _at_base(self, url: str) -> str:
        if not url.startswith(f"{TWILIO}/"):
            raise ValueError("a request for another host than Twilio's")
        return self.base + url.removeprefix(TWILIO)

    def _is_store(self, target: httpx.URL) -> bool:
        if self.base != TWILIO:
            return str(target).startswith(f"{self.base}/")
        return target.scheme == "https" and target.host.endswith(_MEDIA_HOSTS)

    async def _ask(self, request: httpx.Request, most: int = LARGEST_ANSWER) -> tuple[httpx.Response, bytes]:
        """Use the transport, since httpx's client writes the address with its ?To=number into the log."""
        content = bytearray()
        try:
            async with httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False) as transport:
                answer = await transport.handle_async_request(request)
                async for chunk in answer.aiter_bytes():
                    content += chunk
                    if len(content) > most:
                        raise _too_large(request.method, answer.status_code)
        except _NEVER_REACHED:
            raise Unavailable("twilio_not_reached") from None
        except (httpx.TransportError, httpx.DecodingError):
            if request.method == "POST":
                raise Unknown("twilio_no_answer") from None
            raise Unavailable("twilio_no_answer") from None
        return answer, bytes(content)


def _as(auth: tuple[str, str] | None, request: httpx.Request) -> httpx.Request:
    return next(httpx.BasicAuth(*auth).sync_auth_flow(request)) if auth else request


def allowed_base(base_url: str, stage: str) -> str:
    """Refuse any host but Twilio's, outside the demo and the tests; there, any on this machine.

    >>> allowed_base("http://127.0.0.1:9000/", "demo")
    'http://127.0.0.1:9000'
    """
    base = base_url.rstrip("/")
    if base == TWILIO:
        return base
    parts = urlsplit(base)
    if stage not in {"demo", "test"}:
        raise ValueError(f"stage {stage}: Twilio is asked at {TWILIO} and nowhere else")
    if parts.hostname not in {"127.0.0.1", "::1", "localhost"} or parts.path or parts.query:
        raise ValueError(f"stage {stage}: a stand-in for Twilio runs on this machine")
    return base


def error(method: str, status: int, code: int) -> HeardError:
    """Decide what an answer means.

    Only 429 ("never processed") and 503 are documented as safe to send again; of a 500 Twilio says that the text may
    have gone out. Credentials are everybody's trouble, so those texts wait instead of dying one by one.

    >>> error("POST", 500, 20500)
    Unknown('twilio_20500')
    >>> error("GET", 500, 20500)
    Unavailable('twilio_20500')
    >>> error("POST", 400, 21610)
    OptedOut('twilio_21610')
    """
    reason = f"twilio_{code or status}"
    if status in {401, 429, 503} or code in _FOR_EVERYBODY:
        return Unavailable(reason)
    if code == 21610:
        return OptedOut(code, status)
    if 400 <= status < 500:
        return Refused(code or status, status)
    return Unknown(reason) if method == "POST" else Unavailable(reason)


def _too_large(method: str, status: int) -> HeardError:
    reason = "twilio_answer_too_large"
    return Unknown(reason) if method == "POST" else Refused(0, status, reason)


def _code(text: str) -> int:
    try:
        return int(json.loads(text)["code"])
    except (ValueError, TypeError, KeyError):
        return 0


def _from(since: datetime) -> datetime:
    return since.astimezone(UTC).replace(microsecond=0) - CLOCK_SKEW


async def _deleted(deleting: Any) -> bool:
    try:
        await deleting
    except Refused as exc:
        if exc.status != NOT_FOUND:
            raise
        return False
    return True
