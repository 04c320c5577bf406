"""From the webhook to a level on Kafka, at a steady pace: what a child in danger waits for, before anybody is rung."""

import asyncio
import time
from uuid import UUID

from services.local.standin import ACCOUNT
from services.local.up import Local
from shared.contracts.ids import twilio_message
from shared.contracts.topics import Topic
from shared.messaging.arrival import decode
from tests.benchmarks.pieces import Figures
from tests.benchmarks.webhook import forms
from tests.benchmarks.wire import line, webhooks
from tests.support.topics import records_of

SECONDS = 15


async def paced(local: Local, each_second: int, begin: int) -> tuple[Figures, int]:
    """Send so many a second for a while; the figures, and how many were sent."""
    count = each_second * SECONDS
    made = forms(count, begin)
    sent: dict[UUID, float] = {}
    requests = webhooks(local, made)
    async with line(local.ports["sms_web"], 64) as door:
        started, asked = time.monotonic(), []

        async def one(n: int) -> None:
            sent[twilio_message(ACCOUNT, dict(made[n])["MessageSid"])] = time.time()
            assert await door.ask(requests[n]) == 200

        for n in range(count):
            await asyncio.sleep(max(0.0, started + n / each_second - time.monotonic()))
            asked.append(asyncio.create_task(one(n)))
        await asyncio.gather(*asked)
    waits = sorted(await _levels(local, sent))
    middle, late = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    return (
        f"webhook to level, {each_second} a second",
        f"p50 {middle:.2f} s",
        f"p99 {late:.2f} s; {count} texts",
    ), count


async def _levels(local: Local, sent: dict[UUID, float]) -> list[float]:
    found: dict[UUID, float] = {}
    for _ in range(120):
        for record in await records_of(local.servers.bootstrap, Topic.TRIAGED.value):
            about = decode(record).event.about
            if about in sent:
                found.setdefault(about, record.timestamp / 1000 - sent[about])
        if len(found) == len(sent):
            return list(found.values())
        await asyncio.sleep(2)
    raise AssertionError(f"{len(found)} of {len(sent)} texts have a level")
