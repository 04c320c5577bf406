"""Every part gets a level, `unassessed` at worst: what cannot be scored goes up to a person, never down."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from services.triage.adapters import Memory, Remembered
from services.triage.rules import Assessment, assess
from shared.clock import Clock, week_of
from shared.contracts.events import ContributionRead, ContributionReceived, ContributionTriaged
from shared.contracts.ids import output_of
from shared.contracts.parts import Context, Part
from shared.contracts.values import READ, Keyword, Level, Outcome, PartKind, ThreadUse, Tray
from shared.errors import HeardError
from shared.messaging.effects import ago
from shared.telemetry import log
from shared.telemetry.meters import NOWHERE, Meters
from shared.telemetry.metrics import Metric
from shared.vault import Binding, Opener, Purpose, Sealer
from shared.vault.digests import keyed

STAGE: Final = "triage"
UNKNOWN: Final = "unknown"

_WORDLESS: Final = {
    Outcome.NO_WORDS: Tray.NO_WORDS,
    Outcome.OTHER_LANGUAGE: Tray.OTHER_LANGUAGE,
    Outcome.LOW_CONFIDENCE: Tray.LOW_CONFIDENCE,
}

_IN_PART: Final = frozenset({Outcome.UNREADABLE, Outcome.TOO_BIG, Outcome.UNSUPPORTED})
"""With words: these were read, and the rest was not. A person must look at the rest."""


@dataclass(frozen=True, slots=True)
class Ports:
    opener: Opener
    sealer: Sealer
    memory: Memory
    sender_key: bytes = field(repr=False)
    now: Clock
    revision: int
    meters: Meters = NOWHERE


@dataclass(frozen=True, slots=True)
class _Told:
    """What is said of one part: its level, and the findings for the safeguarding lead."""

    level: Level
    findings: dict[str, object]
    tray: Tray | None = None
    cause: str | None = None
    thread: ThreadUse = ThreadUse.ABSENT
    rules_version: str = UNKNOWN
    lexicon_version: str = UNKNOWN


async def triage(
    event: ContributionReceived | ContributionRead, *, ports: Ports
) -> Sequence[ContributionTriaged]:
    """One event for each part that must have a level now."""
    told = await _triage(event, ports)
    for one in told:
        ports.meters.count(Metric.LEVELS, level=one.level)
        ports.meters.count(Metric.THREADS, use=one.thread)
        ports.meters.observe(Metric.LEVEL_AFTER, ago(one.received_at, ports.now()), channel=one.channel)
    return told


async def _triage(
    event: ContributionReceived | ContributionRead, ports: Ports
) -> Sequence[ContributionTriaged]:
    if isinstance(event, ContributionReceived):
        return [
            await _level(event.context, part, event, ports) for part in event.parts if part.kind not in READ
        ]
    if event.words:
        told = [await _level(event.context, part, event, ports) for part in event.words]
        if event.outcome in _IN_PART:
            return [_with_the_rest(one, event.outcome) for one in told]
        tray = _WORDLESS.get(event.outcome)
        return [_with_tray(one, tray) for one in told] if tray else told
    return [_triaged(event.context, event.part, event, _wordless(event), ports)]


async def give_up(
    event: ContributionReceived | ContributionRead, *, ports: Ports
) -> Sequence[ContributionTriaged]:
    """The process died of this record, more than once: every part of it goes up to a person, unread."""
    if isinstance(event, ContributionReceived):
        numbers = [part.number for part in event.parts if part.kind not in READ]
    else:
        numbers = [part.number for part in event.words] or [event.part]
    told = _raised(_unassessed("defect"), event.context)
    return [_triaged(event.context, number, event, told, ports) for number in numbers]


async def _level(
    context: Context, part: Part, event: ContributionReceived | ContributionRead, ports: Ports
) -> ContributionTriaged:
    try:
        told = await _assessed(context, part, ports)
    except HeardError as wrong:
        told = _unassessed(wrong.reason)
    except Exception as error:  # the one place that may: triage never stops for what somebody wrote
        log.error(
            "triage_defect", contribution_id=str(context.contribution_id), part=part.number, exc_info=error
        )
        told = _unassessed("defect")
    return _triaged(context, part.number, event, _raised(told, context), ports)


async def _assessed(context: Context, part: Part, ports: Ports) -> _Told:
    if part.kind is not PartKind.WORDS or part.words is None:
        return _unassessed("no_reader")
    clear = ports.opener.open(part.words, Binding.of(context, part.number))
    words = clear.decode("utf-8", "replace")
    remembered = await _recall(context, part, words, ports)
    found = await asyncio.to_thread(assess, words, remembered.words)
    return _Told(
        level=found.level,
        findings=_findings(words, found),
        tray=found.tray,
        cause=context.keyword.value if context.keyword else None,
        thread=remembered.use,
        rules_version=found.rules_version,
        lexicon_version=found.lexicon_version,
    )


async def _recall(context: Context, part: Part, words: str, ports: Ports) -> Remembered:
    if context.tag is None:
        return Remembered(ThreadUse.ABSENT)
    tag = ports.opener.open(context.tag, Binding.of(context))
    sender_id = keyed(ports.sender_key, tag)
    return await ports.memory.recall(
        sender_id, context.contribution_id, part.number, context.received_at, words
    )


def _findings(words: str, found: Assessment) -> dict[str, object]:
    """What a safeguarding lead sees: the words, what in them matters, and why."""
    return {
        "words": words,
        "score": found.score,
        "categories": list(found.categories),
        "evidence": [
            {"start": e.start, "end": e.end, "category": e.category, "reason": e.reason}
            for e in found.evidence
        ],
        "reasons": list(found.reasons),
        "language": found.language,
    }


def _unassessed(cause: str) -> _Told:
    return _Told(Level.UNASSESSED, {"reasons": ["We could not assess this: please read it."]}, cause=cause)


def _wordless(event: ContributionRead) -> _Told:
    tray = _WORDLESS.get(event.outcome)
    if tray is None:
        return _unassessed(event.outcome.value)
    return _raised(
        _Told(Level.MEDIUM, {"reasons": ["There are no words to score."]}, tray=tray), event.context
    )


def _raised(told: _Told, context: Context) -> _Told:
    """A lone HELP, and what a partner flagged, go up to a person whatever the words say."""
    wanted, cause = Level.NONE, told.cause
    if context.keyword is Keyword.HELP:
        wanted, cause = Level.UNASSESSED, "help"
    if context.partner_flag:
        wanted, cause = Level.HIGH, "partner_flag"
    if wanted.rank <= told.level.rank:
        return told
    return _Told(
        wanted, told.findings, told.tray, cause, told.thread, told.rules_version, told.lexicon_version
    )


def _with_tray(event: ContributionTriaged, tray: Tray) -> ContributionTriaged:
    level = event.level if event.level.rank >= Level.MEDIUM.rank else Level.MEDIUM
    return event.model_copy(update={"tray": event.tray or tray, "level": level})


def _with_the_rest(event: ContributionTriaged, outcome: Outcome) -> ContributionTriaged:
    if event.level.rank >= Level.UNASSESSED.rank:
        return event
    return event.model_copy(update={"level": Level.UNASSESSED, "cause": event.cause or outcome.value})


def _triaged(
    context: Context, part: int, event: ContributionReceived | ContributionRead, told: _Told, ports: Ports
) -> ContributionTriaged:
    binding = Binding(context.contribution_id, part, context.channel)
    findings = json.dumps(told.findings, ensure_ascii=False).encode("utf-8", "replace")
    return ContributionTriaged(
        event_id=output_of(STAGE, event.event_id, part, ports.revision),
        contribution_id=context.contribution_id,
        channel=context.channel,
        received_at=context.received_at,
        part=part,
        source=event.event_id,
        revision=ports.revision,
        level=told.level,
        tray=told.tray,
        cause=told.cause,
        thread=told.thread,
        rules_version=told.rules_version,
        lexicon_version=told.lexicon_version,
        findings=ports.sealer.seal(Purpose.FINDINGS, findings, binding, week=week_of(ports.now())),
    )
