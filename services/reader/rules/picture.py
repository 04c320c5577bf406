"""Pictures of the kinds that phones and scanners make, opened only after their size was read and found bearable."""

import io
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

MOST_PIXELS: Final = 50_000_000
MOST_SIDE: Final = 20_000
_READ_AT: Final = 1_600
"""The longer side in pixels at which words are looked for; handwriting of a whole page is read well at this size."""
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "HEIF")
_MOST_FRAMES: Final = 30

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class NotPicture(Exception):
    """It cannot be read as a picture; `reason` is a short code, `big` says that it is too large to be opened."""

    def __init__(self, reason: str, *, big: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.big = reason, big


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows of red, green and blue; `shrunk` by which factor; `more` pictures were in it than the ones here."""

    pixels: NDArray[np.uint8] = field(repr=False)
    shrunk: float
    more: bool = False
    damaged: bool = False


def register() -> None:
    """Teach Pillow what phones of one maker write; it decodes only."""
    from pi_heif import register_heif_opener

    Image.init()
    register_heif_opener(thumbnails=False)


def pictures_of(clear: bytes, most_frames: int = 4) -> list[Picture]:
    """Open a picture, or the first pages of one that has several (a fax, a scan).

    Raises:
        NotPicture: with its reason.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(clear), formats=_FORMATS) as image:
            _bearable(image)
            return list(_frames(image, most_frames))
    except NotPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotPicture("too_many_pixels", big=True) from None
    except UnidentifiedImageError:
        raise NotPicture("not_a_picture") from None
    except MemoryError:
        raise NotPicture("memory", big=True) from None
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        OverflowError,
        RuntimeError,
    ):
        raise NotPicture("malformed_picture") from None


def _bearable(image: Image.Image) -> None:
    wide, high = image.size
    if wide * high > MOST_PIXELS or max(wide, high) > MOST_SIDE:
        raise NotPicture("too_many_pixels", big=True)
    if min(wide, high) < 1:
        raise NotPicture("malformed_picture")


def _frames(image: Any, most: int) -> list[Picture]:
    """Pages of a TIFF; of what moves (GIF, WebP) the first frame stands for all that could be read."""
    count = min(getattr(image, "n_frames", 1), _MOST_FRAMES)
    pages = count if image.format == "TIFF" else 1
    made = []
    for number in range(min(pages, most)):
        image.seek(number)
        _bearable(image)
        made.append(_made(image, more=count > most if image.format == "TIFF" else count > 1))
    return made


def _made(image: Image.Image, *, more: bool) -> Picture:
    """Upright, on white where it was see-through, no larger than it must be."""
    damaged = False
    if image.format in ("JPEG", "MPO"):
        image.draft("RGB", (_READ_AT, _READ_AT))  # a large JPEG is never opened at its full size
    try:
        image.load()
    except OSError:  # cut short: what came is read, and it is said that something is missing
        damaged = True
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        image.load()
    turn = _TURNS.get(_orientation(image))
    shrunk = min(1.0, _READ_AT / max(image.size))
    small: Image.Image = image
    if small.mode in ("P", "PA"):
        small = small.convert("RGBA")
    elif small.mode not in ("RGB", "RGBA", "L", "LA"):
        small = small.convert("RGB")
    if shrunk < 1.0:  # first, so that all that follows is cheap
        size = (max(1, round(image.width * shrunk)), max(1, round(image.height * shrunk)))
        small = small.resize(size, Image.Resampling.BOX)
    if small.mode in ("RGBA", "LA"):
        seen = small.convert("RGBA")
        ground = Image.new("RGBA", seen.size, "white")
        ground.alpha_composite(seen)
        small = ground
    upright = small.transpose(turn) if turn is not None else small
    return Picture(np.asarray(upright.convert("RGB")), shrunk, more, damaged)


def _orientation(image: Image.Image) -> int:
    """How the camera was held, if it says so in a way that can be read."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # what stands there may be anything
        return 1
