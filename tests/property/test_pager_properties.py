"""A person in danger reaches a trained human within minutes: what holds whatever happens."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis.strategies import DrawFn, booleans, composite, floats, integers, lists, sampled_from

from services.pager.rules.calls import Call, calls
from services.pager.rules.desk import Desk
from services.pager.rules.facts import Doubt, Levelled, Stopped
from shared.concerns.ladder import PEOPLE, Pace, Result, Whom
from shared.concerns.rules import Concern, State
from shared.contracts.values import Level

START = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
PACE = Pace()
LINK = "https://console.example.org/concerns"


def an_id(number: int) -> UUID:
    return UUID(int=number)


def rising(desk: Desk, number: int, now: datetime, level: Level, cause: str | None = None) -> None:
    desk.take_in(
        Levelled(
            contribution_id=an_id(number), part=1, level=level, cause=cause, new_id=uuid4(), partition=0,
            appended_at=now, at=now,
        )
    )  # fmt: skip


@given(
    steps=lists(floats(min_value=0.2, max_value=45), min_size=30, max_size=400),
    results=lists(sampled_from([Result.SENT, Result.SENT, Result.UNKNOWN, Result.UNAVAILABLE, Result.REFUSED]), min_size=1),
    webhook=booleans(),
    stops_after=integers(min_value=1, max_value=400),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_it_is_never_silent_for_longer_than_five_minutes_until_taken(
    steps: list[float], results: list[Result], webhook: bool, stops_after: int
) -> None:
    """Time only moves forward, the provider does what it likes, and the pager may be down for a while."""
    desk, now, last, made = Desk(), START, START, 0
    rising(desk, 1, now, Level.IMMEDIATE)
    for n, seconds in enumerate(steps):
        due = calls(desk, now, PACE, uuid4, webhook=webhook)
        if n >= stops_after:
            assert due == []  # taken: silent
            continue
        for call in due:
            desk.rings.extend(call.rings)
            desk.settle(call.message, results[made % len(results)], None)
            made += 1
            last = now
        # a minute for the limit of one a minute, and the time that passed since it was last looked
        assert now - last <= timedelta(minutes=6) + timedelta(seconds=45)
        if n + 1 == stops_after:
            desk.concerns[an_id(1)] = replace(desk.concerns[an_id(1)], state=State.TAKEN, taken_by="anna")
        now += timedelta(seconds=seconds)


@given(
    arrivals=lists(integers(min_value=0, max_value=600), min_size=1, max_size=60),
    levels=lists(sampled_from([Level.IMMEDIATE, Level.HIGH, Level.UNASSESSED]), min_size=1),
    causes=lists(sampled_from([None, "help", "no_level", "defect"]), min_size=1),
)
@settings(max_examples=60, deadline=None)
def test_a_person_is_rung_at_most_once_a_minute_and_for_everyone_who_waits(
    arrivals: list[int], levels: list[Level], causes: list[str | None]
) -> None:
    desk, told = Desk(), set[UUID]()
    rung: dict[Whom, list[datetime]] = {whom: [] for whom in PEOPLE}
    due = sorted(arrivals)
    for second in range(0, 900, 5):
        now = START + timedelta(seconds=second)
        while due and due[0] <= second:
            n = len(arrivals) - len(due)
            due.pop(0)
            rising(desk, n, now, levels[n % len(levels)], causes[n % len(causes)])
        for call in calls(desk, now, PACE, uuid4, webhook=False):
            desk.rings.extend(call.rings)
            desk.settle(call.message, Result.SENT, None)
            rung[call.whom].append(now)
            told.update(call.concerns)
            ringing = [one for one in desk.concerns.values() if one.rings]
            assert call.waiting == len(ringing)
            assert call.level is max((one.level for one in ringing), key=lambda level: level.rank)
    for times in rung.values():
        assert all(b - a >= PACE.minute for a, b in pairwise(times))
    assert told == {one.id for one in desk.concerns.values()}


def test_many_concerns_of_one_cause_ring_once_with_the_count() -> None:
    desk, made = Desk(), list[Call]()
    for second in range(120):  # triage is dead: five a second are found without a level
        now = START + timedelta(seconds=second)
        for n in range(5):
            number = second * 5 + n
            desk.take_in(
                Doubt(contribution_id=an_id(number), part=1, cause="no_level", new_id=uuid4(), at=now)
            )
        for call in calls(desk, now, PACE, uuid4, webhook=True):
            desk.rings.extend(call.rings)
            desk.settle(call.message, Result.SENT, None)
            made.append(call)
    assert [one.whom for one in made] == [Whom.DUTY_LEAD, Whom.WEBHOOK]
    now = START + timedelta(minutes=2)
    (again, _) = calls(desk, now, PACE, uuid4, webhook=True)
    assert again.whom is Whom.DUTY_LEAD
    assert again.waiting == 600
    assert "600 waiting" in again.text(LINK)


@composite
def concerns(draw: DrawFn) -> Concern:
    desk = Desk()
    rising(
        desk, draw(integers(min_value=0, max_value=2**128 - 1)), START, draw(sampled_from(list(Level)[:3]))
    )
    return next(iter(desk.concerns.values()))


@given(lists(concerns(), min_size=1, max_size=8), booleans(), sampled_from(list(Whom)))
def test_no_words_no_number_and_no_name_stand_in_a_message(
    waiting: list[Concern], stopped: bool, whom: Whom
) -> None:
    desk = Desk(concerns={one.contribution_id: one for one in waiting})
    if stopped:
        for one in waiting:
            desk.take_in(Stopped(contribution_id=one.contribution_id, at=START))
    (call,) = (one for one in calls(desk, START, PACE, uuid4, webhook=True) if one.whom is Whom.WEBHOOK)
    text, body = replace(call, whom=whom).text(LINK), json.dumps(call.body(LINK))
    assert len(text) <= 306 and text.isascii()  # two parts of a text at most
    for said in (text, body):
        assert not re.search(r"\+?\d{9,}", re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|ref [0-9a-f]{8}", "", said))
        for one in waiting:
            assert str(one.contribution_id) not in said
    known = "Heard: IMMEDIATE HIGH UNASSESSED safeguarding concern, waiting, first ref Please take it. the person asked us not to text again and more"
    rest = re.sub(r"ref [0-9a-f]{8}", "", text.removesuffix(f": {LINK}"))
    assert {word.strip(",.") for word in re.findall(r"[A-Za-z]+", rest)} <= set(
        re.findall(r"[A-Za-z]+", known)
    )
