"""Whatever crashes, and wherever: at most one acknowledgement an address a day, and what is told is what was sent."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.replies.handlers import STAGE
from shared.contracts.events import ContributionReceived
from shared.contracts.ids import output_of
from shared.contracts.values import Keyword, SendResult
from shared.errors import Unavailable
from shared.twilio import OptedOut, Refused, Unknown
from tests.support.events import NOW, a_received
from tests.support.replies import World

LONG = timedelta(minutes=25)
FAULTS: dict[str, tuple[Exception, bool]] = {
    "away": (Unavailable("twilio_503"), False),
    "lost": (Unknown("twilio_500"), False),
    "lost but taken": (Unknown("twilio_no_answer"), True),
    "no answer": (TimeoutError(), False),
    "no answer but taken": (TimeoutError(), True),
    "refused": (Refused(21211, 400), False),
    "opted out": (OptedOut(21610, 400), False),
}


@dataclass(frozen=True)
class Said:
    second: int
    who: int
    words: str

    def event(self) -> ContributionReceived:
        at = NOW + timedelta(seconds=self.second)
        return a_received(self.words, sender=address(self.who), at=at)


async def play(story: list[Said], faults: list[str], crash_at: frozenset[int]) -> World:
    """Let it happen, through every crash, until nothing is on its way any more."""
    world = World()
    world.provider.faults = [FAULTS[name] for name in faults]
    world.machine.crash_at = crash_at
    story = sorted(story, key=lambda said: said.second)
    events = [said.event() for said in story]
    stopped: dict[int, datetime] = {}
    for said, event in zip(story, events, strict=True):
        await go_on(world, event.context.received_at)
        await world.through_crashes(lambda event=event: world.hear(event))  # type: ignore[misc]
        if event.context.keyword is Keyword.STOP:
            stopped.setdefault(said.who, world.machine.time)
        if event.context.keyword is Keyword.START:
            check_stopped(world, stopped, said.who)
    await go_on(world, world.machine.time + LONG)
    for who in list(stopped):
        check_stopped(world, stopped, who)
    check(world, events)
    return world


async def go_on(world: World, until: datetime) -> None:
    await world.through_crashes(lambda: world.pass_time(until - world.machine.time))


def check_stopped(world: World, stopped: dict[int, datetime], who: int) -> None:
    """Nothing was sent from when a STOP was heard until now."""
    since = stopped.pop(who, None)
    assert since is None or not [
        one for one in world.provider.taken if one.address == address(who) and one.at > since
    ]


def address(who: int) -> str:
    return f"+44770090010{who}"


def check(world: World, events: list[ContributionReceived]) -> None:
    told = world.sent()
    assert len({one.event_id for one in told}) == len(told), "each is told once"
    outcomes = {
        one.contribution_id: one
        for one in told
        if one.contribution_id and one.event_id == output_of(STAGE, one.contribution_id)
    }
    assert set(outcomes) == {event.event_id for event in events}, "and each contribution has its outcome"
    assert not [row for row in world.rows.kept.rows.values() if row.next_at], "nothing is left on its way"
    assert max(Counter(one.address for one in world.provider.taken).values(), default=0) <= 1
    in_the_list = {one.sid: one for one in world.provider.taken}
    said_sent = {one.provider_id: one for one in outcomes.values() if one.result is SendResult.SENT}
    assert set(said_sent) == set(in_the_list), "what is told is what the provider's list shows"
    arrived = {event.event_id: event.context.received_at for event in events}
    for sid, one in said_sent.items():
        assert one.contribution_id is not None
        waited = in_the_list[str(sid)].at - arrived[one.contribution_id]
        assert timedelta(0) <= waited <= timedelta(minutes=10)


@pytest.mark.parametrize("fault", [None, *FAULTS])
async def test_a_crash_at_every_step_of_one_answer(fault: str | None) -> None:
    story, faults = [Said(0, 0, "hello")], [fault] if fault else []
    whole = (await play(story, faults, frozenset())).machine.steps
    assert whole > 15
    for step in range(1, whole + 1):
        await play(story, faults, frozenset({step}))


async def test_two_crashes_at_any_two_steps_of_one_answer() -> None:
    story = [Said(0, 0, "hello")]
    whole = (await play(story, [], frozenset())).machine.steps
    for first in range(1, whole + 1):
        for second in range(first + 1, whole + 12, 2):
            await play(story, [], frozenset({first, second}))


async def test_a_crash_right_after_the_provider_took_it_is_still_told_as_sent() -> None:
    story = [Said(0, 0, "hello")]
    whole = (await play(story, [], frozenset())).machine.steps
    results = Counter([(await play(story, [], frozenset({step}))).outcome() for step in range(1, whole + 1)])
    assert set(results) == {("sent", None), ("unknown", None)}
    assert results["sent", None] > results["unknown", None] > 0


stories = st.lists(
    st.builds(
        Said,
        second=st.integers(0, 1500),
        who=st.integers(0, 1),
        words=st.sampled_from(["hello", "and another thing", "STOP", "START", "help"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(
    story=stories,
    faults=st.lists(st.sampled_from(sorted(FAULTS)), max_size=6),
    crashes=st.frozensets(st.integers(1, 250), max_size=8),
)
def test_any_story_with_any_faults_and_crashes(
    story: list[Said], faults: list[str], crashes: frozenset[int]
) -> None:
    asyncio.run(play(story, faults, crashes))
