"""The last hour: bounded, gaps stay gaps, nothing counted twice."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.console.rooms.operations.rules.counting import Hour, Seen
from services.console.rooms.operations.rules.facts import Arrivals
from services.console.rooms.operations.rules.history import HEIGHT, WIDTH, History, Sample, chart, nice, table

NOW = datetime(2026, 11, 25, 3, 10, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_looks_of_one_minute_are_one_sample_and_an_hour_is_kept() -> None:
    history = History()
    for second in range(0, 3 * 3600, 10):
        at = NOW + timedelta(seconds=second)
        history.add(Sample(at, waits=float(second), behind=None))
    assert len(history.samples) == 60
    values = history.of("waits", at)
    assert values[-1] == float(second)
    assert values == sorted(value for value in values if value is not None)
    assert set(history.of("behind", at)) == {None}


def test_a_gap_stays_a_gap() -> None:
    history = History()
    for ago, value in ((50, 4.0), (49, 6.0), (30, None), (2, 8.0)):
        history.add(Sample(NOW - ago * MINUTE, waits=value))
    drawn = chart("waits", "Waits", "seconds", history.of("waits", NOW))
    assert len(drawn.runs) == 2
    assert drawn.top == 10
    assert drawn.said == "Not known in this minute, at most 8 in the last hour (seconds)."
    rows = table([drawn], NOW)
    assert len(rows) == 12
    assert [one for _, (one,) in rows if one is not None] == [8.0, 6.0, 4.0]


@given(st.lists(st.none() | st.floats(0, 1e6), min_size=60, max_size=60), st.booleans())
def test_a_chart_stays_within_its_frame(values: list[float | None], bars: bool) -> None:
    drawn = chart("x", "X", "records", values, bars=bars)
    places = [(float(x), float(y)) for run in drawn.runs for x, y in (one.split(",") for one in run.split())]
    for x, y in (*places, *drawn.bars):
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
    assert nice(max((one for one in values if one is not None), default=0)) == drawn.top


def test_what_came_is_counted_by_the_minute_and_the_hour() -> None:
    hour = Hour()
    for ago, channel in (
        (0, "sms"),
        (30, "sms"),
        (59, "email"),
        (300, "sms"),
        (3500, "sms"),
        (4000, "sms"),
        (-50, "sms"),
    ):
        hour.add(channel, NOW - timedelta(seconds=ago), NOW)
    assert hour.arrivals(NOW) == {"sms": Arrivals(3, 5), "email": Arrivals(1, 1)}
    assert hour.by_minute(NOW)[-1] == 2 + 1  # the one from the future counts as now
    assert sum(hour.by_minute(NOW)) == 6
    later = NOW + timedelta(hours=2)
    assert hour.arrivals(later) == {}


def test_the_boxes_are_bounded() -> None:
    hour = Hour()
    for n in range(2000):
        at = NOW + timedelta(seconds=10 * n)
        hour.add("sms", at, at)
    assert len(hour.boxes) < 400
    assert hour.arrivals(at)["sms"].hour in (360, 361)


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=80))
def test_no_receipt_counts_twice(steps: list[tuple[int, bool]]) -> None:
    """A receipt comes at most once after Kafka has it, and any number of times before."""
    seen, counted, published = Seen(), [], set()
    for number, done in steps:
        if number in published:
            continue
        if done:
            published.add(number)
        if seen.is_new(str(number), done):
            counted.append(number)
    assert sorted(counted) == sorted({number for number, _ in steps})


def test_what_is_remembered_of_receipts_is_bounded() -> None:
    seen = Seen(most=10)
    for n in range(100):
        seen.is_new(str(n), published=False)
    assert len(seen.unpublished) == len(seen.order) == 10
