"""The children that hear and see, with their models and limits: what they make of what is sent, and that they live."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil
import pytest
import pytest_asyncio

from services.reader.adapters import hearing
from services.reader.adapters.child import Children
from services.reader.adapters.tasks import KINDS
from tests.support.media import a_drawing, a_pdf, a_png, a_wave, encoded, noise

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAID = ["I do not feel safe", "at home"]


@dataclass
class Watched:
    """The reader's children, and the most memory that each of them has had."""

    children: Children = field(default_factory=Children)
    most: dict[str, int] = field(default_factory=dict)

    async def read(self, task: str, clear: bytes, **options: object) -> Mapping[str, Any]:
        reading = asyncio.create_task(self.children.read(task, clear, options))
        while not reading.done():
            await asyncio.wait({reading}, timeout=0.02)
            for kind, pid in self.children.pids().items():
                try:
                    rss = psutil.Process(pid).memory_info().rss
                except psutil.Error:
                    continue
                self.most[kind] = max(self.most.get(kind, 0), rss)
        return await reading

    async def told(self, task: str, clear: bytes, **options: object) -> tuple[str, str | None]:
        answer = await self.read(task, clear, **options)
        return answer["outcome"], answer.get("reason")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched() -> AsyncIterator[Watched]:
    made = Watched()
    yield made
    await made.children.close()
    for kind, rss in made.most.items():
        assert rss < KINDS[kind].memory, f"{kind} had {rss} bytes"


async def test_silence_and_noise_have_no_words(watched: Watched) -> None:
    assert await watched.told("sound", a_wave(20)) == ("no_words", "silence")
    assert await watched.told("sound", noise(10)) == ("no_words", "silence")


@pytest.mark.parametrize(
    ("clear", "reason"),
    [
        (b"this is a text and no sound " * 50, "not_sound"),
        (a_drawing(), "not_sound"),
        (a_wave(10, rate=1), "odd_sound"),
        (a_pdf([["x"]]), "not_sound"),
    ],
)
async def test_what_is_no_sound_is_unreadable(watched: Watched, clear: bytes, reason: str) -> None:
    assert await watched.told("sound", clear) == ("unreadable", reason)


async def test_a_long_silence_is_read_as_far_as_we_read(watched: Watched) -> None:
    long = encoded("flac", "flac", rate=8000, seconds=600, loud=0.0)
    assert await watched.told("sound", long, seconds=20.0) == ("too_big", "too_long")


async def test_words_on_a_drawing_are_read_with_their_places(watched: Watched) -> None:
    answer = await watched.read("picture", a_drawing(SAID))
    assert (answer["outcome"], answer["words"]) == ("words", "\n".join(SAID))
    for (start, end, page, left, top, right, bottom, sure), line in zip(answer["marks"], SAID, strict=True):
        assert answer["words"][start:end] == line
        assert page == 1
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
        assert sure > 0.8


async def test_a_drawing_without_words_says_so(watched: Watched) -> None:
    assert await watched.told("picture", a_drawing()) == ("no_words", None)


@pytest.mark.parametrize(
    ("clear", "told"),
    [
        (a_png(30_000, 30_000), ("too_big", "too_many_pixels")),
        (a_png(4_000, 4_000), ("unreadable", "cut_short")),
        (a_wave(1), ("unreadable", "not_a_picture")),
        (b"GIF89a", ("unreadable", "not_a_picture")),
    ],
)
async def test_pictures_that_are_none(watched: Watched, clear: bytes, told: tuple[str, str]) -> None:
    assert await watched.told("picture", clear) == told


async def test_a_document_gives_its_words_and_what_is_only_to_be_seen(watched: Watched) -> None:
    answer = await watched.read("document", a_pdf([SAID]))
    assert (answer["outcome"], answer["words"]) == ("words", "\n".join(SAID))


async def test_a_document_that_swells_is_answered_and_the_next_one_is_read(watched: Watched) -> None:
    packer = zlib.compressobj(1)
    swollen = b"".join(packer.compress(b" " * 10_000_000) for _ in range(60)) + packer.flush()
    outcome, _ = await watched.told("document", a_pdf([["x"]], streams=[swollen]))
    assert outcome in ("no_words", "unreadable", "too_big")
    assert (await watched.told("document", a_pdf([SAID])))[0] == "words"


async def test_pages_beyond_what_we_read_are_told_of(watched: Watched) -> None:
    answer = await watched.read("document", a_pdf([["page one"], ["page two"]]), pages=1)
    assert (answer["outcome"], answer["reason"], answer["words"]) == ("too_big", "too_many_pages", "page one")


async def test_both_kinds_work_behind_their_fences(watched: Watched) -> None:
    assert {watched.children.state()[kind] for kind in ("sound", "picture")} <= {"confined", "limited"}
    for kind in ("sound", "picture"):
        assert psutil.Process(watched.children.pids()[kind]).nice() >= KINDS[kind].nice


async def test_weights_that_are_not_the_ones_that_were_tried_are_not_used() -> None:
    weights = hearing.packaged()
    assert hearing.checked(weights) is weights
    for name in weights:
        with pytest.raises(hearing.WrongWeights):
            hearing.checked({**weights, name: weights[name] + b"x"})
    with pytest.raises(hearing.WrongWeights):
        hearing.checked({})
