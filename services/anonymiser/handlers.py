"""Words without identities, or held for a reviewer. If anonymising fails, nothing moves on."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.anonymiser.adapters import Pseudonyms, hold
from services.anonymiser.rules import RULES_VERSION, Redacted, StandIn, redact
from shared.clock import Clock, week_of
from shared.contracts.base import Event, Sealed
from shared.contracts.events import ContributionAnonymised, ContributionRead, ContributionReceived
from shared.contracts.ids import output_of
from shared.contracts.parts import Part
from shared.contracts.values import HoldCause, PartKind, Status
from shared.errors import HeardError
from shared.messaging.effects import Effect
from shared.telemetry import log
from shared.telemetry.meters import NOWHERE, Meters
from shared.telemetry.metrics import Metric
from shared.vault import Binding, Opener, Purpose, Sealer
from shared.vault.digests import keyed

STAGE: Final = "anonymiser"


@dataclass(frozen=True, slots=True)
class Ports:
    opener: Opener
    sealer: Sealer
    pseudonyms: Pseudonyms
    sender_key: bytes = field(repr=False)
    now: Clock
    revision: int
    engine: AsyncEngine
    meters: Meters = NOWHERE


@dataclass(frozen=True, slots=True)
class _Opened:
    """One part, opened; `words` is None when it could not be, with the reason."""

    part: Part
    words: str | None = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    sender_id: str | None
    reason: str = ""


async def anonymise(event: ContributionReceived | ContributionRead, *, ports: Ports) -> Effect | None:
    """An effect for the parts that have words; None when there are none."""
    parts = event.parts if isinstance(event, ContributionReceived) else event.words
    opened = [_open(event, part, ports) for part in parts if part.kind is PartKind.WORDS]
    if not opened:
        return None
    ahead = [await _ahead(event, one, ports) for one in opened]

    async def apply(connection: AsyncConnection) -> Sequence[Event]:
        told = [
            await _one(connection, event, one, made, ports) for one, made in zip(opened, ahead, strict=True)
        ]
        for one in told:
            ports.meters.count(Metric.ANONYMISED, status=one.status)
        return told

    return Effect(apply)


async def give_up(event: ContributionReceived | ContributionRead, *, ports: Ports) -> Effect | None:
    """The process died of this record, more than once: its words stay shut, and a reviewer has them."""
    parts = event.parts if isinstance(event, ContributionReceived) else event.words
    shut = [_Opened(part, None, (), None, "defect") for part in parts if part.kind is PartKind.WORDS]

    async def apply(connection: AsyncConnection) -> Sequence[Event]:
        return [await _one(connection, event, one, _Made((), None), ports) for one in shut]

    return Effect(apply) if shut else None


def _open(event: ContributionReceived | ContributionRead, part: Part, ports: Ports) -> _Opened:
    context = event.context
    try:
        words = (
            ports.opener.open(part.words, Binding.of(context, part.number)).decode("utf-8", "replace")
            if part.words
            else ""
        )
        names = _names(context.names, Binding.of(context), ports)
        if isinstance(event, ContributionRead):  # a mail gives the names of who wrote it, and to whom
            names += _names(event.names, Binding.of(context, event.part), ports)
        tag = ports.opener.open(context.tag, Binding.of(context)) if context.tag else None
    except HeardError as wrong:
        return _Opened(part, None, (), None, wrong.reason)
    return _Opened(part, words, tuple(names), keyed(ports.sender_key, tag) if tag else None)


def _names(sealed: Sealed | None, binding: Binding, ports: Ports) -> list[str]:
    """Words to remove, whatever the rules find: numbers, addresses, display names."""
    return [str(name) for name in json.loads(ports.opener.open(sealed, binding))] if sealed else []


@dataclass(frozen=True, slots=True)
class _Made:
    """What was made of a part, and from which stand-ins of its thread."""

    before: tuple[StandIn, ...] = field(repr=False)
    redacted: Redacted | None = field(repr=False)


async def _ahead(event: ContributionReceived | ContributionRead, opened: _Opened, ports: Ports) -> _Made:
    """Redact before the transaction begins: a long mail takes seconds, and the database waits for nobody's words."""
    before: tuple[StandIn, ...] = ()
    if opened.sender_id and opened.words is not None:
        async with ports.engine.connect() as connection:
            before = await ports.pseudonyms.so_far(connection, opened.sender_id)
    return _Made(before, await _redacted(event, opened, before))


async def _redacted(
    event: ContributionReceived | ContributionRead, opened: _Opened, before: tuple[StandIn, ...]
) -> Redacted | None:
    """None when it cannot be anonymised: then it is held, whatever the reason."""
    if opened.words is None:
        return None
    try:
        return await asyncio.to_thread(redact, opened.words, opened.names, before)
    except Exception as error:
        log.error(
            "anonymising_failed", contribution_id=str(event.about), part=opened.part.number, exc_info=error
        )
        return None


async def _one(
    connection: AsyncConnection,
    event: ContributionReceived | ContributionRead,
    opened: _Opened,
    made: _Made,
    ports: Ports,
) -> ContributionAnonymised:
    before: tuple[StandIn, ...] = ()
    if opened.sender_id and opened.words is not None:
        before = await ports.pseudonyms.of_thread(connection, opened.sender_id)
    same = made.before == before  # nobody of the thread said more meanwhile
    redacted = made.redacted if same else await _redacted(event, opened, before)
    if redacted is None:
        return await _hold(connection, event, opened, (HoldCause.FAILED,), (), ports)
    if opened.sender_id:
        new = [one for one in redacted.stand_ins if one not in before]
        await ports.pseudonyms.add(connection, opened.sender_id, new)
    if redacted.held:
        causes = tuple(HoldCause(cause) for cause in redacted.causes) or (HoldCause.DOUBT,)
        return await _hold(connection, event, opened, causes, redacted.doubtful, ports, redacted)
    marks = [
        {"start": s.start, "end": s.end, "label": s.label, "stand_in": s.stand_in} for s in redacted.spans
    ]
    return _anonymised(
        event,
        opened.part,
        ports,
        status=Status.OPEN,
        words=_seal(Purpose.OPEN, redacted.words.encode("utf-8", "replace"), event, opened.part, ports),
        marks=_seal(Purpose.OPEN, json.dumps(marks).encode(), event, opened.part, ports),
        counts={label.lower(): n for label, n in redacted.counts},
    )


async def _hold(
    connection: AsyncConnection,
    event: ContributionReceived | ContributionRead,
    opened: _Opened,
    causes: tuple[HoldCause, ...],
    doubtful: Sequence[tuple[int, int]],
    ports: Ports,
    redacted: Redacted | None = None,
) -> ContributionAnonymised:
    """Nothing open leaves; the reviewer gets the words, what is doubtful in them, and what the rules would make."""
    told = {
        "words": opened.words,
        "doubtful": [list(place) for place in doubtful],
        "proposed": redacted.words if redacted else None,
        "reason": opened.reason or None,
    }
    doubt = _seal(
        Purpose.DOUBT,
        json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"),
        event,
        opened.part,
        ports,
    )
    assert event.about is not None
    await hold(
        connection,
        event.about,
        opened.part.number,
        ports.revision,
        [c.value for c in causes],
        doubt,
        ports.now(),
    )
    return _anonymised(event, opened.part, ports, status=Status.HELD, causes=causes, doubt=doubt)


def _seal(
    purpose: Purpose, clear: bytes, event: ContributionReceived | ContributionRead, part: Part, ports: Ports
) -> Sealed:
    binding = Binding(event.context.contribution_id, part.number, event.context.channel)
    return ports.sealer.seal(purpose, clear, binding, week=week_of(ports.now()))


def _anonymised(
    event: ContributionReceived | ContributionRead, part: Part, ports: Ports, **fields: object
) -> ContributionAnonymised:
    return ContributionAnonymised.model_validate(
        {
            "event_id": output_of(STAGE, event.event_id, part.number, ports.revision),
            "contribution_id": event.context.contribution_id,
            "channel": event.context.channel,
            "part": part.number,
            "source": event.event_id,
            "revision": ports.revision,
            "rules_version": RULES_VERSION,
            **fields,
        }
    )
