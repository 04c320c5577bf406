"""How far each consumer group is behind: in records, and since when its first unhandled record waits.

Nothing of a record but its timestamp is looked at. Used every few seconds, so the connections stay open; whatever goes
wrong closes them, and the next question opens new ones (a Kafka client that has died inside never recovers).
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code

from shared.contracts.topics import GROUPS, read_by, retry_of
from shared.errors import Unavailable

READS: Final[Mapping[str, tuple[str, ...]]] = {
    **{group: read_by(group) for group in GROUPS},
    **{retry_of(group): (retry_of(group),) for group in GROUPS},
}
"""Every consumer group, those of the retry topics included, and the topics that it reads."""

_AWAY: Final = (KafkaError, OSError, TimeoutError, AssertionError)
_AT_ONCE: Final = 32
"""Partitions whose first unhandled record is fetched side by side: with the two sizes below a bound on memory."""
_PARTITION_BYTES: Final = 16 * 1024
_FETCH_BYTES: Final = 1024 * 1024
_REMEMBERED: Final = 5000


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a group is behind on one partition. `oldest` is when Kafka took in the first record that is not handled;
    None when nothing waits, and when the record could not be read in time.
    """

    group: str
    topic: str
    partition: int
    behind: int
    oldest: datetime | None


class Lags:
    """Asks for all groups at once; `async with` closes the connections.

    `within` bounds a whole question, `reading` the part of it that fetches first unhandled records; in seconds.
    """

    def __init__(
        self,
        bootstrap: Sequence[str],
        reads: Mapping[str, Sequence[str]] = READS,
        *,
        within: float = 10.0,
        reading: float = 3.0,
    ) -> None:
        self._bootstrap, self._reads, self._within, self._reading = list(bootstrap), reads, within, reading
        self._admin: AIOKafkaAdminClient | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._coordinators: dict[str, int] = {}
        self._times: dict[tuple[TopicPartition, int], datetime] = {}
        self._one_at_a_time = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        admin, consumer = self._admin, self._consumer
        self._admin = self._consumer = None
        self._coordinators.clear()
        for close in (admin.close if admin else None, consumer.stop if consumer else None):
            if close is not None:
                with suppress(*_AWAY):
                    async with asyncio.timeout(3):
                        await close()

    async def ask(self) -> Sequence[Lag]:
        """Every partition that every group reads, also those that are not behind.

        Raises:
            Unavailable: when Kafka does not answer in time, or knows none of the topics.
        """
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(self._within):
                    return await self._ask()
            except _AWAY:
                await self.close()
                raise Unavailable("kafka_away") from None
            except BaseException:
                await self.close()
                raise

    async def brokers(self) -> int:
        """How many brokers the cluster has now.

        Raises:
            Unavailable: when none answers in time.
        """
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(self._within):
                    admin, _ = await self._clients()
                    return len((await admin.describe_cluster())["brokers"])
            except _AWAY:
                await self.close()
                raise Unavailable("kafka_away") from None

    async def _ask(self) -> Sequence[Lag]:
        admin, consumer = await self._clients()
        places = await self._places(admin)
        if not places:
            raise KafkaError("no topic of ours")
        committed = await asyncio.gather(
            *(self._committed(admin, group, _of(places, topics)) for group, topics in self._reads.items())
        )  # before the ends, so that no group seems to be ahead
        begins = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        found: list[tuple[str, TopicPartition, int]] = []
        for group, offsets in zip(self._reads, committed, strict=True):
            found += [(group, place, max(offset, begins[place])) for place, offset in offsets.items()]
        await self._read({(place, at) for _, place, at in found if at < ends[place]})
        return [
            Lag(group, place.topic, place.partition, max(ends[place] - at, 0), self._times.get((place, at)))
            for group, place, at in found
        ]

    async def _clients(self) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
        if self._admin is None:
            admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, request_timeout_ms=5000)
            try:
                await admin.start()
            except BaseException:
                await admin.close()
                raise
            self._admin = admin
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                request_timeout_ms=5000,
                fetch_max_bytes=_FETCH_BYTES,
                max_partition_fetch_bytes=_PARTITION_BYTES,
            )
            try:
                await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            self._consumer = consumer
        return self._admin, self._consumer

    async def _places(self, admin: AIOKafkaAdminClient) -> list[TopicPartition]:
        """The partitions that exist; a topic that does not is nobody's lag."""
        topics = sorted({topic for topics in self._reads.values() for topic in topics})
        return [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in await admin.describe_topics(topics)
            if not topic["error_code"]
            for partition in topic["partitions"]
        ]

    async def _committed(
        self, admin: AIOKafkaAdminClient, group: str, places: Sequence[TopicPartition]
    ) -> Mapping[TopicPartition, int]:
        """How far a group has committed; -1 where it never has.

        Every partition is asked for by name: an error for the whole group would else look like nothing committed.
        """
        if not places:
            return {}
        for _ in range(20):
            if group not in self._coordinators:
                try:
                    self._coordinators[group] = await admin.find_coordinator(group)
                except KafkaError as error:
                    if not error.retriable:
                        raise
                    await asyncio.sleep(0.2)  # on a new Kafka its own topic of offsets is only being made
                    continue
            answer = await admin.list_consumer_group_offsets(group, self._coordinators[group], list(places))
            if len(answer) == len(places):
                return {place: meta.offset for place, meta in answer.items()}
            del self._coordinators[group]  # it has moved to another broker, or is still loading
            await asyncio.sleep(0.2)
        raise for_code(15)(group)

    async def _read(self, wanted: Iterable[tuple[TopicPartition, int]]) -> None:
        """When Kafka took in the record at each place, as far as time allows. What is known is not read again."""
        wanted = set(wanted)
        self._times = {place: at for place, at in self._times.items() if place in wanted}
        left: dict[TopicPartition, list[int]] = {}
        for place, offset in sorted(wanted - self._times.keys()):
            left.setdefault(place, []).append(offset)
        end = asyncio.get_running_loop().time() + self._reading
        while left and len(self._times) < _REMEMBERED and asyncio.get_running_loop().time() < end:
            some = {place: left[place][0] for place in list(left)[:_AT_ONCE]}
            read = await self._first(some, end)
            self._times |= {(place, some[place]): at for place, at in read.items()}
            for place in some:
                left[place].pop(0)
                if not left[place]:
                    del left[place]

    async def _first(
        self, offsets: Mapping[TopicPartition, int], end: float
    ) -> Mapping[TopicPartition, datetime]:
        consumer, found = self._consumer, dict[TopicPartition, datetime]()
        assert consumer is not None
        consumer.assign(list(offsets))
        try:
            for place, offset in offsets.items():
                consumer.seek(place, offset)
            while missing := offsets.keys() - found.keys():
                wait = int(1000 * min(0.5, end - asyncio.get_running_loop().time()))
                if wait <= 0:
                    break
                records: Mapping[TopicPartition, Sequence[Any]] = await consumer.getmany(timeout_ms=wait)
                for place, several in records.items():
                    if place in missing and several:
                        found[place] = datetime.fromtimestamp(several[0].timestamp / 1000, UTC)
        finally:
            consumer.unsubscribe()
        return found


async def lags(bootstrap: Sequence[str]) -> Sequence[Lag]:
    """Ask once, on connections of its own.

    Raises:
        Unavailable: when Kafka does not answer in time.
    """
    async with Lags(bootstrap) as asked:
        return await asked.ask()


def _of(places: Iterable[TopicPartition], topics: Sequence[str]) -> list[TopicPartition]:
    wanted = set(topics)
    return [place for place in places if place.topic in wanted]
