"""A member of a consumer group: it lets a batch finish before its partitions leave, and may leave for a while itself."""

import asyncio
from abc import abstractmethod
from typing import Any, Final

from aiokafka import ConsumerRebalanceListener

PATIENCE: Final = 25.0
"""Seconds that a rebalance waits for the batch in hand; below `rebalance_timeout_ms`, above the longest batch."""


class Membership(ConsumerRebalanceListener):
    """`leaving` is true while partitions are taken away, `rests` from when it is told to leave, `left` once it has."""

    def __init__(self) -> None:
        self.subscriber: Any = None
        self.leaving = self.rests = self.left = False

    @abstractmethod
    def forget(self) -> None:
        """What was in hand may be somebody else's now."""

    @abstractmethod
    def joined(self) -> None:
        """Partitions came."""

    async def on_partitions_revoked(self, revoked: Any) -> None:
        self.leaving = True
        await self.subscriber.lock.wait_release(PATIENCE)
        self.forget()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        self.leaving = False
        self.joined()

    async def wait(self, seconds: float) -> bool:
        """Sleep, but not through a rebalance or a stop; True when the whole time passed."""
        end = asyncio.get_running_loop().time() + seconds
        while (left := end - asyncio.get_running_loop().time()) > 0:
            if self.leaving or not self.subscriber.running:
                return False
            await asyncio.sleep(min(left, 0.1))
        return True

    async def rest(self) -> None:
        """Let the batch in hand finish, and leave the group."""
        self.rests = True
        try:
            await self.subscriber.stop()
        finally:
            self.left = True

    async def go_on(self) -> None:
        """Join the group again, from where it has committed."""
        self.forget()
        try:
            await self.subscriber.start()
        except BaseException:
            await self.subscriber.stop()
            raise
        self.rests = self.left = False
