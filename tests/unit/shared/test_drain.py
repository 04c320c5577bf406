"""The spool's loop, with a Kafka that misbehaves on demand: what is accepted is published, in order, and nothing stops."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
)

from shared.messaging import drain as drain_module
from shared.messaging.drain import Drain
from shared.messaging.spool import Row, Spool, SpoolFull

Rule = Callable[[bytes], Exception | None]


class Kafka:
    """Remembers what it has; `refuses` says what becomes of a value when it is sent, `fails` when it is acknowledged."""

    def __init__(self) -> None:
        self.has: list[bytes] = []
        self.away = False
        self.starts = 0
        self.refuses: Rule = lambda value: None
        self.fails: Rule = lambda value: None

    def producer(self, **_: Any) -> "Producer":
        return Producer(self)


class Producer:
    def __init__(self, kafka: Kafka) -> None:
        self.kafka = kafka

    async def start(self) -> None:
        if self.kafka.away:
            raise KafkaConnectionError("away")
        self.kafka.starts += 1

    async def stop(self) -> None:
        pass

    async def send(
        self, topic: str, *, value: bytes, key: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> "asyncio.Future[Any]":
        if error := self.kafka.refuses(value):
            raise error
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if error := self.kafka.fails(value):
            answer.set_exception(error)
        else:
            self.kafka.has.append(value)
            answer.set_result(SimpleNamespace(partition=1, offset=len(self.kafka.has)))
        return answer


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    made = Kafka()
    monkeypatch.setattr(drain_module, "AIOKafkaProducer", made.producer)
    monkeypatch.setattr(drain_module, "_REST", 0.02)
    return made


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    opened = Spool(tmp_path / "spool.sqlite", lambda: datetime.now(UTC))
    yield opened
    opened.close()


@asynccontextmanager
async def running(spool: Spool) -> AsyncIterator[Drain]:
    drain = Drain(spool, ("127.0.0.1:1",), "tests")
    task = asyncio.create_task(drain.run())
    try:
        yield drain
        assert not task.done(), "the drain ended"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def a_row(n: int, **changed: Any) -> Row:
    known = UUID(int=n)
    fields = {"topic": "sms.received.v1", "key": b"k", "headers": {"ce_id": str(known)}, **changed}
    return Row(known, known, "d", "sms", value=b"%d" % n, **fields)


async def until(found: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not found():
            await asyncio.sleep(0.005)


async def test_rows_go_in_order_each_once(spool: Spool, kafka: Kafka) -> None:
    async with running(spool):
        numbers = [await spool.accept(a_row(n)) for n in range(1, 40)]
        await until(lambda: spool.depth()[0] == 0)
        assert all([await spool.published(number, 1) for number in numbers])
    assert kafka.has == [b"%d" % n for n in range(1, 40)]


async def test_what_waited_while_kafka_was_away_goes_when_it_is_back(spool: Spool, kafka: Kafka) -> None:
    kafka.away = True
    async with running(spool):
        for n in range(1, 1200, 400):
            await asyncio.gather(*(spool.accept(a_row(m)) for m in range(n, n + 400)))
        await asyncio.sleep(0.05)
        assert kafka.has == []
        kafka.away = False
        await until(lambda: spool.depth()[0] == 0)
    assert sorted(map(int, kafka.has)) == list(range(1, 1201))


@pytest.mark.parametrize(
    "refusal",
    [
        MessageSizeTooLargeError("text of a library"),
        UnicodeEncodeError("ascii", "é", 0, 1, "x"),
        TypeError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_row_that_is_refused_for_its_content_is_set_aside_and_the_drain_goes_on(
    spool: Spool, kafka: Kafka, refusal: Exception
) -> None:
    kafka.refuses = lambda value: refusal if value == b"2" else None
    async with running(spool):
        for n in (1, 2, 3):
            await spool.accept(a_row(n))
        await until(lambda: spool.depth() == (0, None, 1))
        await spool.accept(a_row(4))
        await until(lambda: len(kafka.has) == 3)
    assert kafka.has == [b"1", b"3", b"4"]
    assert [one["set_aside"] for one in spool.receipts(0) if one["set_aside"]] == [type(refusal).__name__]


async def test_a_header_that_cannot_travel_is_set_aside(spool: Spool, kafka: Kafka) -> None:
    async with running(spool):
        await spool.accept(a_row(1, headers={"ce_id": "é"}))
        await spool.accept(a_row(2))
        await until(lambda: spool.depth() == (0, None, 1))
    assert kafka.has == [b"2"]


async def test_a_row_that_the_broker_refuses_afterwards_is_set_aside(spool: Spool, kafka: Kafka) -> None:
    kafka.fails = lambda value: MessageSizeTooLargeError() if value == b"1" else None
    async with running(spool):
        await spool.accept(a_row(1))
        await spool.accept(a_row(2))
        await until(lambda: spool.depth() == (0, None, 1))
    assert kafka.has == [b"2"]


async def test_a_right_that_is_missing_makes_rows_wait_and_sets_none_aside(
    spool: Spool, kafka: Kafka
) -> None:
    """It is not the row's fault, and mending the rights must be enough."""
    kafka.fails = lambda value: TopicAuthorizationFailedError()
    async with running(spool):
        await spool.accept(a_row(1))
        await until(lambda: kafka.starts > 1)
        assert spool.depth()[0::2] == (1, 0)
        kafka.fails = lambda value: None
        await until(lambda: spool.depth()[0] == 0)
    assert kafka.has == [b"1"]


async def test_what_kafka_took_before_it_failed_is_not_sent_again(spool: Spool, kafka: Kafka) -> None:
    failed = 0

    def once(value: bytes) -> Exception | None:
        nonlocal failed
        if value == b"3" and not failed:
            failed += 1
            return KafkaTimeoutError()
        return None

    kafka.refuses = once
    for n in range(1, 6):
        await spool.accept(a_row(n))
    async with running(spool):
        await until(lambda: spool.depth()[0] == 0)
    assert sorted(kafka.has) == [b"1", b"2", b"3", b"4", b"5"]


async def test_a_disk_that_cannot_mark_does_not_send_again_and_again(
    spool: Spool, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in (1, 2, 3):
        await spool.accept(a_row(n))
    real, full = spool._do, True

    async def do(run: Any) -> Any:
        if full:
            raise SpoolFull
        return await real(run)

    monkeypatch.setattr(spool, "_do", do)
    kafka.refuses = lambda value: MessageSizeTooLargeError() if value == b"2" else None
    async with running(spool):
        await until(lambda: len(kafka.has) == 2)
        spool.arrived.set()
        await asyncio.sleep(0.05)
        assert kafka.has == [b"1", b"3"]
        assert spool.depth()[0] == 3, "not marked yet"
        full = False
        spool.arrived.set()
        await until(lambda: spool.depth() == (0, None, 1))
    assert kafka.has == [b"1", b"3"]


async def test_with_the_disk_full_kafka_alone_is_asked_and_the_receipt_follows(
    spool: Spool, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(spool) as drain:
        await until(lambda: kafka.starts == 1)
        assert await drain.publish_alone(a_row(1), 1)
        await spool.accept(a_row(2))
        await until(lambda: len(spool.receipts(0)) == 2 and spool.depth()[0] == 0)
    assert kafka.has == [b"1", b"2"], "the late receipt publishes nothing"
    assert all(one["acked_at"] for one in spool.receipts(0))


async def test_a_late_receipt_whose_id_has_other_words_stands_under_an_id_of_its_own(
    spool: Spool, kafka: Kafka
) -> None:
    await spool.accept(a_row(1))
    async with running(spool) as drain:
        await until(lambda: kafka.starts == 1)
        other = Row(UUID(int=1), UUID(int=1), "other", "sms", "sms.received.v1", b"k", {}, b"1b")
        assert await drain.publish_alone(other, 1)
        await spool.accept(a_row(2))
        await until(lambda: len(spool.receipts(0)) == 3)
    assert sum(one["conflict"] for one in spool.receipts(0)) == 1


async def test_with_kafka_away_nothing_is_promised(spool: Spool, kafka: Kafka) -> None:
    kafka.away = True
    async with running(spool) as drain:
        assert not await drain.publish_alone(a_row(1), 0.05)
        await drain.send("heartbeats.v1", b"k", b"v", {})
        kafka.away = False
        await until(lambda: kafka.starts == 1)
        kafka.refuses = lambda value: KafkaTimeoutError()
        assert not await drain.publish_alone(a_row(1), 0.05)
