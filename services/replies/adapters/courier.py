"""The loop that looks after what is on its way: so many rows side by side, each by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from services.replies.adapters.rows import Next
from shared.database import is_away
from shared.telemetry import log

_AFTER_TROUBLE: Final = 1.0
_GRACE: Final = 15.0


@dataclass(slots=True)
class Courier:
    """`due` says whose time has come, `attend` looks after one. A fault of one row stops that row alone."""

    due: Callable[[int], Awaitable[Sequence[Next]]]
    attend: Callable[[Next], Awaitable[None]]
    at_once: int
    poll: float
    in_hand: dict[UUID, asyncio.Task[None]] = field(default_factory=dict)

    async def run(self) -> None:
        """Run for ever; the database may be away. A stop lets what is in hand come to its end."""
        try:
            await self._run()
        except asyncio.CancelledError:
            await self._finish()
            raise

    async def _run(self) -> None:
        done = asyncio.Event()
        while True:
            done.clear()
            for one in await self._free():
                self.in_hand[one.event_id] = asyncio.create_task(self._one(one, done))
            await self._rest(done)

    async def _finish(self) -> None:
        """What was asked of the provider and not heard would have to be looked for in its list."""
        if self.in_hand:
            _, late = await asyncio.wait(self.in_hand.values(), timeout=_GRACE)
            for task in late:
                task.cancel()

    async def _free(self) -> Sequence[Next]:
        """Rows to take up now: no more than there are hands, none that is in hand."""
        room = self.at_once - len(self.in_hand)
        if room <= 0:
            return ()
        try:
            found = await self.due(self.at_once + len(self.in_hand))
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("database_away", reason="replies_due")
            await asyncio.sleep(_AFTER_TROUBLE)
            return ()
        return [one for one in found if one.event_id not in self.in_hand][:room]

    async def _rest(self, done: asyncio.Event) -> None:
        """Until it is time to look again, or until full hands have room."""
        if len(self.in_hand) < self.at_once:
            await asyncio.sleep(self.poll)
            return
        try:
            async with asyncio.timeout(self.poll):
                await done.wait()
        except TimeoutError:
            return

    async def _one(self, one: Next, done: asyncio.Event) -> None:
        try:
            await self.attend(one)
        except Exception as error:
            if is_away(error):
                log.warning("database_away", reason="replies_attend")
            else:
                log.error("reply_failed", event_id=str(one.event_id), exc_info=error)
            await asyncio.sleep(_AFTER_TROUBLE)
        finally:
            self.in_hand.pop(one.event_id, None)
            done.set()
