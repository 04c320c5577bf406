"""Whether it is safe to answer, decided without words or level."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.replies.rules import DAY, Facts, History, OptOut, Slip, decide
from shared.contracts.values import Keyword, SafeContact, WithheldCause
from shared.errors import Rejected

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)
SECOND = timedelta(seconds=1)
OPTED_OUT = History(opted_out=True)


def facts(**said: object) -> Facts:
    return Facts(**{"arrived_at": NOW, "reachable": True, **said})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "history", "cause"),
    [
        (facts(), History(), None),
        (facts(arrived_at=NOW - TEN_MINUTES), History(), None),
        (facts(arrived_at=NOW - TEN_MINUTES - SECOND), History(), "late"),
        (facts(arrived_at=NOW + SECOND), History(), None),
        (facts(replayed=True), History(), "late"),
        (facts(), History(last=NOW), "daily"),
        (facts(), History(last=NOW - DAY + SECOND), "daily"),
        (facts(), History(last=NOW - DAY), None),
        (facts(), OPTED_OUT, "opted_out"),
        (facts(keyword=Keyword.STOP), History(), "opted_out"),
        (facts(keyword=Keyword.START), History(), "keyword"),
        (facts(keyword=Keyword.HELP), History(), None),
        (facts(keyword=Keyword.CALL_ME), History(), None),
        (facts(safe_contact=SafeContact.NO), History(), "unsafe"),
        (facts(safe_contact=SafeContact.YES), History(), None),
        (facts(reachable=False), History(), "no_address"),
        (facts(automatic=True), History(), "automatic"),
        (facts(authenticated=False), History(), "unauthenticated"),
        (facts(arrived_at=NOW - DAY), History(last=NOW), "late"),
        (facts(arrived_at=NOW - DAY), OPTED_OUT, "opted_out"),
        (facts(keyword=Keyword.START, arrived_at=NOW - DAY), OPTED_OUT, "keyword"),
    ],
)
def test_when_nothing_is_sent(told: Facts, history: History, cause: str | None) -> None:
    decided = decide(told, history, NOW, within=TEN_MINUTES)
    assert decided == (None if cause is None else WithheldCause(cause))


ages = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3))


@given(waited=ages, since_last=ages)
def test_whatever_is_sent_is_in_time_and_a_day_apart(waited: timedelta, since_last: timedelta) -> None:
    told, history = facts(arrived_at=NOW - waited), History(last=NOW - since_last)
    sends = decide(told, history, NOW, within=TEN_MINUTES) is None
    assert sends == (waited <= TEN_MINUTES and since_last >= DAY)


moments = st.lists(
    st.tuples(st.sampled_from(["stop", "start"]), st.integers(0, 50)),
    max_size=5,
    unique_by=lambda one: one[1],
)


@given(said=moments)
def test_stop_and_start_hold_by_their_times_in_whatever_order_they_come(said: list[tuple[str, int]]) -> None:
    latest = max(said, key=lambda one: one[1], default=("start", 0))[0]
    for order in permutations(said):
        asked = OptOut()
        for word, minute in order:
            at = NOW + timedelta(minutes=minute)
            asked = asked.stopped(at, uuid4()) if word == "stop" else asked.started(at)
        assert asked.in_force == (latest == "stop")


def test_a_stop_and_a_start_of_one_moment_mean_stop() -> None:
    assert OptOut().started(NOW).stopped(NOW, uuid4()).in_force is True
    assert OptOut().stopped(NOW, uuid4()).started(NOW).in_force is True


def test_a_stop_that_only_the_provider_told_is_news_when_the_text_comes() -> None:
    stop = uuid4()
    refused = OptOut().stopped(NOW, None)
    assert (refused.in_force, refused.told) == (True, False)
    heard = refused.stopped(NOW - SECOND, stop)
    assert (heard.told, heard.by_contribution, heard.since) == (True, stop, NOW)
    assert heard.stopped(NOW + SECOND, None).told
    again = heard.started(NOW + SECOND).stopped(NOW + 2 * SECOND, None)
    assert (again.in_force, again.told) == (True, False), "the old STOP has ended"


@pytest.mark.parametrize(
    "clear",
    [b"", b"\xff", b"[]", b"{}", b'{"address": "+447700900123"}', b'{"address": "", "to": "x"}', b'{"address": 1, "to": 2}'],
)  # fmt: skip
def test_a_slip_that_cannot_be_read_is_rejected_without_its_text(clear: bytes) -> None:
    with pytest.raises(Rejected) as wrong:
        Slip.parse(clear)
    assert wrong.value.reason == "slip_malformed"


def test_an_address_is_not_shown() -> None:
    slip = Slip.parse(b'{"address": "+447700900123", "to": "+447700900000", "channel": "sms"}')
    assert slip.address == "+447700900123"
    assert "7700900" not in repr(slip)
