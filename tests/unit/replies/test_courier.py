"""The loop goes on, whatever one row or the database does."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID, uuid4

import pytest

from services.replies.adapters import courier as module
from services.replies.adapters.courier import Courier
from services.replies.adapters.rows import Next

ROWS = [Next(uuid4()) for _ in range(6)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AFTER_TROUBLE", 0.0)


class Desk:
    """Rows that are due until they have been attended."""

    def __init__(self, *, faults: Sequence[Exception] = ()) -> None:
        self.left, self.faults, self.seen = list(ROWS), list(faults), Counter[UUID]()
        self.at_once = self.most = 0

    async def due(self, limit: int) -> Sequence[Next]:
        if self.faults:
            raise self.faults.pop(0)
        return self.left[:limit]

    async def attend(self, one: Next) -> None:
        self.seen[one.event_id] += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.005)
        self.at_once -= 1
        self.left.remove(one)


async def run(
    due: Callable[[int], Awaitable[Sequence[Next]]],
    attend: Callable[[Next], Awaitable[None]],
    done: Callable[[], bool],
    at_once: int = 2,
) -> None:
    task = asyncio.create_task(Courier(due, attend, at_once, 0.001).run())
    async with asyncio.timeout(5):
        while not done() and not task.done():
            await asyncio.sleep(0.001)
    if task.done():
        task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_each_row_is_in_one_hand_and_no_more_at_once_than_there_are_hands() -> None:
    desk = Desk()
    await run(desk.due, desk.attend, lambda: not desk.left)
    assert set(desk.seen.values()) == {1}
    assert desk.most == 2


async def test_a_database_that_is_away_is_waited_for() -> None:
    desk = Desk(faults=[ConnectionError(), TimeoutError()])
    await run(desk.due, desk.attend, lambda: not desk.left)
    assert len(desk.seen) == len(ROWS)


async def test_a_row_that_fails_stops_no_other() -> None:
    desk, failures = Desk(), Counter[type[Exception]]()

    async def attend(one: Next) -> None:
        kind = {ROWS[0]: ValueError, ROWS[1]: ConnectionError}.get(one)
        if kind and failures[kind] < 3:
            failures[kind] += 1
            raise kind
        await desk.attend(one)

    await run(desk.due, attend, lambda: not desk.left)
    assert failures == {ValueError: 3, ConnectionError: 3}


async def test_a_defect_of_the_question_itself_ends_the_process() -> None:
    desk = Desk(faults=[LookupError("a wrong statement")])
    with pytest.raises(LookupError):
        await run(desk.due, desk.attend, lambda: not desk.left)


async def test_a_stop_lets_what_is_in_hand_come_to_its_end() -> None:
    desk = Desk()
    task = asyncio.create_task(Courier(desk.due, desk.attend, 2, 0.001).run())
    async with asyncio.timeout(5):
        while not desk.at_once:
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert (desk.at_once, len(desk.left)) == (0, len(ROWS) - 2)


async def test_a_stop_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GRACE", 0.01)
    desk, ended = Desk(), asyncio.Event()

    async def attend(one: Next) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(Courier(desk.due, attend, 1, 0.001).run())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(1):
        await ended.wait()
