"""Kafka is not there: when everything starts, and for ten minutes, played at a tenth of their length."""

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from services.local.cluster import Cluster
from services.local.plan import DRAMA
from services.local.servers import kafka_of
from services.local.up import Local
from tests.support.load import Stream, id_of, receipts, texts, waited_for_kafka
from tests.support.local import TEXTS, ask, heard, is_ready, until
from tests.support.oracle import judge
from tests.support.table import Report

pytestmark = [pytest.mark.connected, pytest.mark.faults, pytest.mark.timeout(900)]

AWAY = 60


@pytest.fixture(scope="module")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    folder: Path = tmp_path_factory.mktemp("heard")
    with heard(
        folder,
        brokers=3,
        REPLIES_UNKNOWN_AFTER="20",
        REPLIES_WITHIN="60",  # for ten minutes
        PAGER_NO_LEVEL_AFTER="18",  # for three
        LEDGER_STUCK_AFTER="90",  # for a quarter of an hour
    ) as local:
        yield local


def depth(local: Local) -> int:
    found = ask(local, "sms_intake", "/ready")
    return int(found["spool_depth"]) if found else 0


def drained(local: Local, stream: Stream, since: float) -> tuple[int, float]:
    """How many had waited when Kafka came back, and in how many seconds they went, from the first to the last."""
    ids = {str(id_of(one)) for one in stream.accepted}
    acked = sorted(
        datetime.fromisoformat(one["acked_at"]).timestamp()
        for one in receipts(local)
        if one["contribution_id"] in ids and one["acked_at"]
    )
    waited = [moment for moment in acked if moment >= since]
    return len(waited), max(0.1, waited[-1] - waited[0])


async def test_kafka_is_absent_at_the_start(local: Local, report: Report) -> None:
    brokers = kafka_of(local.home)
    assert isinstance(brokers, Cluster)
    for service in TEXTS:
        await asyncio.to_thread(local.fleet.stop_one, service)
    brokers.kill()
    for service in TEXTS:
        local.fleet.start_one(service)
    async with texts(local, per_second=10, tries=120) as stream:
        await stream.at_least(100)
    assert set(stream.statuses) == {200}, "each was answered though nothing else was there"
    waiting = depth(local)
    assert waiting >= 100
    back = time.time()
    await asyncio.to_thread(brokers.start_node)
    until(lambda: all(is_ready(local, name) for name in TEXTS), 120, "every service is ready")
    verdict = await judge(local, stream.accepted)
    count, took = drained(local, stream, back)
    report(
        fault="Kafka absent at the start",
        **verdict.figures,
        cost=f"{waiting} waited in the spool and went in {took:.1f} s ({count / took:.0f}/s)",
    )


async def test_kafka_is_away_for_ten_minutes_played_in_one(
    local: Local, brokers: Cluster, report: Report
) -> None:
    rung = len(local.stand_in.phone(DRAMA["duty_lead"]))
    async with texts(local, per_second=5) as stream:
        await stream.at_least(10)
        brokers.kill()
        await asyncio.sleep(AWAY)
        waiting = depth(local)
        rings = len(local.stand_in.phone(DRAMA["duty_lead"])) - rung
        back = time.time()
        await asyncio.to_thread(brokers.start_node)
    assert set(stream.statuses) == {200}
    assert rings > 0, "somebody was rung about what waits at the door"
    verdict = await judge(local, stream.accepted)
    count, took = drained(local, stream, back)
    report(
        fault="Kafka away for ten minutes (played in one)",
        **verdict.figures,
        cost=f"longest wait for Kafka {waited_for_kafka(local, stream.accepted):.0f} s, slowest answer "
        f"{stream.slowest:.1f} s, {waiting} in the spool when it came back, {count} went in {took:.1f} s; "
        f"the duty phone rang {rings} times; {verdict.repeats} repeats; settled {verdict.seconds:.0f} s later",
    )
