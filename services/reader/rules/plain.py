"""Text files: words as they are, and pages of HTML as they are shown. A file that is no text says so."""

import codecs
from collections.abc import Mapping
from typing import Final

from services.reader.rules.mail.html import text_of_html
from services.reader.rules.reading import MOST_WORDS, Reading, clean
from services.reader.rules.sniff import Form, form_of
from shared.contracts.values import Outcome

VERSION: Final = "plain-1"
_MOST_ODD: Final = 0.02
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def parse(clear: bytes, options: Mapping[str, object]) -> dict[str, object]:
    """Read a text file."""
    del options
    return read(clear).as_answer()


def read(clear: bytes) -> Reading:
    """The words of a text file.

    >>> read(b"hello").words, read(b"\\x00\\x01\\x02\\x00").outcome.value
    ('hello', 'unsupported')
    """
    text = decoded(clear)
    if text is None:
        return Reading(Outcome.UNSUPPORTED, "unknown_form", version=VERSION)
    if form_of(clear) is Form.HTML:
        text = text_of_html(text)
    words = clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(words) > MOST_WORDS:
        return Reading(Outcome.TOO_BIG, "too_many_words", words[:MOST_WORDS], version=VERSION)
    if not any(c.isalnum() for c in words):
        return Reading(Outcome.NO_WORDS, words=words, version=VERSION)
    return Reading(Outcome.WORDS, words=words, version=VERSION)


def decoded(clear: bytes) -> str | None:
    """Text, when it is some."""
    for mark, charset in _MARKS:
        if clear.startswith(mark):
            return clear.decode(charset, "replace")
    try:
        text = clear.decode("utf-8")
    except UnicodeDecodeError:
        text = clear.decode("cp1252", "replace")
    odd = sum(ord(c) < 32 and c not in "\t\n\r\f\v" for c in text[:20_000]) + text[:20_000].count("\ufffd")
    return None if odd > max(1, _MOST_ODD * min(len(text), 20_000)) else text
