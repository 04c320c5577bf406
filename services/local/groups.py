"""Consumer groups: paused, resumed, and moved back, so that a database which was restored is built up again.

A group has a second one for its retry topic; both are always meant.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError

from services.local import numbers
from services.local.found import Found
from services.local.trouble import CannotHave
from shared.contracts.topics import GROUPS, read_by, retry_of, service_of
from shared.messaging.creation import places_of
from shared.messaging.gate import Order, order_file, passed_file, read_order, write_order, write_passed

PATIENCE: Final = 60.0
"""Seconds that a pause waits for the batch in hand."""


_REFUSED_AFTER: Final = 3.0


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a group was moved back: partitions, and records that it will read again."""

    partitions: int
    records: int


def known(group: str) -> str:
    """The group, if there is one of that name.

    Raises:
        CannotHave: when there is none.
    """
    if group not in GROUPS:
        raise CannotHave(f"There is no group {group}; there are {', '.join(GROUPS)}.")
    return group


def pause(heard: Found, group: str) -> str:
    """Let it take no more records, over a restart too, and wait until its processes have left."""
    path = order_file(heard.home.path / "state", known(group))
    write_order(path, Order(paused=True, resumed=_order(heard, group).resumed))
    _await(heard, group, "paused", lambda told: _of(told, "groups", group) == "paused")
    return f"{group} is paused. It takes no records until: heard group resume {group}"


def resume(heard: Found, group: str) -> str:
    """Let it go on: after a pause, and after a halt. It may stop again at once, where most records still fail."""
    path = order_file(heard.home.path / "state", known(group))
    order = Order(paused=False, resumed=_order(heard, group).resumed + 1)
    write_order(path, order)
    told = _await(heard, group, "running", lambda told: (_of(told, "resumed", group) or 0) >= order.resumed)
    if _of(told, "groups", group) == "halted":
        return f"{group} went on, and stopped again: most records still fail."
    return f"{group} is running. It goes on from where it stopped."


def _order(heard: Found, group: str) -> Order:
    try:
        return read_order(order_file(heard.home.path / "state", group))
    except ValueError:
        return Order(resumed=time.time_ns())  # above whatever stood there


def _of(told: Mapping[str, Any], what: str, group: str) -> Any:
    return told.get(what, {}).get(group)


def _await(
    heard: Found, group: str, state: str, done: Callable[[Mapping[str, Any]], bool]
) -> Mapping[str, Any]:
    """What its service tells as soon as it has followed the order."""
    service, end = service_of(group), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(CannotHave):
            told = heard.ask(service, "/ready")
            if done(told):
                return told
        time.sleep(0.2)
    raise CannotHave(
        f"{service} does not say yet that {group} is {state}; it will do so as soon as it can: "
        "it was ordered, and the order stays."
    )


async def rewind(bootstrap: Sequence[str], group: str, to: datetime | None, state: Path) -> Moved:
    """Move a group back to the first record that Kafka took in at `to`, or to the oldest; never forward.

    Whatever it reads again does nothing twice: what was seen is marked in the tables. Where these were restored they do
    not know it: so how far the group had come is noted in `state`, and up to there nothing is sent to anybody.

    Raises:
        CannotHave: when somebody still reads in the group, or Kafka does not answer.
    """
    known(group)
    try:
        async with (
            _Position(bootstrap, group, read_by(group)) as first,
            _Position(bootstrap, retry_of(group), (retry_of(group),)) as again,
        ):
            for one in (first, again):
                if not await one.is_ours():
                    raise CannotHave(f"{group} is being read: first say heard group pause {group}")
            moved = [await one.move(to, passed_file(state, group)) for one in (first, again)]
    except (KafkaError, OSError, TimeoutError) as error:
        raise CannotHave(f"Kafka did not do it ({type(error).__name__}); try again.") from None
    return Moved(sum(one.partitions for one in moved), sum(one.records for one in moved))


class _Position:
    """How far one consumer group has committed. Kafka lets nobody move it but a member, or anybody where there is none."""

    def __init__(self, bootstrap: Sequence[str], group: str, topics: Sequence[str]) -> None:
        self._bootstrap, self._topics = bootstrap, topics
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=list(bootstrap),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
        )
        self._committed: dict[TopicPartition, int] = {}

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        try:
            places = await places_of(self._bootstrap, self._topics)
            self._consumer.assign(places)
            for place in places:
                offset = await self._consumer.committed(place)
                if offset is not None:
                    self._committed[place] = offset
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def is_ours(self) -> bool:
        """Commit what is committed already; False when somebody reads in the group. The client would try for ever."""
        try:
            async with asyncio.timeout(_REFUSED_AFTER):
                if self._committed:
                    await self._consumer.commit(self._committed)
        except (CommitFailedError, TimeoutError):
            return False
        return True

    async def move(self, to: datetime | None, passed: Path) -> Moved:
        wanted = await _wanted(self._consumer, list(self._committed), to)
        back = {place: offset for place, offset in wanted.items() if offset < self._committed[place]}
        if back:
            write_passed(passed, {f"{one.topic}/{one.partition}": self._committed[one] for one in back})
            await self._consumer.commit(back)
        return Moved(len(back), sum(self._committed[place] - offset for place, offset in back.items()))


async def _wanted(
    consumer: AIOKafkaConsumer, places: Sequence[TopicPartition], to: datetime | None
) -> Mapping[TopicPartition, int]:
    """Where to read on from; a partition that took in nothing since is not there."""
    if not places:
        return {}
    if to is None:
        return dict(await consumer.beginning_offsets(places))
    moment = int(to.timestamp() * 1000)
    found: Mapping[TopicPartition, Any] = await consumer.offsets_for_times(dict.fromkeys(places, moment))
    return {place: one.offset for place, one in found.items() if one is not None}


def moment_of(text: str, now: datetime) -> datetime:
    """A time as somebody types it: `2026-11-25T14:30`, with a zone or in UTC.

    Raises:
        CannotHave: when it is no time, or has not come yet.

    >>> moment_of("2026-11-25 14:30", datetime(2026, 11, 25, 15, tzinfo=UTC)).isoformat()
    '2026-11-25T14:30:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CannotHave(f"{text} is no time; write it as 2026-11-25T14:30 (UTC).") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > now:
        raise CannotHave(f"{text} has not come yet; a group only goes back.")
    return moment


def run_rewind(heard: Found, group: str, to: datetime | None) -> str:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it cannot do is said in a sentence
    bootstrap = heard.bootstrap.split(",")
    moved = asyncio.run(rewind(bootstrap, group, to, heard.home.path / "state"))
    if not moved.partitions:
        return f"{group} had read nothing since; it stays where it is."
    if group == "archive":
        asyncio.run(numbers.go_past(bootstrap, heard, to))
    return (
        f"{group} was moved back by {moved.records} records in {moved.partitions} partitions. "
        f"Let it read them again: heard group resume {group}"
    )
