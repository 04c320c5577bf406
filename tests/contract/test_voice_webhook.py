"""What Twilio sends us of a call, and what the caller hears. A row for each odd thing that the real world sends."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn

from services.voice_intake.adapters.calls import Call, Ticket
from shared.vault import Binding
from tests.support.keys import keys_of
from tests.support.twilio.calls import Calls
from tests.support.twilio.control import silence
from tests.support.twilio.sign import (
    OUR_NUMBER,
    SENDER,
    TOKEN,
    Form,
    a_call,
    a_recording,
    an_sid,
    changed,
    forged,
    signed,
    without,
)
from tests.support.twilio.state import State, Webhook
from tests.support.voice import BASE, SECOND, Door, slip_of

WITHHELD = ("anonymous", "+266696687", "+86282452253", "Restricted", "", "sip:somebody@example.org", "999")


@pytest.fixture
def door(tmp_path: Path) -> Any:
    made = Door(tmp_path)
    yield made
    made.intake.spool.close()


def report_of(door: Door, call: Form, status: str = "completed") -> tuple[str, Form]:
    """Where a recording of this call is reported to, and the report."""
    assert door.post("/call", call) == 200
    record = door.heard().find("Record")
    assert record is not None
    path = "/" + record.get("recordingStatusCallback", "")
    return path, a_recording(status, call_sid=dict(call)["CallSid"])


def test_a_caller_hears_the_limits_and_is_recorded_once(door: Door) -> None:
    assert door.post("/call", a_call()) == 200
    said = door.heard()
    assert [verb.tag for verb in said] == ["Gather", "Record", "Say", "Hangup"]
    gather, record = said[0], said[1]
    assert (gather.get("numDigits"), gather.get("action")) == ("1", "key")
    greeting = "".join(gather.itertext())
    for words in (
        "call 9 9 9",
        "press 1",
        "not told who you are",
        "someone who can help",
        "do not have to tell",
    ):
        assert words in greeting
    told = dict(record.attrib)
    assert told["action"] == "recorded"
    assert told["recordingStatusCallbackEvent"] == "completed absent"
    assert (told["maxLength"], told["timeout"], told["finishOnKey"]) == ("600", "10", "#")
    assert (told["transcribe"], told["playBeep"]) == ("false", "true")
    assert "did not hear" in "".join(said[2].itertext()), "silence is not asked twice"


def test_one_puts_through_to_childline_and_nothing_else_does(door: Door) -> None:
    assert door.post("/key", a_call(Digits="1")) == 200
    said = door.heard()
    assert [verb.tag for verb in said] == ["Say", "Dial", "Say", "Hangup"]
    assert (said[1].text, said.find("Record")) == ("+448001111", None)
    assert "0 8 0 0 1 1 1 1" in "".join(said[2].itertext()), "if nobody answers there"
    for digits in ("2", "*", "11", ""):
        assert door.post("/key", a_call(Digits=digits)) == 200
        assert [verb.tag for verb in door.heard()] == ["Record", "Say", "Hangup"]
    assert door.events() == []


@pytest.mark.parametrize("path", ["/call", "/key", "/recorded", "/recording"])
def test_only_twilio_is_answered(door: Door, path: str) -> None:
    form = a_call(RecordingSid="RE1", RecordingStatus="completed")
    assert door.post(path, form, forged(f"{BASE}{path}", form)) == 403
    assert door.post(path, form, {"Content-Type": "application/x-www-form-urlencoded"}) == 403
    assert door.post(path, form, signed(f"{BASE}/elsewhere", form)) == 403
    assert door.post(path, form, {**signed(f"{BASE}{path}", form), "Content-Type": "application/json"}) == 400
    assert door.post(path, a_call(More="x" * 70_000)) == 413
    assert door.post(path, form, base=SECOND) == 200, "the fallback address"
    assert len(door.events()) == (1 if path in ("/recorded", "/recording") else 0)


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/call", without(a_call(), "CallSid"), 400),
        ("/call", without(a_call(), "AccountSid"), 400),
        ("/call", without(a_call(), "To"), 400),
        ("/call", changed(a_call(), CallSid="CA 1"), 400),
        ("/call", without(a_call(), "From"), 200),
        ("/call", a_call("anonymous"), 200),
        ("/call", a_call("+44é"), 200),
        ("/recorded", a_call(), 200),
        ("/recorded", a_call(RecordingUrl="https://api.twilio.com/x/Recordings/RE1"), 200),
        ("/recorded", a_call(RecordingSid="../RE1"), 200),
        ("/recorded", without(a_call(RecordingSid="RE1"), "CallSid"), 400),
        ("/recording", without(a_recording(), "RecordingSid"), 400),
        ("/recording", without(a_recording(), "CallSid"), 400),
        ("/recording", without(a_recording(), "AccountSid"), 400),
        ("/recording", without(a_recording(), "RecordingStatus"), 400),
        ("/recording", changed(a_recording(), RecordingSid="../RE1"), 400),
    ],
)  # fmt: skip
def test_forms_are_answered(door: Door, path: str, form: Form, status: int) -> None:
    assert door.post(path, form) == status


def test_a_recording_is_kept_before_anybody_is_thanked(door: Door) -> None:
    call = a_call()
    assert door.post("/recorded", changed(call, RecordingSid="RE7", RecordingDuration="12")) == 200
    assert [verb.tag for verb in door.heard()] == ["Say", "Hangup"]
    assert "We have got your message" in "".join(door.heard().itertext())
    (event,) = door.events()
    (part,) = event.parts
    assert (event.context.channel, event.provider, event.provider_id) == ("voice", "twilio", "RE7")
    assert (part.number, part.kind, part.media_type) == (1, "sound", "audio/x-wav")
    assert part.waiting
    assert (part.waiting.sid, part.waiting.media_sid) == ("RE7", None)
    assert slip_of(event) == {"address": SENDER, "to": OUR_NUMBER, "channel": "voice"}
    assert event.context.names and event.identity
    names = keys_of("anonymiser").opener.open(event.context.names, Binding.of(event.context))
    assert json.loads(names) == [SENDER]
    assert not event.context.consent.asked


def test_nobody_is_thanked_for_what_is_not_kept(door: Door) -> None:
    assert door.post("/recorded", a_call()) == 200
    assert "We have got" not in door.answer.text
    assert door.events() == []


@pytest.mark.parametrize("first", ["call", "report"])
def test_the_call_and_its_report_are_one_contribution_whichever_comes_first(door: Door, first: str) -> None:
    call = a_call()
    path, report = report_of(door, call)
    ended = changed(call, RecordingSid=dict(report)["RecordingSid"], RecordingDuration="9")
    for one in ("call", "report") if first == "call" else ("report", "call"):
        for _ in range(2):
            assert door.post(*(("/recorded", ended) if one == "call" else (path, report))) == 200
    (event,) = door.events()
    assert slip_of(event)["address"] == SENDER, "the report alone does not say who called"
    assert door.intake.spool.receipts(0)[0]["conflict"] == 0


def test_a_report_with_another_calls_ticket_names_nobody(door: Door) -> None:
    path, report = report_of(door, a_call())
    assert door.post(path, changed(report, CallSid=an_sid("CA"))) == 200
    assert door.post("/recording?c=", a_recording()) == 200
    assert door.post("/recording?c=%C3%A9", a_recording()) == 200
    assert door.post("/recording", a_recording()) == 200
    assert [event.reply_slip for event in door.events()] == [None] * 4


def test_the_ticket_is_of_the_edge_and_says_nothing(door: Door) -> None:
    ticket = Ticket(door.ports.edge.tag_key)
    call = Call("AC1", "CA1", SENDER, OUR_NUMBER)
    written = ticket.write(call)
    assert SENDER[1:] not in written
    assert ticket.write(call) != written
    assert ticket.read(written, "CA1") == (SENDER, OUR_NUMBER)
    assert ticket.read(written, "CA2") == (None, "")
    assert Ticket(b"another key").read(written, "CA1") == (None, "")
    assert len(written) < 200


@pytest.mark.parametrize("caller", WITHHELD)
def test_who_withholds_the_number_is_not_taken_for_one_person(door: Door, caller: str) -> None:
    for sid in ("RE1", "RE2"):
        call = a_call(caller)
        assert door.post("/call", call) == 200
        assert door.post("/recorded", changed(call, RecordingSid=sid)) == 200
    first, second = door.events()
    assert first.context.tag is first.context.names is first.reply_slip is None
    assert first.identity, "the provider may still know"
    assert first.event_id != second.event_id


def test_a_call_in_which_nobody_spoke_is_counted_and_is_no_contribution(door: Door) -> None:
    path, report = report_of(door, a_call(), "absent")
    assert door.post(path, report) == 200
    assert door.events() == []
    assert door.intake.spool.refused() == [{"day": "2026-11-24", "status": 204, "n": 1}]


def test_a_recording_that_failed_reaches_a_person(door: Door) -> None:
    path, report = report_of(door, a_call(), "failed")
    assert door.post(path, report) == 200
    assert len(door.events()) == 1


def test_nothing_of_the_caller_stands_in_clear(door: Door) -> None:
    path, report = report_of(door, a_call())
    assert SENDER[1:] not in door.answer.text
    door.post(path, report)
    row = door.intake.spool.waiting(0, 1)[0]
    whole = row.value + row.key + json.dumps(row.headers).encode()
    assert SENDER[1:].encode() not in whole
    assert b"7700900123" not in whole


def test_too_many_at_once_are_told_to_come_again(tmp_path: Path) -> None:
    door = Door(tmp_path, in_flight=0)
    assert door.post("/call", a_call()) == 503
    door.intake.spool.close()


def test_what_is_answered_survives_any_number_in_it(door: Door) -> None:
    """Nothing that a caller's side sends is ever said back."""
    odd = '"><Say>&\x00\ud83d'.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    assert door.post("/call", a_call(CallerCity=odd)) == 200
    assert "Say>&" not in door.answer.text
    assert door.heard().tag == "Response"


# Whole calls, through the stand-in.


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[tuple[Door, Calls, State]]:
    """The service at an address of this machine, and the stand-in that calls it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    door = Door(tmp_path, f"http://127.0.0.1:{port}")
    server = uvicorn.Server(
        uvicorn.Config(door.app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
    )
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    state = State(token=TOKEN, voice=Webhook(f"http://127.0.0.1:{port}/call"), pause=0.01)
    yield door, Calls(state, asyncio.create_task), state
    server.should_exit = True
    await running
    door.intake.spool.close()


Line = tuple[Door, Calls, State]


async def test_a_whole_call_is_one_contribution(line: Line) -> None:
    door, phone, state = line
    told = await phone.call({"from": SENDER, "base64": _b64(silence(3)), "repeat_report": 2})
    assert told["statuses"] == [200, 200]
    assert [tries[-1]["status"] for tries in told["reports"]] == [200] * 3
    assert told["ended"] == "by the service"
    assert len(told["heard"]) == 2
    assert "Thank you" in told["heard"][1]
    (event,) = door.events()
    assert event.provider_id == told["recording"]
    assert state.recordings[told["recording"]].duration == 3
    query = parse_qs(urlsplit(told["record"]["reported to"]).query)
    assert list(query) == ["c"]


@pytest.mark.parametrize("first", [True, False])
async def test_a_caller_who_just_hangs_up_is_kept(line: Line, first: bool) -> None:
    door, phone, state = line
    state.report_first = first
    told = await phone.call({"from": SENDER, "base64": _b64(silence(1)), "hangs_up": "recording"})
    assert (told["ended"], told["statuses"]) == ("hung up", [200, 200])
    (event,) = door.events()
    assert slip_of(event)["address"] == SENDER


async def test_a_silent_caller_hears_helplines_and_is_not_asked_twice(line: Line) -> None:
    door, phone, _ = line
    told = await phone.call({"from": SENDER})
    assert (told["statuses"], told["ended"], len(told["heard"])) == ([200], "by the service", 2)
    assert "0 8 0 0 1 1 1 1" in told["heard"][1]
    assert door.events() == []
    assert door.intake.spool.refused()[0]["status"] == 204


async def test_one_is_pressed_and_childline_is_dialled(line: Line) -> None:
    door, phone, _ = line
    told = await phone.call({"from": SENDER, "keys": ["1"], "base64": _b64(silence(1))})
    assert told["dialled"] == "+448001111"
    assert told["recording"] is None
    assert door.events() == []


async def test_another_key_and_a_number_that_is_withheld(line: Line) -> None:
    door, phone, _ = line
    told = await phone.call({"from": "anonymous", "keys": ["5"], "base64": _b64(silence(1))})
    assert told["statuses"] == [200, 200, 200]
    assert door.events()[0].reply_slip is None


async def test_who_hangs_up_on_the_greeting_said_nothing(line: Line) -> None:
    door, phone, _ = line
    assert (await phone.call({"from": SENDER, "hangs_up": "greeting"}))["statuses"] == [200]
    assert door.events() == []


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode()
