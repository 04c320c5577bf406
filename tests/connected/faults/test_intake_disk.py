"""An intake dies, and its disk is full, broken or slow: who was answered with thanks is kept, and nobody else is thanked."""

import asyncio
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared import clock
from shared.contracts.ids import twilio_message
from shared.messaging.spool import Spool, _open
from tests.contract.test_sms_webhook import Door
from tests.support.spool_kills import a_row
from tests.support.table import Report
from tests.support.twilio.sign import ACCOUNT, Form, a_text

pytestmark = [pytest.mark.connected, pytest.mark.faults]


@pytest.mark.parametrize("kills", [pytest.param(25, marks=pytest.mark.short), 1000])
@pytest.mark.timeout(1800)
def test_an_intake_killed_at_random_points(tmp_path: Path, report: Report, kills: int) -> None:
    words = [
        sys.executable,
        "-m",
        "tests.support.spool_kills",
        str(tmp_path / "spool-1.sqlite"),
        str(kills),
        "7",
    ]
    began = time.monotonic()
    told = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    assert told["answered"] > kills
    assert not told["unsound"]
    report(
        fault=f"intake killed at random points, {kills} times (spool alone)",
        sent=told["answered"],
        lost=told["lost"] + told["unmarked"],
        effects=2 if told["twice"] else 1,
        cost=f"{(time.monotonic() - began) / kills * 1000:.0f} ms a life, repeats none",
    )


def post_all(door: Door, forms: list[Form]) -> tuple[Counter[int], list[Form]]:
    """What each was answered, and which were thanked."""
    answers = [(door.post(form), form) for form in forms]
    return Counter(status for status, _ in answers), [form for status, form in answers if status == 200]


def kept(folder: Path) -> Counter[str]:
    """What the spool holds, as the next process finds it."""
    with sqlite3.connect(next(folder.glob("sms_intake/spool-*.sqlite"))) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        return Counter(
            name for (name,) in connection.execute("select event_id from row where value is not null")
        )


def lost(folder: Path, thanked: list[Form]) -> int:
    there = kept(folder)
    assert set(there.values()) == {1}
    return sum(str(twilio_message(ACCOUNT, dict(form)["MessageSid"])) not in there for form in thanked)


def texts(count: int, words: str = "my worker came to see us on tuesday") -> list[Form]:
    return [a_text(f"{words} {n}") for n in range(count)]


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True).returncode != 0:
        pytest.skip("a small disk needs a right to mount; what cannot grow is tried by limits on files")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.short
def test_a_disk_that_is_full_and_has_room_again(tmp_path: Path, report: Report) -> None:
    with small_disk(tmp_path / "disk", 8 * 1024 * 1024) as disk:
        door = Door(disk)
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * 6_500_000)
        statuses, thanked = post_all(door, texts(150, "a long story " * 60))
        assert set(statuses) == {200, 503}, "an honest answer, so that the provider comes back"
        assert statuses[503] > 10
        ballast.unlink()
        after, more = post_all(door, texts(20))
        assert after == {200: 20}, "as soon as there is room"
        door.intake.spool.close()
        report(
            fault="disk full, then room again (8 MiB)",
            sent=len(thanked) + len(more),
            lost=lost(disk, thanked + more),
            cost=f"{statuses[503]} answered 503 while it was full; none after",
        )


class Faulty:
    """A connection to the spool's file on a disk that fails now and then. `fails` says how, before each statement."""

    def __init__(self, real: sqlite3.Connection, fails: Callable[[str], str | None]) -> None:
        self._real, self._fails = real, fails

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        how = self._fails(statement)
        if how == "before":
            raise sqlite3.OperationalError("disk I/O error")
        done = self._real.execute(statement, *values)
        if how == "after":
            raise sqlite3.OperationalError("disk I/O error")
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.mark.short
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_disk_that_gives_errors(tmp_path: Path, report: Report, when: str) -> None:
    """`after`: it was written all the same, which nobody could know; the sender comes again, and it is one row."""
    door, chance = Door(tmp_path), random.Random(7)
    bad = ("begin", "insert", "commit")

    def fails(statement: str) -> str | None:
        return when if statement.startswith(bad) and chance.random() < 0.15 else None

    real = door.intake.spool._write
    door.intake.spool._write = Faulty(real, fails)  # type: ignore[assignment]
    forms = texts(120)
    first, thanked = post_all(door, forms)
    assert set(first) == {200, 503}
    door.intake.spool._write = real
    again, more = post_all(door, forms)
    assert again == {200: 120}, "every one, at the second try"
    door.intake.spool.close()
    assert kept(tmp_path).total() == 120
    report(
        fault=f"I/O errors, {when} the write",
        sent=len(thanked) + len(more),
        lost=lost(tmp_path, thanked + more),
        cost=f"{first[503]} of 120 answered 503; each accepted at its second try",
    )


LIMITED = """
import asyncio, os, resource, sys
from pathlib import Path
from uuid import UUID
from shared import clock
from shared.messaging.spool import Spool, SpoolFull
from tests.support.spool_kills import a_row
path, largest = Path(sys.argv[1]), int(sys.argv[2])
async def live():
    spool = Spool(path, clock.now)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    for n in range(int(sys.argv[3])):
        try:
            await spool.accept(a_row(UUID(int=n + 1)))
            os.write(1, b"%d\\n" % (n + 1))
        except SpoolFull:
            os.write(1, b"-\\n")
    os._exit(0)
asyncio.run(live())
"""


@pytest.mark.short
@pytest.mark.parametrize("largest", [300_000, 301_111, 524_288])
def test_writes_that_end_in_the_middle(tmp_path: Path, report: Report, largest: int) -> None:
    """A limit on files cuts a write where it is reached: half a page is on the disk, and then an error."""
    path = tmp_path / "spool-1.sqlite"
    words = [sys.executable, "-c", LIMITED, str(path), str(largest), "600"]
    said = subprocess.run(words, check=True, capture_output=True).stdout.split()
    answered = [int(one) for one in said if one != b"-"]
    assert said.count(b"-") > 10
    spool = Spool(path, clock.now)
    there = {one["event_id"] for one in spool.receipts(0)}
    spool.close()
    report(
        fault=f"short writes (files end at {largest} bytes)",
        sent=len(answered),
        lost=sum(str(UUID(int=n)) not in there for n in answered),
        cost=f"{said.count(b'-')} of 600 refused",
    )


@pytest.mark.short
def test_a_disk_that_is_slow_to_confirm(tmp_path: Path, report: Report) -> None:
    """Nobody is thanked before the disk has it; those that wait share one confirmation, and nothing else stands still."""
    door = Door(tmp_path)

    def fails(statement: str) -> str | None:
        if statement == "commit":
            time.sleep(0.5)
        return None

    door.intake.spool._write = Faulty(_open(door.intake.spool.path), fails)  # type: ignore[assignment]
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda form: (door.post(form), form, time.monotonic() - began), texts(48)))
    assert Counter(status for status, _, _ in answers) == {200: 48}
    assert min(after for _, _, after in answers) >= 0.5
    door.intake.spool.close()
    report(
        fault="the disk takes half a second to confirm",
        sent=48,
        lost=lost(tmp_path, [form for _, form, _ in answers]),
        cost=f"slowest answer {max(after for _, _, after in answers):.1f} s for 48 at 16 a time",
    )


@pytest.mark.short
async def test_the_loop_goes_on_while_the_disk_does_not(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool-1.sqlite", clock.now)

    def fails(statement: str) -> str | None:
        if statement == "commit":
            time.sleep(1.0)
        return None

    spool._write = Faulty(_open(spool.path), fails)  # type: ignore[assignment]
    accepting = asyncio.create_task(spool.accept(a_row(uuid4())))
    ticks = 0
    while not accepting.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert await accepting == 1
    assert ticks > 5, "health answers meanwhile"
    spool.close()
