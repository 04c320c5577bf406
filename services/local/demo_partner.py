"""A partner's batch for the demo: invented works by invented children, handed over on a line that breaks.

Nothing here happened to anybody. The drawings are made when the demo runs.
"""

import asyncio
import csv
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from services.art_intake.rules.partner_keys import Scope
from services.art_intake.rules.proof import verify
from services.local.breaking import breaking
from services.local.hand_over import HandOver, Outcome
from services.local.partners import Partners
from services.local.ready import CAPTIONS, PROOF, prepare
from shared.files import write_whole

PARTNER: Final = "northside-youth"
CONTACT: Final = "Joan Pemberton, safeguarding lead, 07700 900556"
BREAKS: Final = (9_000, 30_000, 0, 52_000, 15_000, 0)
"""Where the line breaks: in the middle of a file, and twice when the answer comes."""


class Work(NamedTuple):
    """One work. A picture has `drawn` words on it, or none; a poem has `words`."""

    drawn: tuple[str, ...] | None = None
    words: str = ""
    caption: str = ""
    age: str = ""
    group: int = 1
    worried: bool = False
    sent_for: str = ""


URGENT: Final = Work(
    words="the knife poem\nhe has got the knife out again\nmum is locked in the bathroom and i am writing this\n"
    "he is outside my door right now\nplease send somebody",
    caption="handed in at poetry club today",
    age="13_15",
)
WORDLESS: Final = Work(drawn=(), caption="", age="u8")
WORRIED: Final = Work(drawn=(), age="u8", worried=True, sent_for="Alfie Brammer")
POLISH: Final = Work(
    words="Tęsknię za babcią. Widzę ją dwa razy w roku.\nChciałabym mówić po polsku na spotkaniach.",
    caption="a poem in Polish",
    age="13_15",
)
NOTES: Final = Work(
    words="Notes of a discussion, 14 young people aged 12 to 17.\n"
    "What works well: one worker who stays. Being told what will happen next. Pizza.\n"
    "What does not: bin bags for moving. Meetings at school, where everybody sees you called out.\n"
    "What must change now: brothers and sisters together; a say in who comes to the meeting.\n"
    "Twelve of the fourteen had never been asked before.",
    group=14,
    age="13_15",
)

DRAWINGS: Final = (
    Work(
        ("MY ROOM", "it is mine", "since March"), caption="Her new room", age="8_12", sent_for="Tamsin Okoro"
    ),
    Work(("me and my", "brother", "same house"), caption="He asked for this to be shown", age="8_12"),
    Work(("9 social", "workers", "1 me"), age="13_15"),
    Work(("a suitcase", "not a bag"), caption="drawn after her fourth move", age="8_12"),
    Work(("nan's garden",), caption="where we live now", age="u8"),
    Work(("LISTEN", "to us"), caption="poster", age="16_17"),
    Work(("my IRO", "came to", "my play"), age="8_12"),
    Work(("biscuit", "the cat"), caption="the best thing about the new house", age="u8"),
    Work(("contact day", "pancakes"), age="8_12"),
)
POEMS: Final = (
    Work(
        words="They moved me on a Tuesday\nwith my homework half done.\nI would like to finish it.",
        age="13_15",
    ),
    Work(words="Some days are good\nsome days are soup\nthe good soup days are best", age="8_12"),
    Work(words="Where I'm from\nis four addresses\nand one grandmother", age="16_17", caption="for the wall"),
    Work(words="The letter from the judge\nsaid my name right", age="13_15"),
    Work(words="I am not my file\nmy file cannot swim\nI can swim", age="13_15"),
    Work(words="Thank you Mr Adeyemi\nfor the bus money\nand for not saying anything about it", age="16_17"),
)
WORKS: Final = (URGENT, *DRAWINGS, *POEMS, WORDLESS, WORRIED, POLISH, NOTES)
"""The urgent one first, as it would be: nobody sorts before handing over."""


@dataclass
class Batch:
    """What the demo shows of it."""

    items: int = 0
    breaks: int = 0
    proven: int = 0
    seconds: float = 0.0
    refused: list[tuple[str, str]] = field(default_factory=list)
    folder: Path | None = None

    @property
    def is_whole(self) -> bool:
        return self.items == self.proven == len(WORKS) and self.breaks > 0 and not self.refused


def hand_over(
    url: str, partners: Partners, folder: Path, step: Callable[[int, int], None] = lambda safe, of: None
) -> Batch:
    """Play the partner: a folder is filled, and sent to `url` by what `heard partner send` runs, on a line that breaks."""
    partners.add(PARTNER, "Northside Youth (invented)", CONTACT)
    key = partners.key(PARTNER, list(Scope), 1)
    fill(folder)
    items = prepare(folder)
    began = time.monotonic()
    with breaking(url, BREAKS) as line:
        sending = HandOver(line.url_here, key, patience=120, first_wait=0.1)
        outcome: Outcome = asyncio.run(sending.send(items, step, partners.public_key))
    write_whole(folder / PROOF, json.dumps(sending.document, indent=2) + "\n")
    proof = verify(sending.document, partners.public_key)
    return Batch(
        items=len(items),
        breaks=line.broken,
        proven=len(proof.items),
        seconds=time.monotonic() - began,
        refused=outcome.refused,
        folder=folder,
    )


def fill(folder: Path) -> None:
    """Put the works into a folder, with the list of captions as a youth worker would keep it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / CAPTIONS).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(
            ["file", "words", "caption", "age_band", "group_size", "worried", "sent_for", "event_code"]
            + ["consent_quote", "consent_show"]
        )
        for n, work in enumerate(WORKS, 1):
            name = f"work {n:02}.png" if work.drawn is not None else ""
            if work.drawn is not None:
                drawing(work.drawn, n).save(folder / name)
            said = [work.caption, work.age, str(work.group), "yes" if work.worried else "", work.sent_for]
            lines.writerow([name, work.words, *said, "northside-1", "yes", "yes" if n % 2 else "no"])


def drawing(words: tuple[str, ...], chance: int) -> Image.Image:
    """A crayon drawing: a sun, a house, some grass, paper that is not quite white; and words, if there are any."""
    dice = random.Random(chance)  # noqa: S311  (the same drawing every time)
    paper = Image.effect_noise((640, 480), 12).point(lambda light: 225 + light // 10).convert("RGB")
    pen = ImageDraw.Draw(paper)
    crayons = ["#c0392b", "#1f5fa8", "#2d7d46", "#7d3c98", "#a04000"]
    sun = dice.randrange(420, 560)
    pen.ellipse((sun, 20, sun + 70, 90), fill="#f4c20d")
    pen.rectangle((420, 250, 580, 400), outline=dice.choice(crayons), width=7)
    pen.polygon([(405, 250), (500, 160), (595, 250)], outline=dice.choice(crayons), width=7)
    for blade in range(0, 640, 14):
        pen.line((blade, 470, blade + dice.randrange(-6, 7), 440), fill="#2d7d46", width=4)
    for n, line in enumerate(words):
        pen.text((30, 60 + 80 * n), line, font=ImageFont.load_default(54), fill=dice.choice(crayons))
    return paper
