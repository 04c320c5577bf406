"""Webhooks as Twilio really sends them, and their signatures, for contract tests."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode
from uuid import uuid4

from twilio.request_validator import RequestValidator

Form = list[tuple[str, str]]

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "not-a-secret-of-anybody-00000000"
OUR_NUMBER = "+447700900000"
SENDER = "+447700900123"
HEADER = "X-Twilio-Signature"


class _Fields(Mapping[str, str]):
    """Fields that may come twice, as RequestValidator asks for them."""

    def __init__(self, params: Sequence[tuple[str, str]]) -> None:
        self._params = params

    def __iter__(self) -> Iterator[str]:
        return iter({name for name, _ in self._params})

    def __len__(self) -> int:
        return len({name for name, _ in self._params})

    def __getitem__(self, name: str) -> str:
        return self.getlist(name)[-1]

    def getlist(self, name: str) -> list[str]:
        return [value for key, value in self._params if key == name]


def signature(url: str, params: Sequence[tuple[str, str]], token: str) -> str:
    """Sign as Twilio does: the address without its fragment, then the sorted fields, each value once."""
    return str(RequestValidator(token).compute_signature(url.partition("#")[0], _Fields(params)))


def signed(url: str, params: Sequence[tuple[str, str]], token: str = TOKEN) -> dict[str, str]:
    """Headers of a genuine webhook; its body is `encoded(params)`."""
    return {
        HEADER: signature(url, params, token),
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "I-Twilio-Idempotency-Token": str(uuid4()),
    }


def forged(url: str, params: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Headers of somebody who does not know the token: well formed, and wrong."""
    return signed(url, params, "somebody-elses-token")


def encoded(params: Sequence[tuple[str, str]]) -> bytes:
    """The body of a webhook, blank fields and double ones included."""
    return urlencode(list(params)).encode("ascii")


def without(params: Sequence[tuple[str, str]], *names: str) -> Form:
    """The same form, less some fields."""
    return [(name, value) for name, value in params if name not in names]


def changed(params: Sequence[tuple[str, str]], **fields: str) -> Form:
    """The same form with other values; a field that it lacks is added."""
    kept = [(name, fields.get(name, value)) for name, value in params]
    return kept + [(name, value) for name, value in fields.items() if name not in dict(params)]


def a_text(
    body: str,
    *,
    sid: str | None = None,
    sender: str = SENDER,
    to: str = OUR_NUMBER,
    account: str = ACCOUNT,
    messaging_service: str | None = None,
    opt_out: str | None = None,
    media: Sequence[tuple[str, str]] = (),
    **extra: str,
) -> Form:
    """A text to us; `media` are (address, content type) pairs, `opt_out` is STOP, START or HELP."""
    sid = sid or an_sid("MM" if media else "SM")
    form: Form = [
        ("ToCountry", "GB"),
        ("ToState", ""),
        ("SmsMessageSid", sid),
        ("NumMedia", str(len(media))),
        ("ToCity", ""),
        ("FromZip", ""),
        ("SmsSid", sid),
        ("FromState", ""),
        ("SmsStatus", "received"),
        ("FromCity", ""),
        ("Body", body),
        ("FromCountry", "GB"),
        ("To", to),
        ("ToZip", ""),
        ("NumSegments", str(segments(body))),
        ("MessageSid", sid),
        ("AccountSid", account),
        ("From", sender),
        ("ApiVersion", "2010-04-01"),
    ]
    if messaging_service:
        form.append(("MessagingServiceSid", messaging_service))
    if opt_out:
        form.append(("OptOutType", opt_out))
    for place, (url, content_type) in enumerate(media):
        form += [(f"MediaUrl{place}", url), (f"MediaContentType{place}", content_type)]
    return changed(form, **extra)


def a_status(
    status: str, *, sid: str, to: str = SENDER, sender: str = OUR_NUMBER, account: str = ACCOUNT, **extra: str
) -> Form:
    """A status callback of a text that we sent: queued, sent, delivered, undelivered, failed."""
    form: Form = [
        ("SmsSid", sid),
        ("SmsStatus", status),
        ("MessageStatus", status),
        ("To", to),
        ("MessageSid", sid),
        ("AccountSid", account),
        ("From", sender),
        ("ApiVersion", "2010-04-01"),
    ]
    return changed(form, **extra)


def a_call(
    caller: str = SENDER,
    *,
    to: str = OUR_NUMBER,
    sid: str | None = None,
    account: str = ACCOUNT,
    **extra: str,
) -> Form:
    """A call to us, as it rings; what comes later in the call has the same fields and more."""
    form: Form = [
        ("Called", to),
        ("ToState", ""),
        ("CallerCountry", "GB"),
        ("Direction", "inbound"),
        ("CallerState", ""),
        ("ToZip", ""),
        ("CallSid", sid or an_sid("CA")),
        ("To", to),
        ("CallerZip", ""),
        ("ToCountry", "GB"),
        ("ApiVersion", "2010-04-01"),
        ("CalledZip", ""),
        ("CalledCity", ""),
        ("CallStatus", "ringing"),
        ("From", caller),
        ("AccountSid", account),
        ("CalledCountry", "GB"),
        ("CallerCity", ""),
        ("Caller", caller),
        ("FromCountry", "GB"),
        ("ToCity", ""),
        ("FromCity", ""),
        ("CalledState", ""),
        ("FromZip", ""),
        ("FromState", ""),
    ]
    return changed(form, **extra)


def a_recording(
    status: str = "completed",
    *,
    sid: str | None = None,
    call_sid: str | None = None,
    account: str = ACCOUNT,
    seconds: int = 2,
    **extra: str,
) -> Form:
    """A recording's status callback: completed or absent. It does not say who called."""
    sid = sid or an_sid("RE")
    form: Form = [
        ("RecordingSource", "RecordVerb"),
        ("RecordingTrack", "both"),
        ("RecordingSid", sid),
        ("RecordingUrl", f"https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/{sid}"),
        ("RecordingStatus", status),
        ("RecordingChannels", "1"),
        ("ErrorCode", "0"),
        ("CallSid", call_sid or an_sid("CA")),
        ("RecordingStartTime", "Tue, 24 Nov 2026 20:00:00 +0000"),
        ("AccountSid", account),
        ("RecordingDuration", str(seconds)),
    ]
    return changed(form, **extra)


def an_sid(prefix: str = "SM") -> str:
    """A new SID: two letters, 32 hex digits."""
    return prefix + uuid4().hex


def segments(body: str) -> int:
    """Parts on the air, near enough: 160 characters, 70 when one of them is not in the old alphabet.

    >>> segments("hello"), segments("x" * 161), segments("\\N{SLIGHTLY SMILING FACE}" * 36)
    (1, 2, 2)
    """
    old = all(letter in _GSM for letter in body)
    length = len(body) if old else len(body.encode("utf-16-le", "surrogatepass")) // 2
    one, many = (160, 153) if old else (70, 67)
    return 1 if length <= one else -(-length // many)


_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑܧ¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
