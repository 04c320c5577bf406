"""An intake's spool, killed at random points again and again; each life goes on with what the one before left.

`python -m tests.support.spool_kills SPOOL KILLS SEED` prints how it ended, as JSON. A fork for each life, so that a
thousand of them take a minute.
"""

import asyncio
import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path
from uuid import UUID

from shared import clock
from shared.messaging.spool import Row, Spool

LONGEST = 0.05


def a_row(known: UUID) -> Row:
    return Row(
        known, known, known.hex, "sms", "sms.received.v1", b"key", {"ce_id": str(known)}, known.bytes * 40
    )


async def _live(path: Path, rng: random.Random, told: int, before: list[UUID]) -> None:
    """Accept, repeat and mark, several at a time; say each answer, as a sender would hear it."""
    spool = Spool(path, clock.now)

    async def one() -> None:
        while True:
            again = before and rng.random() < 0.1
            known = rng.choice(before) if again else UUID(int=rng.getrandbits(128))
            number = await spool.accept(a_row(known))
            os.write(told, f"a {known.hex} {number}\n".encode())
            if rng.random() < 0.5:
                await spool.acked({number: (0, number)})
                os.write(told, f"k {known.hex} {number}\n".encode())

    await asyncio.gather(*(one() for _ in range(4)))


def _life(path: Path, rng: random.Random, before: list[UUID]) -> bytes:
    reading, writing = os.pipe()
    seed, seconds = rng.getrandbits(64), rng.uniform(0, LONGEST)
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            asyncio.run(_live(path, random.Random(seed), writing, before))
        finally:
            os._exit(1)
    os.close(writing)
    said = b""
    if rng.random() < 0.9 and select.select([reading], [], [], 30)[0]:  # else while it still opens its spool
        said = os.read(reading, 65536)
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([reading], [], [], left)[0]:
            said += os.read(reading, 65536)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, "it ended by itself"
    while piece := os.read(reading, 65536):
        said += piece
    os.close(reading)
    return said


def run(path: Path, kills: int, seed: int) -> dict[str, int]:
    rng = random.Random(seed)
    answered: dict[UUID, int] = {}
    marked: set[UUID] = set()
    other = 0
    for _ in range(kills):
        for line in _life(path, rng, list(answered)[-50:]).split(b"\n")[:-1]:
            kind, name, number = line.split()
            known = UUID(name.decode())
            other += answered.setdefault(known, int(number)) != int(number)
            if kind == b"k":
                marked.add(known)
    spool = Spool(path, clock.now)
    try:
        rows = spool._read.execute("select event_id, id, value, acked_at from row").fetchall()
        (sound,) = spool._read.execute("pragma integrity_check").fetchone()
    finally:
        spool.close()
    kept = {UUID(event_id): (number, value, acked) for event_id, number, value, acked in rows}
    return {
        "answered": len(answered),
        "lost": sum(kept.get(one, (None, b"", None))[:2] != (number, one.bytes * 40) for one, number in answered.items()),
        "unmarked": sum(kept.get(one, (0, b"", None))[2] is None for one in marked),
        "twice": len(rows) - len(kept) + other,
        "unsound": sound != "ok",
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
