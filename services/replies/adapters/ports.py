"""What the handlers and the delivery of `replies` need from outside."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from services.replies.adapters.deliveries import Deliveries
from services.replies.adapters.providers import Sender
from services.replies.adapters.rows import Rows
from shared.clock import Clock
from shared.contracts.base import Event
from shared.contracts.values import Channel, ReplyKind
from shared.telemetry.meters import NOWHERE, Meters
from shared.vault import Opener


class Publish(Protocol):
    """Writes an event into the outbox of a transaction."""

    async def __call__(self, connection: AsyncConnection, event: Event, trace: str | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Times:
    """How long what may take."""

    within: timedelta = timedelta(minutes=10)
    personal_within: timedelta = timedelta(hours=1)
    unknown_after: timedelta = timedelta(minutes=10)
    check_every: timedelta = timedelta(minutes=1)
    answer_within: timedelta = timedelta(seconds=15)
    retry_every: timedelta = timedelta(seconds=5)

    def of(self, kind: ReplyKind) -> timedelta:
        return self.personal_within if kind is ReplyKind.PERSONAL else self.within


@dataclass(frozen=True, slots=True)
class Ports:
    rows: Rows
    senders: Mapping[Channel, Sender]
    words: Mapping[str, str]
    opener: Opener
    address_key: bytes = field(repr=False)
    now: Clock
    begin: Callable[[], AbstractAsyncContextManager[AsyncConnection]]
    publish: Publish
    wake: Callable[[], None] = lambda: None
    times: Times = Times()
    deliveries: Deliveries = field(default_factory=Deliveries)
    own_domains: frozenset[str] = frozenset()
    meters: Meters = NOWHERE
