"""An effect that has an `otherwise` is never parked because the database is away, or there and of no use."""

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
from faststream.exceptions import NackMessage

from shared.contracts.base import Event
from shared.contracts.values import Level
from shared.errors import Rejected, Unavailable
from shared.messaging.effects import Effect
from shared.messaging.lane import Lane
from shared.messaging.router import Router
from tests.support.pager import a_triaged
from tests.support.records import record_of


class _Broken:
    """Effects on a database that fails in one way."""

    def __init__(self, error: Exception) -> None:
        self.error, self.engine = error, self

    @asynccontextmanager
    async def begin(self) -> Any:
        yield None

    async def run(self, *_: object) -> None:
        raise self.error


async def settled(error: Exception, otherwise_fails: bool = False) -> tuple[bool, int, list[str]]:
    """Whether the batch was committed, how often `otherwise` ran, and why something was parked."""
    ran, parked, acks = [], list[str](), list[int]()

    async def otherwise() -> None:
        ran.append(1)
        if otherwise_fails:
            raise Unavailable("local_file_away")

    async def nothing(_: Any) -> Sequence[Event]:
        return ()

    async def handler(_: Event) -> Effect:
        return Effect(nothing, otherwise)

    async def publish(value: bytes, *, key: bytes, headers: dict[str, str]) -> None:
        parked.append(headers["x-reason"])

    async def ack() -> None:
        acks.append(1)

    router = Router("pager")
    router.effects = cast(Any, _Broken(error))
    router.dead = router.retry = cast(Any, SimpleNamespace(publish=publish))
    lane = Lane(router, handler, 8)
    lane.subscriber = SimpleNamespace(running=False)
    records = [record_of(a_triaged(uuid4(), Level.HIGH), offset=n) for n in range(2)]
    try:
        await lane.batch(cast(Any, SimpleNamespace(raw_message=records, ack=ack)))
    except NackMessage:
        assert not acks
    return bool(acks), len(ran), parked


@pytest.mark.parametrize("error", [ConnectionError(), TimeoutError(), Unavailable("x"), ZeroDivisionError()])
async def test_what_else_there_is_to_do_is_done(error: Exception) -> None:
    assert await settled(error) == (True, 2, [])


async def test_a_record_that_will_never_work_is_a_dead_letter_all_the_same() -> None:
    assert await settled(Rejected("same_id_other_words")) == (True, 0, ["same_id_other_words"] * 2)


async def test_if_that_cannot_be_done_either_the_record_comes_again() -> None:
    assert await settled(ConnectionError(), otherwise_fails=True) == (False, 2, [])


class _Slow:
    """Effects that take their time, on a database that is well."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.engine, self.done = seconds, self, 0

    @asynccontextmanager
    async def begin(self) -> Any:
        yield None

    async def run(self, *_: object) -> None:
        await asyncio.sleep(self.seconds)
        self.done += 1


async def test_what_is_too_slow_together_is_done_one_by_one() -> None:
    """Otherwise the same batch would come again, and be too slow again, for ever."""

    async def nothing(_: Any) -> Sequence[Event]:
        return ()

    async def handler(_: Event) -> Effect:
        return Effect(nothing)

    acks = []

    async def ack() -> None:
        acks.append(1)

    slow = _Slow(0.1)
    router = Router("pager", effects_within=0.25)
    router.effects = cast(Any, slow)
    lane = Lane(router, handler, 8)
    lane.subscriber = SimpleNamespace(running=False)
    records = [record_of(a_triaged(uuid4(), Level.HIGH), offset=n) for n in range(5)]
    await lane.batch(cast(Any, SimpleNamespace(raw_message=records, ack=ack)))
    assert acks == [1]
    assert slow.done >= 5
