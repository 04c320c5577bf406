"""`replies` without a database or a provider: tables in memory that can crash, and a provider that says what it took."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.replies.adapters.delivery import attend
from services.replies.adapters.ports import Ports, Times
from services.replies.adapters.providers import Sender
from services.replies.adapters.rows import COUNTS_AS_SENT, Next, Row, Rows, State
from services.replies.handlers import on_read, on_received, on_requested
from services.replies.rules import OptOut, Slip
from shared.contracts.base import Event
from shared.contracts.events import ContributionRead, ContributionReceived, ReplyRequested, ReplySent
from shared.contracts.values import Channel, ReplyKind
from tests.support.events import NOW
from tests.support.keys import keys_of

WORDS = "Thanks, we got your message."


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Machine:
    """What a process runs on: a clock, and the place where it crashes."""

    time: datetime = NOW
    crash_at: frozenset[int] = frozenset()
    steps: int = 0

    def now(self) -> datetime:
        return self.time

    async def step(self) -> None:
        """Every await of the service passes here, and may be its last."""
        self.steps += 1
        await asyncio.sleep(0)
        if self.steps in self.crash_at:
            raise Crash


@dataclass
class Kept:
    rows: dict[UUID, Row] = field(default_factory=dict)
    opt_outs: dict[str, OptOut] = field(default_factory=dict)
    outbox: list[Event] = field(default_factory=list)
    traces: list[str | None] = field(default_factory=list)
    seen: set[UUID] = field(default_factory=set)

    def copy(self) -> "Kept":
        return Kept(
            dict(self.rows), dict(self.opt_outs), list(self.outbox), list(self.traces), set(self.seen)
        )


class MemoryRows(Rows):
    """As in PostgreSQL: what a transaction did is there once it has ended well, or not at all; one at a time."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.kept, self.open = machine, Kept(), Kept()
        self._one = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        async with self._one:
            self.open = self.kept.copy()
            await self.machine.step()
            yield cast(AsyncConnection, None)
            await self.machine.step()
            self.kept = self.open
            await self.machine.step()  # committed, and the answer of the commit is lost

    async def lock(self, connection: AsyncConnection, address_hmac: str) -> None:
        await self.machine.step()

    async def insert(self, connection: AsyncConnection, row: Row) -> bool:
        await self.machine.step()
        return self.open.rows.setdefault(row.event_id, row) is row

    async def get(self, connection: AsyncConnection, event_id: UUID) -> Row | None:
        await self.machine.step()
        return self.open.rows.get(event_id)

    async def of_address(
        self, connection: AsyncConnection, address_hmac: str, since: datetime
    ) -> Sequence[Row]:
        await self.machine.step()
        return [row for row in self._acknowledgements(address_hmac) if row.received_at >= since]

    async def last(self, connection: AsyncConnection, address_hmac: str, but: UUID) -> datetime | None:
        await self.machine.step()
        rows = self._acknowledgements(address_hmac)
        moments = [
            max(row.asked_at or row.at, row.at)
            for row in rows
            if row.state in COUNTS_AS_SENT and row.event_id != but
        ]
        return max(moments, default=None)

    async def change(
        self, connection: AsyncConnection, before: Row, *, state: State, next_at: datetime | None, **to: Any
    ) -> bool:
        await self.machine.step()
        row = self.open.rows[before.event_id]
        if (row.state, row.asked_at) != (before.state, before.asked_at):
            return False
        self.open.rows[row.event_id] = replace(row, state=state, next_at=next_at, **to)
        return True

    async def opt_out(self, connection: AsyncConnection, address_hmac: str) -> OptOut:
        await self.machine.step()
        return self.open.opt_outs.get(address_hmac, OptOut())

    async def put_opt_out(self, connection: AsyncConnection, address_hmac: str, asked: OptOut) -> None:
        await self.machine.step()
        self.open.opt_outs[address_hmac] = asked

    async def publish(self, connection: AsyncConnection, event: Event, trace: str | None) -> None:
        await self.machine.step()
        self.open.outbox.append(event)
        self.open.traces.append(trace)

    def _acknowledgements(self, address_hmac: str) -> list[Row]:
        return [
            row
            for row in self.open.rows.values()
            if row.address_hmac == address_hmac and row.kind is ReplyKind.ACKNOWLEDGEMENT
        ]


@dataclass
class Taken:
    """A message that the provider took."""

    sid: str
    address: str
    words: str
    at: datetime
    sender: str = ""


@dataclass
class Provider(Sender):
    """Takes messages unless a fault is ordered: (error, was it taken all the same?)."""

    machine: Machine
    taken: list[Taken] = field(default_factory=list)
    faults: list[tuple[BaseException, bool]] = field(default_factory=list)
    list_faults: list[BaseException] = field(default_factory=list)
    asked: int = 0
    within: timedelta | None = None

    async def send(self, slip: Slip, words: str, *, within: timedelta) -> str:
        await self.machine.step()
        self.asked, self.within = self.asked + 1, within
        fault, accepted = self.faults.pop(0) if self.faults else (None, True)
        if accepted:
            sid = f"SM{len(self.taken)}"
            self.taken.append(Taken(sid, slip.address, words, self.machine.now(), slip.to))
        await self.machine.step()
        if fault:
            raise fault
        return self.taken[-1].sid

    async def sent(self, slip: Slip, words: str, since: datetime) -> str | None:
        await self.machine.step()
        if self.list_faults:
            raise self.list_faults.pop(0)
        found = (one for one in self.taken if (one.address, one.words) == (slip.address, words))
        return next((one.sid for one in found if one.at >= since), None)


class World:
    """One `replies` with its memory; crashes lose what was in flight and nothing else."""

    def __init__(self, *, senders: tuple[Channel, ...] = (Channel.SMS,), times: Times | None = None) -> None:
        self.machine = Machine()
        self.rows = MemoryRows(self.machine)
        self.provider = Provider(self.machine)
        self.woken = 0
        keys = keys_of("replies")
        self.ports = Ports(
            rows=self.rows,
            senders=dict.fromkeys(senders, self.provider),
            words={"acknowledgement": WORDS},
            opener=keys.opener,
            address_key=keys.secret("address"),
            now=self.machine.now,
            begin=self.rows.begin,
            publish=self.rows.publish,
            times=times or Times(),
        )

    async def hear(self, event: Event, *, replayed: bool = False, trace: str | None = None) -> None:
        """What the router does with an event: once, in one transaction."""
        effect = None
        if isinstance(event, ContributionReceived):
            effect = await on_received(event, ports=self.ports, replayed=replayed, trace=trace)
        elif isinstance(event, ContributionRead):
            effect = await on_read(event, ports=self.ports, replayed=replayed)
        elif isinstance(event, ReplyRequested):
            effect = await on_requested(event, ports=self.ports, replayed=replayed, trace=trace)
        if effect is None:
            return
        async with self.rows.begin() as connection:
            if event.event_id in self.rows.open.seen:
                return
            self.rows.open.seen.add(event.event_id)
            for told in await effect.apply(connection):
                self.rows.open.outbox.append(told)
                self.rows.open.traces.append(trace)

    async def attend_all(self) -> None:
        """Look once after every row whose time has come."""
        due = [
            Next(row.event_id, row.address_hmac)
            for row in self.rows.kept.rows.values()
            if row.next_at is not None and row.next_at <= self.machine.now()
        ]
        for one in due:
            await attend(one, ports=self.ports)

    async def pass_time(self, until: timedelta) -> None:
        """Let time pass, and the loop look after what is due whenever something is."""
        end = self.machine.time + until
        while True:
            await self.attend_all()
            moments = [row.next_at for row in self.rows.kept.rows.values() if row.next_at]
            self.machine.time = max(self.machine.time, min([*moments, end]))
            if self.machine.time >= end:
                await self.attend_all()
                return

    async def through_crashes(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something again after each crash, as Kafka and a restarted loop would."""
        while True:
            try:
                return await work()
            except Crash:
                self.machine.time += timedelta(seconds=1)

    def sent(self) -> list[ReplySent]:
        return [event for event in self.rows.kept.outbox if isinstance(event, ReplySent)]

    def outcome(self) -> tuple[str, str | None]:
        """The one outcome there is: result and cause."""
        [event] = self.sent()
        return event.result.value, event.cause.value if event.cause else None
