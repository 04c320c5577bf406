"""How far a group is behind, as a real Kafka says it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from services.local.kafka import Kafka
from shared.contracts.topics import GROUPS, Topic, dead_of, retry_of
from shared.errors import Unavailable
from shared.messaging.creation import ensure
from shared.messaging.lag import READS, Lag, Lags, lags
from tests.support.topics import put

pytestmark = pytest.mark.connected


async def commit(bootstrap: str, group: str, offsets: dict[TopicPartition, int]) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(list(offsets))
        await consumer.commit({place: OffsetAndMetadata(offset, "") for place, offset in offsets.items()})
    finally:
        await consumer.stop()


def behind(found: list[Lag], group: str, topic: str) -> list[Lag]:
    return [lag for lag in found if lag.group == group and lag.topic == topic and lag.behind]


async def test_a_group_is_behind_by_what_it_has_not_committed(kafka: Kafka) -> None:
    bootstrap = kafka.bootstrap
    await ensure([bootstrap])
    mail, retry = Topic.EMAIL_RECEIVED.value, retry_of("triage")
    async with Lags([bootstrap], within=60) as asked:
        empty = list(await asked.ask())
        assert {lag.group for lag in empty} == {*GROUPS, *map(retry_of, GROUPS)}
        assert {(lag.behind, lag.oldest) for lag in empty} == {(0, None)}
        assert await asked.brokers() == 1

        began = datetime.now(UTC) - timedelta(seconds=2)
        await put(bootstrap, mail, [(b"a", b"one", ())])
        await asyncio.sleep(0.1)
        middle = datetime.now(UTC)
        await put(bootstrap, mail, [(b"a", b"x" * 100_000, ()), (b"a", b"three", ())])
        await put(bootstrap, retry, [(b"b", b"later", ())])
        first = list(await asked.ask())
        (of_triage,) = behind(first, "triage", mail)
        assert of_triage.behind == 3
        assert of_triage.oldest
        assert began <= of_triage.oldest <= middle
        assert [lag.behind for lag in behind(first, retry, retry)] == [1]
        assert [lag.behind for lag in behind(first, "ledger", retry)] == [1]
        assert not behind(first, "archive", Topic.TRIAGED.value)

        place = TopicPartition(mail, of_triage.partition)
        await commit(bootstrap, "triage", {place: 1})
        second = list(await asked.ask())
        (of_triage,) = behind(second, "triage", mail)
        assert of_triage.behind == 2
        assert of_triage.oldest
        assert of_triage.oldest >= middle - timedelta(seconds=1)
        (of_anonymiser,) = behind(second, "anonymiser", mail)
        assert of_anonymiser.behind == 3
        assert of_anonymiser.oldest
        assert of_anonymiser.oldest < of_triage.oldest

        await commit(bootstrap, "triage", {place: 3})
        assert not behind(list(await asked.ask()), "triage", mail)
    assert not behind(list(await lags([bootstrap])), "triage", mail)


async def test_many_partitions_are_read_in_bounded_steps(kafka: Kafka) -> None:
    bootstrap = kafka.bootstrap
    await ensure([bootstrap])
    for topic in (Topic.SMS_RECEIVED, Topic.VOICE_RECEIVED, Topic.ART_RECEIVED, Topic.READ):
        await put(bootstrap, topic, [(str(key).encode(), b"x" * 3000, ()) for key in range(100)])
    found = list(await lags([bootstrap]))
    waiting = [lag for lag in found if lag.behind]
    assert len({(lag.topic, lag.partition) for lag in waiting}) > 40
    assert [lag for lag in waiting if lag.oldest is None] == []


async def test_kafka_away_is_said_and_gets_over(kafka: Kafka) -> None:
    await ensure([kafka.bootstrap])
    async with Lags([kafka.bootstrap], within=5) as asked:
        assert await asked.ask()
        kafka.kill()
        with pytest.raises(Unavailable):
            await asked.ask()
        kafka.start()
        for _ in range(30):
            try:
                found = await asked.ask()
            except Unavailable:
                await asyncio.sleep(1)
            else:
                break
        assert found


def test_the_ledger_reads_what_others_put_aside() -> None:
    assert retry_of("triage") in READS["ledger"]
    assert dead_of("ledger") in READS["ledger"]
    assert retry_of("ledger") not in READS["ledger"]
