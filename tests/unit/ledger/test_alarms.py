"""What operations are told, and how often."""

from datetime import timedelta

import pytest

from services.ledger.rules import Beat, Figures, causes, due, page
from tests.support.ledger import NOON


def told(figures: Figures = Figures(), beats: tuple[Beat, ...] = (), **more: object) -> dict[str, int]:  # noqa: B008
    began = more.get("began", NOON - timedelta(hours=1))
    return causes(figures, beats, ("archive",), began=began, now=NOON)  # type: ignore[arg-type]


ALIVE = Beat("archive", NOON - timedelta(seconds=59))


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (Figures(), {}),
        (Figures(missing=2), {"missing": 2}),
        (Figures(stuck={"triage": 4}), {"stuck:triage": 4}),
        (Figures(letters={"archive": 1, "pager": 0}), {"dead:archive": 1}),
        (Figures(other_words=1), {"other_words": 1}),
        (Figures(set_aside={"sms_intake": 1}), {"set_aside:sms_intake": 1}),
        (Figures(no_receipt=3), {"no_receipt": 3}),
        (Figures(unanswered=["sms_intake"]), {"no_answer:sms_intake": 1}),
    ],
)
def test_a_cause_is_named_with_its_owner(figures: Figures, expected: dict[str, int]) -> None:
    assert told(figures, (ALIVE,)) == expected


def test_a_service_whose_heart_stopped_for_a_minute_is_silent() -> None:
    late = Beat("archive", NOON - timedelta(seconds=61))
    assert told(beats=(ALIVE,)) == {}
    assert told(beats=(late,)) == {"silent:archive": 1}
    assert told() == {"silent:archive": 1}, "one that never beat is silent too"
    assert told(beats=(late,), began=NOON - timedelta(seconds=59)) == {}, "we were away ourselves"
    assert told(began=NOON - timedelta(seconds=59)) == {}, "but not before we could have heard it"


def test_nobody_is_called_silent_while_heartbeats_cannot_reach_us() -> None:
    assert told(Figures(unanswered=["kafka"])) == {"no_answer:kafka": 1}
    assert told(Figures(behind=True)) == {}


@pytest.mark.parametrize(
    ("n", "paged_n", "minutes_ago", "expected"),
    [
        (1, 0, None, True),
        (1, 1, 1, False),
        (2, 1, 4, False),  # it grew, and they were told a moment ago
        (2, 1, 5, True),
        (1, 1, 59, False),
        (1, 1, 60, True),
        (1, 2, 30, False),  # it shrinks
    ],
)
def test_operations_are_paged_for_what_is_new_and_not_too_often(
    n: int, paged_n: int, minutes_ago: int | None, expected: bool
) -> None:
    paged_at = None if minutes_ago is None else NOON - timedelta(minutes=minutes_ago)
    assert due(n, paged_n, paged_at, NOON) is expected


def test_a_page_says_figures_and_nothing_else() -> None:
    assert page({"dead:archive": 2, "missing": 1}) == (
        "Heard operations: 2 dead letters of archive; 1 missing: accepted, and nobody has it. See: heard ledger"
    )
