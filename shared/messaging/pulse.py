"""Says whether the Kafka client of a process still lives.

aiokafka works in background tasks. When one of them ends with an error that it did not expect (seen: a RuntimeError
inside its coordinator while a broker came back), the client never recovers: each read fails for ever, though Kafka is
well. Nothing but a new client helps, so the process ends and is started again.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from faststream.kafka import KafkaBroker

from shared.messaging.lane import Lane


def ended(broker: KafkaBroker, lanes: Iterable[Lane]) -> str | None:
    """Name the background task that has ended, if one has."""
    for name, task in _tasks(broker, lanes):
        if task is not None and task.done():
            return name
    return None


def _tasks(broker: KafkaBroker, lanes: Iterable[Lane]) -> Iterator[tuple[str, Any]]:
    for lane in lanes:
        consumer = None if lane.rests else lane.subscriber.consumer
        if consumer is not None and consumer._coordinator and consumer._fetcher:
            yield "coordination", consumer._coordinator._coordination_task
            yield "fetcher", consumer._fetcher._fetch_task
    producer = getattr(broker.config.producer, "_producer", None)
    real = getattr(producer, "producer", None)
    if real is not None:
        yield "sender", real._sender.sender_task
