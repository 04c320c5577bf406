"""In which one state a contribution is. Nothing is found by subtraction: each state has its own proof and owner."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from services.ledger.rules.facts import Facts, Look, Mark
from services.ledger.rules.letters import KEEPS_OUT, chains, is_discarded, is_open, waits
from shared.contracts.topics import GROUPS

READERS: Final = ("reader-text", "reader-media")


class State(StrEnum):
    """In the order in which they are tried: the first that fits is the state."""

    ERASED = "erased"
    REFUSED = "refused"
    HELD = "held"
    ARCHIVED = "archived"
    IN_FLIGHT = "in_flight"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Found:
    """A state, who has the contribution, why in a few words, and since when."""

    state: State
    owner: str
    why: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class _Lack:
    """Something that a contribution must have before it counts as archived."""

    what: Literal["record", "reading", "master", "open copy"]
    owners: tuple[str, ...]
    part: int = 0

    def __str__(self) -> str:
        return f"the {self.what} of part {self.part}" if self.part else f"the {self.what}"


def state_of(facts: Facts, look: Look) -> Found:
    """Find the one state of a contribution, from facts in any order.

    A hold, a tray or an open dead letter wins over the archive, though the master is there already: somebody still has
    to look, and the ledger cannot see that a person closed a concern. Something that is lacking and that nobody has
    makes a contribution missing, even while another part of it is still under way.
    """
    lacks = _lacks(facts)
    return (
        _erased(facts)
        or _refused(facts, lacks)
        or _held(facts)
        or _archived(facts, lacks)
        or _in_flight_or_missing(facts, lacks, look)
    )


def _lacks(facts: Facts) -> list[_Lack]:
    archived = {(mark.code, mark.part) for mark in facts.marks if mark.stage == "archived"}
    has_master = any(code == "master" for code, _ in archived)
    if not has_master and not _received(facts):
        return [_Lack("record", ("ledger",))]
    read = {mark.part for mark in facts.marks if mark.stage == "read"}
    words = {part for mark in facts.marks for part in mark.words}
    latest = _latest(facts, "anonymised")
    lacks = [] if has_master else [_Lack("master", ("archive",))]
    for part in sorted({part for mark in facts.marks for part in mark.unread} - read):
        lacks.append(_Lack("reading", READERS, part))
    for part in sorted(words | set(latest)):
        if ("open", part) not in archived:
            anonymised = part in latest and latest[part].code == "open"
            lacks.append(_Lack("open copy", ("archive",) if anonymised else ("anonymiser",), part))
    return lacks


def _received(facts: Facts) -> bool:
    return any(mark.stage == "received" for mark in facts.marks)


def _erased(facts: Facts) -> Found | None:
    erased = [mark.at for mark in facts.marks if mark.stage == "archived" and mark.code == "erased"]
    return Found(State.ERASED, "archive", "erased", min(erased)) if erased else None


def _refused(facts: Facts, lacks: list[_Lack]) -> Found | None:
    """Set aside by the intake, or what keeps it out of the archive was discarded by a person, with a reason."""
    receipt = facts.receipt
    if receipt and receipt.set_aside and not _received(facts):
        return Found(State.REFUSED, receipt.intake, "set aside by its intake", receipt.accepted_at)
    letters = [one for one in chains(facts.parked) if one.group in KEEPS_OUT]
    discarded = [one for one in letters if is_discarded(one)]
    if lacks and discarded and not any(is_open(one, facts.marks) for one in letters):
        last = max(discarded, key=lambda one: one.at)
        return Found(State.REFUSED, last.group, "a person discarded its dead letter", last.discarded_at)
    return None


def _held(facts: Facts) -> Found | None:
    found = [
        Found(State.HELD, "reviewer", "a reviewer must look at its words", mark.at)
        for mark in _latest(facts, "anonymised").values()
        if mark.code == "held"
    ]
    found += [
        Found(State.HELD, "safeguarding", "a person must look: it has no words that can be scored", mark.at)
        for mark in _latest(facts, "triaged").values()
        if mark.detail
    ]
    found += [
        Found(State.HELD, one.group, "its dead letter must be replayed or discarded", one.at)
        for one in chains(facts.parked)
        if one.group in KEEPS_OUT and is_open(one, facts.marks)
    ]
    return _oldest(found)


def _archived(facts: Facts, lacks: list[_Lack]) -> Found | None:
    if lacks:
        return None
    at = max(mark.at for mark in facts.marks if mark.stage == "archived")
    return Found(State.ARCHIVED, "archive", "archived", at)


def _in_flight_or_missing(facts: Facts, lacks: list[_Lack], look: Look) -> Found:
    found: list[Found] = []
    for lack in lacks:
        holder = _oldest(_holders(lack, facts, look))
        if holder is None:
            return Found(State.MISSING, lack.owners[0], f"nobody has {lack}", facts.first_at)
        found.append(holder)
    oldest = _oldest(found)
    assert oldest is not None
    return oldest


def _holders(lack: _Lack, facts: Facts, look: Look) -> list[Found]:
    """Everyone who may still bring what is lacking."""
    first = facts.first_at
    found: list[Found] = []

    def add(owner: str, why: str, since: datetime | None = first) -> None:
        found.append(Found(State.IN_FLIGHT, owner, why, since))

    if lack.what == "record" and facts.receipt and facts.receipt.offset is None:
        intake = facts.receipt.intake
        silent = " and does not answer" if intake in look.unanswered else ""
        add(intake, f"waits in the spool{silent}")
    for group in lack.owners:
        unread = [mark.at for mark in facts.marks if _waits_for(group, mark, look)]
        if unread:
            add(group, "waits to be read", min(unread))
        retried = [one for one in chains(facts.parked) if one.group == group and waits(one, look)]
        if retried:
            add(group, "will be tried again", min(one.at for one in retried))
        service = group.partition("-")[0]
        if facts.contribution_id in look.outboxes.get(service, ()):
            add(service, "is about to be published")
        elif service in look.unanswered:
            add(service, "the service does not answer")
    if look.committed is None:
        return found or [Found(State.IN_FLIGHT, "kafka", "Kafka does not answer", first)]
    if not found and look.behind:
        add("ledger", "the ledger has not read everything yet")
    if not found and lack.what == "record" and _is_newer(facts, look):
        add("ledger", "it came while we looked")
    return found


def _is_newer(facts: Facts, look: Look) -> bool:
    """Kafka has the record, behind the end that we saw."""
    receipt = facts.receipt
    if receipt is None or receipt.partition is None or receipt.offset is None:
        return False
    return receipt.offset >= look.ends.get((receipt.topic, receipt.partition), receipt.offset + 1)


def _waits_for(group: str, mark: Mark, look: Look) -> bool:
    if look.committed is None or mark.topic not in GROUPS.get(group, ()):
        return False
    return not look.passed(group, mark.topic, mark.partition, mark.offset)


def _latest(facts: Facts, stage: str) -> dict[int, Mark]:
    """For each part the mark that holds: the highest revision, and within it the last."""
    latest: dict[int, Mark] = {}
    for mark in facts.marks:
        if mark.stage == stage and mark.part is not None:
            known = latest.get(mark.part)
            if known is None or _order(mark) > _order(known):
                latest[mark.part] = mark
    return latest


def _order(mark: Mark) -> tuple[object, ...]:
    return mark.revision, mark.at, mark.offset, mark.topic, mark.partition, str(mark.event_id)


def _oldest(found: list[Found]) -> Found | None:
    """The one that waits longest, so that the order of the facts does not matter."""
    return min(found, key=lambda one: (str(one.since), one.owner, one.why), default=None)
