"""Texts that come in, so many a second, while something breaks."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.local.plan import DRAMA
from services.local.standin import ACCOUNT
from services.local.up import Local
from shared.contracts.ids import twilio_message
from tests.support.local import Texter, ask, sender, texter
from tests.support.twilio.sign import Form, a_text

MOST: Final = 500
"""So many texts at most, however long a fault lasts: the senders from 500 on are for tests that look at answers."""
WORDS: Final = "my worker came to see us on tuesday and it was good, number"


@dataclass
class Stream:
    """What was sent and how it was answered. `slowest` is the longest answer in seconds."""

    door: Texter
    tries: int
    first: int
    forms: list[Form] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)
    slowest: float = 0.0

    async def send(self, form: Form | None = None) -> None:
        n = self.first + len(self.forms)
        form = form or a_text(f"{WORDS} {n}", sender=sender(n), to=DRAMA["ours"])
        self.forms.append(form)
        began = time.monotonic()
        status = await self.door.post(form, tries=self.tries)
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.statuses[status] += 1
        if 200 <= status < 300:
            self.accepted.append(dict(form)["MessageSid"])

    async def at_least(self, count: int) -> None:
        """Wait until so many were accepted."""
        while len(self.accepted) < count:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def texts(
    local: Local, *, per_second: float = 10, tries: int = 1, first: int = 0
) -> AsyncIterator[Stream]:
    """Send texts for as long as the block runs; at its end every one has been answered. `first` is the first sender."""
    async with texter(local) as door, asyncio.TaskGroup() as sending:
        stream, done = Stream(door, tries, first), asyncio.Event()

        async def pour() -> None:
            while not done.is_set() and len(stream.forms) < MOST:
                sending.create_task(stream.send())
                await asyncio.sleep(1 / per_second)

        sending.create_task(pour())
        try:
            yield stream
        finally:
            done.set()


def waited_for_kafka(local: Local, accepted: list[str]) -> float:
    """The longest that one of these waited in the spool, in seconds."""
    ids = {str(twilio_message(ACCOUNT, one)) for one in accepted}
    return max(
        (
            (
                datetime.fromisoformat(one["acked_at"]) - datetime.fromisoformat(one["accepted_at"])
            ).total_seconds()
            for one in receipts(local)
            if one["acked_at"] and one["contribution_id"] in ids
        ),
        default=0.0,
    )


def receipts(local: Local) -> list[dict[str, Any]]:
    """Every receipt of the intake of texts."""
    found: list[dict[str, Any]] = []
    while page := (ask(local, "sms_intake", f"/receipts?after={found[-1]['seq'] if found else 0}") or {}).get(
        "receipts"
    ):
        found += page
    return found


def id_of(sid: str) -> UUID:
    return twilio_message(ACCOUNT, sid)
