"""Services die, leave, come back and write late while texts come in: nothing is lost, nothing is done twice."""

import asyncio
import os
import signal
from contextlib import ExitStack

import pytest

from services.local.up import Local
from tests.support.load import texts, waited_for_kafka
from tests.support.local import TEXTS, is_ready, until
from tests.support.oracle import judge
from tests.support.second import second
from tests.support.table import Report

pytestmark = [pytest.mark.connected, pytest.mark.faults, pytest.mark.timeout(900)]

CONSUMERS = ("triage", "anonymiser", "archive", "ledger", "replies", "pager")


async def test_consumers_are_killed_every_few_seconds(local: Local, report: Report) -> None:
    async with texts(local, per_second=5) as stream:
        await stream.at_least(10)
        for n in range(12):
            local.fleet.kill(CONSUMERS[n % len(CONSUMERS)])
            await asyncio.sleep(3)
    assert set(stream.statuses) == {200}
    verdict = await judge(local, stream.accepted)
    report(
        fault="a consumer killed every 3 s, 12 times",
        **verdict.figures,
        cost=f"{verdict.repeats} repeats; settled {verdict.seconds:.0f} s later",
    )


async def test_members_leave_and_join_in_a_storm(local: Local, report: Report) -> None:
    services = ("triage", "anonymiser", "archive")
    async with texts(local, per_second=5) as stream:
        with ExitStack() as stack:
            seconds = [
                stack.enter_context(second(local, service))
                for service in services  # one is ready, then the next
            ]
            for n in range(15):
                await asyncio.to_thread(seconds[n % len(seconds)].replace)
                await asyncio.sleep(2)
    assert set(stream.statuses) == {200}
    verdict = await judge(local, stream.accepted)
    report(
        fault="a member of a group replaced every 2 to 3 s, 15 times",
        **verdict.figures,
        cost=f"{verdict.repeats} repeats; settled {verdict.seconds:.0f} s later",
    )


async def test_each_service_is_replaced_under_load(local: Local, report: Report) -> None:
    def replace(service: str) -> None:
        local.fleet.stop_one(service)
        local.fleet.start_one(service)
        until(lambda: is_ready(local, service), 90, f"{service} is ready again")

    async with texts(local, per_second=5, tries=60) as stream:
        await stream.at_least(5)
        for service in TEXTS:
            await asyncio.to_thread(replace, service)
    assert set(stream.statuses) == {200}, "tried again, as a provider does, each was answered"
    verdict = await judge(local, stream.accepted)
    report(
        fault="each service replaced in turn",
        **verdict.figures,
        cost=f"one intake alone: the longest that a sender tried was {stream.slowest:.1f} s; "
        f"{verdict.repeats} repeats; settled {verdict.seconds:.0f} s later",
    )


@pytest.mark.parametrize("service", ["archive", "replies", "triage"])
async def test_a_member_that_slept_wakes_and_writes_late(local: Local, report: Report, service: str) -> None:
    """Frozen with a batch in hand for longer than its session, so that another has done the same work meanwhile."""
    async with texts(local, per_second=10) as stream:
        await stream.at_least(20)
        sleeper = local.fleet.processes[service].process.child_pid
        with second(local, service):
            os.kill(sleeper, signal.SIGSTOP)
            try:
                await asyncio.sleep(25)
            finally:
                os.kill(sleeper, signal.SIGCONT)
            await asyncio.sleep(5)
    assert set(stream.statuses) == {200}
    verdict = await judge(local, stream.accepted)
    report(
        fault=f"a zombie: {service} slept 25 s, another took over, it woke",
        **verdict.figures,
        cost=f"{verdict.repeats} repeats; settled {verdict.seconds:.0f} s later; "
        f"longest wait for Kafka {waited_for_kafka(local, stream.accepted):.1f} s",
    )
