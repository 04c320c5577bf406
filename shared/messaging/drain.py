"""The spool's loop: publishes in row order, many in flight, and marks what Kafka has."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from shared.contracts.ids import other_words
from shared.messaging.spool import OtherWords, Row, Spool, SpoolFull, Waiting
from shared.telemetry import log

_AT_ONCE: Final = 500
_REST = 1.0  # seconds between two tries
_REFUSED: Final = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    InvalidTopicError,
    ValueError,
    TypeError,
)
"""What is the row's own fault. A right that is missing is not: mending it must be enough."""


class Drain:
    """Owns the producer of an intake. Kafka away is no special case: rows wait, and go when it is back."""

    def __init__(self, spool: Spool, bootstrap: tuple[str, ...], client: str) -> None:
        self._spool, self._bootstrap, self._client = spool, bootstrap, client
        self._producer: AIOKafkaProducer | None = None
        self._unspooled: list[tuple[Row, tuple[int, int]]] = []
        self._places: dict[int, tuple[int, int]] = {}  # Kafka has these; the spool could not be told yet
        self._aside: dict[int, str] = {}

    async def run(self) -> None:
        """Publish for ever; a producer that failed is replaced."""
        while True:
            try:
                await self._connect()
                await self._drain()
            except (KafkaError, OSError, AssertionError) as error:
                log.warning("kafka_away", kind=type(error).__name__)
            finally:
                await self._disconnect()
            await asyncio.sleep(_REST)

    async def publish_alone(self, row: Row, timeout: float) -> bool:
        """The disk is full: hand the row to Kafka without the spool. True when Kafka has it.

        Its receipt is written as soon as the disk takes it.
        """
        if self._producer is None:
            return False
        try:
            async with asyncio.timeout(timeout):
                sent = await self._send(row.topic, row.key, row.value, row.headers)
                place = await sent
        except (KafkaError, OSError, TimeoutError):
            return False
        self._unspooled.append((row, (place.partition, place.offset)))
        return True

    async def send(self, topic: str, key: bytes, value: bytes, headers: Mapping[str, str]) -> None:
        """Publish something that need not survive, such as a heartbeat; nothing happens while Kafka is away."""
        if self._producer is not None:
            await (await self._send(topic, key, value, headers))

    async def _connect(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=list(self._bootstrap),
            client_id=self._client,
            enable_idempotence=True,
            acks="all",
            linger_ms=2,
            max_batch_size=256 * 1024,
            max_request_size=1024 * 1024,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def _disconnect(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                async with asyncio.timeout(5):
                    await producer.stop()
            except (TimeoutError, KafkaError, OSError):
                return  # what it held is still in the spool

    async def _drain(self) -> None:
        after = 0
        while True:
            self._spool.arrived.clear()
            await self._write_late_receipts()
            await self._mark()
            found = self._spool.waiting(after, _AT_ONCE)
            if not found:
                after = 0
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_REST):
                        await self._spool.arrived.wait()
                continue
            after = found[-1].id
            rows = [row for row in found if row.id not in self._places and row.id not in self._aside]
            if rows:
                await self._publish(rows)

    async def _publish(self, rows: Sequence[Waiting]) -> None:
        """Hand rows over one after the other, so that they stand in row order, and note what became of each."""
        sends = []
        failure: KafkaError | None = None
        for row in rows:
            try:
                sends.append((row, await self._send(row.topic, row.key, row.value, row.headers)))
            except _REFUSED as error:
                self._aside[row.id] = type(error).__name__
            except KafkaError as error:
                failure = error
                break
        for row, sent in sends:
            try:
                place = await sent
            except _REFUSED as error:
                self._aside[row.id] = type(error).__name__
            except KafkaError as error:
                failure = error
            else:
                self._places[row.id] = (place.partition, place.offset)
        await self._mark()
        if failure is not None:
            raise failure

    async def _mark(self) -> None:
        """Tell the spool. A disk that is full is told later, and nothing is published again because of it."""
        try:
            if self._places:
                await self._spool.acked(self._places)
                self._places = {}
            for number, reason in list(self._aside.items()):
                await self._spool.set_aside(number, reason)
                del self._aside[number]
        except SpoolFull:
            log.error("spool_cannot_mark", count=len(self._places) + len(self._aside))

    async def _send(
        self, topic: str, key: bytes, value: bytes, headers: Mapping[str, str]
    ) -> "asyncio.Future[Any]":
        assert self._producer is not None
        pairs = [(name, text.encode("ascii")) for name, text in headers.items()]
        return await self._producer.send(topic, value=value, key=key, headers=pairs)  # type: ignore[no-any-return]

    async def _write_late_receipts(self) -> None:
        while self._unspooled:
            row, place = self._unspooled[0]
            try:
                number = await self._spool.accept(row)
                await self._spool.acked({number: place})
            except SpoolFull:
                return
            except OtherWords:
                log.error("same_id_other_words", contribution_id=str(row.contribution_id))
                known_as = other_words(row.event_id, row.digest)
                self._unspooled[0] = (replace(row, event_id=known_as, conflict=True), place)
                continue
            self._unspooled.pop(0)
