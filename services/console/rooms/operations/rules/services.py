"""How each service is, in one sentence that says what it means for people; the worst first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.console.rooms.operations.rules import words
from services.console.rooms.operations.rules.facts import (
    RECEIVED_BY,
    SETTLES,
    SILENT_AFTER,
    Facts,
    Process,
    State,
    groups_of,
)
from services.console.rooms.operations.rules.times import count
from services.console.rooms.operations.rules.words import ABOUT, NAMES, Help
from shared.contracts.topics import retry_of

SPOOL_LATE: Final = 15.0
SPOOL_BROKEN: Final = 180.0
"""Seconds that something may wait in a spool while Kafka answers."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be. `means` is for people, `do` for whoever reads this at night.

    `stops` says that the service does nothing at all; `follows` that it only follows from Kafka or the database being
    away, which is told by itself.
    """

    state: State
    what: str
    means: str
    since: datetime | None
    help: Help
    whom: str = ""
    stops: bool = False
    follows: bool = False

    @property
    def sentence(self) -> str:
        return f"{self.what}. {self.means}".strip()


@dataclass(frozen=True, slots=True)
class Standing:
    """How one service, server or channel is."""

    name: str
    title: str
    state: State
    sentence: str
    since: datetime | None = None
    problems: tuple[Problem, ...] = ()


def services(facts: Facts) -> list[Standing]:
    """Every service that we were told of, and the two servers; the worst first, then by how soon somebody must look."""
    known = [name for name in NAMES if name in facts.processes]
    found = [_kafka(facts), _database(facts), *(_service(name, facts) for name in known)]
    return sorted(found, key=lambda one: one.state.rank)


def _service(name: str, facts: Facts) -> Standing:
    about = ABOUT[name]
    problems = sorted(problems_of(name, facts), key=lambda one: one.state.rank)
    if problems:
        first = problems[0]
        return Standing(name, about.title, first.state, first.sentence, first.since, tuple(problems))
    if any(one.heard.is_new for one in facts.processes[name]):
        return Standing(name, about.title, State.UNKNOWN, "We have only just begun to look.")
    return Standing(name, about.title, State.WELL, about.well)


def problems_of(name: str, facts: Facts) -> Iterator[Problem]:
    """What is wrong with a service, as far as can be seen from outside."""
    about, title, all_of = ABOUT[name], NAMES[name], facts.processes[name]
    silent = [one for one in all_of if one.heard.is_silent(facts.now, SILENT_AFTER)]
    if all_of and len(silent) == len(all_of):
        since = max(one.heard.last for one in silent)
        what = f"{title} does not answer"
        yield Problem(State.BROKEN, what, about.without, since, words.SILENT, about.whom, stops=True)
    else:
        yield from _awake(name, facts, silent)
    if aside := facts.spool(name).set_aside:
        what = f"{title} has set {count(aside, 'contribution')} aside, because Kafka does not take them"
        means = "They are safe, but nobody has read them. A person must look."
        yield Problem(State.BROKEN, what, means, None, words.ASIDE, about.whom)
    yield from _letters(name, facts)
    if name == "ledger" and (missing := facts.account.missing):
        are = "is" if missing == 1 else "are"
        what = f"{count(missing, 'contribution')} {are} missing: accepted, and nobody has it"
        means = "Somebody’s words may be lost. Find them before anything is deleted."
        yield Problem(State.BROKEN, what, means, facts.account.heard.at, words.MISSING, "Whoever sent them")


def _awake(name: str, facts: Facts, silent: list[Process]) -> Iterator[Problem]:
    about, title, all_of = ABOUT[name], NAMES[name], facts.processes[name]
    if silent:
        what = f"{len(silent)} of {count(len(all_of), 'process', 'processes')} of {name} do not answer"
        if len(silent) == 1:
            what = what.replace(" do not ", " does not ")
        since = min(one.heard.last for one in silent)
        yield Problem(
            State.LATE, what, "The others do the work, more slowly.", since, words.SILENT, about.whom
        )
    if any(not one.can_ring for one in all_of):
        what = "The pager can ring nobody: neither text nor webhook goes out"
        yield Problem(State.BROKEN, what, about.without, None, words.CANNOT_RING, about.whom)
    if facts.kafka_away:
        yield _without_kafka(name, facts)
        return
    for how, help_ in (("halted", words.HALTED), ("paused", words.PAUSED)):
        groups = sorted({group for one in all_of for group, state in one.groups.items() if state == how})
        if groups:
            what = f"{title} has stopped: {' and '.join(groups)} {'is' if len(groups) == 1 else 'are'} {how}"
            oldest = [one for group in groups if (one := facts.waiting(group).oldest)]
            since = min(oldest, default=facts.now)
            yield Problem(State.BROKEN, what, about.without, since, help_, about.whom, stops=True)
    unready = [one.unready_since for one in all_of if one.unready_since and one.can_ring]
    if unready and facts.now - min(unready) > SETTLES:
        what = f"{title} answers, but has not begun its work"
        yield Problem(State.BROKEN, what, about.without, min(unready), words.UNREADY, about.whom, stops=True)
    if about.database and facts.database_away:
        what = f"{title} waits for PostgreSQL"
        yield Problem(
            State.LATE, what, about.database, facts.database_since, words.DATABASE, about.whom, follows=True
        )
        return
    yield from _behind(name, facts)
    yield from _spooled(name, facts)


def _without_kafka(name: str, facts: Facts) -> Problem:
    about = ABOUT[name]
    if name in RECEIVED_BY:
        depth = facts.spool(name).depth
        means = (
            f"What comes is taken in and waits safely on its own disk: {depth:,} now."
            if depth
            else about.well
        )
        what = f"{NAMES[name]} takes in, and waits for Kafka"
    else:
        what, means = f"{NAMES[name]} waits for Kafka", "Nothing reaches it until Kafka is back."
    if name == "pager":
        what = "The pager rings without Kafka"
        means = "It asks the intakes directly, and rings for what has waited for three minutes."
    return Problem(State.LATE, what, means, facts.kafka_since, words.KAFKA, about.whom, follows=True)


def _behind(name: str, facts: Facts) -> Iterator[Problem]:
    about = ABOUT[name]
    waiting = [facts.waiting(group) for group in groups_of(name)]
    worst = max(waiting, key=lambda one: one.seconds(facts.now), default=None)
    late = worst and timedelta(seconds=worst.seconds(facts.now)) > about.late_after
    if worst and late:
        stuck = timedelta(seconds=worst.seconds(facts.now)) > about.broken_after
        waits = "waits" if worst.behind == 1 else "wait"
        what = f"{NAMES[name]} is {'stuck' if stuck else 'late'}: {count(worst.behind, 'record')} {waits}"
        state, means = (State.BROKEN, about.without) if stuck else (State.LATE, about.slow or about.without)
        yield Problem(state, what, means, worst.oldest, words.STUCK, about.whom, stops=stuck)
    retried = sum(facts.waiting(retry_of(group)).behind for group in groups_of(name))
    if retried:
        oldest = min(
            (one for group in groups_of(name) if (one := facts.waiting(retry_of(group)).oldest)), default=None
        )
        what = f"{NAMES[name]} could not handle {count(retried, 'record')} yet"
        means = "It tries again by itself, for about ten minutes. Others are not held up."
        yield Problem(State.LATE, what, means, oldest, words.RETRIED, about.whom)


def _spooled(name: str, facts: Facts) -> Iterator[Problem]:
    spool = facts.spool(name)
    if spool.depth and spool.age > SPOOL_LATE:
        state = State.BROKEN if spool.age > SPOOL_BROKEN else State.LATE
        what = f"{count(spool.depth, 'contribution')} {'waits' if spool.depth == 1 else 'wait'} in the spool of {name}"
        means = "They are safe on its own disk, and nobody has read them yet."
        since = facts.now - timedelta(seconds=spool.age)
        yield Problem(state, what, means, since, words.SPOOLED, ABOUT[name].whom)


_DIED: Final[Mapping[str, str]] = {
    "triage": "It could not be read at all, so the duty lead was rung for it. It is kept, and waits for a person.",
    "pager": "Perhaps nobody was rung for it. Look at it at once.",
    "replies": "Whoever sent it gets no answer until then.",
    "ledger": "It is missing from the count only.",
}


def _letters(name: str, facts: Facts) -> Iterator[Problem]:
    for group in groups_of(name):
        waiting = facts.letters.by_group.get(group)
        if waiting and waiting.behind:
            state = State.BROKEN if name in ("triage", "pager") else State.LATE
            waits = "waits" if waiting.behind == 1 else "wait"
            what = f"{count(waiting.behind, 'dead letter')} of {name} {waits} for a person"
            means = _DIED.get(
                name, "It is kept whole, and goes no further until somebody mends the cause and replays it."
            )
            if waiting.behind > 1:
                means = (
                    means.replace("It is", "Each is")
                    .replace("It could", "They could")
                    .replace("for it", "for them")
                )
            yield Problem(state, what, means, waiting.oldest, words.LETTER, ABOUT[name].whom)


def _kafka(facts: Facts) -> Standing:
    title = "The log between all services (Kafka)"
    kafka = facts.kafka
    if facts.kafka_away:
        means = (
            "What people send is taken in and waits safely on the intakes’ own disks; nobody reads it for danger until"
            " Kafka is back. The pager asks the intakes itself and rings for what has waited for three minutes."
        )
        problem = Problem(
            State.BROKEN,
            "Kafka does not answer",
            means,
            kafka.heard.last,
            words.KAFKA,
            "Everyone who writes to us",
        )
        return Standing("kafka", title, State.BROKEN, problem.sentence, problem.since, (problem,))
    if kafka.heard.is_new:
        return Standing("kafka", title, State.UNKNOWN, "We have only just begun to look.")
    if kafka.brokers < kafka.most_brokers:
        what = f"{kafka.brokers} of {count(kafka.most_brokers, 'broker')} of Kafka answer"
        means = "Nothing is lost and nothing waits. If one more stops, everything waits."
        problem = Problem(State.LATE, what, means, None, words.KAFKA, "Nobody yet")
        return Standing("kafka", title, State.LATE, problem.sentence, None, (problem,))
    return Standing("kafka", title, State.WELL, f"Kafka answers, with {count(kafka.brokers, 'broker')}.")


def _database(facts: Facts) -> Standing:
    title = "The tables (PostgreSQL)"
    if facts.database_away:
        means = (
            "What people send is taken in and read for danger, and phones ring. Taking out names, keeping the record,"
            " thanking and counting wait until it is back."
        )
        problem = Problem(
            State.BROKEN, "PostgreSQL does not answer", means, facts.database_since, words.DATABASE,
            "Those who read what people said, and everyone who waits for an answer",
        )  # fmt: skip
        return Standing("postgres", title, State.BROKEN, problem.sentence, problem.since, (problem,))
    if facts.database.heard.is_silent(facts.now):
        return Standing(
            "postgres",
            title,
            State.UNKNOWN,
            "Nobody who uses it answers us, so we cannot say.",
            facts.database.heard.at,
        )
    return Standing("postgres", title, State.WELL, "PostgreSQL answers.")
