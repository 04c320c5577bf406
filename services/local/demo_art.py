"""Invented drawings, poems and pages for the public form, by invented people. Nothing here happened to anybody.

The pictures are drawn when they are asked for; the same one every time.
"""

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from services.local.send_art import Filled, fill_in

_CRAYONS: Final = ("#b03020", "#1f5fa8", "#1e6b3a", "#6b2f8a", "#8a3b00")
_SIZE: Final = (900, 640)


@dataclass(frozen=True, slots=True)
class Art:
    """One form. `drawn` are the words on its picture (none for a picture without words); `form` what was filled in."""

    drawn: tuple[str, ...] | None = None
    form: dict[str, str | list[str]] = field(default_factory=dict)
    kind: str = "png"
    taps: int = 1

    def files(self) -> list[tuple[str, bytes]]:
        if self.drawn is None:
            return []
        return [(f"picture.{self.kind}", picture(self.drawn, self.kind))]


URGENT: Final = Art(
    ("please help us", "he has got a knife", "mum is locked in", "he will kill us"),
    {"age": "8_12"},
)
"""The one that must ring within minutes: the words stand in the picture alone."""
WORDLESS: Final = Art((), {"age": "u8"})
POEM: Final = Art(
    None,
    {
        "words": "Six doors\n\nThe first door had a bell.\nThe second had a dog.\nThe third door I forget.\n"
        "The fourth door was my nan's\nand it was always open.\nThe fifth, the sixth:\nsomebody else's key.",
        "age": "16_17", "role": ["care_experienced"], "quote": "yes", "show": "yes", "research": "yes",
    },
)  # fmt: skip
POLISH: Final = Art(
    None,
    {
        "words": "Moja córka mieszka u rodziny zastępczej. Chcę, żeby mogła mówić po polsku ze swoją babcią.",
        "role": ["parent", "interpreter"],
        "age": "over25",
    },
)
PDF: Final = Art(
    ("A letter to the review", "Keep brothers and", "sisters together.", "We waited two years."),
    {"role": ["sibling"], "research": "yes"},
    "pdf",
)
TAPPED: Final = Art(
    ("my room", "my rules", "my cat Biscuit"), {"words": "this is my room", "age": "8_12"}, taps=2
)
"""Sent with two taps."""

ART: Final = (
    URGENT,
    POEM,
    WORDLESS,
    POLISH,
    PDF,
    TAPPED,
    Art(("bin bags are", "for rubbish", "not for me"), {"age": "13_15", "role": ["care_experienced"]}, "jpeg"),
    Art(("I miss my sister", "every day"), {"age": "8_12", "event_code": "Leeds 14"}),
    Art(("pancakes!", "good day"), {"age": "8_12", "show": "yes"}),
    Art(("my social worker", "came every friday"), {"works": "She does what she says she will do."}),
    Art(("nobody asked me",), {"not_working": "Meetings about me without me.", "age": "13_15"}),
    Art(("a suitcase", "would be nice"), {"change": "Give every child a suitcase.", "quote": "yes"}),
    Art(("our garden", "sunflowers"), {"role": ["foster_carer"], "works": "Short breaks, twice a year."}),
    Art(("my nan is", "my home"), {"role": ["kinship_carer"], "age": "over25", "not_working": "Eleven months without money."}),
    Art(("football saved me",), {"age": "16_17", "works": "My coach. He turned up."}, "jpeg"),
    Art(("too many doors",), {"age": "13_15", "role": ["care_experienced", "disabled"]}),
    Art(None, {"words": "Haiku\nNew house, new bedroom.\nThe cat from next door visits.\nI leave the window.", "quote": "yes"}),
    Art(None, {"words": "I adopted two brothers. The best decision of our lives, and the loneliest first year.", "role": ["adopter"], "age": "over25"}),
    Art(None, {"words": "In prison I started to write. This is the first thing I have sent to anybody.", "role": ["prison"], "age": "18_25", "research": "yes"}),
    Art(None, {"works": "Our youth worker", "not_working": "The club closed", "change": "Open it again", "event_code": "leeds-14"}),
    Art(("i am not", "a case"), {"age": "16_17", "show": "yes", "quote": "yes"}),
    Art(("thank you", "Mrs Adeyemi"), {"words": "she is the reason i stayed at school", "age": "13_15"}),
)  # fmt: skip


def picture(words: tuple[str, ...], kind: str = "png") -> bytes:
    """A drawing in crayon with these words written on it, as the bytes of a file."""
    dice = random.Random(" ".join(words))  # noqa: S311  (the same drawing every time)
    paper = Image.new("RGB", _SIZE, "#fdfbf3")
    pen = ImageDraw.Draw(paper)
    _scene(pen, dice)
    for number, line in enumerate(words):
        colour = _CRAYONS[number % len(_CRAYONS)]
        pen.text((50, 60 + 85 * number), line, font=ImageFont.load_default(58), fill=colour)
    out = io.BytesIO()
    paper.rotate(dice.uniform(-1.5, 1.5), fillcolor="#fdfbf3", resample=Image.Resampling.BICUBIC).save(
        out, kind.upper()
    )
    return out.getvalue()


def _scene(pen: ImageDraw.ImageDraw, dice: random.Random) -> None:
    """A green hill with the sun behind it, and a kite in the corner. Blades of grass would be read as letters."""
    pen.ellipse((330, 470, 520, 660), fill="#f4c20d")
    pen.ellipse((-200, 540, 1100, 1000), fill="#7fb069")
    for _ in range(4):
        x, y = dice.randrange(80, 820), dice.randrange(585, 615)
        pen.ellipse((x - 14, y - 14, x + 14, y + 14), fill=dice.choice(_CRAYONS))
    pen.polygon([(780, 60), (840, 130), (780, 210), (720, 130)], outline=dice.choice(_CRAYONS), width=6)
    pen.line([(780, 210), (760, 270), (800, 330), (770, 400)], fill="#1f5fa8", width=4)


def send_all(url: str, step: Callable[[], None] = lambda: None) -> Iterator[tuple[Art, Filled]]:
    """Fill in the form at `url` with each of them, the urgent one first."""
    for art in ART:
        yield art, fill_in(url, art.form, art.files(), taps=art.taps)
        step()
