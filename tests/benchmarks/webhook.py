"""A signed webhook, answered once it is in the spool and on Kafka, against a bare ASGI answer, by the same client."""

from collections.abc import Awaitable

import psutil

from services.local.plan import DRAMA
from services.local.up import Local
from tests.benchmarks.floor import floor
from tests.benchmarks.pieces import WORDS, Figures
from tests.benchmarks.wire import Rate, line, request_of, webhooks
from tests.support.local import sender
from tests.support.twilio.sign import Form, a_text, encoded

COUNT, AT_ONCE = 3000, 32


def forms(count: int, begin: int = 0) -> list[Form]:
    """Texts of people who all say something else, one number a text as far as the numbers go."""
    return [
        a_text(WORDS[n % len(WORDS)], sender=sender(n), to=DRAMA["ours"]) for n in range(begin, begin + count)
    ]


async def webhook(local: Local) -> tuple[list[Figures], int]:
    """The figures, and how many contributions were sent for them."""
    with floor() as (port, process):
        body = encoded(forms(1)[0])
        bare = [request_of(port, "/", body, {})] * COUNT * 3
        async with line(port, AT_ONCE) as door:
            await door.all(bare[:500])
            floor_rate, floor_cpu = await _measured(door.all(bare), process, len(bare))
    requests = webhooks(local, forms(COUNT + 200))
    intake = psutil.Process(local.fleet.processes["sms_intake"].process.child_pid)
    others = [name for name in local.fleet.processes if name != "sms_intake"]
    for name in others:  # what comes behind it would take the same two cores
        local.fleet.stop_one(name)
    async with line(local.ports["sms_web"], AT_ONCE) as door:
        await door.all(requests[:200])
        rate, cpu = await _measured(door.all(requests[200:]), intake, COUNT)
    for name in others:
        local.fleet.start_one(name)
    return [
        (
            f"bare ASGI answer, {AT_ONCE} at a time",
            f"{floor_rate.rate:.0f} a second",
            f"{floor_cpu * 1e6:.0f} us CPU: the floor",
        ),
        (
            "signed webhook, spooled and on Kafka",
            f"{rate.rate:.0f} a second",
            f"{rate.rate / floor_rate.rate:.2f} of the floor; {cpu * 1e6:.0f} us CPU, {floor_cpu / cpu:.2f} of it",
        ),
        ("  its answer", f"p50 {rate.p50 * 1e3:.0f} ms", f"p99 {rate.p99 * 1e3:.0f} ms"),
    ], len(requests)


async def _measured(asked: Awaitable[Rate], process: psutil.Process, count: int) -> tuple[Rate, float]:
    before = process.cpu_times()
    rate = await asked
    after = process.cpu_times()
    return rate, (after.user + after.system - before.user - before.system) / count
