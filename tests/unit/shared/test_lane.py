"""One batch at a time, without Kafka: whatever a record or a handler does, it harms no other record."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from faststream.exceptions import NackMessage
from faststream.kafka import KafkaMessage

from shared.contracts.base import Event, Sealed, utc
from shared.contracts.events import ContributionReceived, ContributionTriaged, ReplySent
from shared.contracts.topics import Topic
from shared.contracts.values import Level, ReplyKind, SendResult
from shared.errors import Rejected, Retryable, Unavailable
from shared.messaging import arrival
from shared.messaging.arrival import Parked
from shared.messaging.lane import ATTEMPTS, Lane
from shared.messaging.membership import PATIENCE
from shared.messaging.plan import Answer
from shared.messaging.record import Record
from shared.messaging.router import Router
from tests.support.events import a_received
from tests.support.records import a_record, headers_of, record_of

pytestmark = pytest.mark.usefixtures("no_waiting")

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


class Out:
    """A publisher that remembers, and fails when it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, bytes, dict[str, str]]] = []
        self.fails: Exception | None = None

    async def publish(self, value: bytes, *, key: bytes, headers: dict[str, str]) -> None:
        await asyncio.sleep(0)
        if self.fails:
            raise self.fails
        self.sent.append((value, key, headers))

    @property
    def reasons(self) -> list[str]:
        return [headers["x-reason"] for _, _, headers in self.sent]


class Bench:
    """A lane on a bench: batches go in, what it publishes is looked at."""

    def __init__(self, handler: Any, *, group: str = "triage", concurrency: int = 8) -> None:
        self.router = Router(group, now=lambda: NOW, retry_after=30.0)
        self.out, self.dead, self.retry, self.acks = Out(), Out(), Out(), 0
        self.router.outputs[Topic.TRIAGED.value] = self.out
        self.router.dead, self.router.retry = cast(Any, self.dead), cast(Any, self.retry)
        self.lane = Lane(self.router, handler, concurrency)
        self.lane.subscriber = SimpleNamespace(running=True)

    async def batch(self, *records: Record) -> bool:
        """True when it was committed, False when it will be taken again."""

        async def ack() -> None:
            self.acks += 1

        try:
            await self.lane.batch(cast(KafkaMessage, SimpleNamespace(raw_message=records, ack=ack)))
        except NackMessage:
            return False
        return True


def triaged(event: ContributionReceived, **changed: Any) -> ContributionTriaged:
    return ContributionTriaged(
        event_id=changed.pop("event_id", uuid4()),
        contribution_id=event.context.contribution_id,
        channel=event.context.channel,
        received_at=event.context.received_at,
        part=1,
        source=event.event_id,
        level=Level.LOW,
        rules_version="1",
        lexicon_version="1",
        **changed,
    )


async def level(event: ContributionReceived) -> Answer:
    return triaged(event)


def texts(count: int) -> list[ContributionReceived]:
    return [a_received(f"hello {n}") for n in range(count)]


async def test_each_record_gives_its_event_and_then_the_batch_is_committed() -> None:
    bench, events = Bench(level), texts(3)
    assert await bench.batch(*(record_of(event, offset=n) for n, event in enumerate(events)))
    assert [key for _, key, _ in bench.out.sent] == [str(event.about).encode() for event in events]
    assert (bench.acks, bench.dead.sent, bench.retry.sent) == (1, [], [])


BAD = {
    "header_null": lambda e: record_of(e, traceparent=None),
    "header_not_ascii": lambda e: record_of(e, traceparent=b"\xff\xfe"),
    "no_id": lambda e: a_record("sms.received.v1", b"{}", [h for h in headers_of(e) if h[0] != "ce_id"]),
    "unknown_version": lambda e: record_of(e, ce_dataschema="urn:heard:sms.received:2"),
    "unknown_topic": lambda e: record_of(e, topic="sms.received.v9"),
    "empty": lambda e: a_record("sms.received.v1", None, headers_of(e)),
    "not_json": lambda e: a_record("sms.received.v1", b"\xff{not json", headers_of(e)),
    "shape:context": lambda e: a_record(
        "sms.received.v1", e.model_dump_json().replace('"sms"', '"pigeon"').encode(), headers_of(e)
    ),
    "id_differs": lambda e: record_of(e, ce_id=str(UUID(int=7))),
}


@pytest.mark.parametrize("reason", BAD)
async def test_a_record_that_cannot_be_read_becomes_a_dead_letter_and_harms_no_other(reason: str) -> None:
    bench, event, good = Bench(level), a_received("hello"), a_received("good")
    bad = BAD[reason](event)
    assert await bench.batch(bad, record_of(good, offset=1))
    assert bench.dead.reasons == [reason]
    assert len(bench.out.sent) == 1
    value, key, headers = bench.dead.sent[0]
    assert (value, key) == (bad.value or b"", bad.key)
    assert headers["x-origin-topic"] == bad.topic
    assert headers["x-origin-offset"] == "0"


@pytest.mark.parametrize("timestamp", [-1, 0, 10**18])
async def test_an_odd_time_in_the_log_does_no_harm(timestamp: int) -> None:
    bench, event = Bench(level), a_received("hello")
    record = a_record(
        "sms.received.v1", event.model_dump_json().encode(), headers_of(event), timestamp=timestamp
    )
    assert await bench.batch(record)
    assert len(bench.out.sent) == 1


async def test_a_defect_of_our_own_reading_stops_the_record_alone(monkeypatch: pytest.MonkeyPatch) -> None:

    def decode(record: Record) -> Any:
        if record.offset == 0:
            raise RecursionError("somebody's words")
        return arrival.decode(record)

    monkeypatch.setattr("shared.messaging.lane.decode", decode)
    bench = Bench(level)
    assert await bench.batch(*(record_of(event, offset=n) for n, event in enumerate(texts(2))))
    assert bench.dead.reasons == ["defect:RecursionError"]
    assert len(bench.out.sent) == 1


FAILURES: dict[str, tuple[Any, str, str]] = {
    "rejected": (Rejected("late"), "dead", "late"),
    "retryable": (Retryable("not_yet"), "retry", "not_yet"),
    "a defect": (ZeroDivisionError("somebody's words"), "dead", "defect:ZeroDivisionError"),
    "an answer of a wrong kind": ("text", "dead", "defect:TypeError"),
    "an answer with something else in it": ([1], "dead", "defect:TypeError"),
    "an event that it did not declare": (
        ReplySent(
            event_id=UUID(int=1),
            kind=ReplyKind.PERSONAL,
            template="t",
            result=SendResult.SENT,
            at=NOW,
        ),
        "dead",
        "defect:TypeError",
    ),
    "an event that no stage publishes": (a_received("again"), "dead", "defect:TypeError"),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_handler_that_fails_parks_its_record_alone(name: str) -> None:
    fault, where, reason = FAILURES[name]
    bad, good = a_received("bad"), a_received("good")

    async def handler(event: ContributionReceived) -> Any:
        if event == bad:
            if isinstance(fault, Exception):
                raise fault
            return fault
        return triaged(event)

    bench = Bench(handler)
    assert await bench.batch(record_of(bad), record_of(good, offset=1))
    assert getattr(bench, where).reasons == [reason]
    assert len(bench.dead.sent) + len(bench.retry.sent) == 1
    assert len(bench.out.sent) == 1


async def test_what_is_too_big_to_publish_stops_its_record_and_not_the_line() -> None:
    bad = a_received("bad")

    async def handler(event: ContributionReceived) -> Answer:
        big = Sealed(key="findings/2026W48", ct=bytes(1_500_000)) if event == bad else None
        return triaged(event, findings=big)

    bench = Bench(handler)
    assert await bench.batch(record_of(bad), record_of(a_received("good"), offset=1))
    assert bench.dead.reasons == ["too_big"]
    assert len(bench.out.sent) == 1


async def test_what_kafka_refuses_for_its_size_is_a_dead_letter_too() -> None:
    bench = Bench(level)
    bench.out.fails = MessageSizeTooLargeError("the text of a library")
    assert await bench.batch(record_of(a_received("bad")))
    assert bench.dead.reasons == ["too_big"]


@pytest.mark.parametrize("error", [Unavailable("store_away"), ConnectionResetError(), TimeoutError()])
async def test_somebody_who_is_away_makes_the_batch_wait_and_nothing_is_done_twice(error: Exception) -> None:
    away, asked = True, []
    events = texts(4)

    async def handler(event: ContributionReceived) -> Answer:
        asked.append(event.event_id)
        if away and event == events[1]:
            raise error
        return triaged(event)

    bench = Bench(handler)
    records = [record_of(event, offset=n) for n, event in enumerate(events)]
    assert not await bench.batch(*records)
    assert (bench.acks, len(bench.out.sent), bench.dead.sent, bench.retry.sent) == (0, 3, [], [])
    away = False
    assert await bench.batch(*records)
    assert (bench.acks, len(bench.out.sent)) == (1, 4)
    assert len(asked) == 5, "only the one that failed is asked again"
    assert bench.lane.settled == set()


async def test_kafka_away_while_publishing_makes_the_batch_wait() -> None:
    bench = Bench(level)
    bench.out.fails = KafkaConnectionError("away")
    record = record_of(a_received("hello"))
    assert not await bench.batch(record)
    bench.out.fails = None
    assert await bench.batch(record)
    assert len(bench.out.sent) == 1


async def test_a_dead_letter_that_cannot_be_written_is_not_lost() -> None:
    bench = Bench(level)
    bench.dead.fails = KafkaConnectionError("away")
    bad = BAD["not_json"](a_received("bad"))
    assert not await bench.batch(bad)
    bench.dead.fails = None
    assert await bench.batch(bad)
    assert bench.dead.reasons == ["not_json"]


async def test_records_of_one_contribution_are_worked_on_in_order_and_wait_for_each_other() -> None:
    first, other = a_received("one"), a_received("another")
    running: set[UUID] = set()
    seen: list[str] = []

    async def handler(event: ContributionReceived) -> Answer:
        assert event.event_id not in running, "two at once"
        running.add(event.event_id)
        await asyncio.sleep(0.01)
        running.discard(event.event_id)
        seen.append(f"{event.event_id == first.event_id}{event.group_size}")
        if event == first.model_copy(update={"group_size": 2}):
            raise Unavailable("store_away")
        return None

    sizes = [first.model_copy(update={"group_size": n}) for n in (1, 2, 3)]
    bench = Bench(handler)
    batch = [*(record_of(e, offset=n) for n, e in enumerate(sizes)), record_of(other, offset=9)]
    assert not await bench.batch(*batch)
    assert [one for one in seen if one.startswith("True")] == ["True1", "True2"], "the third waits behind"
    assert "False1" in seen


async def test_no_more_run_side_by_side_than_it_says() -> None:
    running = most = 0

    async def handler(event: ContributionReceived) -> Answer:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1
        return None

    bench = Bench(handler, concurrency=3)
    assert await bench.batch(*(record_of(e, offset=n) for n, e in enumerate(texts(12))))
    assert most == 3


@pytest.mark.parametrize(
    ("attempt", "dead"), [(0, False), (1, False), (ATTEMPTS - 1, False), (ATTEMPTS, True)]
)
async def test_a_record_comes_back_twenty_times(attempt: int, dead: bool) -> None:
    async def handler(event: ContributionReceived) -> Answer:
        raise Retryable("not_yet")

    event = a_received("hello")
    bench = Bench(handler)
    headers = {
        "x-attempt": str(attempt),
        "x-origin-topic": "sms.received.v1",
        "x-origin-partition": "3",
        "x-origin-offset": "77",
    }
    record = record_of(event, topic="triage.retry", more=headers)
    assert await bench.batch(record)
    out = bench.dead if dead else bench.retry
    (_, _, kept), *rest = out.sent
    assert rest == []
    assert (kept["x-origin-topic"], kept["x-origin-partition"], kept["x-origin-offset"]) == (
        "sms.received.v1",
        "3",
        "77",
    )
    if not dead:
        assert kept["x-attempt"] == str(attempt + 1)
        assert kept["x-not-before"] == utc(NOW + timedelta(seconds=30))


@pytest.mark.parametrize(
    ("not_before", "taken"),
    [
        (utc(NOW - timedelta(seconds=1)), True),
        (utc(NOW), True),
        (utc(NOW + timedelta(seconds=20)), True),
        ("2026-11-24T23:00:00", True),
        ("soon", True),
    ],
)
async def test_a_retry_waits_until_it_is_due(not_before: str, taken: bool) -> None:
    bench = Bench(level)
    record = record_of(
        a_received("hello"),
        topic="triage.retry",
        more={"x-not-before": not_before, "x-origin-topic": "sms.received.v1"},
    )
    assert await bench.batch(record) is taken


async def test_a_retry_that_is_cut_short_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def leaving(self: Lane, seconds: float) -> bool:
        return False

    monkeypatch.setattr(Lane, "wait", leaving)
    bench = Bench(level)
    later = {"x-not-before": utc(NOW + timedelta(seconds=9)), "x-origin-topic": "sms.received.v1"}
    assert not await bench.batch(record_of(a_received("hello"), topic="triage.retry", more=later))
    assert bench.out.sent == []


async def test_a_group_that_reads_dead_letters_does_not_add_to_them_for_ever() -> None:
    """The ledger reads `ledger.dead`: what it cannot handle there stays where it is."""
    seen: list[Parked] = []

    async def handler(event: Event) -> Answer:
        seen.append(cast(Parked, event))
        raise ValueError("a defect of the ledger's own")

    bench = Bench(handler, group="ledger")
    assert await bench.batch(a_record("ledger.dead", b"\xff", [("ce_id", None)]))
    assert isinstance(seen[0], Parked)
    assert bench.dead.sent == []


async def test_an_effect_without_a_database_is_a_defect_of_the_record(  # and no endless loop
) -> None:
    from shared.messaging.effects import Effect

    async def apply(connection: Any) -> Sequence[Event]:
        return []

    async def handler(event: ContributionReceived) -> Answer:
        return Effect(apply)

    bench = Bench(handler)
    assert await bench.batch(record_of(a_received("hello")))
    assert bench.dead.reasons == ["defect:AssertionError"]


async def test_an_alarm_that_fails_does_not_stop_the_dead_letter() -> None:
    bench = Bench(level)

    def alarm(record: Record, reason: str) -> Any:
        raise KeyError("a defect of the alarm")

    bench.router.on_undecodable = alarm
    assert await bench.batch(BAD["not_json"](a_received("bad")))
    assert bench.dead.reasons == ["not_json"]


def test_a_rebalance_waits_longer_than_a_batch_and_less_than_the_group_does() -> None:
    assert PATIENCE < 30
