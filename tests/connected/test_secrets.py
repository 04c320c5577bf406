"""Nobody who should not know learns who said it: a canary through every flow, and an edge that can open nothing."""

import asyncio
import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import create_engine, make_url, text

from services.local.demo_voices import VOICES
from services.local.letters import INVENTED, Attached, Letter, Signer
from services.local.mailbox import post
from services.local.plan import DRAMA, INTAKES, SERVICES
from services.local.send_art import fill_in
from services.local.up import Local
from shared.contracts.events import ContributionRead
from shared.contracts.topics import Topic, plans
from shared.messaging.spool import WORDS_KEPT
from shared.vault import Binding
from shared.vault.purposes import SECRETS
from tests.support.local import TEXTS, ask, heard, sender, settled, texter, until
from tests.support.topics import events_of, put, records_of
from tests.support.twilio.sign import a_text, changed

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

CANARY = "zanzibarlantern"
NAME = "Quillonia"
WHO = sender(777)
WORDS = f"my name is {NAME} and the {CANARY} was mine. he hit me last night and i cant go home"
MARKS = tuple(
    form
    for mark in (CANARY, NAME, WHO, WHO[1:], WHO[3:])
    for form in (
        mark.encode(),
        base64.b64encode(mark.encode()).rstrip(b"=")[2:-2],
        mark.encode().hex().encode(),
    )
)


def leaks(where: str, content: bytes) -> list[str]:
    lowered = content.lower()
    return [f"{where}: {mark!r}" for mark in MARKS if mark.lower() in lowered]


async def test_a_canary_is_found_nowhere(tmp_path: Path) -> None:
    with heard(tmp_path, log_level="DEBUG", HEARD_RETRY_AFTER="1", PAGER_LADDER_SCALE="0.02") as local:
        async with texter(local) as door:
            form = a_text(WORDS, sender=WHO, to=DRAMA["ours"], ProfileName=f"{NAME} {CANARY}")
            assert await door.post(form) == 200
            assert await door.post(form) == 200
            assert await door.post(changed(form, Body=f"other words of {CANARY}")) == 200
            assert await door.post(a_text("STOP", sender=WHO, to=DRAMA["ours"])) == 200
            await door.client.post(f"http://127.0.0.1:{local.ports['sms_web']}/sms", content=f"Body={CANARY}")
        await poison(local)
        break_a_constraint(local)
        async with texter(local) as door:
            assert await door.text(WORDS, sender=WHO) == 200
            until(
                lambda: DRAMA["duty_lead"] in {t["to"] for t in local.stand_in.ask("GET", "sent")},
                60,
                "it rings",
            )
            for service in TEXTS:  # a crash must say nothing either
                local.fleet.kill(service)
            assert await door.text(WORDS, sender=WHO, tries=60) == 200
        mend_the_constraint(local)
        settled_enough(local)
        found: list[str] = []
        for service in TEXTS:
            for path in ("/ready", "/receipts?after=0", "/outbox", "/balance", "/sending", "/dead"):
                found += leaks(f"{service}{path}", str(ask(local, service, path)).encode())
        found += [leak for one in await topics(local) for leak in one]
        found += tables(local)
        local.stand_in.ask("POST", "clear")
    for file in files(tmp_path):
        found += leaks(str(file.relative_to(tmp_path)), file.read_bytes())
    assert found == []


async def poison(local: Local) -> None:
    """Records that every group refuses, with the canary in their value and in headers of their own."""
    bad = f'{{"words": "{CANARY}", "from": "{WHO}"'.encode()
    # Our own intake never publishes words in clear; what stands on the topic is put there by the test, so it is left out.
    await put(
        local.servers.bootstrap,
        "sms.received.v1",
        [(b"0000", b"", [("ce_id", CANARY.encode()), (CANARY, bad)])],
    )


async def topics(local: Local) -> list[list[str]]:
    """Keys, headers and values of every topic, but for what the test put there itself."""
    found = []
    for record in await records_of(local.servers.bootstrap, *(plan.name for plan in plans())):
        own = record.topic == "sms.received.v1" and not record.value
        headers = (
            b"" if own else b" ".join(name.encode() + b"=" + (value or b"") for name, value in record.headers)
        )
        place = f"{record.topic}/{record.partition}/{record.offset}"
        found.append(leaks(place, b" ".join((record.key or b"", headers, record.value or b""))))
    return found


def tables(local: Local) -> list[str]:
    """Every row of every table, as text and as bytes."""
    found = []
    engine = create_engine(make_url(local.servers.database_admin_uri).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        names = connection.execute(
            text(
                "select table_schema, table_name from information_schema.tables"
                " where table_schema not in ('pg_catalog', 'information_schema')"
            )
        ).all()
        assert len(names) > 15
        for schema, table in names:
            for row in connection.execute(text(f'select * from "{schema}"."{table}"')):
                whole = b" ".join(
                    bytes(v) if isinstance(v, (bytes, memoryview)) else str(v).encode() for v in row
                )
                found += leaks(f"{schema}.{table}", whole)
    engine.dispose()
    return found


def files(folder: Path) -> Iterator[Path]:
    """Logs, spool, objects, state; Kafka's and PostgreSQL's own files too, once both have stopped."""
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_size < 64 * 1024 * 1024:
            # The record that the test itself put on the topic stands in Kafka's file of that topic.
            if "sms.received.v1" in str(path):
                continue
            yield path


def break_a_constraint(local: Local) -> None:
    """A constraint that every insert violates: PostgreSQL's own error text quotes the whole row."""
    run(
        local, "alter table anonymiser.outbox add constraint broken check (octet_length(value) < 3) not valid"
    )


def mend_the_constraint(local: Local) -> None:
    run(local, "alter table anonymiser.outbox drop constraint broken")


def run(local: Local, statement: str) -> None:
    engine = create_engine(make_url(local.servers.database_admin_uri).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def settled_enough(local: Local) -> None:
    until(
        lambda: (ask(local, "ledger", "/balance") or {"total": {"in_flight": 1}})["total"]["in_flight"] == 0,
        120,
        "rest",
    )
    depth = ask(local, "sms_intake", "/ready") or {}
    assert depth["spool_depth"] == 0
    assert WORDS_KEPT.total_seconds() == 3600


SPOKEN = next(one for one in VOICES if one.name == "pancakes")
PHRASES = (b"pancakes", b"laughed so much", b"was a good day")
WRITER = f"quillonia.{CANARY}@{INVENTED}"


def a_picture() -> bytes:
    paper = Image.new("RGB", (900, 240), "white")
    ImageDraw.Draw(paper).text((30, 80), CANARY.upper(), font=ImageFont.load_default(64), fill="#1f5fa8")
    out = io.BytesIO()
    paper.save(out, "PNG")
    return out.getvalue()


def slices(content: bytes) -> tuple[bytes, ...]:
    """Pieces of a file from its middle, long enough to be of nothing else."""
    return tuple(content[len(content) * part // 5 :][:48] for part in (1, 2, 3, 4))


async def test_a_canary_in_a_mail_a_spoken_note_and_a_picture_is_found_nowhere(tmp_path: Path) -> None:
    picture, call = a_picture(), SPOKEN.recorded
    media = (*slices(picture), *slices(call), *slices(SPOKEN.sound))

    def leaks_of(where: str, content: bytes) -> list[str]:
        found = leaks(where, content)
        found += [f"{where}: what was said" for phrase in PHRASES if phrase in content.lower()]
        return found + [f"{where}: media" for piece in media if piece in content][:1]

    with heard(tmp_path, services=SERVICES, log_level="DEBUG", PAGER_LADDER_SCALE="0.02") as local:
        signer = Signer.of(local.home)
        letter = Letter(
            WRITER,
            f"about the {CANARY}",
            WORDS,
            (Attached(f"{CANARY}.png", picture, "image/png"),),
            name=f"{NAME} {CANARY}",
        )
        assert post(local.ports["smtp"], letter.raw(signer), sender=letter.envelope, to=letter.to).code == 250
        local.stand_in.call(WHO, call)
        local.stand_in.voice_note(WHO, SPOKEN.sound)
        url = f"http://127.0.0.1:{local.ports['art_web']}"
        filled = fill_in(url, {"words": f"the {CANARY} again"}, ((f"{CANARY}.png", picture),))
        assert filled.status == 200
        settled(local, 4, 180)
        words = await what_was_read(local)
        assert sum(CANARY in one.lower().replace(" ", "") for one in words) >= 4, (
            "subject, body, two pictures"
        )
        said = [one for one in words if any(phrase.decode() in one.lower() for phrase in PHRASES)]
        assert len(said) == 2, "both recordings were read"
        found: list[str] = []
        for service in SERVICES:
            for path in ("/ready", "/receipts?after=0", "/outbox", "/balance", "/rung", "/removals", "/dead"):
                found += leaks_of(f"{service}{path}", str(ask(local, service, path)).encode())
        for record in await records_of(local.servers.bootstrap, *(plan.name for plan in plans())):
            headers = b" ".join(name.encode() + b"=" + (value or b"") for name, value in record.headers)
            whole = b" ".join((record.key or b"", headers, record.value or b""))
            found += leaks_of(f"{record.topic}/{record.partition}/{record.offset}", whole)
        found += tables(local)
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.stat().st_size < 64 * 1024 * 1024:
            found += leaks_of(str(file.relative_to(tmp_path)), file.read_bytes())
    assert found == []


async def what_was_read(local: Local) -> list[str]:
    """The words that the reader found, opened as triage opens them: the control of the search above."""
    opener = local.keyring.keys_of("triage").opener
    found = []
    for event in await events_of(local.servers.bootstrap, Topic.READ):
        assert isinstance(event, ContributionRead)
        for part in event.words:
            assert part.words
            found.append(opener.open(part.words, Binding.of(event.context, part.number)).decode())
    return found


async def test_an_edge_process_holds_nothing_that_opens(tmp_path: Path) -> None:
    with heard(tmp_path, services=tuple(dict.fromkeys((*TEXTS, *INTAKES)))) as local:
        async with texter(local) as door:
            assert await door.text(WORDS, sender=WHO) == 200
        settled(local, 1)
        secret = opening(local)
        assert len(secret) > 20
        for intake in INTAKES:
            pid = local.fleet.processes[intake].process.child_pid
            proc = Path(f"/proc/{pid}")
            outside = proc.joinpath("environ").read_bytes() + proc.joinpath("cmdline").read_bytes()
            for file in (tmp_path / "state" / intake).rglob("*"):
                outside += file.read_bytes() if file.is_file() else b""
            memory = await asyncio.to_thread(memory_of, pid)
            assert b"webhook" in memory, "the memory was really read"
            assert [name for name, value in secret if value in outside] == []
            assert [name for name, value in secret if value in memory] == []
        inner = memory_of(local.fleet.processes["triage"].process.child_pid)
        assert any(value in inner for name, value in secret if name.startswith("words/")), (
            "the search can find a key"
        )


def opening(local: Local) -> list[tuple[str, bytes]]:
    """Everything that opens something: private halves, sealing keys of stores, passwords; raw and in base64."""
    kept = local.keyring._kept
    found = []
    for purpose, weeks in kept["pairs"].items():
        for week, pair in weeks.items():
            found += both(f"{purpose}/{week}", base64.b64decode(pair["private"]))
    edge = set().union(*(SECRETS[intake] for intake in INTAKES))
    for name in local.keyring.names():
        value = local.keyring.secret(name)
        if name not in edge and value != local.keyring.secret("twilio_webhook"):
            found += both(name, value)
    return found


def both(name: str, value: bytes) -> list[tuple[str, bytes]]:
    return [(name, value), (f"{name} in base64", base64.b64encode(value))]


def memory_of(pid: int) -> bytes:
    """What a process has in memory that may be written to: heap, stacks, anonymous maps."""
    found = bytearray()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if match:
                start, end = (int(edge, 16) for edge in match.groups())
                try:
                    mem.seek(start)
                    found += mem.read(end - start)
                except (OSError, ValueError):
                    continue
    return bytes(found)
