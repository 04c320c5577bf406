"""Parked records: each has a chain (tried again, dead, replayed, dead again), and the last link says how it stands."""

from collections.abc import Iterable, Sequence
from typing import Final

from services.ledger.rules.facts import Look, Mark, Parked
from shared.contracts.topics import retry_of

ANSWERS: Final = {
    "archive": "archived",
    "anonymiser": "anonymised",
    "triage": "triaged",
    "replies": "sent",
    "reader-text": "read",
    "reader-media": "read",
}
"""The stage that shows that a group has settled a record after all."""

KEEPS_OUT: Final = ("ledger", "reader-text", "reader-media", "anonymiser", "archive")
"""The groups whose dead letter keeps a contribution out of the archive (the ledger's: out of our knowledge)."""


def chains(parked: Iterable[Parked]) -> list[Parked]:
    """The last link of each chain. Where two came in the same millisecond, the dead letter is the last."""
    last: dict[tuple[object, ...], Parked] = {}
    for one in parked:
        mark = (one.group, one.origin)
        if mark not in last or _order(one) > _order(last[mark]):
            last[mark] = one
    return [last[mark] for mark in sorted(last, key=repr)]


def waits(one: Parked, look: Look) -> bool:
    """Say whether a record on a retry topic has not been settled yet."""
    if one.dead or look.committed is None:
        return False
    return not look.passed(retry_of(one.group), one.topic, one.partition, one.offset)


def is_open(one: Parked, marks: Sequence[Mark]) -> bool:
    """Say whether the last link of a chain is a dead letter that nobody has replayed or discarded."""
    return one.dead and not is_discarded(one) and not _answered(one, marks)


def is_discarded(one: Parked) -> bool:
    """A letter that died again after it was discarded is a letter once more."""
    return one.dead and one.discarded_at is not None and one.discarded_at >= one.at


def _answered(one: Parked, marks: Sequence[Mark]) -> bool:
    if one.group == "ledger":
        return any(mark.event_id == one.source or _place(mark) == one.origin for mark in marks)
    stage = ANSWERS.get(one.group)
    return any(
        mark.stage == stage and mark.at > one.at and mark.source in (None, one.source) for mark in marks
    )


def _place(mark: Mark) -> tuple[str, int, int]:
    return mark.topic, mark.partition, mark.offset


def _order(one: Parked) -> tuple[object, ...]:
    return one.at, one.dead, one.offset, one.partition
