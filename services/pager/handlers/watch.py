"""The clock: every second, whatever is away, it looks who must be rung and rings them."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from services.pager.adapters.local import Local
from services.pager.adapters.phones import Phones
from services.pager.adapters.postgres import Tables
from services.pager.rules.calls import Call
from services.pager.rules.figures import first_rings, step_of, untaken, without_level
from shared.clock import Clock
from shared.concerns.ladder import Result
from shared.database import is_away, within
from shared.messaging.effects import ago
from shared.telemetry import log
from shared.telemetry.meters import NOWHERE, Figure, Meters
from shared.telemetry.metrics import Metric

LOCK_PATIENCE: Final = 10.0
_CHUNKS: Final = 5


@dataclass(slots=True)
class Watch:
    """Turns the clock. `settle` and the other spans are in seconds."""

    tables: Tables
    local: Local
    phones: Phones
    now: Clock
    every: float = 1.0
    settle: float = 20.0
    patience: float = 5.0
    check_every: float = 300.0
    database: bool | None = None
    meters: Meters = NOWHERE
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _started: float = field(default_factory=time.monotonic)
    _turned: float = field(default_factory=time.monotonic)
    _lock_had: float = field(default_factory=time.monotonic)
    _calls: set[asyncio.Task[None]] = field(default_factory=set)

    def wake(self) -> None:
        """Something has come: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """For ever. A turn that fails is said and the next one is tried: stopping would be silence."""
        while True:
            self._woken.clear()
            try:
                await self.turn()
            except Exception as error:
                log.critical("turn_failed", exc_info=error)
            try:
                async with asyncio.timeout(self.every):
                    await self._woken.wait()
                await asyncio.sleep(min(0.05, self.every))  # what comes together is rung together
            except TimeoutError:
                continue

    async def check(self) -> None:
        """Now and then, and often while it rings, see whether texts could be sent and arrive."""
        while True:
            await self.phones.check(self.now())
            ringing = any(one.rings for one in self.local.desk.concerns.values())
            await asyncio.sleep(min(self.check_every, 60.0) if ringing else self.check_every)

    async def turn(self) -> None:
        """Find out who must be rung now, and ring them side by side; a slow provider holds nothing up."""
        now = self.now()
        judge = time.monotonic() - self._started >= self.settle
        for call in await self._who(now, judge):
            task = asyncio.create_task(self._ring(call))
            self._calls.add(task)
            task.add_done_callback(self._calls.discard)
        self._turned = time.monotonic()

    async def rung(self) -> None:
        """Wait until every call in hand has its answer."""
        while self._calls:
            await asyncio.gather(*self._calls, return_exceptions=True)

    def state(self) -> dict[str, Any]:
        """What `/ready` says: whether the clock turns and anybody can be rung, and how many wait."""
        age = round(time.monotonic() - self._turned, 1)
        ringing = Counter(one.level.value for one in self.local.desk.concerns.values() if one.rings)
        found = {
            "clock_age": age,
            "can_ring": self.phones.can_ring,
            "texts": _said(self.phones.ways.text),
            "webhook": _said(self.phones.ways.webhook) if self.phones.webhook else "absent",
            "database": _said(self.database),
            "local_file": _said(self.local.writes),
            "ringing": dict(ringing),
        }
        return found if self.phones.can_ring and age < 30 else {**found, "ready": False}

    def figures(self) -> Iterable[Figure]:
        """What `/metrics` says of now."""
        now, desk = self.now(), self.local.desk
        for level, (n, oldest) in untaken(desk).items():
            yield Metric.CONCERNS, n, {"level": level}
            yield Metric.UNTAKEN, ago(oldest, now) if oldest else 0.0, {"level": level}
        waiting, since = without_level(desk)
        yield Metric.UNLEVELLED, waiting, {}
        yield Metric.UNLEVELLED_OLDEST, ago(since, now) if since else 0.0, {}
        yield Metric.CAN_RING, int(self.phones.can_ring), {}
        yield Metric.CLOCK, time.monotonic() - self._turned, {}
        yield Metric.PAGER_DATABASE, int(self.database is not False), {}

    async def _who(self, now: datetime, judge: bool) -> Sequence[Call]:
        """From the tables; if they cannot be had, for whatever reason, from what is here."""
        try:
            if await self._merged(now):
                found = await self._from_tables(now, judge)
                if self.database is False:
                    log.info("database_back")
                self.database = True
                return found
        except Exception as error:
            if not is_away(error):
                log.critical("turn_defect", exc_info=error)
            elif self.database is not False:
                log.error("database_away", kind=type(error).__name__)
            self.database = False
        return await self.local.turn(now, judge=judge)

    async def _from_tables(self, now: datetime, judge: bool) -> Sequence[Call]:
        turn = await within(self.patience, self.tables.turn(now, judge=judge))
        if turn is not None:
            self._lock_had = time.monotonic()
        elif time.monotonic() - self._lock_had < LOCK_PATIENCE:
            return ()  # another process is at it
        else:
            log.error("lock_not_had")
            turn = await within(self.patience, self.tables.turn(now, judge=judge, locked=False))
        assert turn is not None
        await self.local.rebase(turn.desk)
        return turn.calls

    async def _merged(self, now: datetime) -> bool:
        """Give the tables what they missed; False when there is more of it than one turn should wait for."""
        for _ in range(_CHUNKS):
            facts, rings = self.local.pending
            if not facts and not rings:
                return True
            await within(self.patience, self.tables.merge(facts, rings, now))
            await self.local.forget([event_id for event_id, _ in facts], rings)
        facts, rings = self.local.pending
        return not facts and not rings

    async def _ring(self, call: Call) -> None:
        try:
            result, provider_id = await self.phones.call(call)
        except Exception as error:  # its row says that it was being asked, so it is made again
            log.critical("ring_defect", exc_info=error)
            return
        first = call.rings[0]
        log.info(
            "rung",
            kind=call.whom.value,
            result=result.value,
            concern_id=str(first.concern_id),
            cause=first.cause,
            step=first.step,
            count=call.waiting,
        )
        for ring in call.rings:
            self.meters.count(Metric.RINGS, step=step_of(ring), result=result)
        if result is Result.SENT:
            for began in first_rings(self.local.desk, call):
                self.meters.observe(Metric.FIRST_RING, ago(began, self.now()))
        await self._settle(call, result, provider_id)

    async def _settle(self, call: Call, result: Result, provider_id: str | None) -> None:
        """Into the tables and the desk in hand; what the tables cannot take waits in the local file."""
        self.local.desk.settle(call.message, result, provider_id)
        try:
            if self.database is not False:
                settling = self.tables.settle(call, result, provider_id, self.now())
                if await within(self.patience, settling):
                    return
        except Exception as error:
            if not is_away(error):
                log.critical("settle_defect", exc_info=error)
        await self.local.settle(call, result, provider_id)


def _said(works: bool | None) -> str:
    return "untried" if works is None else "ok" if works else "failing"
