"""Reads whole topics of a real Kafka, and puts records there that no writer of ours would."""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.contracts.base import Event
from shared.contracts.topics import MODELS, Topic
from shared.messaging.record import Record

Headers = Sequence[tuple[str, bytes | None]]


async def records_of(bootstrap: str, *topics: str) -> list[Record]:
    """Everything that the topics hold now, in order of partition and offset."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap.split(","), enable_auto_commit=False)
    await consumer.start()
    try:
        await consumer._client.force_metadata_update()
        places = []
        for topic in topics:
            consumer._client.add_topic(topic)
            await consumer._client.force_metadata_update()
            places += [
                TopicPartition(topic, n)
                for n in sorted(consumer._client.cluster.partitions_for_topic(topic) or ())
            ]
        if not places:
            return []
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[Record] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=2000)).values():
                found += records
        return found
    finally:
        await consumer.stop()


async def events_of(bootstrap: str, topic: Topic) -> list[Event]:
    """Every event of a topic; a repeat stands there twice."""
    return [
        MODELS[topic].model_validate_json(record.value or b"")
        for record in await records_of(bootstrap, topic)
    ]


async def put(
    bootstrap: str, topic: str, records: Sequence[tuple[bytes | None, bytes | None, Headers]]
) -> None:
    """Publish records as they are: key, value, headers."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap.split(","), enable_idempotence=True)
    await producer.start()
    try:
        waits = [
            await producer.send(topic, value=value, key=key, headers=list(headers))
            for key, value, headers in records
        ]
        for wait in waits:
            await wait
    finally:
        await producer.stop()
