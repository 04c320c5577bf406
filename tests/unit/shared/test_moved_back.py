"""What a group reads once more because it was moved back is known to be that: nothing is sent because of it."""

from pathlib import Path

import pytest

from shared.contracts.events import ContributionReceived
from shared.contracts.topics import Topic
from shared.messaging.arrival import Place, current
from shared.messaging.gate import Gate, order_file, passed_file, read_passed, write_passed
from shared.messaging.plan import Answer
from tests.support.records import record_of
from tests.unit.shared.test_lane import Bench, level, texts

PLACE = f"{Topic.SMS_RECEIVED.value}/0"


@pytest.mark.parametrize("running", [True, False], ids=["while it runs", "before it starts"])
async def test_a_record_is_a_replay_up_to_where_the_group_had_come(tmp_path: Path, running: bool) -> None:
    seen: list[tuple[int, bool]] = []

    async def handler(event: ContributionReceived) -> Answer:
        seen.append((current.get().place.offset, current.get().replayed))
        return await level(event)

    bench = Bench(handler, group="replies")
    gate, file = bench.router.gate, order_file(tmp_path, "replies")
    if running:
        gate.begin(file)
    write_passed(passed_file(tmp_path, "replies"), {PLACE: 2})
    gate.look() if running else gate.begin(file)
    assert await bench.batch(*(record_of(event, offset=n) for n, event in enumerate(texts(4))))
    assert seen == [(0, True), (1, True), (2, False), (3, False)]


async def test_one_that_comes_back_from_the_retry_topic_is_still_known(tmp_path: Path) -> None:
    seen: list[bool] = []

    async def handler(event: ContributionReceived) -> Answer:
        seen.append(current.get().replayed)
        return await level(event)

    bench = Bench(handler, group="replies")
    write_passed(passed_file(tmp_path, "replies"), {PLACE: 2})
    bench.router.gate.begin(order_file(tmp_path, "replies"))
    first = {"x-origin-topic": Topic.SMS_RECEIVED.value, "x-origin-partition": "0"}
    events = texts(2)
    for n, event in enumerate(events):
        origin = {**first, "x-origin-offset": str(n * 2)}
        assert await bench.batch(record_of(event, topic="replies.retry", offset=n, more=origin))
    assert seen == [True, False]


def test_what_was_furthest_holds_when_a_group_is_moved_back_twice(tmp_path: Path) -> None:
    file = passed_file(tmp_path, "replies")
    write_passed(file, {"a/0": 7, "b/0": 3})
    write_passed(file, {"a/0": 2, "c/1": 1})
    assert read_passed(file) == {"a/0": 7, "b/0": 3, "c/1": 1}


def test_a_file_that_is_something_else_changes_nothing(tmp_path: Path) -> None:
    gate, file = Gate("replies"), passed_file(tmp_path, "replies")
    write_passed(file, {"a/0": 7})
    gate.begin(order_file(tmp_path, "replies"))
    file.write_text('["nothing"]')
    gate.look()
    assert gate.had_passed(Place("a", 0, 6))
    assert not gate.had_passed(Place("a", 0, 7), Place("b", 0, 0))
