"""Words out of pictures and documents, in a child process that has no keys. Nothing here asks the network.

RapidOCR finds lines and reads them, with the models that its package brings: they are named by their path, so it
looks for no others, and are what they should be, or nothing is read with them.
"""

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.reader.rules import document, picture
from services.reader.rules.document import NotDocument
from services.reader.rules.picture import NotPicture
from services.reader.rules.reading import Reading
from services.reader.rules.writing import Line, Seen, is_shape, reading
from shared.contracts.values import Outcome

VERSION: Final = "rapidocr-3.10-1"
_MODELS: Final = {
    "Det": ("PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"),
    "Rec": ("PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"),
    "Cls": (
        "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
        "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
    ),
}


class WrongModel(RuntimeError):
    """The model is not the one that was tried. It is not used."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Pages that are read at most, and within how many seconds of work; `threads` cores at most."""

    pages: int = document.MOST_PAGES
    within: float = 120.0
    threads: int = 1

    @classmethod
    def of(cls, options: Mapping[str, object]) -> "Limits":
        known = {name: value for name, value in options.items() if name in ("pages", "within", "threads")}
        return cls(**known)  # type: ignore[arg-type]


def warm() -> None:
    """Load the models before there is anything to read."""
    picture.register()
    _eyes(1)


def see_picture(clear: bytes, options: Mapping[str, object]) -> dict[str, object]:
    """Read one picture, or a scan of several pages."""
    limits, began = Limits.of(options), time.monotonic()
    picture.register()
    try:
        shown = picture.pictures_of(clear)
    except NotPicture as wrong:
        return _not_read(wrong.reason, wrong.big)
    pages = [
        lines_on(one.pixels, limits.threads) for one in shown if time.monotonic() - began < limits.within
    ]
    scan = len(shown) > 1
    cut = "too_many_pages" if scan and shown[0].more else "took_too_long" if len(pages) < len(shown) else None
    seen = Seen(pages, cut, any(one.damaged for one in shown), moving=not scan and shown[0].more)
    return reading(seen, VERSION).as_answer()


def see_document(clear: bytes, options: Mapping[str, object]) -> dict[str, object]:
    """Read a document: what it says it says, and what is to be seen on its pages."""
    limits, began = Limits.of(options), time.monotonic()
    pages: list[Sequence[Line]] = []
    cut = None
    try:
        for page in document.pages_of(clear, limits.pages):
            pages.append(together(page.lines, lines_on(page.pixels, limits.threads)))
            if page.count > limits.pages:
                cut = "too_many_pages"
            if time.monotonic() - began > limits.within and len(pages) < page.count:
                cut = "took_too_long"
                break
    except NotDocument as wrong:
        if not pages:
            return _not_read(wrong.reason, wrong.big)
        broken = reading(Seen(pages, damaged=True), VERSION)
        return Reading(broken.outcome, wrong.reason, broken.words, broken.marks, None, VERSION).as_answer()
    return reading(Seen(pages, cut), VERSION).as_answer()


def together(written: Sequence[Line], seen: Sequence[Line]) -> list[Line]:
    """The text layer, and what is seen where it says nothing: a scan, a drawing, or words that only look like none."""
    return [*written, *(line for line in seen if not any(_covers(one, line) for one in written))]


def _covers(one: Line, other: Line) -> bool:
    wide = min(one.right, other.right) - max(one.left, other.left)
    high = min(one.bottom, other.bottom) - max(one.top, other.top)
    area = (other.right - other.left) * (other.bottom - other.top)
    return wide > 0 and high > 0 and wide * high > 0.3 * area


def lines_on(pixels: NDArray[np.uint8], threads: int) -> list[Line]:
    """Find and read the lines of one page."""
    high, wide = pixels.shape[:2]
    found = _eyes(threads)(np.ascontiguousarray(pixels[:, :, ::-1]))
    if not getattr(found, "txts", None) or found.boxes is None:
        return []
    lines = []
    for box, text, sure in zip(found.boxes, found.txts, found.scores, strict=True):
        xs, ys = box[:, 0] / wide, box[:, 1] / high
        left, top, right, bottom = (
            float(min(1.0, max(0.0, value))) for value in (xs.min(), ys.min(), xs.max(), ys.max())
        )
        lines.append(Line(str(text), left, top, right, bottom, float(sure)))
    return [line for line in lines if not is_shape(line)]


def _not_read(reason: str, big: bool) -> dict[str, object]:
    outcome = Outcome.TOO_BIG if big else Outcome.UNREADABLE
    return Reading(outcome, reason, version=VERSION).as_answer()


@cache
def _eyes(threads: int) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from rapidocr import RapidOCR

    folder = files("rapidocr") / "models"
    chosen: dict[str, object] = {
        "Global.log_level": "critical",
        "Global.text_score": 0.3,
        "Global.max_side_len": 1600,
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    for part, (name, wanted) in _MODELS.items():
        model = folder / name
        if hashlib.sha256(model.read_bytes()).hexdigest() != wanted:
            raise WrongModel(f"{name} is not the one that was tried")
        chosen[f"{part}.model_path"] = str(model)
    return RapidOCR(params=chosen)
