"""Says whether the Kafka client of a process still lives.

aiokafka works in background tasks. When one of them ends with an error that it did not expect (seen: a RuntimeError
inside its coordinator while a broker came back), the client never recovers: each read fails for ever, though Kafka is
well. Nothing but a new client helps, so the process ends and is started again.

It may also live and do nothing: wait for ever to join its group, for an answer to a commit, or for what it fetches.
That is noticed by what does not change, and counts only while Kafka answers others.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from faststream.kafka import KafkaBroker

from shared.messaging.lane import Lane

STILL: Final = 120.0
"""Seconds without any sign of life. A fetch is answered twice a second, also where there is nothing; a rebalance may
take half a minute, a commit as long as a request.
"""

Sign = tuple[str, object]


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


class Pulse:
    """Remembers of each lane what it last did, and since when it has done nothing else."""

    def __init__(self, lanes: Sequence[Lane], *, still: float = STILL) -> None:
        self._lanes, self._still = lanes, still
        self._seen: dict[Lane, tuple[Sign | None, float]] = {}

    def still(self) -> str | None:
        """Name what a lane has waited for too long, if one has."""
        now = time.monotonic()
        for lane in self._lanes:
            sign = _sign(lane)
            known, since = self._seen.get(lane, (None, now))
            if sign is None or sign != known:
                self._seen[lane] = sign, now
            elif now - since > self._still:
                return sign[0]
        return None

    def begin_again(self) -> None:
        """Kafka itself is away: nobody's waiting says anything."""
        self._seen.clear()


def _sign(lane: Lane) -> Sign | None:
    """What a lane waits for, with what would change if it lived; None while it works, or has nothing to wait for."""
    consumer = None if lane.rests else lane.subscriber.consumer
    if consumer is None or not lane.subscriber.running:
        return None
    if lane.committing is not None:
        return "commit", lane.committing
    if lane.in_hand:
        return None
    subscription = consumer._subscription.subscription
    assignment = subscription.assignment if subscription is not None else None
    if assignment is None:
        return "join", None
    if not assignment.tps:
        return None
    return "fetch", max(assignment.state_value(place).timestamp or 0 for place in assignment.tps)
