"""Kafka breaks while texts come in: every one is answered, none is lost, none is acted on twice."""

import asyncio
import time

import pytest

from services.local.cluster import Cluster
from services.local.up import Local
from tests.support.load import texts, waited_for_kafka
from tests.support.oracle import judge
from tests.support.table import Report

pytestmark = [pytest.mark.connected, pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.mark.short
async def test_one_of_three_brokers_is_killed_in_the_middle(
    local: Local, brokers: Cluster, report: Report
) -> None:
    async with texts(local, per_second=20) as stream:
        await stream.at_least(60)
        brokers.kill(1)
        await asyncio.sleep(10)
    assert set(stream.statuses) == {200}
    verdict = await judge(local, stream.accepted)
    await asyncio.to_thread(brokers.start_node, 1)
    report(
        fault="one of three brokers killed in mid-batch",
        **verdict.figures,
        cost=f"longest wait for Kafka {waited_for_kafka(local, stream.accepted):.1f} s, slowest answer "
        f"{stream.slowest:.1f} s, {verdict.repeats} repeats; settled {verdict.seconds:.0f} s later, with two",
    )


async def test_two_of_three_brokers_are_down_and_come_back(
    local: Local, brokers: Cluster, report: Report
) -> None:
    async with texts(local, per_second=10) as stream:
        await stream.at_least(20)
        brokers.kill(1, 2)
        await asyncio.sleep(15)
        back = time.monotonic()
        await asyncio.to_thread(brokers.start_node, 1, 2)
        ready = time.monotonic() - back
        await asyncio.sleep(5)
    assert set(stream.statuses) == {200}
    verdict = await judge(local, stream.accepted)
    report(
        fault="two of three brokers down for 15 s",
        **verdict.figures,
        cost=f"longest wait for Kafka {waited_for_kafka(local, stream.accepted):.1f} s (Kafka itself needed "
        f"{ready:.0f} s to return), slowest answer {stream.slowest:.1f} s, {verdict.repeats} repeats; "
        f"settled {verdict.seconds:.0f} s later",
    )


async def test_all_of_kafka_is_frozen_and_thaws(local: Local, brokers: Cluster, report: Report) -> None:
    async with texts(local, per_second=10) as stream:
        await stream.at_least(20)
        brokers.freeze()
        await asyncio.sleep(12)
        brokers.thaw()
        await asyncio.sleep(5)
    assert set(stream.statuses) == {200}
    verdict = await judge(local, stream.accepted)
    report(
        fault="all of Kafka frozen for 12 s",
        **verdict.figures,
        cost=f"longest wait for Kafka {waited_for_kafka(local, stream.accepted):.1f} s, slowest answer "
        f"{stream.slowest:.1f} s, {verdict.repeats} repeats; settled {verdict.seconds:.0f} s later",
    )
