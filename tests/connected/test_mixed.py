"""All channels at once, and everything killed once in the middle: nothing that was answered is lost or done twice."""

import asyncio
import io
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image, ImageDraw, ImageFont

from services.art_intake.rules.partner_keys import Scope
from services.local.demo_voices import VOICES
from services.local.letters import INVENTED, Attached, Letter, Signer
from services.local.mailbox import post
from services.local.partners import Partners
from services.local.plan import INTAKES, SERVICES
from services.local.send_art import fill_in
from services.local.servers import kafka_of
from services.local.trouble import CannotHave
from services.local.up import Local
from shared.contracts.events import ContributionArchived, ReplySent
from shared.contracts.topics import Topic
from shared.contracts.values import SendResult, Step
from shared.database import role_uri
from tests.support.local import ask, balance, heard, sender, settled
from tests.support.topics import events_of

pytestmark = [pytest.mark.connected, pytest.mark.timeout(900)]

TEXTS, MAILS, FORMS, ITEMS = 60, 24, 16, 16
SPOKEN = tuple(one for one in VOICES if one.by == "call")[1:6]


def drawing(words: str) -> bytes:
    paper = Image.new("RGB", (500, 200), "white")
    ImageDraw.Draw(paper).text((20, 60), words, font=ImageFont.load_default(48), fill="#1f5fa8")
    out = io.BytesIO()
    paper.save(out, "PNG")
    return out.getvalue()


def until_taken(send: Callable[[], bool], tries: int = 90) -> bool:
    """Whoever is not answered, or told to come again, tries again with the very same."""
    for _ in range(tries):
        try:
            if send():
                return True
        except (httpx.HTTPError, OSError, CannotHave):
            pass
        time.sleep(0.5)
    return False


def texts(local: Local) -> Iterator[Callable[[], bool]]:
    for n in range(TEXTS):
        sid = f"SM{n:032x}"
        yield lambda n=n, sid=sid: (  # type: ignore[misc]
            local.stand_in.text(sender(n), f"it was a good day, number {n}", sid=sid)["status"] == 200
        )


def mails(local: Local) -> Iterator[Callable[[], bool]]:
    signer = Signer.of(local.home)
    for n in range(MAILS):
        files = (Attached("notes.txt", b"what we said at the meeting", "text/plain"),) if n % 3 == 0 else ()
        letter = Letter(f"writer{n}@{INVENTED}", "what i think", f"listen to us, number {n}", files)
        raw = letter.raw(signer)
        yield lambda raw=raw, letter=letter: (  # type: ignore[misc]
            post(local.ports["smtp"], raw, sender=letter.envelope, to=letter.to).code == 250
        )


def voices(local: Local) -> Iterator[Callable[[], bool]]:
    """Whoever could not leave a recording calls again; so does one whose recording nobody was told of."""
    for spoken in SPOKEN:

        def call(spoken: Any = spoken) -> bool:
            told = local.stand_in.call(f"+447700900{spoken.who}", spoken.recorded)
            return any(tries and tries[-1]["status"] == 200 for tries in told["reports"])

        yield call


def forms(local: Local) -> Iterator[Callable[[], bool]]:
    url = f"http://127.0.0.1:{local.ports['art_web']}"
    for n in range(FORMS):
        files = (("drawing.png", drawing(f"my house {n}")),) if n % 4 == 0 else ()
        yield lambda n=n, files=files: (  # type: ignore[misc]
            fill_in(url, {"words": f"we want one worker who stays, number {n}"}, files).status == 200
        )


def items(local: Local, key: str) -> Iterator[Callable[[], bool]]:
    url = f"http://127.0.0.1:{local.ports['art_web']}/partner/v1/items"
    for n in range(ITEMS):
        yield lambda n=n: (  # type: ignore[misc]
            httpx.put(
                f"{url}/{UUID(int=n)}",
                json={"words": f"a poem about number {n}"},
                headers={"Authorization": f"Bearer {key}"},
                timeout=30,
            ).status_code
            < 300
        )


@pytest.mark.faults
async def test_everything_killed_once_while_all_channels_come_in(tmp_path: Path) -> None:
    chance = random.Random(7)
    with heard(tmp_path, services=SERVICES, REPLIES_UNKNOWN_AFTER="20") as local:
        admin = local.servers.database_admin_uri
        uri = role_uri(admin, "art_intake", local.keyring.secret("database_art_intake").decode())
        partners = Partners(uri, local.keyring)
        partners.add("northside", "Northside Youth", "Joan Pemberton, 07700 900556")
        key = partners.key("northside", list(Scope), 1)
        by_channel = {
            "text": texts(local),
            "mail": mails(local),
            "voice": voices(local),
            "form": forms(local),
            "item": items(local, key),
        }
        knocks = [(channel, knock) for channel, some in by_channel.items() for knock in some]
        chance.shuffle(knocks)
        kafka, victims = kafka_of(local.home), list(SERVICES)
        chance.shuffle(victims)
        with ThreadPoolExecutor(8) as pool:
            taken = [asyncio.wrap_future(pool.submit(until_taken, knock)) for _, knock in knocks]
            for n, victim in enumerate(victims):
                await asyncio.sleep(1.5)
                local.fleet.kill(victim)
                if n == len(victims) // 2:
                    await asyncio.to_thread(kafka.kill)
                    await asyncio.sleep(2)
                    await asyncio.to_thread(kafka.start)
            answers = await asyncio.gather(*taken)
        unanswered = [channel for (channel, _), answer in zip(knocks, answers, strict=True) if not answer]
        assert not unanswered, "each was answered in the end"
        voiced = accepted(local, "voice_intake")
        forms_in = accepted(local, "art_intake") - ITEMS
        total = TEXTS + MAILS + voiced + forms_in + ITEMS
        found = settled(local, total, 420)
        print(found["channels"])
        counted = {name: one["accepted"] for name, one in found["channels"].items() if one["accepted"]}
        assert counted["sms"] == TEXTS
        assert counted["email"] == MAILS
        assert counted["partner"] == ITEMS
        assert counted["voice"] == voiced >= len(SPOKEN)
        assert counted["web"] == forms_in >= FORMS
        archived = {  # a relay that was killed says an event again: by its id it is one
            event.event_id: event
            for event in await events_of(local.servers.bootstrap, Topic.ARCHIVED)
            if isinstance(event, ContributionArchived)
        }.values()
        masters = Counter(
            event.contribution_id for event in archived if event.step is Step.MASTER and event.part is None
        )
        assert len(masters) == total
        assert set(masters.values()) == {1}, "archived once"
        numbers = {event.accession for event in archived}
        assert len(numbers) == total, "a number each"
        outcomes = {
            event.event_id: event
            for event in await events_of(local.servers.bootstrap, Topic.REPLIES_SENT)
            if isinstance(event, ReplySent) and event.result is SendResult.SENT
        }.values()
        sent = Counter(event.contribution_id for event in outcomes)
        assert set(sent.values()) <= {1}, "at most one acknowledgement each"
        texted = Counter(one["to"] for one in local.stand_in.ask("GET", "sent"))
        assert {texted[sender(n)] for n in range(TEXTS)} <= {0, 1}, "and on the phones as well"
        assert {len(local.mailbox.at(f"writer{n}@{INVENTED}")) for n in range(MAILS)} <= {0, 1}
        assert (balance(local) or {})["total"]["missing"] == 0


def accepted(local: Local, intake: str) -> int:
    """How many contributions an intake has receipts for."""
    assert intake in INTAKES
    found: set[str] = set()
    after = 0
    while page := (ask(local, intake, f"/receipts?after={after}") or {"receipts": []})["receipts"]:
        found |= {one["contribution_id"] for one in page}
        after = page[-1]["seq"]
    return len(found)
