"""The stand-in for Twilio, asked by the real client, and our own way to Twilio, asked against the stand-in."""

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from shared.errors import HeardError, Unavailable
from shared.twilio import TWILIO, OptedOut, Refused, Twilio, Unknown, allowed_base
from tests.support.twilio.client import Running, StandIn, running
from tests.support.twilio.sign import (
    ACCOUNT,
    HEADER,
    OUR_NUMBER,
    SENDER,
    TOKEN,
    a_status,
    a_text,
    encoded,
    forged,
    signature,
    signed,
    without,
)

LEAD = "+447700900901"
PUBLIC = "https://texts.heard.example/sms?from=twilio"


class _ToStandIn(TwilioHttpClient):  # type: ignore[misc]
    """The blocking client that Twilio ships, sent to the stand-in."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=5)
        self.base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        assert url.startswith(TWILIO)
        return super().request(method, self.base + url.removeprefix(TWILIO), *args, **kwargs)


@pytest.fixture(scope="module")
def process() -> Iterator[Running]:
    with running(numbers=[OUR_NUMBER, "+447700900001"]) as started:
        yield started


@pytest.fixture
def stand_in(process: Running) -> Running:
    process.clear()
    process.set_webhook("")
    process.settings(settle=0, pause=0.01, redirect_media=False)
    return process


@pytest.fixture
def client(stand_in: Running) -> Any:
    return Client(ACCOUNT, TOKEN, http_client=_ToStandIn(stand_in.url))


@pytest.fixture
def twilio(stand_in: Running) -> Twilio:
    return Twilio(ACCOUNT, ACCOUNT, TOKEN, stage="test", base_url=stand_in.url, timeout=1)


def a_moment_ago() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def status_and_code(exc: pytest.ExceptionInfo[TwilioRestException]) -> tuple[int, int]:
    return exc.value.status, exc.value.code


# The real client


def test_a_text_is_sent_listed_fetched_redacted_and_deleted_once(client: Any) -> None:
    sent = client.messages.create(SENDER, from_=OUR_NUMBER, body="hello")
    assert (sent.status, sent.direction, sent.date_sent) == ("queued", "outbound-api", None)
    assert [m.sid for m in client.messages.list(to=SENDER, limit=5)] == [sent.sid]

    fetched = client.messages(sent.sid).fetch()
    assert (fetched.body, fetched.status) == ("hello", "delivered")
    assert client.messages(sent.sid).update(body="").body == ""
    assert client.messages(sent.sid).delete() is True
    with pytest.raises(TwilioRestException) as twice:
        client.messages(sent.sid).delete()
    assert status_and_code(twice) == (404, 20404)


def test_pages_end_even_without_a_limit(client: Any) -> None:
    sids = [client.messages.create(SENDER, from_=OUR_NUMBER, body=f"{n}").sid for n in range(7)]
    assert [m.sid for m in client.messages.list(page_size=3)] == sids[::-1]


def test_lists_are_filtered_by_sender_and_by_date(client: Any, stand_in: Running) -> None:
    stand_in.inbound("we like our foster home")
    client.messages.create(LEAD, from_=OUR_NUMBER, body="ring")
    now = datetime.now(UTC)
    assert [m.direction for m in client.messages.list(from_=SENDER, limit=5)] == ["inbound"]
    assert len(client.messages.list(date_sent_after=now - timedelta(minutes=1), limit=5)) == 2
    assert len(client.messages.list(date_sent_before=now - timedelta(minutes=1), limit=5)) == 0
    assert len(client.messages.list(date_sent=now.date(), limit=5)) == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "07700 900123", "from_": OUR_NUMBER, "body": "x"}, 21211),
        ({"to": "+447911123456", "from_": OUR_NUMBER, "body": "x"}, 21211),
        ({"to": SENDER, "from_": OUR_NUMBER, "body": ""}, 21602),
        ({"to": SENDER, "body": "x"}, 21603),
        ({"to": SENDER, "from_": LEAD, "body": "x"}, 21606),
        ({"to": SENDER, "from_": OUR_NUMBER, "body": "x" * 1601}, 21617),
    ],
)
def test_what_twilio_would_refuse_is_refused(client: Any, fields: dict[str, str], code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**fields)
    assert status_and_code(refused) == (400, code)


def test_wrong_credentials_are_refused_in_twilios_words(stand_in: Running) -> None:
    stranger = Client(ACCOUNT, "wrong", http_client=_ToStandIn(stand_in.url))
    with pytest.raises(TwilioRestException) as refused:
        stranger.messages.create(SENDER, from_=OUR_NUMBER, body="x")
    assert status_and_code(refused) == (401, 20003)
    bare = httpx.get(f"{stand_in.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", trust_env=False)
    assert bare.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


@pytest.mark.parametrize(
    "word", ["STOP", "stop ", "Unsubscribe", "END", "quit", "STOPALL", "revoke", "OptOut", "CANCEL"]
)
def test_a_stop_word_stops_our_texts_until_start(client: Any, stand_in: Running, word: str) -> None:
    assert stand_in.inbound(word)["opt_out"] == "STOP"
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(SENDER, from_=OUR_NUMBER, body="x")
    assert status_and_code(refused) == (400, 21610)
    assert [text["body"] for text in stand_in.phone(SENDER)] == [
        "OK. We will not text this number again. We still have what you sent."
    ]
    client.messages.create(SENDER, from_="+447700900001", body="another number of ours may")
    client.messages.create(LEAD, from_=OUR_NUMBER, body="another person gets ours")

    assert stand_in.inbound("Start")["opt_out"] == "START"
    client.messages.create(SENDER, from_=OUR_NUMBER, body="x")


@pytest.mark.parametrize("body", ["please stop moving children", "stop.", "the END of my placement", "NO"])
def test_words_around_a_stop_word_stop_nothing(client: Any, stand_in: Running, body: str) -> None:
    assert stand_in.inbound(body)["opt_out"] is None
    client.messages.create(SENDER, from_=OUR_NUMBER, body="x")


def test_help_gets_the_providers_answer(stand_in: Running) -> None:
    assert stand_in.inbound("help")["opt_out"] == "HELP"
    assert len(stand_in.phone(SENDER)) == 1


def test_pictures_are_listed_fetched_and_deleted_with_their_message(client: Any, stand_in: Running) -> None:
    sid = stand_in.inbound("my drawing", media=[("image/png", b"\x89PNG"), ("image/jpeg", b"\xff\xd8")])[
        "sid"
    ]
    first, second = client.messages(sid).media.list(limit=5)
    assert (first.content_type, first.parent_sid) == ("image/png", sid)
    address = stand_in.url + first.uri.removesuffix(".json")
    assert httpx.get(address, trust_env=False).status_code == 401
    content = httpx.get(address, auth=(ACCOUNT, TOKEN), trust_env=False)
    assert (content.content, content.headers["Content-Type"]) == (b"\x89PNG", "image/png")

    assert client.messages(sid).media(second.sid).delete() is True
    assert client.messages(sid).fetch().num_media == "1"
    client.messages(sid).delete()
    with pytest.raises(TwilioRestException) as away:
        client.messages(sid).media(first.sid).fetch()
    assert status_and_code(away) == (404, 20404)


def test_recordings_are_fetched_and_deleted_once(client: Any, stand_in: Running) -> None:
    sid = stand_in.ask("POST", "/recordings", {"seconds": 1})["sid"]
    recording = client.recordings(sid).fetch()
    assert (recording.duration, recording.status) == ("1", "completed")
    sound = httpx.get(
        stand_in.url + recording.uri.replace(".json", ".wav"), auth=(ACCOUNT, TOKEN), trust_env=False
    )
    assert sound.content.startswith(b"RIFF")
    assert client.recordings(sid).delete() is True
    with pytest.raises(TwilioRestException) as twice:
        client.recordings(sid).delete()
    assert status_and_code(twice) == (404, 20404)


# Webhooks


class Service:
    """A tiny service of ours that keeps what it got, and answers what a test tells it to."""

    def __init__(self) -> None:
        self.got: list[tuple[list[tuple[str, str]], str, str]] = []
        self.answers: list[int] = []
        self.twiml = "<Response/>"
        self.url = ""

    async def take(self, request: Request) -> Response:
        body = (await request.body()).decode("ascii")
        form = parse_qsl(body, keep_blank_values=True)
        self.got.append((form, request.headers[HEADER], request.url.path))
        status = self.answers.pop(0) if self.answers else 200
        return Response(self.twiml, status, media_type="application/xml")


@asynccontextmanager
async def a_service() -> AsyncIterator[Service]:
    service = Service()
    app = Starlette(routes=[Route("/{path:path}", service.take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as door:
        service.url = f"http://127.0.0.1:{door.getsockname()[1]}"
        serving = asyncio.create_task(server.serve([door]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield service
        server.should_exit = True
        await serving


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with a_service() as running_service:
        yield running_service


@pytest.fixture
async def asked(stand_in: Running) -> AsyncIterator[StandIn]:
    async with StandIn(stand_in.url) as started:
        yield started


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


async def test_a_webhook_is_signed_over_the_public_address(asked: StandIn, service: Service) -> None:
    await asked.set_webhook(f"{service.url}/sms?from=twilio", public_url=f"{PUBLIC}#rc=2")
    told = await asked.inbound("I'm fine \N{SLIGHTLY SMILING FACE} & you?", extra={"FromCity": "Leeds"})
    [(form, proof, _)] = service.got
    fields = dict(form)
    assert told["status"] == 200
    assert fields["MessageSid"] == fields["SmsSid"] == told["sid"]
    assert (fields["Body"], fields["FromCity"]) == ("I'm fine \N{SLIGHTLY SMILING FACE} & you?", "Leeds")
    assert (fields["FromZip"], fields["NumMedia"], fields["AccountSid"]) == ("", "0", ACCOUNT)
    assert RequestValidator(TOKEN).validate(PUBLIC, fields, proof)
    assert not RequestValidator(TOKEN).validate(PUBLIC, fields | {"Body": "changed"}, proof)
    assert not RequestValidator("other").validate(PUBLIC, fields, proof)


async def test_a_stop_carries_its_kind(asked: StandIn, service: Service) -> None:
    await asked.set_webhook(service.url)
    await asked.inbound("STOP")
    assert dict(service.got[0][0])["OptOutType"] == "STOP"


async def test_a_failing_service_is_asked_again_with_the_same_text(asked: StandIn, service: Service) -> None:
    await asked.set_webhook(service.url)
    service.answers = [500, 503]
    told = await asked.inbound("hello")
    assert [attempt["status"] for attempt in told["tries"]] == [500, 503, 200]
    assert {dict(form)["MessageSid"] for form, _, _ in service.got} == {told["sid"]}


async def test_five_tries_and_then_the_fallback(asked: StandIn, service: Service) -> None:
    await asked.set_webhook(f"{service.url}/first", fallback=f"{service.url}/second")
    service.answers = [500] * 5
    told = await asked.inbound("hello")
    assert [path for _, _, path in service.got] == ["/first"] * 5 + ["/second"]
    assert dict(service.got[-1][0])["ErrorCode"] == "11200"
    assert told["status"] == 200


async def test_a_refused_connection_is_tried_again(asked: StandIn) -> None:
    await asked.set_webhook(f"http://127.0.0.1:{free_port()}/sms")
    told = await asked.inbound("hello")
    assert [(attempt["status"], attempt["error"]) for attempt in told["tries"]] == [(None, "ct")] * 5
    assert [m["body"] for m in await asked.ask("GET", "/sent")] == []


@pytest.mark.parametrize(
    ("overrides", "tries"), [("", 1), ("rc=2&rp=4xx", 3), ("rc=2&rp=all", 3), ("rc=0", 1)]
)
async def test_a_4xx_is_tried_again_only_when_configured(
    asked: StandIn, service: Service, overrides: str, tries: int
) -> None:
    await asked.set_webhook(service.url, overrides=overrides)
    service.answers = [403] * 9
    assert len((await asked.inbound("hello"))["tries"]) == tries


async def test_a_slow_service_is_given_up(asked: StandIn) -> None:
    async def mute(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/sms"
    await asked.set_webhook(address, overrides="rc=5&rp=all&rt=200&tt=500")
    told = await asked.inbound("hello")
    assert {attempt["error"] for attempt in told["tries"]} == {"rt"}
    assert 2 <= len(told["tries"]) <= 3
    server.close()


async def test_a_text_may_be_delivered_twice(asked: StandIn, service: Service) -> None:
    await asked.set_webhook(service.url)
    told = await asked.inbound("hello", repeat=1)
    again = await asked.inbound("ignored", sid=told["sid"])
    assert again["sid"] == told["sid"]
    assert [dict(form)["Body"] for form, _, _ in service.got] == ["hello"] * 3


async def test_an_answer_in_twiml_is_sent(asked: StandIn, service: Service) -> None:
    await asked.set_webhook(service.url)
    service.twiml = "<Response><Message>Thanks</Message></Response>"
    await asked.inbound("hello")
    assert [text["body"] for text in await asked.phone(SENDER)] == ["Thanks"]


async def test_the_stand_in_never_leaves_this_machine(asked: StandIn) -> None:
    await asked.set_webhook("https://texts.heard.example/sms", overrides="rc=0")
    told = await asked.inbound("hello")
    assert told["tries"] == [{"url": "https://texts.heard.example/sms", "status": None, "error": "ct"}]


@pytest.mark.parametrize(
    ("reachable", "statuses"),
    [(True, ["queued", "sent", "delivered"]), (False, ["queued", "sent", "undelivered"])],
)
async def test_a_status_callback_tells_how_a_text_fared(
    asked: StandIn, service: Service, twilio: Twilio, reachable: bool, statuses: list[str]
) -> None:
    await asked.set_webhook(f"{service.url}/sms", public_url=PUBLIC)
    await asked.switch(LEAD, reachable=reachable)
    callback = "https://texts.heard.example/status"
    await twilio.send(LEAD, "ring", sender=OUR_NUMBER, status_callback=callback)
    async with asyncio.timeout(5):
        while len(service.got) < 3:
            await asyncio.sleep(0.02)
    assert [dict(form)["MessageStatus"] for form, _, _ in service.got] == statuses
    form, proof, path = service.got[0]
    assert path == "/status"
    assert RequestValidator(TOKEN).validate(callback, dict(form), proof)
    assert len(await asked.phone(LEAD)) == (1 if reachable else 0)


# Our own way to Twilio


async def test_a_text_gets_its_sid(twilio: Twilio, stand_in: Running) -> None:
    sid = await twilio.send(LEAD, "ring", sender=OUR_NUMBER)
    assert [(text["sid"], text["body"]) for text in stand_in.phone(LEAD)] == [(sid, "ring")]


@pytest.mark.parametrize(
    ("kind", "raised", "sent"),
    [
        ("429", Unavailable, False),
        ("503", Unavailable, False),
        ("500", Unknown, False),
        ("hang", Unknown, False),
        ("drop", Unknown, True),
    ],
)
async def test_a_fault_says_whether_the_text_may_be_out(
    twilio: Twilio, stand_in: Running, kind: str, raised: type[HeardError], sent: bool
) -> None:
    since = a_moment_ago()
    stand_in.fault(kind)
    with pytest.raises(raised) as failure:
        await twilio.send(LEAD, "ring", sender=OUR_NUMBER)
    assert type(failure.value) is raised
    found = await twilio.sent_since(LEAD, since)
    assert [text.body for text in found] == (["ring"] if sent else [])
    assert await twilio.send(LEAD, "ring", sender=OUR_NUMBER)


async def test_a_500_whose_text_went_out_is_found(twilio: Twilio, stand_in: Running) -> None:
    since = a_moment_ago()
    stand_in.fault("500", accepted=True)
    with pytest.raises(Unknown):
        await twilio.send(LEAD, "ring", sender=OUR_NUMBER)
    assert len(await twilio.sent_since(LEAD, since)) == 1


async def test_a_text_that_still_waits_at_twilio_counts_as_sent(twilio: Twilio, stand_in: Running) -> None:
    stand_in.settings(settle=30)
    since = a_moment_ago()
    await twilio.send(LEAD, "ring", sender=OUR_NUMBER)
    [text] = await twilio.sent_since(LEAD, since)
    assert text.status == "queued"
    with pytest.raises(Refused) as early:
        await twilio.erase_message(text.sid)
    assert early.value.code == 20009


async def test_nobody_there_means_surely_not_sent() -> None:
    alone = Twilio(ACCOUNT, ACCOUNT, TOKEN, stage="test", base_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable, match="twilio_not_reached"):
        await alone.send(LEAD, "ring", sender=OUR_NUMBER)


async def test_somebody_who_stopped_us_is_no_fault(twilio: Twilio, stand_in: Running) -> None:
    stand_in.inbound("STOP")
    with pytest.raises(OptedOut):
        await twilio.send(SENDER, "thanks", sender=OUR_NUMBER)


async def test_a_wrong_number_is_refused_for_good(twilio: Twilio) -> None:
    with pytest.raises(Refused) as refused:
        await twilio.send("12", "thanks", sender=OUR_NUMBER)
    assert refused.value.code == 21211


async def test_wrong_credentials_keep_texts_waiting(stand_in: Running) -> None:
    stranger = Twilio(ACCOUNT, ACCOUNT, "wrong", stage="test", base_url=stand_in.url)
    with pytest.raises(Unavailable):
        await stranger.send(LEAD, "ring", sender=OUR_NUMBER)


async def test_words_that_cannot_be_sent_are_refused(twilio: Twilio) -> None:
    with pytest.raises(Refused, match="not_unicode"):
        await twilio.send(LEAD, "\ud83d", sender=OUR_NUMBER)


async def test_what_people_sent_can_be_compared(twilio: Twilio, stand_in: Running) -> None:
    since = a_moment_ago()
    sids = [stand_in.inbound(f"{n}")["sid"] for n in range(3)]
    await twilio.send(SENDER, "thanks", sender=OUR_NUMBER)
    assert [text.sid for text in await twilio.received_since(OUR_NUMBER, since)] == sids[::-1]
    with pytest.raises(Unavailable, match="twilio_list_too_long"):
        await twilio.received_since(OUR_NUMBER, since, limit=2)


@pytest.mark.parametrize("redirect_media", [False, True])
async def test_a_drawing_is_fetched_without_credentials_at_another_address(
    twilio: Twilio, stand_in: Running, redirect_media: bool
) -> None:
    stand_in.settings(redirect_media=redirect_media)
    sid = stand_in.inbound("my drawing", media=[("image/png", b"\x89PNG\xff")])["sid"]
    [picture] = await twilio.client.messages(sid).media.list_async(limit=5)
    assert await twilio.media(sid, picture.sid) == ("image/png", b"\x89PNG\xff")
    with pytest.raises(Refused, match="too_large"):
        await twilio.media(sid, picture.sid, most=3)
    await twilio.erase_message(sid)
    with pytest.raises(Refused) as away:
        await twilio.media(sid, picture.sid)
    assert away.value.status == 404


async def test_a_voice_note_is_fetched(twilio: Twilio, stand_in: Running) -> None:
    sid = stand_in.ask("POST", "/recordings", {"seconds": 1})["sid"]
    content_type, sound = await twilio.recording(sid)
    assert (content_type, sound[:4], len(sound)) == ("audio/x-wav", b"RIFF", 44 + 16000)


async def test_a_recording_is_told_by_a_signed_callback(asked: StandIn, service: Service) -> None:
    callback = "https://voice.heard.example/recorded"
    told = await asked.ask(
        "POST", "/recordings", {"callback": f"{service.url}/recorded", "public_callback": callback}
    )
    [(form, proof, _)] = service.got
    assert dict(form)["RecordingSid"] == told["sid"]
    assert RequestValidator(TOKEN).validate(callback, dict(form), proof)


async def test_erasing_twice_is_as_good_as_once(twilio: Twilio, stand_in: Running) -> None:
    sid = stand_in.inbound("please forget this")["sid"]
    await twilio.erase_message(sid)
    await twilio.erase_message(sid)
    recording = stand_in.ask("POST", "/recordings", {})["sid"]
    await twilio.erase_recording(recording)
    await twilio.erase_recording(recording)


async def test_numbers_and_words_stay_out_of_logs_and_reprs(
    twilio: Twilio, caplog: pytest.LogCaptureFixture
) -> None:
    since = a_moment_ago()
    with caplog.at_level(logging.DEBUG):
        await twilio.send(LEAD, "a secret word", sender=OUR_NUMBER)
        [text] = await twilio.sent_since(LEAD, since)
        with pytest.raises(Refused) as refused:
            await twilio.send("+447700", "a secret word", sender=OUR_NUMBER)
    shown = caplog.text + repr(text) + repr(twilio) + repr(refused.value) + str(refused.value)
    assert "7700900" not in shown
    assert "secret" not in shown
    assert TOKEN not in shown
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("base", "stage"),
    [
        ("http://127.0.0.1:9000", "live"),
        ("https://api.twilio.com.example.org", "live"),
        ("https://elsewhere.example", "demo"),
        ("http://127.0.0.1.example.org", "test"),
        ("https://api.twilio.com@127.0.0.1.example.org", "test"),
        ("http://api.twilio.com", "live"),
    ],
)
def test_texts_go_to_twilio_or_stay_on_this_machine(base: str, stage: str) -> None:
    with pytest.raises(ValueError, match="stage"):
        allowed_base(base, stage)
    assert allowed_base(TWILIO, stage) == TWILIO


async def test_credentials_go_to_no_other_host(twilio: Twilio) -> None:
    with pytest.raises(ValueError, match="another host"):
        await twilio.client.request_async("GET", "https://lookups.twilio.com/v2/PhoneNumbers/x")


# The forms for contract tests


@pytest.mark.parametrize("form", [a_text("hello"), a_text("", FromCity="Leeds"), a_status("sent", sid="SM1")])
def test_the_builders_sign_as_the_validator_checks(form: list[tuple[str, str]]) -> None:
    validator = RequestValidator(TOKEN)
    assert validator.validate(PUBLIC, dict(form), signed(PUBLIC, form)[HEADER])
    assert not validator.validate(PUBLIC, dict(form), forged(PUBLIC, form)[HEADER])
    assert not validator.validate(PUBLIC, dict(without(form, "AccountSid")), signed(PUBLIC, form)[HEADER])
    assert parse_qsl(encoded(form).decode(), keep_blank_values=True) == form


def test_a_field_that_comes_twice_is_signed_with_both_values() -> None:
    twice = [*a_text("hello"), ("Body", "again")]
    assert signature(PUBLIC, twice, TOKEN) != signature(PUBLIC, a_text("hello"), TOKEN)


def test_the_stand_in_takes_an_api_key_and_a_messaging_service(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("made-up\n")
    options = ["--api-key", "SK1", "--api-secret-file", str(secret), "--messaging-service", "MG1"]
    with running(options=options, numbers=[OUR_NUMBER, "+447700900001"]) as started:
        keyed = Twilio(ACCOUNT, "SK1", "made-up", stage="test", base_url=started.url)
        started.inbound("STOP")
        with pytest.raises(OptedOut):
            asyncio.run(keyed.send(SENDER, "x", messaging_service="MG1"))
        with pytest.raises(OptedOut):
            asyncio.run(keyed.send(SENDER, "x", sender="+447700900001"))
        assert asyncio.run(keyed.send(LEAD, "x", messaging_service="MG1"))


def test_the_stand_in_ends_with_whoever_started_it(tmp_path: Any) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    command = [sys.executable, "-m", "tests.support.twilio", "--token-file", str(token)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        assert started.stdout.readline()
        assert started.stdin is not None
        started.stdin.close()
        assert started.wait(5) == 0


def test_whatsapp_goes_to_the_same_phone_under_its_own_addresses(client: Any, stand_in: Running) -> None:
    there, ours = f"whatsapp:{SENDER}", f"whatsapp:{OUR_NUMBER}"
    sent = client.messages.create(there, body="hello by whatsapp", from_=ours)
    assert (sent.to, sent.from_) == (there, ours)
    assert stand_in.phone(SENDER)[-1]["body"] == "hello by whatsapp"
    for to, sender in ((there, OUR_NUMBER), (SENDER, ours)):
        with pytest.raises(TwilioRestException) as refused:
            client.messages.create(to, body="mixed", from_=sender)
        assert refused.value.code == 21606


async def test_what_comes_by_whatsapp_says_so(asked: StandIn, service: Service) -> None:
    await asked.set_webhook(service.url)
    told = await asked.ask("POST", "/inbound", {"from": SENDER, "body": "STOP", "whatsapp": "Sam"})
    form = dict(service.got[0][0])
    assert (form["From"], form["To"]) == (f"whatsapp:{SENDER}", f"whatsapp:{OUR_NUMBER}")
    assert form["ProfileName"] == "Sam"
    assert told["opt_out"] is None, "Twilio's own opt-out is of SMS"


async def test_a_call_follows_what_it_is_told_and_its_recording_waits(
    asked: StandIn, service: Service, twilio: Twilio
) -> None:
    service.twiml = (
        "<Response><Gather action='key'><Say>hello</Say></Gather>"
        "<Record action='over' recordingStatusCallback='told?c=1'/><Hangup/></Response>"
    )
    await asked.settings(recording_delay=3600)
    told = await asked.call(b"a sound", url=f"{service.url}/call", hangs_up="recording")
    await asked.settings(recording_delay=0)
    assert told["heard"] == ["hello"]
    assert {path for _, _, path in service.got} == {"/call", "/over", "/told"}
    for form, proof, path in service.got:
        query = "?c=1" if path == "/told" else ""
        assert RequestValidator(TOKEN).validate(f"{service.url}{path}{query}", dict(form), proof)
        assert ("From" in dict(form)) is (path != "/told"), "a report does not say who called"
    with pytest.raises(Refused):
        await twilio.recording(told["recording"])
    told = await asked.call(b"a sound", url=f"{service.url}/call")
    assert await twilio.recording(told["recording"]) == ("audio/x-wav", b"a sound")
