"""A record that the process dies of is known after it has died twice with nothing else in hand."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.events import ContributionReceived
from shared.errors import Unavailable
from shared.messaging.plan import Answer
from shared.messaging.record import Record
from shared.messaging.tries import Tries
from tests.support.events import a_received
from tests.support.records import a_record, record_of
from tests.unit.shared.test_lane import Bench, level, texts

pytestmark = pytest.mark.usefixtures("no_waiting")


class Died(BaseException):
    """Stands for the death of the process: nothing of ours runs after it."""


def begun(path: Path) -> Tries:
    tries = Tries(path)
    tries.begin()
    return tries


def bench_of(tries: Tries, handler: Any) -> Bench:
    bench = Bench(handler)
    bench.router.tries = tries
    bench.lane.batch_size = 32
    return bench


def killing(killer: ContributionReceived, handled: list[ContributionReceived]) -> Any:
    async def handler(event: ContributionReceived) -> Answer:
        if event == killer:
            raise Died
        handled.append(event)
        return await level(event)

    return handler


def test_an_ordinary_run_writes_at_the_start_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "triage-1.json"
    tries = begun(path)
    assert path.exists()
    assert not tries.careful
    assert not tries.is_suspect(record_of(a_received("hello")), 32)
    tries.end()
    assert not path.exists()
    assert not begun(path).careful
    assert begun(path).careful, "the one before did not end"


async def test_an_ordinary_batch_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(begun(tmp_path / "t.json"), level)
    monkeypatch.setattr(Tries, "_write", lambda self: pytest.fail("written"))
    assert await bench.batch(*(record_of(event, offset=n) for n, event in enumerate(texts(5))))


async def test_the_third_start_knows_which_record_it_was(tmp_path: Path) -> None:
    path, events, handled = tmp_path / "t.json", texts(5), list[ContributionReceived]()
    records = [record_of(event, offset=7 + n) for n, event in enumerate(events)]
    for died in range(3):
        with pytest.raises(Died):
            await bench_of(begun(path), killing(events[2], handled)).batch(*records)
        written = json.loads(path.read_text())
        assert written == (
            [] if not died else [{"topic": "sms.received.v1", "partition": 0, "offset": 9, "tries": died}]
        )
    handled.clear()
    bench = bench_of(begun(path), killing(events[2], handled))
    assert await bench.batch(*records)
    assert handled == [*events[:2], *events[3:]]
    assert bench.dead.reasons == ["defect:killed"]
    assert json.loads(path.read_text()) == []


async def test_a_group_may_answer_for_it_itself(tmp_path: Path) -> None:
    event = a_received("hello")
    record = record_of(event)
    tries = begun(tmp_path / "t.json")
    tries.careful = True
    tries.before(record), tries.before(record)
    bench = bench_of(tries, killing(event, []))
    bench.router.on_killer = level
    assert await bench.batch(record)
    assert len(bench.out.sent) == 1
    assert bench.dead.sent == []


async def test_what_kills_even_then_is_not_read_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = record_of(a_received("hello"))
    tries = begun(tmp_path / "t.json")
    tries.careful = True
    for _ in range(3):
        tries.before(record)
    bench = bench_of(tries, level)
    asked: list[str] = []
    bench.router.on_killer = level
    bench.router.on_undecodable = lambda _, reason: cast(Any, asked.append(reason))
    monkeypatch.setattr("shared.messaging.lane.decode", lambda _: pytest.fail("read"))
    assert await bench.batch(record)
    assert bench.dead.reasons == asked == ["defect:killed"], "and whoever rings for such a record does"


async def test_waiting_for_somebody_who_is_away_counts_as_nothing(tmp_path: Path) -> None:
    path, record = tmp_path / "t.json", record_of(a_received("hello"))

    async def handler(event: ContributionReceived) -> Answer:
        raise Unavailable("store_away")

    for _ in range(5):  # it is killed while it waits, again and again
        tries = begun(path)
        tries.careful = True
        assert not await bench_of(tries, handler).batch(record)
    tries = begun(path)
    assert tries.before(record) == 0


async def test_a_batch_that_must_leave_is_left(tmp_path: Path) -> None:
    tries = begun(tmp_path / "t.json")
    tries.careful = True
    bench = bench_of(tries, level)
    bench.lane.subscriber = SimpleNamespace(running=False)
    assert not await bench.batch(record_of(a_received("hello")))
    assert bench.out.sent == []


def a_place(partition: int, offset: int) -> Record:
    return a_record("sms.received.v1", b"", partition=partition, offset=offset)


@given(
    starts=st.lists(st.integers(0, 10**9), min_size=1, max_size=5),
    batch=st.integers(1, 500),
    step=st.integers(0, 1000),
)
def test_whatever_one_batch_may_have_held_is_suspect(
    tmp_path_factory: pytest.TempPathFactory, starts: list[int], batch: int, step: int
) -> None:
    """A batch in hand holds at most `batch` records, so at most so many from where a partition is read on."""
    tries = Tries(tmp_path_factory.getbasetemp() / "never-written.json")
    tries.careful = True
    for partition, start in enumerate(starts):
        assert tries.is_suspect(a_place(partition, start), batch)
    for partition, start in enumerate(starts):
        assert tries.is_suspect(a_place(partition, start + step), batch) is (step < batch)


@given(rubbish=st.binary(max_size=200))
def test_a_file_that_was_cut_off_says_that_the_process_died(
    tmp_path_factory: pytest.TempPathFactory, rubbish: bytes
) -> None:
    path = tmp_path_factory.mktemp("cut") / "t.json"
    path.write_bytes(rubbish)
    assert begun(path).careful


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    tries = begun(tmp_path / "file" / "t.json")
    assert tries.before(record_of(a_received("hello"))) == 0
    tries.end()
