"""The reader as a process, with a real Kafka: mail in, words and files out, whatever is killed meanwhile."""

import asyncio
import base64
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.local.kafka import Kafka
from services.reader.handlers.ports import Ports
from shared.contracts.events import AttachmentFound, ContributionRead, ContributionReceived
from shared.contracts.topics import Topic
from shared.contracts.values import Outcome
from shared.messaging import headers as h
from shared.messaging.creation import ensure
from shared.messaging.effects import key_of, value_of
from tests.support.events import NOW
from tests.support.hostile_mail import HEAD, many_attachments, many_parts, nested
from tests.support.keys import keyring
from tests.support.reader import Answers, a_mail_received, content_of, ports_at, words_of
from tests.support.topics import events_of, put, records_of

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]


class Reader:
    """One process: started as production starts it, with its keys in a file."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self.keys = folder / "keys.json"
        self.keys.write_text(keyring().bundle("reader"))
        self.bootstrap, self.folder = bootstrap, folder
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("HEARD_", "READER_"))
        }
        self.environment = {
            **kept,
            "HEARD_STAGE": "test",
            "HEARD_KAFKA": bootstrap,
            "HEARD_KEYS_FILE": str(self.keys),
            "HEARD_HEALTH_PORT": str(self.port),
            "HEARD_OBJECTS": str(folder / "incoming"),
            "HEARD_STATE": str(folder),
            "HEARD_RETRY_AFTER": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "run", "reader"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    async def ready(self) -> dict[str, Any]:
        async with httpx.AsyncClient() as client:
            for _ in range(600):
                try:
                    answer = await client.get(f"http://127.0.0.1:{self.port}/ready", timeout=5)
                except httpx.HTTPError:
                    answer = None
                if answer is not None and answer.status_code == 200:
                    return dict(answer.json())
                await asyncio.sleep(0.1)
        raise AssertionError(f"the reader is not ready: {(self.folder / 'log').read_text()[-2000:]}")

    def children(self) -> list[int]:
        """The processes that it started, and those that they started."""
        assert self.process is not None
        return below(self.process.pid)

    async def send(self, *events: ContributionReceived) -> None:
        topic = Topic.EMAIL_RECEIVED
        headers = [h.of_event(event, topic, source="email_intake", at=NOW) for event in events]
        rows = [
            (key_of(event), value_of(event), [(name, value.encode()) for name, value in told.items()])
            for event, told in zip(events, headers, strict=True)
        ]
        await put(self.bootstrap, topic.value, rows)

    async def hung_on(self, event: ContributionReceived, count: int) -> list[AttachmentFound]:
        """What it found hanging on a mail; repeats are one."""
        for _ in range(300):
            everything = await events_of(self.bootstrap, Topic.FOUND)
            found = {one.event_id: one for one in everything if isinstance(one, AttachmentFound)}
            ours = [one for one in found.values() if one.about == event.event_id]
            if len(ours) == count:
                return ours
            await asyncio.sleep(0.2)
        raise AssertionError(f"{len(ours)} of {count}")

    async def read(self, count: int) -> dict[Any, ContributionRead]:
        """What it says of that many mails; repeats are one."""
        for _ in range(900):
            found = {
                event.about: event
                for event in await events_of(self.bootstrap, Topic.READ)
                if isinstance(event, ContributionRead) and event.part == 1
            }
            if len(found) >= count:
                return found
            await asyncio.sleep(0.2)
        raise AssertionError(f"{len(found)} of {count}: {(self.folder / 'log').read_text()[-2000:]}")


def below(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == pid:
            child = int(stat.parent.name)
            found += [child, *below(child)]
    return found


@pytest.fixture(scope="module")
def bootstrap(kafka: Kafka) -> str:
    asyncio.run(ensure([kafka.bootstrap]))
    return kafka.bootstrap


@pytest.fixture
async def reader(bootstrap: str, tmp_path: Path) -> AsyncIterator[Reader]:
    made = Reader(bootstrap, tmp_path)
    made.start()
    await made.ready()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    """The store that it reads from; nothing is read through these."""
    return ports_at(tmp_path / "incoming", children=Answers({}))


def a_mail(words: str) -> bytes:
    return HEAD + f"\r\n{words}\r\n".encode()


async def test_mail_becomes_words_and_files_and_no_child_holds_a_key(reader: Reader, ports: Ports) -> None:
    before = len(await reader.read(0))
    mails = [a_mail("the first"), many_attachments(20), many_parts(), nested(200), a_mail("the last")]
    events = [await a_mail_received(raw, ports) for raw in mails]
    await reader.send(*events)
    found = await reader.read(before + len(mails))
    said = [found[event.event_id] for event in events]
    assert [(one.outcome, one.reason) for one in said] == [
        (Outcome.WORDS, None),
        (Outcome.WORDS, None),
        (Outcome.TOO_BIG, "too_many_parts"),
        (Outcome.TOO_BIG, "too_deep"),
        (Outcome.WORDS, None),
    ]
    assert words_of(said[0]) == {2: "hello", 3: "the first"}
    ours = await reader.hung_on(events[1], 20)
    assert all([await content_of(one, ports) for one in ours])
    state = await reader.ready()
    assert state["children"]["mail"] in ("confined", "limited")

    assert reader.process is not None
    secret = list(secrets_of_the_reader())
    assert any(value in memory_of(reader.process.pid) for value in secret), "the search can find a key"
    children = reader.children()
    assert children
    for pid in children:
        assert b"HEARD_" not in Path(f"/proc/{pid}/environ").read_bytes()
        assert not any(value in memory_of(pid) for value in secret)
        files = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        assert not any(str(reader.folder) in file for file in files)
        assert all(file == "/dev/null" or file.startswith(("socket:", "pipe:")) for file in files)


@pytest.mark.faults
async def test_nothing_is_lost_whatever_is_killed(reader: Reader, ports: Ports) -> None:
    before = len(await reader.read(0))
    events = [await a_mail_received(a_mail(f"mail {n}"), ports) for n in range(60)]
    await reader.send(*events[:30])
    for _ in range(3):
        await asyncio.sleep(0.5)
        for pid in reader.children():
            with contextlib.suppress(ProcessLookupError):  # it had just ended by itself
                os.kill(pid, signal.SIGKILL)
    reader.stop(signal.SIGKILL)
    await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in reader.children()))
    await reader.send(*events[30:])
    reader.start()
    await reader.ready()
    found = await reader.read(before + 60)
    assert [words_of(found[event.event_id])[3] for event in events] == [f"mail {n}" for n in range(60)]
    assert reader.stop() == 0


async def test_a_mail_waits_for_its_object_and_for_the_store(reader: Reader, ports: Ports) -> None:
    before = len(await reader.read(0))
    early, other = (
        await a_mail_received(a_mail("early"), ports),
        await a_mail_received(a_mail("other"), ports),
    )
    (part,) = early.parts
    assert part.object is not None
    sealed = await ports.objects.get(part.object.key)
    await ports.objects.remove([part.object.key])
    await reader.send(early, other)
    assert other.event_id in await reader.read(before + 1), "one that is missing holds up no other"
    await ports.objects.put(part.object.key, sealed)
    assert words_of((await reader.read(before + 2))[early.event_id])[3] == "early"
    away = reader.folder / "away"
    (reader.folder / "incoming").rename(away)
    later = await a_mail_received(a_mail("later"), ports_at(away, children=Answers({})))
    await reader.send(later)
    await asyncio.sleep(3)
    assert later.event_id not in await reader.read(0)
    away.rename(reader.folder / "incoming")
    assert words_of((await reader.read(before + 3))[later.event_id])[3] == "later"
    assert await records_of(reader.bootstrap, "reader-text.dead") == []


async def until(true: Callable[[], bool]) -> None:
    for _ in range(100):
        if true():
            return
        await asyncio.sleep(0.1)
    raise AssertionError


def secrets_of_the_reader() -> Iterator[bytes]:
    """What opens: every private half that it was given, raw and in base64, and its secrets."""
    kept = keyring()._kept
    for week in kept["pairs"]["object"].values():
        yield week["private"].encode()
        yield base64.b64decode(week["private"])
    yield keyring().secret("digest")


def memory_of(pid: int) -> bytes:
    found = bytearray()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(edge, 16) for edge in span.split("-"))
            try:
                mem.seek(start)
                found += mem.read(end - start)
            except (OSError, ValueError):
                continue
    return bytes(found)
