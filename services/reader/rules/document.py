"""PDF, page by page: the words that stand in it, and the page as a picture. Nothing in it is ever run or followed."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.reader.rules.reading import clean
from services.reader.rules.writing import Line

MOST_PAGES: Final = 30
_DOTS: Final = 150  # an inch
_MOST_SIDE: Final = 1_600
_LARGEST_PAGE: Final = 14_400  # points; what PDF allows


class NotDocument(Exception):
    """It cannot be read as a document; `reason` is a short code, `big` says that it is too large to be opened."""

    def __init__(self, reason: str, *, big: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.big = reason, big


@dataclass(frozen=True, slots=True)
class Page:
    """`lines` are the words that it says it has; `pixels` is how it looks, which may say something else."""

    lines: list[Line] = field(repr=False)
    pixels: NDArray[np.uint8] = field(repr=False)
    count: int


def pages_of(clear: bytes, most: int = MOST_PAGES) -> Iterator[Page]:
    """The first pages, one at a time, so that memory holds one. `count` is how many there are.

    Raises:
        NotDocument: with its reason.
    """
    import pypdfium2

    try:
        opened = pypdfium2.PdfDocument(clear)
    except pypdfium2.PdfiumError as wrong:
        locked = "assword" in str(wrong)
        raise NotDocument("locked" if locked else "not_a_document") from None
    with contextlib.closing(opened):
        count = len(opened)
        if count == 0:
            raise NotDocument("no_pages")
        for number in range(min(count, most)):
            try:
                page = opened[number]
                try:
                    yield Page(_lines(page), _pixels(page), count)
                finally:
                    page.close()
            except (pypdfium2.PdfiumError, ValueError, OverflowError):
                raise NotDocument("malformed_page") from None


def _pixels(page: Any) -> NDArray[np.uint8]:
    wide, high = page.get_size()
    longer = max(wide, high)
    if not 0 < longer <= _LARGEST_PAGE:
        raise NotDocument("odd_page", big=True)
    scale = min(_DOTS / 72, _MOST_SIDE / longer)
    bitmap = page.render(scale=scale, may_draw_forms=False, draw_annots=True, rev_byteorder=True)
    pixels = np.array(bitmap.to_numpy())
    bitmap.close()
    if pixels.ndim == 2:
        pixels = pixels[:, :, None].repeat(3, axis=2)
    return np.ascontiguousarray(pixels[:, :, :3])


def _lines(page: Any) -> list[Line]:
    """The text layer, line by line, where it says that it stands."""
    wide, high = page.get_size()
    text = page.get_textpage()
    found = []
    try:
        for number in range(min(text.count_rects(), 5_000)):
            left, bottom, right, top = text.get_rect(number)
            said = clean(text.get_text_bounded(left, bottom, right, top)).strip()
            if said:
                box = (left / wide, 1 - top / high, right / wide, 1 - bottom / high)
                found.append(Line(said, *(min(1.0, max(0.0, value)) for value in box)))
    finally:
        text.close()
    return found
