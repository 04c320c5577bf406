"""The language of a mail, where it is clear. Who reads the words decides for themselves what they can read."""

import io
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

from py3langid import modelio
from py3langid.langid import MODEL_FILE, LanguageIdentifier

_FEWEST: Final = 40
_MOST: Final = 2000
_SURE: Final = 0.95


@cache
def _identifier() -> Any:
    """The library unpacks its model into a file, and a child can write none: here it is unpacked in memory."""
    files = modelio.tempfile
    modelio.tempfile = SimpleNamespace(TemporaryFile=lambda **_: io.BytesIO())
    try:
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    finally:
        modelio.tempfile = files


def language_of(text: str) -> str | None:
    """A code such as `en`, or nothing where there is too little to tell.

    >>> language_of("ok"), language_of("I would like to see my brothers more often than once a month, please.")
    (None, 'en')
    """
    if sum(c.isalpha() for c in text[:_MOST]) < _FEWEST:
        return None
    code, sure = _identifier().classify(text[:_MOST].lower())
    return str(code) if sure >= _SURE else None
