"""What carrying an event costs, whatever is done with it: our router and a handler that does nothing, CPU and rate.

`python -m tests.benchmarks.transport BOOTSTRAP GROUP COUNT` is the consumer, in a process of its own.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import uvloop
from aiokafka import AIOKafkaProducer

from shared.contracts.events import ContributionReceived
from shared.contracts.topics import Plan, Topic, dead_of, retry_of
from shared.messaging import headers as h
from shared.messaging.creation import ensure
from shared.messaging.router import Router
from shared.service import broker_for, spare_the_collector
from shared.settings import CommonSettings
from tests.benchmarks.pieces import Figures
from tests.support.events import a_received

COUNT, BATCH = 20_000, 500
TOPIC = Topic.SMS_RECEIVED


async def transport(bootstrap: str, what: str) -> list[Figures]:
    """Fill a topic, then let a process of its own read it through the router."""
    group = f"bench-{uuid4().hex[:6]}"
    await ensure(bootstrap.split(","))
    await ensure(bootstrap.split(","), [Plan(retry_of(group), 3), Plan(dead_of(group), 3)])
    await _fill(bootstrap)
    found = await _asked("router", bootstrap, group)
    bare = await _asked("bare", bootstrap, f"{group}-bare")
    return [
        (
            f"an event carried, {what}",
            f"{found['cpu'] * 1e6:.0f} us CPU",
            f"{found['cpu'] / bare['cpu']:.1f} times aiokafka's getmany, a decode and a commit",
        ),
        (
            f"a handler that does nothing, {what}",
            f"{found['rate']:.0f} events a second",
            f"batches of {BATCH}, one commit a batch; {found['rate'] / bare['rate']:.2f} of bare",
        ),
    ]


async def _asked(how: str, bootstrap: str, group: str) -> dict[str, float]:
    words = [sys.executable, "-m", "tests.benchmarks.transport", how, bootstrap, group, str(COUNT)]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return dict(json.loads(out.decode().splitlines()[-1]))


async def _fill(bootstrap: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap.split(","), acks="all", linger_ms=5)
    await producer.start()
    event = a_received("it was a good day at school")
    try:
        for _ in range(COUNT):
            one = _as(event)
            pairs = [
                (name, text.encode())
                for name, text in h.of_event(one, TOPIC, source="bench", at=one.context.received_at).items()
            ]
            await producer.send(
                TOPIC.value,
                one.model_dump_json().encode(),
                key=one.event_id.bytes[:2].hex().encode(),
                headers=pairs,
            )
        await producer.flush()
    finally:
        await producer.stop()


def _as(event: ContributionReceived) -> ContributionReceived:
    known_as = uuid4()
    context = event.context.model_copy(update={"contribution_id": known_as})
    return event.model_copy(update={"event_id": known_as, "context": context})


@asynccontextmanager
async def _clock(found: dict[str, float]) -> AsyncIterator[None]:
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    found["cpu"] = (time.process_time() - cpu) / COUNT
    found["rate"] = COUNT / (time.perf_counter() - wall)


async def _router(bootstrap: str, group: str, count: int) -> dict[str, float]:
    """Begins when the first event is here: joining a group is no part of carrying one."""
    begun, done, seen = asyncio.Event(), asyncio.Event(), 0
    routes = Router(group)

    @routes.subscriber(TOPIC, batch=BATCH)
    async def nothing(event: ContributionReceived) -> None:
        nonlocal seen
        seen += 1
        begun.set()
        if seen >= count:
            done.set()

    broker = broker_for(CommonSettings(kafka=tuple(bootstrap.split(","))), routes)
    found: dict[str, float] = {}
    await broker.start()
    try:
        await begun.wait()
        async with _clock(found):
            await done.wait()
    finally:
        await broker.stop()
    return found


async def _bare(bootstrap: str, group: str, count: int) -> dict[str, float]:
    from aiokafka import AIOKafkaConsumer

    consumer = AIOKafkaConsumer(
        TOPIC.value,
        bootstrap_servers=bootstrap.split(","),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    found: dict[str, float] = {}
    await consumer.start()
    try:
        seen = len(await consumer.getmany(timeout_ms=20_000, max_records=1))
        async with _clock(found):
            while seen < count:
                batch = await consumer.getmany(timeout_ms=1000, max_records=BATCH)
                for records in batch.values():
                    for record in records:
                        ContributionReceived.model_validate_json(record.value or b"")
                        seen += 1
                await consumer.commit()
    finally:
        await consumer.stop()
    return found


if __name__ == "__main__":
    ask = {"router": _router, "bare": _bare}[sys.argv[1]]
    spare_the_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as our services run
        sys.stdout.write(json.dumps(runner.run(ask(sys.argv[2], sys.argv[3], int(sys.argv[4])))) + "\n")
