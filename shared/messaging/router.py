"""Our router is a `KafkaRouter`: whoever knows FastStream can read a service's wiring like a sentence.

It alone knows batches, acknowledgement policy, parser, retries, dead letters and rebalances. Behind each subscriber
stands a batch subscriber of FastStream's, which hands the raw records to a `Lane`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeVar, get_type_hints

from aiokafka import AIOKafkaConsumer
from faststream import AckPolicy
from faststream.kafka import KafkaMessage, KafkaRouter
from pydantic import SkipValidation
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import clock
from shared.contracts.topics import MODELS, Topic, dead_of, retry_of
from shared.database import Book
from shared.messaging.effects import Effect, Effects
from shared.messaging.gate import Gate, order_file
from shared.messaging.lane import Lane
from shared.messaging.plan import Handler
from shared.messaging.record import Record
from shared.messaging.tally import Tally
from shared.messaging.tries import Tries
from shared.telemetry.meters import Meters
from shared.telemetry.metrics import Metric

POLL: Final = 500
"""Milliseconds that a poll waits where nothing comes; what comes ends it at once."""

H = TypeVar("H", bound=Handler)


class Router(KafkaRouter):
    """The subscribers of one consumer group.

    `engine` and `book` are needed by handlers that return an `Effect`. `on_undecodable` may return an effect for a
    record that becomes a dead letter because nobody can read it (the pager rings for it). `on_killer` stands in for the
    handler of a record that the process died of; without it that becomes a dead letter. `halts` is False for a group that
    must go on even where most records fail. `effects_within` is how many
    seconds a transaction may take before the database counts as away; below the longest that a rebalance waits.
    """

    def __init__(
        self,
        group: str,
        *,
        engine: AsyncEngine | None = None,
        book: Book | None = None,
        now: clock.Clock = clock.now,
        retry_after: float = 30.0,
        on_undecodable: Callable[[Record, str], Effect] | None = None,
        on_killer: Handler | None = None,
        halts: bool = True,
        effects_within: float = 20.0,
    ) -> None:
        super().__init__()
        self.group, self.now, self.retry_after, self.on_undecodable = group, now, retry_after, on_undecodable
        self.effects = Effects(group, engine, book, now) if engine is not None and book is not None else None
        self.effects_within, self.on_killer = effects_within, on_killer
        self.tries: Tries | None = None  # the service's, once it has begun
        self.gate = Gate(group, halts=halts)
        self.lanes: list[Lane] = []
        self.outputs: dict[str, Any] = {}
        self.wake: Callable[[], None] = lambda: None  # the relay's, once there is one
        self.retry = super().publisher(retry_of(group), include_in_schema=False)
        self.dead = super().publisher(dead_of(group), include_in_schema=False)

    def metered(self, meters: Meters) -> None:
        """Count from here on; what a service does with its routers."""
        for lane in self.lanes:
            lane.tally = Tally(self.group, meters)
        meters.near((Metric.HALTED,), lambda: [(Metric.HALTED, int(self.gate.halted), {"group": self.group})])
        if self.effects is not None:
            self.effects = replace(self.effects, meters=meters)

    def begin(self, state: Path, service: str, instance: str) -> None:
        """Before the first record: `state` is a folder that outlives the process."""
        self.tries = Tries(state / service / f"{self.group}-{instance}.json")
        self.tries.begin()
        self.gate.begin(order_file(state, self.group))

    def end(self) -> None:
        """After the last: this is a clean stop."""
        if self.tries is not None:
            self.tries.end()

    async def mind(self) -> None:
        """Do what an operator ordered. A paused group leaves Kafka's, so that its offsets can be moved meanwhile."""
        self.gate.look()
        for lane in self.lanes:
            if self.gate.paused != lane.rests:
                await (lane.rest() if self.gate.paused else lane.go_on())

    @property
    def state(self) -> str:
        if self.gate.paused:
            return "paused" if all(lane.left for lane in self.lanes) else "running"
        return "halted" if self.gate.halted else "running"

    def publisher(  # type: ignore[override]
        self, topic: Topic, **options: Any
    ) -> Callable[[H], H]:
        """Declare what a handler publishes. FastStream's own would publish once a batch, without a key."""

        def decorate(function: H) -> H:
            self.outputs[topic.value] = super(Router, self).publisher(
                topic.value, schema=MODELS[topic], **options
            )
            return function

        return decorate

    def subscriber(  # type: ignore[override]
        self, *topics: Topic | str, batch: int, concurrency: int = 8, **options: Any
    ) -> Callable[[H], H]:
        """Subscribe a plain handler: one event in; an event, several, an effect or nothing out.

        `batch` is how many records are settled between two commits, `concurrency` how many of them are worked on
        side by side; records of one contribution never are.
        """

        def decorate(function: H) -> H:
            self._open_lane(function, topics, batch, concurrency, self.group, **options)
            self._open_lane(
                function, (retry_of(self.group),), batch, concurrency, retry_of(self.group), **options
            )
            return function  # still the plain function

        return decorate

    def _open_lane(
        self,
        function: Handler,
        topics: Sequence[str],
        batch: int,
        concurrency: int,
        group: str,
        **options: Any,
    ) -> None:
        lane = Lane(self, function, concurrency)
        model = next(hint for name, hint in get_type_hints(function).items() if name != "return")

        async def on_batch(message: SkipValidation[model]) -> None:  # type: ignore[valid-type]
            await lane.batch(message)

        on_batch.__name__, on_batch.__doc__ = function.__name__, function.__doc__
        lane.subscriber = super().subscriber(
            *(str(topic) for topic in topics),
            batch=True,
            max_records=batch,
            group_id=group,
            parser=_parse,
            decoder=_decode,
            listener=lane,
            no_reply=True,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            auto_offset_reset="earliest",
            include_in_schema=group == self.group,
            **{"rebalance_timeout_ms": 30_000, **options},
        )
        lane.subscriber.get_msg = partial(_poll, batch)
        lane.batch_size = batch
        lane.subscriber(on_batch)
        self.lanes.append(lane)


async def _poll(most: int, consumer: AIOKafkaConsumer) -> tuple[Record, ...]:
    """Wait for records, and for nothing else: after an empty poll FastStream's own sleeps as long again, and does not see
    what comes meanwhile.
    """
    found = await consumer.getmany(timeout_ms=POLL, max_records=most)
    return tuple(chain.from_iterable(found.values()))


async def _parse(records: Sequence[Record], original: Callable[..., Awaitable[KafkaMessage]]) -> KafkaMessage:
    """FastStream's parser drops a whole batch for one null header, so it sees neither headers nor values; and of the
    records only the first and the last, from which it makes the message's own id.
    """
    ends = records[:1] if len(records) == 1 else (records[0], records[-1])
    message = await original(tuple(replace(record, headers=(), value=b"") for record in ends))
    message.raw_message = tuple(records)  # the real ones: a negative acknowledgement seeks by them
    return message


async def _decode(message: KafkaMessage) -> KafkaMessage:
    return message  # each record is decoded where it is settled
