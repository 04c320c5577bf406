"""What Kafka says: how far each group has committed, and where each topic ends. Asked anew at every look."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.ledger.rules import Look
from services.ledger.rules.facts import Spot

_SECONDS: Final = 10.0
_AWAY: Final = (KafkaError, OSError, TimeoutError, AssertionError)

T = TypeVar("T")
Committed = Mapping[str, Mapping[Spot, int]]


class KafkaAway(Exception):
    """Kafka does not answer."""


class Log:
    """The log as one look needs it. `groups` are the consumer groups whose progress matters, ours among them."""

    def __init__(
        self, bootstrap: Sequence[str], own: str, groups: Sequence[str], topics: Sequence[str]
    ) -> None:
        self._bootstrap, self._own, self._groups, self._topics = list(bootstrap), own, groups, topics

    async def committed(self) -> Committed:
        """How far every group has committed.

        Raises:
            KafkaAway: when it does not answer in time.
        """
        return await self._ask(self._committed)

    async def ends(self) -> Mapping[Spot, int]:
        """Where every partition that we read ends, if there is anything in it to read.

        Raises:
            KafkaAway: when it does not answer in time.
        """
        return await self._ask(self._ends)

    async def read_up_to(self, ends: Mapping[Spot, int], patience: float) -> bool:
        """Wait until our own group has committed up to `ends`; True when it has, within `patience` seconds."""
        try:
            async with asyncio.timeout(patience), _Admin(self._bootstrap) as admin:
                while True:
                    own = _offsets(await admin.list_consumer_group_offsets(self._own))
                    if all(own.get(spot, 0) >= end for spot, end in ends.items()):
                        return True
                    await asyncio.sleep(0.05)
        except _AWAY:
            return False

    async def _committed(self) -> Committed:
        async with _Admin(self._bootstrap) as admin:
            return {group: _offsets(await admin.list_consumer_group_offsets(group)) for group in self._groups}

    async def _ends(self) -> Mapping[Spot, int]:
        consumer = AIOKafkaConsumer(*self._topics, bootstrap_servers=self._bootstrap, group_id=None)
        try:
            await consumer.start()
            spots = sorted(consumer.assignment())
            begins, ends = await consumer.beginning_offsets(spots), await consumer.end_offsets(spots)
            return {(spot.topic, spot.partition): end for spot, end in ends.items() if end > begins[spot]}
        finally:
            await consumer.stop()

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(_SECONDS):
                return await question()
        except _AWAY:
            raise KafkaAway from None


class _Admin:
    """An admin client that is closed whatever happens, a failed start included."""

    def __init__(self, bootstrap: list[str]) -> None:
        self._client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)

    async def __aenter__(self) -> Any:
        try:
            await self._client.start()
        except BaseException:
            await self._client.close()
            raise
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


def _offsets(answer: Mapping[TopicPartition, Any]) -> dict[Spot, int]:
    return {(spot.topic, spot.partition): meta.offset for spot, meta in answer.items() if meta.offset >= 0}


def nothing(unanswered: frozenset[str]) -> Look:
    """A look without Kafka: only what is proven stands."""
    return Look(committed=None, unanswered=unanswered | {"kafka"})
