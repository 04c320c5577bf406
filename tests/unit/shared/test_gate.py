"""A group stands still because somebody says so, or because most records fail; and goes on when it is told to."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.events import ContributionReceived
from shared.errors import Rejected, Retryable
from shared.messaging.gate import LAST, MOST, Gate, Order, order_file, read_order, write_order
from shared.messaging.lane import ATTEMPTS
from shared.messaging.plan import Answer
from tests.support.records import record_of
from tests.unit.shared.test_lane import Bench, level, texts

pytestmark = pytest.mark.usefixtures("no_waiting")


@given(st.lists(st.booleans(), max_size=600))
def test_it_stops_as_soon_as_half_of_the_last_two_hundred_failed_and_never_before(fates: list[bool]) -> None:
    gate = Gate("archive")
    for n, failed in enumerate(fates):
        gate.settled(failed=failed)
        last = fates[max(0, n + 1 - LAST) : n + 1]
        assert gate.halted is (sum(last) >= MOST)
        if gate.halted:
            return
        assert gate.room == MOST - sum(last)


@given(st.lists(st.booleans(), max_size=600))
def test_who_must_go_on_never_stops(fates: list[bool]) -> None:
    gate = Gate("triage", halts=False)
    for failed in fates:
        gate.settled(failed=failed)
    assert not gate.halted
    assert gate.room > 10**6


async def failing(event: ContributionReceived) -> Answer:
    raise Rejected("broken")


async def test_what_is_over_the_limit_is_not_set_aside_and_comes_again() -> None:
    bench = Bench(failing, group="archive")
    records = [record_of(event, offset=n) for n, event in enumerate(texts(MOST + 7))]
    assert not await bench.batch(*records)
    assert len(bench.dead.sent) == MOST
    assert bench.router.gate.halted
    assert not await bench.batch(*records)
    assert len(bench.dead.sent) == MOST, "it waits"
    bench.router.gate._open_again()
    assert await bench.batch(*records)
    assert len(bench.dead.sent) == MOST + 7


async def test_what_is_sound_in_the_same_batch_is_done() -> None:
    events = texts(MOST + 7)

    async def handler(event: ContributionReceived) -> Answer:
        return await level(event) if event == events[-1] else await failing(event)

    bench = Bench(handler, group="archive")
    assert not await bench.batch(*(record_of(event, offset=n) for n, event in enumerate(events)))
    assert len(bench.out.sent) == 1


async def test_a_record_counts_once_however_often_it_is_tried() -> None:
    async def handler(event: ContributionReceived) -> Answer:
        raise Retryable("not_yet")

    bench = Bench(handler, group="archive")
    origin = {"x-origin-topic": "sms.received.v1"}
    for n, event in enumerate(texts(3)):
        for attempt in range(MOST):
            record = record_of(event, topic="archive.retry", offset=n * MOST + attempt, more=origin)
            assert await bench.batch(record)
    assert not bench.router.gate.halted


@pytest.mark.parametrize("topic", ["sms.received.v1", "archive.retry"])
async def test_what_is_tried_again_has_not_failed_until_it_is_a_dead_letter(topic: str) -> None:
    """A database that is slow for an hour, or a provider, must not stop a line for good."""

    async def handler(event: ContributionReceived) -> Answer:
        raise Retryable("database_slow")

    bench = Bench(handler, group="archive")
    more = {"x-origin-topic": "sms.received.v1"} if topic.endswith("retry") else {}
    records = [
        record_of(event, topic=topic, offset=n, more={**more, "x-attempt": str(ATTEMPTS - 1)})
        for n, event in enumerate(texts(MOST + 7))
    ]
    assert await bench.batch(*records)
    assert not bench.router.gate.halted
    assert len(bench.retry.sent) == MOST + 7
    last = [
        record_of(
            event,
            topic="archive.retry",
            offset=1000 + n,
            more={"x-origin-topic": "sms.received.v1", "x-attempt": str(ATTEMPTS)},
        )
        for n, event in enumerate(texts(MOST + 7))
    ]
    assert not await bench.batch(*last)
    assert bench.router.gate.halted
    assert len(bench.dead.sent) == MOST


async def test_kafka_away_while_it_is_set_aside_counts_once() -> None:
    from aiokafka.errors import KafkaConnectionError

    bench = Bench(failing, group="archive")
    bench.dead.fails = KafkaConnectionError("away")
    records = [record_of(event, offset=n) for n, event in enumerate(texts(30))]
    for _ in range(10):
        assert not await bench.batch(*records)
    assert not bench.router.gate.halted


def test_an_order_is_obeyed_when_it_changes_and_over_a_restart(tmp_path: Path) -> None:
    file = order_file(tmp_path, "archive")
    gate = Gate("archive")
    gate.begin(file)
    assert not gate.closed
    write_order(file, Order(paused=True, resumed=0))
    gate.look()
    assert gate.paused
    after_a_restart = Gate("archive")
    after_a_restart.begin(file)
    assert after_a_restart.paused
    write_order(file, Order(paused=False, resumed=1))
    gate.look()
    assert not gate.closed


def test_resuming_lifts_a_halt_and_an_old_order_does_not(tmp_path: Path) -> None:
    file = order_file(tmp_path, "archive")
    write_order(file, Order(resumed=4))
    gate = Gate("archive")
    gate.begin(file)
    for _ in range(MOST):
        gate.settled(failed=True)
    gate.look()
    assert gate.halted, "that was said before"
    write_order(file, Order(resumed=5))
    gate.look()
    assert not gate.halted
    assert gate.room == MOST


@pytest.mark.parametrize(
    "rubbish", ["", "[]", "{}", '{"paused": 1, "resumed": 0}', '{"paused": true}', "\x00"]
)
def test_a_file_that_is_no_order_changes_nothing(tmp_path: Path, rubbish: str) -> None:
    file = order_file(tmp_path, "archive")
    write_order(file, Order(paused=True))
    gate = Gate("archive")
    gate.begin(file)
    file.write_text(rubbish)
    with pytest.raises(ValueError, match=r"order|Expecting"):
        read_order(file)
    gate.look()
    assert gate.paused
    assert os.stat(file).st_mode & 0o077 == 0
