"""Media through a whole Heard: fetched at the provider, read, kept, and only then deleted there."""

import asyncio
import base64
from pathlib import Path

import pytest

from services.local.demo_voices import VOICES
from services.local.up import Local
from shared.contracts.base import Event
from shared.contracts.events import ContributionRead, ContributionTriaged, CopyDeleted
from shared.contracts.topics import Topic
from shared.contracts.values import Deletion, Level, Outcome
from tests.support.local import TEXTS, heard, settled
from tests.support.media import a_drawing
from tests.support.topics import events_of

pytestmark = [pytest.mark.connected, pytest.mark.timeout(420)]

SPOKEN = next(one for one in VOICES if one.name == "not-wake-up")
WRITTEN = ["I am going to", "kill myself tonight"]


def send(local: Local, number: str, kind: str, content: bytes, words: str = "") -> None:
    said = {"content_type": kind, "base64": base64.b64encode(content).decode()}
    assert local.stand_in.text(f"+447700900{number}", words, media=[said], whatsapp="")["status"] == 200


async def of(local: Local, topic: Topic) -> list[Event]:
    return list(await events_of(local.servers.bootstrap, topic))


async def deleted(local: Local, count: int) -> list[CopyDeleted]:
    for _ in range(240):
        told = {
            one.event_id: one for one in await of(local, Topic.COPIES_DELETED) if isinstance(one, CopyDeleted)
        }
        if len(told) >= count:
            return list(told.values())
        await asyncio.sleep(0.5)
    raise AssertionError(f"{len(told)} of {count} copies were deleted")


async def test_what_waits_at_the_provider_is_read_kept_and_then_deleted_there(tmp_path: Path) -> None:
    with heard(tmp_path, services=(*TEXTS, "reader")) as local:
        local.stand_in.ask("POST", "settings", redirect_media=True)
        send(local, "201", "image/png", a_drawing(WRITTEN))
        send(local, "202", "audio/ogg; codecs=opus", SPOKEN.sound)
        send(local, "203", "image/png", a_drawing(), words="my house")
        send(local, "204", "audio/ogg", b"this is no sound")
        settled(local, 4, 300)
        read = [one for one in await of(local, Topic.READ) if isinstance(one, ContributionRead)]
        outcomes = sorted(
            (one.outcome, one.reason or "") for one in {one.event_id: one for one in read}.values()
        )
        assert outcomes == [
            (Outcome.NO_WORDS, ""),
            (Outcome.UNREADABLE, "not_sound"),
            (Outcome.WORDS, ""),
            (Outcome.WORDS, ""),
        ]
        levels = [one.level for one in await of(local, Topic.TRIAGED) if isinstance(one, ContributionTriaged)]
        assert levels.count(Level.IMMEDIATE) >= 1
        assert levels.count(Level.UNASSESSED) >= 1
        gone = await deleted(local, 4)
        assert {one.result for one in gone} <= {Deletion.DELETED, Deletion.GONE}
        assert len({(one.copy_of.sid, one.copy_of.media_sid) for one in gone}) == 4
