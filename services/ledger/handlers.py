"""Writes down what every record says, and looks at the whole in an order that makes the figures sound."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.ledger.adapters import alarms, facts, letters
from services.ledger.adapters.figures import Counted, count
from services.ledger.adapters.gauges import BALANCE, of_alarms, of_balance
from services.ledger.adapters.kafka import Committed, KafkaAway, nothing
from services.ledger.adapters.lines import line_of
from services.ledger.adapters.notes import write
from services.ledger.adapters.pages import Pages
from services.ledger.adapters.traces import trace
from services.ledger.rules import Look, causes, due, page, state_of
from services.ledger.rules.facts import Spot
from shared.clock import Clock
from shared.contracts.base import Event
from shared.errors import HeardError
from shared.messaging.arrival import Arrival
from shared.messaging.effects import Note, ago
from shared.telemetry import log
from shared.telemetry.meters import NOWHERE, Meters
from shared.telemetry.metrics import Metric


class KafkaLog(Protocol):
    """What a look asks of Kafka."""

    async def committed(self) -> Committed: ...
    async def ends(self) -> Mapping[Spot, int]: ...
    async def read_up_to(self, ends: Mapping[Spot, int], patience: float) -> bool: ...


class Receipts(Protocol):
    """What a look asks of the intakes."""

    refused: dict[str, tuple[str, Mapping[str, int]]]

    async def pull(self) -> frozenset[str]: ...


class Outboxes(Protocol):
    """What a look asks of the services: what waits in their outboxes, and who does not answer."""

    async def __call__(self) -> tuple[Mapping[str, frozenset[UUID]], frozenset[str]]: ...


SOME_HOURS: Final = timedelta(hours=3)
TWO_DAYS: Final = timedelta(days=2)
"""How far back the provider is asked."""

MUTE_AFTER: Final = 30.0
"""Seconds that somebody may not answer before it is an alarm: a restart takes less."""


class ProviderList(Protocol):
    """What a provider says that people sent us."""

    async def unreceived(self, since: datetime, now: datetime) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Unreceived:
    """What the provider has and no intake accepted, when it was last asked; `sids` are the provider's ids."""

    asked_at: datetime
    sids: Sequence[str]


@dataclass(slots=True)
class Ports:
    engine: AsyncEngine
    kafka: KafkaLog
    intakes: Receipts
    outboxes: Outboxes
    pages: Pages
    now: Clock
    expected: Sequence[str]
    patience: float
    stuck_after: timedelta
    began: datetime
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    full_on: date | None = None
    reconciled_on: date | None = None
    mute_since: dict[str, datetime] = field(default_factory=dict)
    told: dict[str, datetime] = field(default_factory=dict)
    provider: ProviderList | None = None
    unreceived: Unreceived | None = None
    meters: Meters = NOWHERE


def on_record(event: Event, arrival: Arrival) -> Note | None:
    """What one record adds to the ledger; None for one that is about no contribution."""
    line = line_of(event, arrival)
    return Note(write, line) if line else None


async def balance(ports: Ports) -> dict[str, Any]:
    """A fresh look, as `heard ledger` shows it. The alarms in it are those of the last round."""
    async with ports.one_at_a_time:
        counted = await _look(ports)
        async with ports.engine.connect() as connection:
            lasting = await alarms.of_now(connection)
    found = {**counted.balance, "alarms": [one.as_json() for one in lasting]}
    if ports.unreceived is None:
        return found
    told = {"asked_at": ports.unreceived.asked_at.isoformat(), "sids": list(ports.unreceived.sids)}
    return {**found, "provider": told, "balanced": found["balanced"] and not told["sids"]}


async def trace_of(contribution_id: UUID, ports: Ports) -> dict[str, Any] | None:
    """A fresh look at one contribution, then its way so far."""
    async with ports.one_at_a_time:
        look = await _survey(ports)
        async with ports.engine.begin() as connection:
            await letters.attribute(connection)
            told = await trace(connection, contribution_id)
            if told is None:
                return None
            known = await facts.facts_of(connection, [contribution_id])
    found = state_of(known[0], look)
    return {**told, "state": found.state.value, "owner": found.owner, "why": found.why}


async def watch(ports: Ports) -> None:
    """One round: look, begin and end alarms, page operations for what is new or grew."""
    async with ports.one_at_a_time:
        now = ports.now()
        await _once_a_night(ports, now)
        counted = await _look(ports)
        mute = [name for name, since in ports.mute_since.items() if ago(since, now) >= MUTE_AFTER]
        unreceived = len(ports.unreceived.sids) if ports.unreceived else 0
        figures = replace(counted.figures, unanswered=mute, unreceived=unreceived)
        found = causes(figures, counted.beats, ports.expected, began=ports.began, now=now)
        async with ports.engine.begin() as connection:
            lasting = await alarms.keep(connection, found, now)
        ports.meters.replace((Metric.ALARMS,), of_alarms(one.cause for one in lasting))
        wanted = {one.cause: one.n for one in lasting if due(one.n, one.paged_n, one.paged_at, now)}
        if wanted:
            for cause, n in wanted.items():
                log.error("alarm", cause=cause, count=n)
            if await ports.pages.page(page(wanted)):
                async with ports.engine.begin() as connection:
                    await alarms.paged(connection, wanted, now)


async def reconcile(ports: Ports) -> None:
    """Hold the provider's own list against our receipts: the last hours each time, two days once a night.

    A provider that does not answer changes nothing: what it said last still stands.
    """
    if ports.provider is None:
        return
    now = ports.now()
    nightly = now.hour >= 3 and ports.reconciled_on != now.date()
    open_still = bool(ports.unreceived and ports.unreceived.sids)
    since = now - (TWO_DAYS if nightly or open_still else SOME_HOURS)
    try:
        sids = await ports.provider.unreceived(since, now)
    except HeardError as wrong:
        log.warning("provider_does_not_say", reason=wrong.reason)
        return
    ports.unreceived = Unreceived(now, sids)
    ports.meters.set(Metric.UNRECEIVED, len(sids))
    ports.meters.set(Metric.RECONCILED, now.timestamp())
    if nightly:
        ports.reconciled_on = now.date()


async def alone(cause: str, ports: Ports) -> None:
    """Page without the tables, because they are what is away; at most as often as any other cause."""
    now, before = ports.now(), ports.told.get(cause)
    if due(1, 1 if before else 0, before, now):
        log.error("alarm", cause=cause, count=1)
        if await ports.pages.page(page({cause: 1})):
            ports.told[cause] = now


async def _once_a_night(ports: Ports, now: datetime) -> None:
    """After three in the morning everything is looked at again, what was settled long ago as well."""
    if ports.full_on is None:
        ports.full_on = now.date()
        async with ports.engine.begin() as connection:
            await facts.forget_old_rules(connection)
    elif now.hour >= 3 and now.date() != ports.full_on:
        ports.full_on = now.date()
        async with ports.engine.begin() as connection:
            await facts.look_at_everything_again(connection)


async def _look(ports: Ports) -> Counted:
    """Survey, find the state of whatever is not settled, count."""
    look = await _survey(ports)
    async with ports.engine.begin() as connection:
        await letters.attribute(connection)
    after: UUID | None = None
    while True:
        async with ports.engine.begin() as connection:
            rows = await facts.unsettled(connection, after)
            known = await facts.facts_of(connection, [row.contribution_id for row in rows])
            await facts.keep(
                connection, {row: state_of(one, look) for row, one in zip(rows, known, strict=True)}
            )
        if len(rows) < facts.AT_ONCE:
            break
        after = rows[-1].contribution_id
    one_state = ports.engine.execution_options(isolation_level="REPEATABLE READ")
    async with one_state.begin() as connection:
        counted = await count(
            connection,
            look,
            now=ports.now(),
            stuck_after=ports.stuck_after,
            refused=list(ports.intakes.refused.values()),
        )
    ports.meters.replace(BALANCE, of_balance(counted, ports.now()))
    return counted


async def _survey(ports: Ports) -> Look:
    look = await _in_order(ports)
    now = ports.now()
    ports.mute_since = {name: ports.mute_since.get(name, now) for name in look.unanswered}
    return look


async def _in_order(ports: Ports) -> Look:
    """Look in the one order that is sound.

    First the receipts, then how far each group has committed, then the outboxes, then where the topics end; then wait
    until we have read up to there ourselves. So what a group had passed when we asked is either in its outbox, or in
    our own tables when we read them: if it is in neither, nobody has it.
    """
    silent = await ports.intakes.pull()
    try:
        committed = await ports.kafka.committed()
        waiting, mute = await ports.outboxes()
        ends = await ports.kafka.ends()
    except KafkaAway:
        return nothing(silent)
    caught_up = await ports.kafka.read_up_to(ends, ports.patience)
    return Look(committed, ends, waiting, silent | mute, behind=not caught_up)
