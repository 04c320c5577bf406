"""The balance and the trace as a newcomer reads them."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.ledger.rules import describe, describe_trace
from services.ledger.settings import Settings

NOTHING: dict[str, Any] = {
    "in_flight": [], "held": [], "missing": [], "parked": [], "unattributed": [], "refused_answers": [], "alarms": [],
    "unanswered": [], "balanced": True,
}  # fmt: skip


def row(**figures: int) -> dict[str, int]:
    names = ("accepted", "archived", "held", "in_flight", "refused", "erased", "missing")
    return {name: figures.get(name, 0) for name in names}


def test_a_balance_is_an_equation_by_channel() -> None:
    sms = row(accepted=12, archived=10, held=1, in_flight=1)
    waits = {"owner": "archive", "why": "waits to be read", "n": 1, "oldest_seconds": 700}
    lines = describe({**NOTHING, "channels": {"sms": sms}, "total": sms, "in_flight": [waits]})
    assert lines == [
        "Every contribution is in one place:",
        "",
        "channel     accepted = archived +     held + in flight +  refused +   erased    missing",
        "sms               12         10          1           1          0          0          0",
        "all               12         10          1           1          0          0          0",
        "",
        "In flight:",
        "  1 with archive: waits to be read (oldest 11 min)",
        "",
        "Balanced: nothing is missing.",
    ]


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"total": row(accepted=3, missing=2), "balanced": False}, "NOT BALANCED: 2 missing."),
        (
            {"unanswered": ["archive", "kafka"], "balanced": False},
            "Nothing is known to be missing, but this is not the whole picture: no answer from archive, kafka.",
        ),
        ({"balanced": False}, "NOT BALANCED: the columns do not add up to what was accepted."),
    ],
)
def test_what_is_wrong_is_said_in_the_last_line(changed: dict[str, Any], verdict: str) -> None:
    assert describe({**NOTHING, "channels": {}, "total": row(), **changed})[-1] == verdict


def test_a_trace_says_where_a_contribution_was_and_when() -> None:
    at = "2026-11-24T12:00:00.123+00:00"
    place = {"topic": "contributions.triaged.v1", "partition": 3, "offset": 70}
    steps = [
        {
            "at": at,
            "step": "accepted",
            "code": "by sms_intake",
            "topic": None,
            "partition": None,
            "offset": None,
        },
        {
            "at": at,
            "step": "triaged",
            "part": 1,
            "revision": 2,
            "code": "medium",
            "detail": "no_words",
            **place,
        },
    ]
    told = {
        "contribution_id": "ID",
        "channel": "sms",
        "state": "in_flight",
        "owner": "archive",
        "why": "waits",
    }
    assert describe_trace({**told, "steps": steps}) == [
        "Contribution ID (sms): in flight",
        "with archive: waits",
        "",
        "2026-11-24T12:00:00.123  accepted    by sms_intake",
        "2026-11-24T12:00:00.123  triaged     part 1 revision 2 medium no_words  contributions.triaged.v1[3]@70",
    ]


def test_settings_read_lists_and_refuse_half_a_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_INTAKES", "sms_intake=http://127.0.0.1:1/, sms_intake=http://127.0.0.1:2")
    assert Settings().intakes == (
        ("sms_intake", "http://127.0.0.1:1"),
        ("sms_intake", "http://127.0.0.1:2"),
    )
    for name, value in (
        ("LEDGER_OPERATIONS", "+447700900104"),  # without a sender
        ("LEDGER_OPERATIONS", "operations"),
        ("LEDGER_SERVICES", "archive"),
        ("LEDGER_EVERY", "0"),
    ):
        with monkeypatch.context() as changed:
            changed.setenv(name, value)
            with pytest.raises(ValidationError):
                Settings()
    assert "+44" not in repr(Settings(sender="+447700900001"))  # type: ignore[arg-type]
