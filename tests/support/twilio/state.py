"""What the stand-in knows: one account, its numbers, its messages. Everything in memory."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.support.twilio.sign import ACCOUNT, OUR_NUMBER, TOKEN, an_sid, segments

API = "2010-04-01"
OPT_OUT_WORDS = "OK. We will not text this number again. We still have what you sent."
OPT_IN_WORDS = "OK. We can text this number again."
HELP_WORDS = "This is the review. To stop our texts, text STOP. In danger: call 999."
STOP = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
START = frozenset({"START", "UNSTOP", "YES"})
HELP = frozenset({"HELP", "INFO"})
DRAMA = re.compile(r"\+447700900\d{3}")
FAULTS = frozenset({"429", "500", "503", "hang", "drop"})


class Wrong(Exception):
    """An answer in Twilio's JSON error shape."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass
class Media:
    content_type: str
    content: bytes
    sid: str = field(default_factory=lambda: an_sid("ME"))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Recording:
    content: bytes
    duration: int
    call_sid: str
    sid: str = field(default_factory=lambda: an_sid("RE"))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    delay: float = 0.0  # seconds from its end until it can be fetched

    @property
    def can_be_fetched(self) -> bool:
        return datetime.now(UTC) - self.created >= timedelta(seconds=self.delay)


@dataclass
class Message:
    sid: str
    sender: str
    to: str
    body: str
    direction: str  # inbound, outbound-api, outbound-reply
    status: str
    created: datetime
    order: int
    service: str | None = None
    sent: datetime | None = None
    error_code: int | None = None
    callback: str | None = None
    media: dict[str, Media] = field(default_factory=dict)


@dataclass
class Webhook:
    """Where a number's texts go. Twilio signs the public address; the stand-in posts to the local one."""

    url: str
    public_url: str = ""
    fallback: str = ""
    public_fallback: str = ""
    overrides: str = ""  # as the fragment of a webhook address: rc=4&rp=5xx,ct,rt

    def __post_init__(self) -> None:
        self.public_url = self.public_url or self.url
        self.public_fallback = self.public_fallback or self.fallback


@dataclass
class Fault:
    kind: str  # one of FAULTS
    times: int
    accepted: bool  # is the text sent all the same?


@dataclass
class State:
    account: str = ACCOUNT
    token: str = TOKEN
    api_keys: dict[str, str] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=lambda: [OUR_NUMBER])
    service: str | None = None  # a messaging service: opting out counts for all its numbers
    webhook: Webhook | None = None  # for every number without one of its own
    voice: Webhook | None = None  # where calls go
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    routes: dict[str, str] = field(default_factory=dict)  # public origin -> local origin
    words: dict[str, str] = field(
        default_factory=lambda: {"STOP": OPT_OUT_WORDS, "START": OPT_IN_WORDS, "HELP": HELP_WORDS}
    )
    latency: float = 0.0
    settle: float = 0.0  # seconds from queued to delivered; 0: before the answer to the create
    pause: float = 0.2  # between two tries of a webhook
    recording_delay: float = 0.0  # seconds until a recording can be fetched
    report_after: float = 0.0  # seconds until a recording is reported
    report_first: bool = False  # before the call is told that its recording ended
    redirect_media: bool = False  # to another address, which wants no credentials, as Twilio does
    messages: dict[str, Message] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    opted_out: set[tuple[str, str]] = field(default_factory=set)
    phones: dict[str, bool] = field(default_factory=dict)  # marked numbers: reachable?
    faults: list[Fault] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _order: int = 0

    def __post_init__(self) -> None:
        for number in self.numbers:
            drama(number)

    def clear(self) -> None:
        """Forget what happened; keep how it is set up."""
        for happened in (
            self.messages,
            self.recordings,
            self.opted_out,
            self.phones,
            self.faults,
            self.deliveries,
        ):
            happened.clear()
        self.latency = 0.0

    def webhook_of(self, number: str) -> Webhook | None:
        return self.webhooks.get(bare(number)) or self.webhook

    def pool(self, number: str) -> str:
        return self.service or number

    def next_fault(self) -> Fault | None:
        """Take one of the faults that tests ordered for the next creates."""
        if not self.faults:
            return None
        fault = self.faults[0]
        fault.times -= 1
        if fault.times <= 0:
            self.faults.pop(0)
        return fault

    def create(self, form: dict[str, str]) -> Message:
        """Take an outbound message, or say what Twilio says."""
        to, body = form.get("To", ""), form.get("Body", "")
        service, sender = form.get("MessagingServiceSid"), form.get("From", "")
        if not to:
            raise Wrong(400, 21604, "A 'To' phone number is required.")
        if not service and not sender:
            raise Wrong(400, 21603, "A 'From' phone number is required.")
        if not body:
            raise Wrong(400, 21602, "Message body is required.")
        if len(body) > 1600:
            raise Wrong(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if not DRAMA.fullmatch(bare(to)):
            raise Wrong(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if service and service != self.service:
            raise Wrong(400, 21701, "The Messaging Service does not exist.")
        sender = sender or self.numbers[0]
        if bare(sender) not in self.numbers or (bare(sender) == sender) != (bare(to) == to):
            raise Wrong(400, 21606, f"The 'From' phone number {sender} is not valid for this account.")
        if (self.pool(sender), to) in self.opted_out:
            raise Wrong(400, 21610, "Attempt to send to unsubscribed recipient")
        return self.add(
            sender, to, body, "outbound-api", service=service or None, callback=form.get("StatusCallback")
        )

    def add(
        self,
        sender: str,
        to: str,
        body: str,
        direction: str,
        *,
        sid: str | None = None,
        media: tuple[Media, ...] = (),
        service: str | None = None,
        callback: str | None = None,
    ) -> Message:
        self._order += 1
        now = self.now().replace(microsecond=0)
        message = Message(
            sid=sid or an_sid("MM" if media else "SM"),
            sender=sender,
            to=to,
            body=body,
            direction=direction,
            status="received" if direction == "inbound" else "queued",
            created=now,
            order=self._order,
            service=service,
            sent=now if direction == "inbound" else None,
            callback=callback,
            media={item.sid: item for item in media},
        )
        self.messages[message.sid] = message
        return message

    def settle_now(self, message: Message) -> None:
        """Bring an outbound message to its end: on the phone, or nowhere when that is switched off."""
        message.sent = self.now().replace(microsecond=0)
        reachable = self.phones.get(bare(message.to), True)
        message.status = "delivered" if reachable else "undelivered"
        message.error_code = None if reachable else 30003

    def receive(self, message: Message) -> str | None:
        """Do what Advanced Opt-Out does with a text, and name it: STOP, START, HELP or nothing."""
        word, key = message.body.strip().upper(), (self.pool(message.to), message.sender)
        if word in STOP:
            kind, twice = "STOP", key in self.opted_out
            self.opted_out.add(key)
        elif word in START:
            kind, twice = "START", key not in self.opted_out
            self.opted_out.discard(key)
        elif word in HELP:
            kind, twice = "HELP", False
        else:
            return None
        if not twice:
            answer = self.add(
                message.to, message.sender, self.words[kind], "outbound-reply", service=self.service
            )
            self.settle_now(answer)
        return kind

    def texts_of(self, number: str) -> list[Message]:
        """What arrived on a phone, oldest first."""
        return [
            m for m in self.messages.values() if bare(m.to) == number and m.status in {"sent", "delivered"}
        ]

    def select(self, query: dict[str, str]) -> list[Message]:
        """Messages, newest first. Without a sent date a message passes no date filter, as at Twilio."""
        found = sorted(self.messages.values(), key=lambda message: message.order, reverse=True)
        if query.get("To"):
            found = [m for m in found if m.to == query["To"]]
        if query.get("From"):
            found = [m for m in found if m.sender == query["From"]]
        for name, value in query.items():
            if name.startswith("DateSent") and value:
                found = [m for m in found if m.sent is not None and _passes(name, m.sent, *span(value))]
        return found

    def message(self, sid: str) -> Message:
        if sid not in self.messages:
            raise gone(f"Messages/{sid}.json")
        return self.messages[sid]

    def json(self, message: Message) -> dict[str, Any]:
        uri = f"/{API}/Accounts/{self.account}/Messages/{message.sid}"
        return {
            "account_sid": self.account,
            "api_version": API,
            "body": message.body,
            "date_created": rfc2822(message.created),
            "date_sent": rfc2822(message.sent) if message.sent else None,
            "date_updated": rfc2822(message.sent or message.created),
            "direction": message.direction,
            "error_code": message.error_code,
            "error_message": "Unreachable destination handset" if message.error_code else None,
            "from": message.sender,
            "messaging_service_sid": message.service,
            "num_media": str(len(message.media)),
            "num_segments": str(segments(message.body)),
            "price": None,
            "price_unit": "GBP",
            "sid": message.sid,
            "status": message.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": message.to,
            "uri": f"{uri}.json",
        }


def bare(address: str) -> str:
    """A number without the channel in front of it.

    >>> bare("whatsapp:+447700900123")
    '+447700900123'
    """
    return address.removeprefix("whatsapp:")


def drama(number: str) -> str:
    """Refuse any number that could be somebody's."""
    if not DRAMA.fullmatch(number):
        raise Wrong(
            400, 21211, f"{number} is not one of Ofcom's drama numbers, +447700900000 to +447700900999"
        )
    return number


def _passes(name: str, sent: datetime, start: datetime, end: datetime) -> bool:
    """DateSent is that day or second, DateSent> it or later, DateSent< it or earlier."""
    return (name.endswith("<") or sent >= start) and (name.endswith(">") or sent < end)


def gone(what: str) -> Wrong:
    return Wrong(404, 20404, f"The requested resource /{API}/Accounts/.../{what} was not found")


def rfc2822(moment: datetime) -> str:
    return format_datetime(moment)


def span(value: str) -> tuple[datetime, datetime]:
    """A day, or one second of it. The real client writes a day as its midnight.

    >>> [end - start for start, end in map(span, ["2026-11-24T00:00:00Z", "2026-11-24T10:00:00Z"])]
    [datetime.timedelta(days=1), datetime.timedelta(seconds=1)]
    """
    try:
        start = datetime.fromisoformat(value)
    except ValueError:
        raise Wrong(400, 20001, "DateSent is not a date") from None
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    whole_day = start == start.replace(hour=0, minute=0, second=0)
    return start, start + (timedelta(days=1) if whole_day else timedelta(seconds=1))
