"""Headers are read strictly, and of a record that is parked only what is ours and sound is kept."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.events import Heartbeat
from shared.contracts.topics import Topic
from shared.errors import Rejected
from shared.messaging import headers as h
from shared.messaging.arrival import decode, parked
from shared.telemetry import child_of, new_trace
from tests.support.events import a_received
from tests.support.records import a_record, headers_of

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
CANARY = "canary-7f3a"


def test_an_event_travels_as_a_cloudevent_in_ascii() -> None:
    event = a_received("hello")
    found = h.of_event(event, Topic.SMS_RECEIVED, source="sms_intake", at=NOW)
    trace = found.pop("traceparent")
    assert found == {
        "ce_specversion": "1.0",
        "ce_id": str(event.event_id),
        "ce_type": "sms.received",
        "ce_source": "/heard/sms_intake",
        "ce_time": "2026-11-24T20:00:00.000000Z",
        "ce_dataschema": "urn:heard:sms.received:1",
        "ce_subject": str(event.about),
        "content-type": "application/json",
    }
    assert child_of(trace)[:36] == trace[:36]


def test_an_event_about_no_contribution_has_no_subject() -> None:
    beat = Heartbeat(event_id=UUID(int=1), service="triage", instance="1", at=NOW)
    assert "ce_subject" not in h.of_event(beat, Topic.HEARTBEATS, source="triage", at=NOW)


def test_a_trace_goes_on_and_a_malformed_one_begins_anew() -> None:
    first = new_trace()
    second = child_of(first)
    assert second[:36] == first[:36]
    assert second != first
    for broken in (None, "", CANARY, first[:-1], first.upper(), f"{first} {CANARY}"):
        assert child_of(broken)[:36] != first[:36]
        assert CANARY not in child_of(broken)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [([("ce_id", None)], "header_null"), ([("a", b"\xff" + CANARY.encode())], "header_not_ascii")],
)
def test_a_bad_header_is_refused_without_its_text(raw: h.Raw, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        h.read(raw)
    assert caught.value.reason == reason
    assert CANARY not in str(caught.value)


def test_what_is_not_ours_or_not_sound_is_not_kept() -> None:
    kept = h.salvage(
        [
            ("ce_id", b"00000000-0000-0000-0000-000000000001"),
            ("ce_type", None),
            ("ce_source", b"\xff\xfe"),
            ("ce_time", b"with\nnewline"),
            ("ce_subject", b"x" * 201),
            ("traceparent", b"somebody's words in it"),
            ("from", CANARY.encode()),
            ("x-attempt", b"3"),
            ("x-replay", b"20261124T200000Z"),
        ]
    )
    assert kept == {
        "ce_id": "00000000-0000-0000-0000-000000000001",
        "x-attempt": "3",
        "x-replay": "20261124T200000Z",
    }


def test_everything_that_we_write_is_kept() -> None:
    ours = h.of_event(a_received("hello"), Topic.SMS_RECEIVED, source="sms_intake", at=NOW)
    assert h.salvage([(name, text.encode()) for name, text in ours.items()]) == ours


anything = st.lists(
    st.tuples(
        st.sampled_from(
            [*headers_of(a_received("hi")), "x-attempt", "x-origin-topic", "x-not-before", "other"]
        ),
        st.none()
        | st.binary(max_size=300)
        | st.text(max_size=50).map(lambda t: t.encode("utf-8", "replace")),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(raw=anything)
def test_a_parked_record_is_always_understood(raw: h.Raw) -> None:
    """Whatever its headers are: the ledger reads every dead letter."""
    found = parked(a_record("triage.dead", b"\xff", raw))
    assert found.event.event_id
    kept = h.salvage(raw)
    assert all(text.isascii() and " " not in text and len(text) <= 200 for text in kept.values())
    assert h.salvage([(name, text.encode()) for name, text in kept.items()]) == kept


@settings(max_examples=150, deadline=None)
@given(raw=anything, value=st.none() | st.binary(max_size=200))
def test_a_record_is_decoded_or_refused(raw: h.Raw, value: bytes | None) -> None:
    with pytest.raises(Rejected) as caught:
        decode(a_record("sms.received.v1", value, raw))
    assert caught.value.reason.isascii()


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "９", "1" * 30, " 1"])
def test_a_header_that_counts_is_zero_when_it_is_no_number(text: str) -> None:
    assert h.number({"n": text}, "n") in (0, 9)
    assert h.number({}, "n") == 0
    assert h.number({"n": "20"}, "n") == 20


def test_the_same_record_parked_twice_is_one_dead_letter() -> None:
    headers = headers_of(a_received("hi"))
    placed = [
        *headers,
        ("x-origin-topic", b"sms.received.v1"),
        ("x-origin-partition", b"3"),
        ("x-origin-offset", b"9"),
    ]
    first = parked(a_record("triage.dead", b"", placed, offset=1)).event
    again = parked(a_record("triage.dead", b"", placed, offset=2)).event
    elsewhere = parked(a_record("anonymiser.dead", b"", placed, offset=1)).event
    assert first.event_id == again.event_id != elsewhere.event_id
