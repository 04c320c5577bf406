"""Does a text wait because voices do? From the webhook to its level, on an idle Heard and while 50 voice notes wait."""

import asyncio
import statistics
import time
from pathlib import Path
from uuid import UUID

from services.local.demo_voices import VOICES
from services.local.standin import ACCOUNT
from services.local.up import Local
from shared.contracts.events import ContributionRead
from shared.contracts.ids import twilio_message
from shared.contracts.topics import Topic
from shared.messaging.arrival import decode
from tests.benchmarks.pieces import Figures
from tests.support.local import TEXTS, heard, sender, until
from tests.support.topics import events_of, records_of

NOTES, COUNT, APART = 50, 40, 0.4
SPOKEN = [one for one in VOICES if one.by == "whatsapp"] or list(VOICES)


async def beside(folder: Path) -> list[Figures]:
    with heard(folder, services=(*TEXTS, "reader")) as local:
        await levels(local, 8)  # whatever is slow only once
        voice_note(local, 0)
        await asyncio.to_thread(until, lambda: asyncio.run(notes_read(local)) >= 1, 120, "the reader is warm")
        idle = await levels(local, COUNT)
        for n in range(1, NOTES + 1):
            voice_note(local, n)
        busy = await levels(local, COUNT)
        waiting = NOTES + 1 - await notes_read(local)
    quick, slow = cut(idle), cut(busy)
    return [
        ("text to its level, nothing else to do", f"p50 {quick[0]:.2f} s", f"p95 {quick[1]:.2f} s"),
        (
            f"text to its level, {NOTES} voice notes waiting",
            f"p50 {slow[0]:.2f} s",
            f"p95 {slow[1]:.2f} s, {slow[1] / quick[1]:.1f} times idle; {waiting} notes waited still",
        ),
    ]


def voice_note(local: Local, n: int) -> None:
    local.stand_in.voice_note(sender(500 + n), SPOKEN[n % len(SPOKEN)].sound)


async def levels(local: Local, count: int) -> list[float]:
    """Send that many texts, one after the other; gives the seconds from each webhook to its level on Kafka."""
    sent: dict[UUID, float] = {}
    for n in range(count):
        began = time.time()
        told = await asyncio.to_thread(
            local.stand_in.text, sender(n), f"it was a good day at school, number {n}"
        )
        sent[twilio_message(ACCOUNT, told["sid"])] = began
        await asyncio.sleep(APART)
    for _ in range(240):
        found: dict[UUID, float] = {}
        for record in await records_of(local.servers.bootstrap, Topic.TRIAGED.value):
            about = decode(record).event.about
            if about in sent:
                found.setdefault(about, record.timestamp / 1000 - sent[about])
        if len(found) == count:
            return list(found.values())
        await asyncio.sleep(0.5)
    raise AssertionError(f"{len(found)} of {count} texts have a level")


async def notes_read(local: Local) -> int:
    read = await events_of(local.servers.bootstrap, Topic.READ)
    return len({one.event_id for one in read if isinstance(one, ContributionRead)})


def cut(seconds: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(seconds, n=20)
    return cuts[9], cuts[18]
