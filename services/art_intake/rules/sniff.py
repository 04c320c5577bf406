"""What a file is, by its first bytes; its name and what the sender says of it count for nothing."""

from typing import Final

HEAD: Final = 64
"""How many bytes are enough."""
UNKNOWN: Final = "application/octet-stream"

_STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"caff", "audio/x-caf"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
    (b"PK\x03\x04", "application/zip"),
    (b"{\\rtf", "application/rtf"),
)
_BRANDS: Final = {
    b"heic": "image/heic", b"heix": "image/heic", b"heif": "image/heif", b"mif1": "image/heif", b"msf1": "image/heif",
    b"hevc": "image/heic", b"avif": "image/avif", b"avis": "image/avif",
    b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"3gp4": "audio/3gpp", b"3gp5": "audio/3gpp", b"3gp6": "audio/3gpp",
    b"qt  ": "video/quicktime",
}  # fmt: skip
_RIFF: Final = {b"WAVE": "audio/wav", b"WEBP": "image/webp", b"AVI ": "video/x-msvideo"}
_FORM: Final = {b"AIFF": "audio/aiff", b"AIFC": "audio/aiff"}


def sniff(head: bytes) -> str:
    """The media type.

    >>> sniff(b"%PDF-1.7 ...")
    'application/pdf'
    >>> sniff(b"hello")
    'application/octet-stream'
    """
    for start, media_type in _STARTS:
        if head.startswith(start):
            return media_type
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[:4] == b"FORM":
        return _FORM.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06:
        return "audio/mpeg"
    return UNKNOWN
