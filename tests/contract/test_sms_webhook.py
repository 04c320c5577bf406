"""What Twilio sends us, and what it is answered. A row for each odd message the real world sends."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from starlette.testclient import TestClient

from services.sms_intake.app import web
from services.sms_intake.handlers import Ports
from services.sms_intake.settings import Settings
from shared.contracts.events import ContributionReceived, ReplyDelivered
from shared.contracts.topics import Topic
from shared.messaging.edge import Edge
from shared.messaging.intake import Intake
from shared.settings import CommonSettings
from shared.vault import Binding, Purpose
from tests.support.keys import keyring, keys_of
from tests.support.twilio.sign import (
    OUR_NUMBER,
    SENDER,
    TOKEN,
    Form,
    a_status,
    a_text,
    an_sid,
    changed,
    encoded,
    forged,
    signed,
    without,
)

URL = "https://heard.example.org/sms"
FALLBACK = "https://second.example.org/sms"
STATUS = "https://heard.example.org/status"
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


class Door:
    """The webhook over a real spool, with Kafka away."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        own = Settings(public_urls=(URL, FALLBACK), status_urls=(STATUS,), answer_within=0.02, **settings)
        common = CommonSettings(state=folder, kafka=("127.0.0.1:1",))
        keys = keys_of("sms_intake")
        self.intake = Intake("sms_intake", Topic.SMS_RECEIVED, common, lambda: NOW)
        edge = Edge.of(keys)
        ports = Ports(self.intake, edge, lambda: NOW, own.answer_within)
        self.client = TestClient(web(ports, TOKEN, own))

    def post(
        self, form: Form, headers: dict[str, str] | None = None, *, body: bytes | None = None, query: str = ""
    ) -> int:
        sent = signed(URL + query, form) if headers is None else headers
        answer = self.client.post(
            "/sms" + query, content=encoded(form) if body is None else body, headers=sent
        )
        self.answer = answer
        return int(answer.status_code)

    def status(self, form: Form, headers: dict[str, str] | None = None) -> int:
        sent = signed(STATUS, form) if headers is None else headers
        self.answer = self.client.post("/status", content=encoded(form), headers=sent)
        return int(self.answer.status_code)

    def reports(self) -> list[ReplyDelivered]:
        return [ReplyDelivered.model_validate_json(row.value) for row in self.intake.spool.waiting(0, 1000)]

    def events(self) -> list[ContributionReceived]:
        return [
            ContributionReceived.model_validate_json(row.value) for row in self.intake.spool.waiting(0, 1000)
        ]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path)
    yield made
    made.intake.spool.close()


def words_of(event: ContributionReceived) -> str:
    sealed = event.parts[0].words
    assert sealed is not None
    return keys_of("triage").opener.open(sealed, Binding.of(event.context, 1)).decode()


A_LIST = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME0123"


@pytest.mark.parametrize(
    ("form", "headers", "status"),
    [
        (a_text("hello"), None, 200),
        (a_text(""), None, 200),
        (a_text("x" * 10_000), None, 200),
        (a_text("a\x00b"), None, 200),
        (a_text("👩‍👧 i miss my sister"), None, 200),
        (a_text("", media=[(A_LIST, "image/jpeg")]), None, 200),
        (a_text("look", media=[(A_LIST, "Image/JPEG; x=1")] * 10), None, 200),
        (a_text("look", NumMedia="many"), None, 200),
        (a_text("hi", sender="whatsapp:+447700900123", to="whatsapp:+447700900000", ProfileName="Sam"), None, 200),
        (a_text("two bodies") + [("Body", "second")], None, 200),
        (a_text("hello"), forged(URL, a_text("hello")), 403),
        (a_text("hello"), {"Content-Type": "application/x-www-form-urlencoded"}, 403),
        (a_text("hello"), {**forged(URL, []), "X-Twilio-Signature": "not base64 at all"}, 403),
        (a_text("hello"), {**forged(URL, []), "X-Twilio-Signature": ""}, 403),
        (without(a_text("hello"), "MessageSid"), None, 400),
        (without(a_text("hello"), "AccountSid"), None, 400),
        (without(a_text("hello"), "From"), None, 400),
        (without(a_text("hello"), "To"), None, 400),
        (changed(a_text("hello"), MessageSid="SM 1"), None, 400),
        (changed(a_text("hello"), MessageSid="SM" + "9" * 300), None, 400),
        (changed(a_text("hello"), From="+44é"), None, 400),
        (a_text("x" * 70_000), None, 413),
    ],
)  # fmt: skip
def test_texts_are_answered(door: Door, form: Form, headers: dict[str, str] | None, status: int) -> None:
    assert door.post(form, headers) == status
    assert len(door.events()) == (1 if status == 200 else 0)
    if status == 200:
        assert door.answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "text/plain", ""])
def test_an_unknown_content_type_is_refused_in_words(door: Door, kind: str) -> None:
    headers = {**signed(URL, a_text("hello")), "Content-Type": kind}
    assert door.post(a_text("hello"), headers) == 400
    assert "content type" in door.answer.text


def test_a_body_that_is_no_form_is_refused(door: Door) -> None:
    assert door.post([], signed(URL, []), body="naïve".encode()) == 400
    assert door.post([], signed(URL, []), body=b"&".join(b"a=1" for _ in range(400))) == 400


def test_the_signature_covers_the_query_and_either_public_address(door: Door) -> None:
    assert door.post(a_text("hello"), query="?site=2") == 200
    assert door.post(a_text("hello"), signed(URL, a_text("hello")), query="?site=2") == 403
    second = a_text("second site")
    assert door.post(second, signed(FALLBACK, second)) == 200


@pytest.mark.parametrize("odd", [b"\xed\xa0\x80", b"\xff\xfe", b"\x80"])
def test_bytes_that_are_no_words_are_kept_and_answered(door: Door, odd: bytes) -> None:
    """A lone surrogate cannot be signed as text; Twilio signs bytes, and so do we."""
    form = [(n, v) for n, v in a_text("") if n != "Body"]
    body = encoded(form) + b"&Body=help%20me%20" + quote_from_bytes(odd).encode()
    pairs = sorted([(n.encode(), v.encode()) for n, v in form] + [(b"Body", b"help me " + odd)])
    over = URL.encode() + b"".join(n + v for n, v in pairs)
    signature = base64.b64encode(hmac.new(TOKEN.encode(), over, hashlib.sha1).digest()).decode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    assert door.post([], headers, body=body) == 200
    assert words_of(door.events()[0]).startswith("help me \ufffd")
    wrong = {**headers, "X-Twilio-Signature": signature[::-1]}
    assert door.post([], wrong, body=body) == 403


def test_a_retry_is_the_same_contribution(door: Door) -> None:
    text = a_text("they moved me again", sid=an_sid())
    assert [door.post(text) for _ in range(4)] == [200] * 4
    assert len(door.events()) == 1


def test_the_same_id_with_other_words_is_kept_as_another_contribution(door: Door) -> None:
    sid = an_sid()
    for body in ("first", "second", "second", "first"):
        assert door.post(a_text(body, sid=sid)) == 200
    events = door.events()
    assert [words_of(event) for event in events] == ["first", "second"]
    assert len({event.event_id for event in events}) == 2
    assert [receipt["conflict"] for receipt in door.intake.spool.receipts(0)] == [0, 1]


def test_refusals_are_counted_without_words(door: Door) -> None:
    door.post(a_text("hello"), forged(URL, a_text("hello")))
    door.post(without(a_text("hello"), "MessageSid"))
    door.post(without(a_text("hello"), "MessageSid"))
    assert door.intake.spool.refused() == [
        {"day": "2026-11-24", "status": 400, "n": 2},
        {"day": "2026-11-24", "status": 403, "n": 1},
    ]


def test_nothing_of_the_sender_stands_in_clear(door: Door) -> None:
    door.post(a_text("my canary is yellow", sender=SENDER, ProfileName="Kofi Mensah"))
    row = door.intake.spool.waiting(0, 1)[0]
    whole = row.value + row.key + json.dumps(row.headers).encode()
    for secret in ("canary", "Kofi", SENDER, SENDER[1:], "7700900123"):
        assert secret.encode() not in whole
    assert len(row.key) == 4


def test_what_is_sealed_opens_where_it_belongs_and_nowhere_else(door: Door) -> None:
    door.post(a_text("hello", sender=SENDER, ProfileName="Sam"))
    event = door.events()[0]
    whole = Binding.of(event.context)
    assert words_of(event) == "hello"
    assert event.reply_slip and event.context.names and event.identity
    slip = json.loads(keys_of("replies").opener.open(event.reply_slip, whole))
    assert slip["address"] == SENDER
    assert json.loads(keys_of("anonymiser").opener.open(event.context.names, whole)) == [SENDER, "Sam"]
    for service in ("sms_intake", "triage", "archive", "pager", "ledger", "console"):
        for sealed in (event.identity, event.reply_slip, event.context.names):
            with pytest.raises(Exception, match="no_key"):
                keys_of(service).opener.open(sealed, whole)
    assert event.identity.key.startswith(Purpose.IDENTITY_FIRST)
    assert keyring() is keyring()


@pytest.mark.parametrize(
    ("body", "opt_out", "keyword"),
    [
        ("STOP", None, "stop"), ("stop.", None, "stop"), ("Unsubscribe", None, "stop"), (" end ", None, "stop"),
        ("stop all", None, "stop"), ("please stop moving children", None, None), ("stop it", None, None),
        ("Help", None, "help"), ("HELP!!", None, "help"), ("help me", None, None), ("start", None, "start"),
        ("STOPP", "STOP", "stop"), ("yes", "START", "start"), ("yes", None, None), ("unstop", None, "start"), ("call me", None, "call_me"), ("he said stop", None, None), ("", None, None),
    ],
)  # fmt: skip
def test_the_keyword_guard(door: Door, body: str, opt_out: str | None, keyword: str | None) -> None:
    door.post(a_text(body, opt_out=opt_out))
    event = door.events()[0]
    assert event.context.keyword == keyword
    assert words_of(event) == body, "the words are triaged like any others"


def test_too_many_at_once_are_told_to_come_again(tmp_path: Path) -> None:
    door = Door(tmp_path, in_flight=0)
    assert door.post(a_text("hello")) == 503
    door.intake.spool.close()


# WhatsApp: words, media, voice notes.

VOICE_NOTE = (A_LIST, "audio/ogg; codecs=opus")


def by_whatsapp(body: str, media: tuple[tuple[str, str], ...] = (), **extra: str) -> Form:
    return a_text(body, sender=f"whatsapp:{SENDER}", to=f"whatsapp:{OUR_NUMBER}", media=media, **extra)


@pytest.mark.parametrize(
    ("body", "media", "parts"),
    [
        ("hello", (), [("words", "body", "text/plain")]),
        ("", (VOICE_NOTE,), [("sound", "file", "audio/ogg")]),
        ("my song", (VOICE_NOTE,), [("words", "caption", "text/plain"), ("sound", "file", "audio/ogg")]),
        ("", ((A_LIST, "image/jpeg"), (A_LIST, "application/pdf")),
         [("picture", "file", "image/jpeg"), ("document", "file", "application/pdf")]),
        ("", ((A_LIST, "video/mp4"),), [("other", "file", "video/mp4")]),
        ("", ((A_LIST, "text/vcard"),), [("other", "file", "text/vcard")]),
        ("", ((A_LIST, "audio/amr"),), [("sound", "file", "audio/amr")]),
    ],
)  # fmt: skip
def test_what_comes_by_whatsapp_becomes_parts(
    door: Door, body: str, media: tuple[tuple[str, str], ...], parts: list[tuple[str, str, str]]
) -> None:
    assert door.post(by_whatsapp(body, media, ProfileName="Sam", WaId=SENDER[1:])) == 200
    event = door.events()[0]
    assert event.context.channel == "whatsapp"
    assert [(part.kind, part.place, part.media_type) for part in event.parts] == parts
    assert [part.number for part in event.parts] == list(range(1, len(parts) + 1))
    waiting = [part.waiting for part in event.parts if part.waiting]
    assert [one.media_sid for one in waiting] == ["ME0123"] * len(media)
    assert event.reply_slip
    slip = json.loads(keys_of("replies").opener.open(event.reply_slip, Binding.of(event.context)))
    assert slip == {"address": SENDER, "to": OUR_NUMBER, "channel": "whatsapp"}


def test_a_number_is_the_same_sender_by_text_and_by_whatsapp(door: Door) -> None:
    door.post(a_text("hi"))
    door.post(by_whatsapp("hi again"))
    tags = {
        keys_of("triage").opener.open(event.context.tag, Binding.of(event.context))
        for event in door.events()
        if event.context.tag
    }
    assert len(tags) == 1
    assert len({row.key for row in door.intake.spool.waiting(0, 2)}) == 1


def test_a_place_that_was_shared_stays_in_the_identity_vault(door: Door) -> None:
    door.post(by_whatsapp("", Latitude="53.4808", Longitude="-2.2426", Address="1 Canary Street"))
    row = door.intake.spool.waiting(0, 1)[0]
    assert b"53.48" not in row.value
    assert b"Canary" not in row.value
    assert [part.kind for part in door.events()[0].parts] == ["words"], "it still waits for a person"


def test_each_of_our_numbers_is_answered_from(door: Door) -> None:
    for number in ("+447700900001", "+447700900002"):
        assert door.post(a_text("hi", to=number)) == 200
    slips = [
        json.loads(keys_of("replies").opener.open(event.reply_slip, Binding.of(event.context)))["to"]
        for event in door.events()
        if event.reply_slip
    ]
    assert slips == ["+447700900001", "+447700900002"]


# What became of our texts.


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        (a_status("delivered", sid="SM1"), 200, ("SM1", "delivered", None)),
        (a_status("undelivered", sid="SM1", ErrorCode="30003"), 200, ("SM1", "undelivered", "30003")),
        (a_status("read", sid="SM1", ChannelPrefix="whatsapp"), 200, ("SM1", "read", None)),
        (a_status("sent", sid="SM1", ErrorCode="0"), 200, ("SM1", "sent", None)),
        (a_status("sent", sid="SM1", ErrorCode=""), 200, ("SM1", "sent", None)),
        (a_status("delivered", sid="SM1", ErrorCode="a word of somebody"), 200, ("SM1", "delivered", None)),
        (a_status("not a status", sid="SM1"), 400, None),
        (without(a_status("sent", sid="SM1"), "MessageSid"), 400, None),
        (without(a_status("sent", sid="SM1"), "MessageStatus"), 400, None),
        (without(a_status("sent", sid="SM1"), "AccountSid"), 400, None),
    ],
)
def test_delivery_reports_are_passed_on(
    door: Door, form: Form, status: int, told: tuple[str, str, str | None] | None
) -> None:
    assert door.status(form) == status
    assert [(one.provider_id, one.status, one.error) for one in door.reports()] == ([told] if told else [])


def test_a_report_twice_is_one_and_each_status_is_another(door: Door) -> None:
    for status in ("sent", "sent", "delivered", "sent"):
        assert door.status(a_status(status, sid="SM1")) == 200
    assert [one.status for one in door.reports()] == ["sent", "delivered"]
    assert door.intake.spool.receipts(0) == [], "it is no contribution"


def test_a_report_is_believed_only_at_its_own_address(door: Door) -> None:
    report = a_status("delivered", sid="SM1")
    assert door.status(report, signed(URL, report)) == 403
    assert door.status(report, forged(STATUS, report)) == 403
    assert door.post(a_text("hi"), signed(STATUS, a_text("hi"))) == 403
    assert door.reports() == []


def test_a_report_names_nobody(door: Door) -> None:
    door.status(a_status("delivered", sid="SM1"))
    row = door.intake.spool.waiting(0, 1)[0]
    assert SENDER[1:].encode() not in row.value + row.key + json.dumps(row.headers).encode()


def test_without_an_address_for_reports_none_is_believed(tmp_path: Path) -> None:
    own = Settings(public_urls=(URL,))
    common = CommonSettings(state=tmp_path, kafka=("127.0.0.1:1",))
    intake = Intake("sms_intake", Topic.SMS_RECEIVED, common, lambda: NOW)
    keys = keys_of("sms_intake")
    edge = Edge.of(keys)
    client = TestClient(web(Ports(intake, edge, lambda: NOW, 0.02), TOKEN, own))
    report = a_status("delivered", sid="SM1")
    assert client.post("/status", content=encoded(report), headers=signed(STATUS, report)).status_code == 403
    intake.spool.close()
