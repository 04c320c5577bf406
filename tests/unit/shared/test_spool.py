"""What the spool answered is there afterwards, exactly once; what it could not keep it did not answer."""

import asyncio
import json
import os
import random
import signal
import sqlite3
import stat
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.messaging.spool import OtherWords, Row, Spool, SpoolFull

START = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
SECRET = b"ciphertext-that-must-leave-" * 20


class Clock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def goes_on(self, **how_long: float) -> None:
        self.at += timedelta(**how_long)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "spool.sqlite"


@pytest.fixture
def spool(path: Path, clock: Clock) -> Iterator[Spool]:
    opened = Spool(path, clock)
    yield opened
    opened.close()


def a_row(event_id: UUID | None = None, *, digest: str = "d", value: bytes = b"sealed") -> Row:
    known = event_id or uuid4()
    return Row(known, known, digest, "sms", "sms.received.v1", b"ab12", {"ce_id": str(known)}, value)


async def test_what_is_accepted_waits_in_order(spool: Spool) -> None:
    rows = [a_row() for _ in range(20)]
    numbers = [await spool.accept(row) for row in rows]
    waiting = spool.waiting(0, 100)
    assert [one.id for one in waiting] == numbers == sorted(numbers)
    assert [(one.key, one.value, one.headers) for one in waiting] == [
        (row.key, row.value, dict(row.headers)) for row in rows
    ]
    assert [one.id for one in spool.waiting(numbers[4], 3)] == numbers[5:8]


async def test_a_repeat_is_the_row_that_it_repeats(spool: Spool) -> None:
    row = a_row()
    first = await spool.accept(row)
    assert await spool.accept(row) == first
    assert await asyncio.gather(*(spool.accept(row) for _ in range(50))) == [first] * 50
    await spool.acked({first: (3, 14)})
    assert await spool.accept(row) == first
    assert spool.depth() == (0, None, 0)
    assert len(spool.receipts(0)) == 1


async def test_the_same_id_with_other_words_is_no_repeat(spool: Spool) -> None:
    row, good = a_row(), a_row()
    await spool.accept(row)
    other = a_row(row.event_id, digest="other")
    answers = await asyncio.gather(
        spool.accept(other), spool.accept(good), spool.accept(row), return_exceptions=True
    )
    assert isinstance(answers[0], OtherWords)
    assert list(answers[1:]) == [2, 1], "its neighbours in the group are kept"
    assert [one.value for one in spool.waiting(0, 9)] == [row.value, good.value]


async def test_many_at_once_share_commits(spool: Spool) -> None:
    commits = 0
    real = spool._commit

    def counted(jobs: object) -> None:
        nonlocal commits
        commits += 1
        real(jobs)  # type: ignore[arg-type]

    spool._commit = counted  # type: ignore[method-assign]
    numbers = await asyncio.gather(*(spool.accept(a_row()) for _ in range(300)))
    assert sorted(numbers) == list(range(1, 301))
    assert commits < 100


async def test_one_row_that_cannot_be_written_harms_no_other_and_not_the_writer(spool: Spool) -> None:
    bad = Row(uuid4(), uuid4(), "\ud800", "sms", "t", b"", {}, b"")
    worse = Row(uuid4(), uuid4(), "d", "sms", None, b"", {}, b"")  # type: ignore[arg-type]
    answers = await asyncio.gather(
        spool.accept(a_row()),
        spool.accept(bad),
        spool.accept(worse),
        spool.accept(a_row()),
        return_exceptions=True,
    )
    assert [isinstance(one, Exception) for one in answers] == [False, True, True, False]
    assert spool.depth()[0] == 2
    assert await asyncio.wait_for(spool.accept(a_row()), 2) > 0


async def test_an_answer_that_nobody_waits_for_any_more_stops_nothing(spool: Spool) -> None:
    waits = [asyncio.create_task(spool.accept(a_row())) for _ in range(20)]
    await asyncio.sleep(0)
    for one in waits[::2]:
        one.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    assert await asyncio.wait_for(spool.accept(a_row()), 2) > 0


async def test_published_answers_when_kafka_has_the_row(spool: Spool) -> None:
    number = await spool.accept(a_row())
    waiting = [asyncio.create_task(spool.published(number, 5)) for _ in range(3)]
    await asyncio.sleep(0.01)
    await spool.acked({number: (0, 1)})
    assert await asyncio.gather(*waiting) == [True] * 3
    assert await spool.published(number, 0.01)
    assert spool._published == {}


async def test_published_gives_up_in_time(spool: Spool) -> None:
    number = await spool.accept(a_row())
    started = asyncio.get_running_loop().time()
    assert not await spool.published(number, 0.1)
    assert 0.09 < asyncio.get_running_loop().time() - started < 1
    assert spool._published == {}
    assert not await spool.published(number + 99, 0.01)


async def test_receipts_tell_when_and_where_and_no_words(spool: Spool, clock: Clock) -> None:
    row = a_row(value=SECRET)
    number = await spool.accept(row)
    (receipt,) = spool.receipts(0)
    assert receipt == {
        "seq": 1,
        "event_id": str(row.event_id),
        "contribution_id": str(row.contribution_id),
        "channel": "sms",
        "topic": "sms.received.v1",
        "conflict": 0,
        "accepted_at": "2026-11-24T20:00:00.000000Z",
        "acked_at": None,
        "partition": None,
        "offset": None,
        "set_aside": None,
    }
    clock.goes_on(seconds=1)
    await spool.acked({number: (4, 0)})
    (receipt,) = spool.receipts(1)
    assert (receipt["seq"], receipt["acked_at"]) == (2, "2026-11-24T20:00:01.000000Z")
    assert (receipt["partition"], receipt["offset"]) == (4, 0)
    assert "ciphertext" not in json.dumps(spool.receipts(0))


async def test_a_row_set_aside_stays_and_is_told(spool: Spool, clock: Clock) -> None:
    number = await spool.accept(a_row())
    after = await spool.accept(a_row())
    await spool.set_aside(number, "MessageSizeTooLargeError")
    assert [one.id for one in spool.waiting(0, 9)] == [after]
    assert spool.depth()[0::2] == (1, 1)
    assert [one["set_aside"] for one in spool.receipts(2)] == ["MessageSizeTooLargeError"]
    clock.goes_on(days=400)
    await spool.prune()
    assert spool.depth()[0::2] == (1, 1), "what Kafka does not have is never thrown away"


async def test_depth_says_how_many_and_since_when(spool: Spool, clock: Clock) -> None:
    await spool.accept(a_row())
    clock.goes_on(seconds=30)
    await spool.accept(a_row())
    assert spool.depth() == (2, "2026-11-24T20:00:00.000000Z", 0)


async def test_refusals_are_counted_by_day_and_status(spool: Spool, clock: Clock) -> None:
    for status in (403, 403, 503):
        await spool.refuse(status)
    clock.goes_on(days=1)
    await spool.refuse(403)
    assert spool.refused() == [
        {"day": "2026-11-24", "status": 403, "n": 2},
        {"day": "2026-11-24", "status": 503, "n": 1},
        {"day": "2026-11-25", "status": 403, "n": 1},
    ]


async def test_words_leave_an_hour_after_kafka_has_them(spool: Spool, clock: Clock, path: Path) -> None:
    gone = await spool.accept(a_row(value=SECRET))
    kept = await spool.accept(a_row(value=b"still-needed-" * 20))
    await spool.acked({gone: (0, 0)})
    clock.goes_on(minutes=59)
    await spool.prune()
    assert SECRET[:27] in on_disk(path)
    clock.goes_on(minutes=2)
    await spool.prune()
    assert b"ciphertext-that-must-leave" not in on_disk(path), "not in the file and not in its log"
    assert [(one.id, one.value[:12]) for one in spool.waiting(0, 9)] == [(kept, b"still-needed")]
    assert len(spool.receipts(0)) == 2


async def test_receipts_leave_after_35_days(spool: Spool, clock: Clock) -> None:
    number = await spool.accept(a_row())
    await spool.acked({number: (0, 0)})
    clock.goes_on(days=34, hours=23)
    await spool.prune()
    assert len(spool.receipts(0)) == 1
    clock.goes_on(hours=2)
    await spool.prune()
    assert spool.receipts(0) == []
    assert await spool.accept(a_row()) > number, "numbers are never given twice"
    assert spool.receipts(0)[0]["seq"] > 2


async def test_nobody_else_reads_the_files(spool: Spool, path: Path) -> None:
    await spool.accept(a_row())
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert len(modes) >= 2
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_it_is_safe_from_a_power_cut(spool: Spool) -> None:
    assert spool._write.execute("pragma synchronous").fetchone() == (2,), "FULL"
    assert spool._write.execute("pragma journal_mode").fetchone() == ("wal",)
    assert spool._write.execute("pragma secure_delete").fetchone() == (1,)


async def test_it_opens_again_with_everything(path: Path, clock: Clock) -> None:
    first = Spool(path, clock)
    name = first.name()
    number = await first.accept(a_row())
    await first.refuse(403)
    first.close()
    again = Spool(path, clock)
    try:
        assert again.name() == name
        assert [one.id for one in again.waiting(0, 9)] == [number]
        assert again.refused()[0]["n"] == 1
        assert [one["seq"] for one in again.receipts(0)] == [1]
    finally:
        again.close()


async def test_two_spools_have_two_names(tmp_path: Path, clock: Clock) -> None:
    names = set()
    for n in range(3):
        one = Spool(tmp_path / f"{n}.sqlite", clock)
        names.add(one.name())
        one.close()
    assert len(names) == 3


@asynccontextmanager
async def full(spool: Spool) -> AsyncIterator[None]:
    """No page more than the file has."""
    pages = spool._write.execute("pragma page_count").fetchone()[0]
    spool._write.execute(f"pragma max_page_count={pages}")
    yield
    spool._write.execute("pragma max_page_count=1073741823")


async def test_a_full_disk_is_told_and_is_over_when_there_is_room(spool: Spool) -> None:
    kept = [await spool.accept(a_row()) for _ in range(3)]
    async with full(spool):
        answers = await asyncio.gather(
            *(spool.accept(a_row(value=bytes(20_000))) for _ in range(20)), return_exceptions=True
        )
        assert all(isinstance(one, SpoolFull) for one in answers)
        assert [one.id for one in spool.waiting(0, 99)] == kept, "nothing of what failed is there"
    assert await spool.accept(a_row(value=bytes(20_000))) > 0
    assert spool.depth()[0] == 4


LIMITED = """
import asyncio, json, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from shared.messaging.spool import Row, Spool, SpoolFull

async def main():
    spool = Spool(Path(sys.argv[1]), lambda: datetime.now(UTC))
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
    answers = []
    for n in range(1, 101):
        if n == 81:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        known = UUID(int=n)
        try:
            await spool.accept(Row(known, known, "d", "sms", "t", b"", {}, bytes(5000)))
            answers.append(n)
        except SpoolFull:
            pass
    print(json.dumps(answers), flush=True)
asyncio.run(main())
"""


async def test_files_that_cannot_grow_lose_nothing_that_was_answered(path: Path, clock: Clock) -> None:
    """The system refuses the writes, in the middle of them: as a disk that is full does."""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", LIMITED, str(path), stdout=PIPE)
    said, _ = await asyncio.wait_for(child.communicate(), 60)
    answered = json.loads(said)
    assert 5 < len([n for n in answered if n <= 80]) < 80, "some fit, some did not"
    assert [n for n in answered if n > 80] == list(range(81, 101)), "with room again, all of them"
    again = Spool(path, clock)
    try:
        there = [UUID(one["event_id"]).int for one in again.receipts(0)]
        assert sorted(set(there)) == sorted(there)
        assert set(answered) <= set(there)
    finally:
        again.close()
    assert sqlite3.connect(path).execute("pragma integrity_check").fetchone() == ("ok",)


KILLED = """
import asyncio, os, sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from shared.messaging.spool import Row, Spool

def say(word):
    os.write(1, f"{word}\\n".encode())

async def main(first):
    spool = Spool(Path(sys.argv[1]), lambda: datetime.now(UTC))
    async def one(n):
        known = UUID(int=n)
        number = await spool.accept(Row(known, known, "d", "sms", "t", b"", {}, bytes(900)))
        say(n)
        if n % 3 == 0:
            await spool.acked({number: (0, n)})
            say(-n)
    while True:
        await asyncio.gather(*(one(n) for n in range(first, first + 16)))
        first += 16

for line in sys.stdin:  # each intake is a process of its own; only the imports are done once
    if (child := os.fork()) == 0:
        say(f"pid {os.getpid()}")
        asyncio.run(main(int(line)))
    os.waitpid(child, 0)
    say("gone")
"""
KILLS = int(os.environ.get("HEARD_TEST_KILLS", "50"))


@pytest.mark.timeout(900)
async def test_what_was_answered_is_there_whenever_the_process_is_killed(path: Path, clock: Clock) -> None:
    """`HEARD_TEST_KILLS=1000` for a long run; the same file all the way, as in life."""
    chance = random.Random(20261124)
    answered: set[int] = set()
    marked: set[int] = set()
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(path), stdin=PIPE, stdout=PIPE, limit=2**20
    )
    assert parent.stdin
    assert parent.stdout
    for n in range(KILLS):
        parent.stdin.write(b"%d\n" % ((n + 1) * 100_000))
        await parent.stdin.drain()
        pid = int((await parent.stdout.readline()).split()[1])
        await asyncio.sleep(chance.uniform(0, 0.1))
        os.kill(pid, signal.SIGKILL)
        while (line := await parent.stdout.readline()) != b"gone\n":
            number = int(line)
            (answered if number > 0 else marked).add(abs(number))
    parent.stdin.close()
    await parent.wait()
    again = Spool(path, clock)
    try:
        receipts = every_receipt(again)
        there = [UUID(str(one["event_id"])).int for one in receipts]
        assert len(there) == len(set(there)), "exactly once"
        assert answered <= set(there), "lost what it had answered"
        assert marked <= {UUID(str(one["event_id"])).int for one in receipts if one["acked_at"]}
        assert len(answered) > KILLS
    finally:
        again.close()


def every_receipt(spool: Spool) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    after = 0
    while page := spool.receipts(after, 1000):
        found += page
        after = page[-1]["seq"]
    return found


def on_disk(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in path.parent.iterdir())
