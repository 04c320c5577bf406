"""What one core does in one process: sealing, the rules, the spool. CPU time, so that a busy neighbour counts less."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

from services.anonymiser.rules import redact
from services.local.demo_texts import CONCERNS, ORDINARY, THREADS
from services.triage.rules import assess
from shared import clock
from shared.contracts.events import ContributionReceived
from shared.contracts.topics import MODELS, Topic
from shared.messaging.spool import Row, Spool
from shared.vault import Binding, Purpose
from tests.support.events import a_received
from tests.support.keys import keys_of

WORDS = [said.words for said in (*THREADS, *CONCERNS, *ORDINARY)]
Figures = tuple[str, str, str]


def pieces() -> Iterator[Figures]:
    event = a_received(WORDS[0])
    value = event.model_dump_json().encode()
    binding = Binding.of(event.context, 1)
    sealer, opener = keys_of("sms_intake").sealer, keys_of("triage").opener
    sealed = event.parts[0].words
    assert sealed is not None
    decode = cpu(lambda: MODELS[Topic.SMS_RECEIVED].model_validate_json(value), 2000)
    yield "decode one received event", f"{decode * 1e6:.0f} us", f"{len(value)} bytes"
    yield (
        "seal words",
        f"{cpu(lambda: sealer.seal(Purpose.WORDS, b'x' * 200, binding, week='2026W48'), 1000) * 1e6:.0f} us",
        "",
    )
    yield "open words", f"{cpu(lambda: opener.open(sealed, binding), 1000) * 1e6:.0f} us", ""
    whole = cpu(lambda: a_received(WORDS[0]), 100)
    yield (
        "make a text into an event, six seals",
        f"{whole * 1e6:.0f} us",
        f"{whole / decode:.0f} times a decode",
    )
    rules: dict[str, Callable[[str], object]] = {"triage": assess, "anonymise": redact}
    for name, rule in rules.items():
        rule(WORDS[0])
        once = cpu(partial(over_all, rule), 3) / len(WORDS)
        yield f"{name} one text, rules alone", f"{once * 1e3:.1f} ms", f"{1 / once:.0f} texts a second a core"
    alone, together = asyncio.run(spool(1)), asyncio.run(spool(64))
    yield "spool, one at a time", f"{alone:.0f} a second", "each committed to disk"
    yield "spool, 64 at a time", f"{together:.0f} a second", f"{together / alone:.1f} times one at a time"


def over_all(rule: Callable[[str], object]) -> None:
    for words in WORDS:
        rule(words)


async def spool(at_once: int, count: int = 2000) -> float:
    """Rows a second, each committed."""
    event = a_received(WORDS[0])
    with tempfile.TemporaryDirectory() as folder:
        made = Spool(Path(folder) / "spool.sqlite", clock.now)
        gate = asyncio.Semaphore(at_once)

        async def one() -> None:
            async with gate:
                await made.accept(row(event))

        count = count if at_once > 1 else count // 10
        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(count)))
        took = time.perf_counter() - began
        made.close()
        return count / took


def row(event: ContributionReceived) -> Row:
    return Row(
        uuid4(), uuid4(), "0" * 64, "sms", "sms.received.v1", b"0000", {}, event.model_dump_json().encode()
    )


def cpu(run: Callable[[], object], times: int) -> float:
    """Seconds of CPU for one call."""
    began = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - began) / times
