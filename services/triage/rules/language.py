"""Is this English? Careful with short and txt-speak words: only a sure answer sends them to another reader."""

from functools import cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_SURE: Final = 0.95
_SHORTEST: Final = 12  # letters
_PLAIN_ENGLISH: Final = frozenset(
    "the and you my is it to of in that was for on he she they with me but not this have what so when at be are we "
    "his her im its dont cant just like get got mum dad home school want because from all no go do about".split()
)


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language(words: str, plain: list[str]) -> str | None:
    """The language's code, or nothing where there is too little to tell."""
    letters = [c for c in words if c.isalpha()]
    if not letters:
        return None
    if sum(ord(c) > 0x24F for c in letters) * 2 > len(letters):
        return str(_identifier().classify(_encodable(words))[0])
    if len(letters) < _SHORTEST:
        return None
    english = sum(word in _PLAIN_ENGLISH for word in plain) / max(1, len(plain))
    if english >= 0.2:
        return "en"
    code, sure = _identifier().classify(_encodable(words))
    if code == "en":
        return "en"
    if sure >= _SURE and english < 0.1 and len(plain) > 2:
        return str(code)
    return None if sure < _SURE else "en"


def _encodable(words: str) -> str:
    return words.encode("utf-8", "ignore").decode("utf-8")[:2000]
