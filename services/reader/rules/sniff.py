"""What bytes are, by how they begin: what a sender calls them is a hint at best."""

from enum import StrEnum
from typing import Final


class Form(StrEnum):
    """What we can tell apart. `UNKNOWN` may still be text."""

    SOUND = "sound"
    PICTURE = "picture"
    PDF = "pdf"
    SVG = "svg"
    HTML = "html"
    ARCHIVE = "archive"
    OLD_OFFICE = "old_office"
    RICH_TEXT = "rich_text"
    EMPTY = "empty"
    UNKNOWN = "unknown"


_BEGINNINGS: Final = (
    (b"OggS", Form.SOUND),
    (b"fLaC", Form.SOUND),
    (b"ID3", Form.SOUND),
    (b"#!AMR", Form.SOUND),
    (b"caff", Form.SOUND),
    (b".snd", Form.SOUND),
    (b"\x1aE\xdf\xa3", Form.SOUND),  # Matroska, WebM
    (b"\x89PNG\r\n\x1a\n", Form.PICTURE),
    (b"\xff\xd8\xff", Form.PICTURE),
    (b"GIF87a", Form.PICTURE),
    (b"GIF89a", Form.PICTURE),
    (b"II*\0", Form.PICTURE),
    (b"MM\0*", Form.PICTURE),
    (b"BM", Form.PICTURE),
    (b"PK\x03\x04", Form.ARCHIVE),
    (b"Rar!", Form.ARCHIVE),
    (b"7z\xbc\xaf", Form.ARCHIVE),
    (b"\x1f\x8b", Form.ARCHIVE),
    (b"\xd0\xcf\x11\xe0", Form.OLD_OFFICE),
    (b"{\\rtf", Form.RICH_TEXT),
)
_INSIDE: Final = {
    (b"RIFF", b"WAVE"): Form.SOUND,
    (b"RF64", b"WAVE"): Form.SOUND,
    (b"FORM", b"AIFF"): Form.SOUND,
    (b"FORM", b"AIFC"): Form.SOUND,
    (b"RIFF", b"WEBP"): Form.PICTURE,
}
_PICTURE_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})
_PDF_WITHIN: Final = 1024
_MARKUP_WITHIN: Final = 2048


def form_of(clear: bytes) -> Form:
    """Tell what bytes are.

    >>> form_of(b"RIFF\\0\\0\\0\\0WAVEfmt ").value
    'sound'
    """
    if not clear.strip(b"\0\r\n\t "):
        return Form.EMPTY
    if b"%PDF-" in clear[:_PDF_WITHIN]:
        return Form.PDF
    if clear[4:8] == b"ftyp":
        return Form.PICTURE if clear[8:12] in _PICTURE_BRANDS else Form.SOUND
    if inside := _INSIDE.get((clear[:4], clear[8:12])):
        return inside
    for beginning, form in _BEGINNINGS:
        if clear.startswith(beginning):
            return form
    if len(clear) > 1 and clear[0] == 0xFF and clear[1] & 0xE0 == 0xE0 and clear[1] != 0xFE:
        return Form.SOUND  # MPEG and ADTS frames
    return _markup(clear[:_MARKUP_WITHIN])


def _markup(head: bytes) -> Form:
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if text.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in text:
        return Form.SVG
    if text.startswith((b"<!doctype html", b"<html")):
        return Form.HTML
    return Form.UNKNOWN
