"""What operations must be told, and when to tell them: a cause, a figure, a link to nobody's words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

NOT_OFTENER: Final = timedelta(minutes=5)
"""At most one page a cause in this time."""

AGAIN: Final = timedelta(hours=1)
"""A cause that lasts is paged again after this time."""

SILENT_AFTER: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Beat:
    """The last heartbeat of a service, whichever of its processes sent it."""

    service: str
    at: datetime
    set_aside: int = 0
    halted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What alarms are made from. `letters` counts open dead letters by group, `stuck` what waits too long by owner."""

    missing: int = 0
    stuck: Mapping[str, int] = field(default_factory=dict)
    letters: Mapping[str, int] = field(default_factory=dict)
    other_words: int = 0
    set_aside: Mapping[str, int] = field(default_factory=dict)
    no_receipt: int = 0
    unreceived: int = 0
    unanswered: Sequence[str] = ()
    behind: bool = False


def causes(
    figures: Figures, beats: Sequence[Beat], expected: Iterable[str], *, began: datetime, now: datetime
) -> dict[str, int]:
    """Name every cause that holds now, each with how many it concerns.

    Heartbeats come through Kafka, so nobody is called silent while Kafka does not answer or the ledger is behind.
    """
    found = {
        "missing": figures.missing,
        "other_words": figures.other_words,
        "no_receipt": figures.no_receipt,
        "unreceived": figures.unreceived,
        **{f"stuck:{owner}": n for owner, n in figures.stuck.items()},
        **{f"dead:{group}": n for group, n in figures.letters.items()},
        **{f"set_aside:{intake}": n for intake, n in figures.set_aside.items()},
        **{f"no_answer:{name}": 1 for name in figures.unanswered},
    }
    for one in beats:
        found |= {f"halted:{group}": 1 for group in one.halted}
    if "kafka" not in figures.unanswered and not figures.behind:
        last = {one.service: one.at for one in beats}
        for service in expected:
            if now - max(last.get(service, began), began) > SILENT_AFTER:
                found[f"silent:{service}"] = 1
    return {cause: n for cause, n in found.items() if n}


def due(n: int, paged_n: int, paged_at: datetime | None, now: datetime) -> bool:
    """Say whether operations must be paged: a new cause, one that grew, one that lasts; never too often.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    >>> due(1, 0, None, noon), due(2, 1, noon, noon + timedelta(minutes=4)), due(2, 1, noon, noon + timedelta(minutes=5))
    (True, False, True)
    """
    if paged_at is None:
        return True
    since = now - paged_at
    return since >= AGAIN or (n > paged_n and since >= NOT_OFTENER)


SAID: Final = {
    "missing": "{n} missing: accepted, and nobody has it",
    "other_words": "{n} came with the id of another",
    "no_receipt": "{n} known from a topic only: no receipt",
    "unreceived": "{n} sent to us, by the provider's list, and never accepted",
    "stuck": "{n} waiting too long for {whom}",
    "dead": "{n} dead letters of {whom}",
    "set_aside": "{n} set aside by {whom}",
    "no_answer": "{whom} does not answer",
    "silent": "{whom} is silent",
    "halted": "{whom} stopped, because most records fail",
}


def say(cause: str, n: int) -> str:
    """One cause in plain English.

    >>> say("stuck:archive", 3)
    '3 waiting too long for archive'
    """
    kind, _, whom = cause.partition(":")
    return SAID.get(kind, "{n} " + kind).format(n=n, whom=whom)


def page(found: Mapping[str, int]) -> str:
    """The text of a page: figures and names of ours, no words, no number.

    >>> page({"missing": 1})
    'Heard operations: 1 missing: accepted, and nobody has it. See: heard ledger'
    """
    return f"Heard operations: {'; '.join(say(cause, found[cause]) for cause in sorted(found))}. See: heard ledger"
