"""Bytes to text, by an allow-list: a mail may name a charset, never a codec of Python's."""

import codecs
import re
from typing import Final

_ALLOWED: Final = frozenset(
    {
        "ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-7",
        *(f"iso8859-{n}" for n in range(1, 17) if n != 12),
        *(f"cp{n}" for n in (437, 850, 852, 855, 866, 874, 932, 936, 949, 950)),
        *(f"cp125{n}" for n in range(9)),
        "koi8-r", "koi8-u", "mac-roman", "tis-620",
        "big5", "big5hkscs", "gb2312", "gbk", "gb18030", "hz",
        "shift_jis", "euc_jp", "iso2022_jp", "iso2022_jp_2", "euc_kr", "iso2022_kr", "johab",
    }
)  # fmt: skip
_AS: Final = {
    "iso8859-1": "cp1252",  # what browsers read it as, and what is meant
    "ascii": "utf-8",
    "utf-16": "utf-16",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ONE_BYTE: Final = re.compile(r"iso8859|cp125|koi8|mac|cp8|cp437|tis")
_NEVER_SHOWN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_LINE_ENDS: Final = re.compile("\r\n?|\x85|\u2028|\u2029")


def codec_of(charset: str) -> str | None:
    """The codec that a charset's name stands for, if it is one of ours.

    >>> codec_of("ISO-8859-1"), codec_of("unicode_escape"), codec_of("utf8")
    ('cp1252', None, 'utf-8')
    """
    name = charset.strip().strip("'\"").lower()
    if not name or len(name) > 40 or not name.isascii():
        return None
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError, UnicodeError):
        return None
    return _AS.get(known, known) if known in _ALLOWED else None


def text_of(raw: bytes, charset: str = "") -> str:
    """Decode as told; where that fails as UTF-8, then as Windows does. Never raises, drops nothing that shows.

    >>> text_of("naïve".encode(), "no-such-charset"), text_of(b"na\\xefve", "utf-8")
    ('naïve', 'naïve')
    """
    told = codec_of(charset) or next((codec for mark, codec in _BOMS if raw.startswith(mark)), None)
    tries = [told] if told in ("utf-7", "hz") or (told and told.startswith(("utf-16", "iso2022"))) else []
    tries += ["utf-8", *([told] if told else [])]
    for codec in tries:
        try:
            return shown(raw.decode(codec))
        except (UnicodeError, ValueError):
            continue
    if told and not _ONE_BYTE.match(told) and told != "utf-8":
        return shown(raw.decode(told, "replace"))
    if _mostly_utf8(raw):
        return shown(raw.decode("utf-8", "replace"))
    return shown(raw.decode("cp1252", "replace"))


def _mostly_utf8(raw: bytes) -> bool:
    """Some letters in UTF-8, and a few bytes that were damaged on the way."""
    text = raw.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    return sum(1 for c in text if c > "\x7f") > 3 * damaged


def shown(text: str) -> str:
    """Text as it shows: one kind of line end; neither control characters nor such as turn the reading direction.

    >>> shown("a\\r\\nb\\x00\\u202ec")
    'a\\nbc'
    """
    return _NEVER_SHOWN.sub("", _LINE_ENDS.sub("\n", text)).encode("utf-8", "replace").decode("utf-8")
