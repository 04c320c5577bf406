"""What must hold of a call whatever Twilio, or somebody who has its token, sends."""

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from services.voice_intake.adapters.calls import Call, Ticket
from services.voice_intake.rules import caller_of, dialled
from tests.support.twilio.sign import Form, a_call, a_recording, changed
from tests.support.voice import Door, slip_of

NAMES = (
    "RecordingSid",
    "RecordingUrl",
    "RecordingStatus",
    "Digits",
    "From",
    "To",
    "CallSid",
    "AccountSid",
    "CallerName",
)
WORDS = st.text(st.characters(codec="utf-8"), max_size=40)
PATHS = st.sampled_from(["/call", "/key", "/recorded", "/recording", "/recording?c=x"])
NUMBERS = st.integers(0, 999).map(lambda n: f"+447700900{n:03d}")


@st.composite
def forms(draw: st.DrawFn) -> Form:
    form = draw(st.sampled_from([a_call(), a_recording()]))
    fields = draw(st.dictionaries(st.sampled_from(NAMES), WORDS, max_size=5))
    return changed(form, **fields)


@settings(max_examples=120, deadline=None)
@given(path=PATHS, form=forms())
def test_whatever_is_signed_is_answered_and_never_fails(path: str, form: Form) -> None:
    with tempfile.TemporaryDirectory() as folder:
        door = Door(Path(folder))
        assert door.post(path, form) in (200, 400)
        kept = len(door.events())
        assert door.post(path, form) in (200, 400)
        assert len(door.events()) == kept, "a repeat is the same"
        door.intake.spool.close()


@settings(max_examples=40, deadline=None)
@given(number=NUMBERS, first=st.booleans())
def test_no_caller_stands_in_clear_and_each_is_known_to_who_answers(number: str, first: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        door = Door(Path(folder))
        call = a_call(number)
        assert door.post("/call", call) == 200
        path = "/" + door.heard().iter("Record").__next__().attrib["recordingStatusCallback"]
        report = a_recording(call_sid=dict(call)["CallSid"])
        ended = changed(call, RecordingSid=dict(report)["RecordingSid"])
        steps = [("/recorded", ended), (path, report)]
        for where, form in steps if first else steps[::-1]:
            assert door.post(where, form) == 200
            assert number[1:] not in door.answer.text
        (event,) = door.events()
        assert slip_of(event)["address"] == number
        row = door.intake.spool.waiting(0, 1)[0]
        assert (
            number[4:].encode() not in row.value + row.key + json.dumps(row.headers).encode() + path.encode()
        )
        door.intake.spool.close()


@given(caller=st.one_of(st.none(), NUMBERS), sid=st.text("CA0123456789abcdef", min_size=1), other=WORDS)
def test_a_ticket_opens_for_its_own_call_alone(caller: str | None, sid: str, other: str) -> None:
    ticket = Ticket(b"a key of a test")
    written = ticket.write(Call("AC1", sid, caller, "+447700900000"))
    assert ticket.read(written, sid) == (caller, "+447700900000")
    assert ticket.read(written, f"{sid}0") == (None, "")
    if other != written:
        assert ticket.read(other, sid) == (None, "")


@given(given_number=WORDS)
def test_only_what_is_a_number_is_a_caller(given_number: str) -> None:
    found = caller_of(given_number)
    assert found is None or (found == given_number and found[1:].isdecimal() and found.isascii())


@given(st.text("0123456789 ", min_size=1).map(lambda rest: f"0{rest}"))
def test_a_number_is_dialled_with_its_own_digits(number: str) -> None:
    assert dialled(number) == "+44" + number.replace(" ", "")[1:]
