"""The whole page as sentences and figures: what is wrong, since when, whom it touches, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.console.rooms.operations.rules.channels import WAYS, channels
from services.console.rooms.operations.rules.facts import (
    AWAY_AFTER,
    RECEIVED_BY,
    Arrivals,
    Facts,
    Heard,
    State,
)
from services.console.rooms.operations.rules.services import Problem, Standing, services
from services.console.rooms.operations.rules.times import clock, count, span
from shared.contracts.topics import GROUPS, retry_of

ACCOUNT_OLD: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table of groups. None means that it is not known now."""

    group: str
    behind: int | None
    seconds: float | None
    retrying: int | None
    dead: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One large figure, with what it counts."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the page shows."""

    at: datetime
    state: State
    summary: str
    problems: tuple[Problem, ...]
    stale: tuple[str, ...]
    figures: tuple[Figure, ...]
    channels: tuple[Standing, ...]
    services: tuple[Standing, ...]
    groups: tuple[Line, ...]


def overview(facts: Facts) -> View:
    """What the facts of one moment mean."""
    every = services(facts)
    ways = channels(facts, every)
    problems = [one for standing in every for one in standing.problems if not one.follows]
    problems.sort(key=lambda one: one.state.rank)
    state = min((one.state for one in (*every, *ways)), key=lambda one: one.rank, default=State.UNKNOWN)
    return View(
        at=facts.now,
        state=state,
        summary=" ".join((summary(facts, state, problems), *_concerns(facts))),
        problems=tuple(problems),
        stale=tuple(stale(facts)),
        figures=tuple(figures(facts)),
        channels=tuple(ways),
        services=tuple(every),
        groups=tuple(lines(facts)),
    )


def summary(facts: Facts, state: State, problems: Sequence[Problem]) -> str:
    """One sentence for whoever has no time for more."""
    if problems:
        first, more = problems[0], len(problems) - 1
        since = f", since {clock(first.since, facts.now)}" if first.since else ""
        also = f" {count(more, 'more thing needs', 'more things need')} somebody." if more else ""
        return f"{first.what}{since}.{also}"
    if state is State.WELL:
        return "Everything is well: whatever people send is taken in, read and kept."
    if state is State.UNKNOWN:
        return "Nothing is known to be wrong; not everything is known yet."
    return "Something waits for Kafka or PostgreSQL."


def _concerns(facts: Facts) -> Sequence[str]:
    if facts.ringing:
        since = (
            f", the first since {clock(facts.concerns.oldest_untaken, facts.now)}"
            if facts.concerns.oldest_untaken
            else ""
        )
        ring = "concern rings" if facts.ringing == 1 else "concerns ring"
        return (
            f"{facts.ringing:,} {ring}, and nobody has taken {'it' if facts.ringing == 1 else 'them'}{since}.",
        )
    return ()


def stale(facts: Facts) -> Sequence[str]:
    """What the page still shows though it is old, each in a sentence."""
    told, old = facts.processes, ACCOUNT_OLD
    asked: list[tuple[str, Heard, timedelta, str]] = [
        ("Kafka", facts.kafka.heard, AWAY_AFTER, "What waits for each group is not known now."),
    ]
    if "ledger" in told:
        then = "Those that are shown were counted then."
        asked.append(("the list of dead letters", facts.letters.heard, AWAY_AFTER, then))
        asked.append(("the ledger’s account", facts.account.heard, old, "Its figures are from then."))
    if "pager" in told:
        then = "Those that are shown were counted then."
        asked.append(("the list of concerns", facts.concerns.heard, AWAY_AFTER, then))
    found = []
    for what, heard, after, then in asked:
        if heard.is_silent(facts.now, after):
            since = f"since {clock(heard.at, facts.now)}" if heard.at else "at all yet"
            found.append(f"We have not heard from {what} {since}. {then if heard.at else ''}".strip())
    return found


def figures(facts: Facts) -> Sequence[Figure]:
    """The figures at the top."""
    came = [facts.arrivals.get(way.channel.value, Arrivals()) for way in WAYS]
    spools = [facts.spool(name) for name in RECEIVED_BY if name in facts.processes]
    depth = sum(one.depth for one in spools)
    age = max((one.age for one in spools if one.depth), default=0.0)
    letters = sum(one.behind for one in facts.letters.by_group.values())
    retrying = sum(facts.waiting(retry_of(group)).behind for group in GROUPS)
    triage = facts.waiting("triage")
    known = not facts.kafka_away and not facts.kafka.heard.is_new
    concerns = facts.concerns
    return (
        Figure("Came in the last minute", f"{sum(one.minute for one in came):,}", f"{sum(one.hour for one in came):,} in the last hour"),
        Figure("Not read for danger yet", f"{triage.behind:,}" if known else "?", _for(triage.seconds(facts.now)) if known else "not known while Kafka is away"),
        Figure("Concerns that ring", f"{facts.ringing:,}", f"{concerns.open:,} open, {concerns.untaken:,} not taken"),
        Figure("Waiting in the spools", f"{depth:,}", f"the first for {span(age)}" if depth else "everything is on Kafka"),
        Figure("Will be tried again", f"{retrying:,}" if known else "?", ("by itself" if retrying else "nothing waits") if known else "not known while Kafka is away"),
        Figure("Dead letters", f"{letters:,}", "wait for a person" if letters else "none waits"),
        Figure("Missing", f"{facts.account.missing:,}", f"of {facts.account.accepted:,} accepted"),
    )  # fmt: skip


def _for(seconds: float) -> str:
    return f"the first for {span(seconds)}" if seconds >= 1 else "nothing waits"


def lines(facts: Facts) -> Sequence[Line]:
    """One row a group, in the order in which contributions travel."""
    known = not facts.kafka_away and not facts.kafka.heard.is_new
    found = []
    for group in GROUPS:
        waiting, again = facts.waiting(group), facts.waiting(retry_of(group))
        dead = facts.letters.by_group.get(group)
        found.append(
            Line(
                group,
                waiting.behind if known else None,
                waiting.seconds(facts.now) if known else None,
                again.behind if known else None,
                dead.behind if dead else 0,
            )
        )
    return found
