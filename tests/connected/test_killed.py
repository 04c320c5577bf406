"""Whatever is killed, nothing that was answered is lost, and nothing is done twice."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.local.plan import DRAMA
from services.local.servers import kafka_of, postgres_of
from services.local.up import Local
from shared.contracts.events import ContributionArchived, ReplySent
from shared.contracts.topics import Topic
from shared.contracts.values import SendResult, Step, WithheldCause
from tests.support.local import Sent, ask, heard, sender, settled, texter, until
from tests.support.topics import events_of
from tests.support.twilio.sign import Form, a_text

pytestmark = [pytest.mark.connected, pytest.mark.timeout(600)]

URGENT = "my mums boyfriend has a knife and we are locked in the bathroom now please help"


def texts(count: int) -> list[Form]:
    return [
        a_text(
            f"my worker came to see us on tuesday and it was good, number {n}",
            sender=sender(n),
            to=DRAMA["ours"],
        )
        for n in range(count)
    ]


async def in_the_middle(
    sending: Awaitable[Sent], local: Local, steps: list[tuple[int, Callable[[], Any]]]
) -> Sent:
    """Run each step once so many contributions have been accepted, while the sending goes on."""
    task = asyncio.ensure_future(sending)
    for count, step in steps:
        while not task.done() and accepted(local) < count:
            await asyncio.sleep(0.05)
        await asyncio.to_thread(step)
    return await task


def accepted(local: Local) -> int:
    found = ask(local, "sms_intake", "/receipts?after=0")
    return 0 if found is None else sum(1 for _ in found["receipts"])


def receipts(local: Local) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while page := (ask(local, "sms_intake", f"/receipts?after={found[-1]['seq'] if found else 0}") or {})[
        "receipts"
    ]:
        found += page
    return found


@pytest.mark.faults
async def test_kafka_and_the_intake_killed_in_the_middle_of_2000_webhooks(tmp_path: Path) -> None:
    with heard(tmp_path) as local:
        kafka = kafka_of(local.home)

        def kafka_dies_and_returns() -> None:
            kafka.kill()
            time.sleep(3)
            kafka.start()

        async with texter(local) as door:
            sending = door.many(texts(2000), tries=30)
            sent = await in_the_middle(
                sending, local, [(300, kafka_dies_and_returns), (600, lambda: local.fleet.kill("sms_intake"))]
            )
        assert sent.statuses == {200: 2000}, "each was answered in the end"
        balance = settled(local, 2000, 300)
        ids = Counter(receipt["event_id"] for receipt in receipts(local))
        print(f"answered {len(sent.accepted)}, receipts {len(ids)}, in the ledger {balance['total']}")
        assert len(ids) == 2000
        assert set(ids.values()) == {1}
        masters = Counter(
            event.contribution_id
            for event in await events_of(local.servers.bootstrap, Topic.ARCHIVED)
            if isinstance(event, ContributionArchived) and event.step is Step.MASTER
        )
        assert {str(one) for one in masters} == set(ids)


@pytest.mark.faults
async def test_kafka_away_for_a_minute_and_answers_that_would_come_too_late(tmp_path: Path) -> None:
    with heard(tmp_path, REPLIES_WITHIN="20") as local:
        kafka = kafka_of(local.home)
        async with texter(local) as door:
            before = await door.many(texts(20))
            settled(local, 20)
            await replies_of(local, 20)  # else an answer to one of these would come too late as well
            kafka.kill()
            away = time.monotonic()
            during = await door.many(
                [
                    a_text(f"while it was away {n}", sender=sender(100 + n), to=DRAMA["ours"])
                    for n in range(60)
                ]
            )
            await asyncio.sleep(max(0.0, 60 - (time.monotonic() - away)))
            kafka.start()
            after = await door.many(
                [a_text(f"when it was back {n}", sender=sender(200 + n), to=DRAMA["ours"]) for n in range(20)]
            )
        assert (before.statuses, during.statuses, after.statuses) == ({200: 20}, {200: 60}, {200: 20})
        settled(local, 100, 240)
        outcomes = await replies_of(local, 100)
        late = {one for one, event in outcomes.items() if event.cause is WithheldCause.LATE}
        sent = {one for one, event in outcomes.items() if event.result is SendResult.SENT}
        waited = {
            receipt["contribution_id"]: seconds(receipt["accepted_at"], receipt["acked_at"])
            for receipt in receipts(local)
        }
        assert late == {one for one, waited_for in waited.items() if waited_for > 20}
        assert sent == set(waited) - late
        thanked = Counter(
            text["to"] for text in local.stand_in.ask("GET", "sent") if text["to"] in all_senders()
        )
        assert set(thanked.values()) <= {1}
        assert sum(thanked.values()) == len(sent)


def all_senders() -> set[str]:
    return {sender(n) for n in range(800)}


async def replies_of(local: Local, count: int) -> dict[str, ReplySent]:
    """The one outcome of each acknowledgement, once there are that many."""
    end = time.monotonic() + 60
    while True:
        found = await events_of(local.servers.bootstrap, Topic.REPLIES_SENT)
        outcomes = {str(event.contribution_id): event for event in found if isinstance(event, ReplySent)}
        if len(outcomes) >= count or time.monotonic() > end:
            assert len(outcomes) == count
            return outcomes
        await asyncio.sleep(1)


def seconds(start: str, end: str) -> float:
    from datetime import datetime

    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


@pytest.mark.faults
async def test_every_consumer_killed_once_in_the_middle_of_500(tmp_path: Path) -> None:
    with heard(tmp_path, REPLIES_UNKNOWN_AFTER="20") as local:
        consumers = ("triage", "anonymiser", "archive", "replies", "pager", "ledger")

        def killing(service: str) -> Callable[[], Any]:
            return lambda: local.fleet.kill(service)

        async with texter(local) as door:
            sending = door.many(texts(500), at_once=4, tries=5)
            steps = [(40 + 70 * n, killing(service)) for n, service in enumerate(consumers)]
            sent = await in_the_middle(sending, local, steps)
        assert sent.statuses == {200: 500}
        settled(local, 500, 300)
        archived = [
            event
            for event in await events_of(local.servers.bootstrap, Topic.ARCHIVED)
            if isinstance(event, ContributionArchived) and event.step is Step.MASTER
        ]
        by_contribution = {event.contribution_id: event.accession for event in archived}
        assert len(by_contribution) == 500
        assert len(set(by_contribution.values())) == 500, "one number each"
        assert len({(event.contribution_id, event.accession) for event in archived}) == 500, "archived once"
        outcomes = await replies_of(local, 500)
        thanked = Counter(
            text["to"] for text in local.stand_in.ask("GET", "sent") if text["to"] in all_senders()
        )
        assert set(thanked.values()) <= {1}, "at most one acknowledgement each"
        print(f"acknowledged {sum(thanked.values())} of {len(outcomes)}")
        assert all(one.restarts == 1 for name, one in local.fleet.processes.items() if name in consumers)


def rings(local: Local) -> int:
    return len(local.stand_in.phone(DRAMA["duty_lead"]))


@pytest.mark.faults
@pytest.mark.parametrize("times", [pytest.param(1, marks=pytest.mark.short), 10])
async def test_triage_then_pager_killed_right_after_an_urgent_text(tmp_path: Path, times: int) -> None:
    waits: list[float] = []
    with heard(tmp_path, PAGER_LADDER_SCALE="0.02") as local:
        async with texter(local) as door:
            for n in range(times):
                before = rings(local)
                assert await door.text(f"{URGENT} {n}", sender=sender(400 + n)) == 200
                local.fleet.kill("triage")
                await asyncio.sleep(0.3 * n % 3)
                local.fleet.kill("pager")
                until(lambda: local.fleet.processes["pager"].process.poll() is None, 30, "pager runs again")
                restarted = time.monotonic()
                until(partial(more_rings, local, before), 30, f"the phone rings, time {n + 1}")
                waits.append(time.monotonic() - restarted)
                take_all(local)
    print("rang after the last restart, in seconds:", [round(wait, 1) for wait in waits])
    assert len(waits) == times


def more_rings(local: Local, before: int) -> bool:
    return rings(local) > before


def take_all(local: Local) -> None:
    from services.local.desk import Desk
    from tests.support.local import found

    Desk(found(local), keyring=local.keyring).take_all("a_test")


async def test_with_triage_stopped_altogether_it_rings_after_the_three_minutes(tmp_path: Path) -> None:
    with heard(tmp_path, PAGER_NO_LEVEL_AFTER="6") as local:
        local.fleet.stop_one("triage", kill=True)
        async with texter(local) as door:
            assert await door.text("hello, is anybody there", sender=sender(500)) == 200
        began = time.monotonic()
        until(lambda: rings(local), 60, "the phone rings though nothing was triaged")
        assert time.monotonic() - began > 4


@pytest.mark.faults
async def test_with_postgres_stopped_it_rings(tmp_path: Path) -> None:
    with heard(tmp_path) as local:
        postgres = postgres_of(local.home)
        postgres.stop()
        assert postgres.pid is None
        async with texter(local) as door:
            assert await door.text(URGENT, sender=sender(501)) == 200
        until(lambda: rings(local), 60, "the phone rings without a database")
        postgres.start()
        settled(local, 1, 120)
