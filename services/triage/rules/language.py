"""Is this English, and can we read it? Careful with txt-speak: only a sure answer sends it to another reader."""

from functools import cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from services.triage.rules.groups import words_of

_SURE: Final = 0.9
_FEW: Final = 4  # fewer words than this say too little
_LONGEST: Final = 2000  # characters looked at
_ENGLISH: Final = words_of(
    "the and you my is it of that was with but not this have what when they she his her am dont cant because from "
    "all just want about would like get got there then mum dad home school been him if your were had out up as an or "
    "by be are will can who them some more after to i he we for in on at so no do go a says said going know think "
    "really people one social worker carer how didnt wont off back only time two their our"
)


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language(words: str, plain: list[str]) -> tuple[str | None, bool]:
    """The language's code, nothing where there is too little to tell; and whether English rules can read the words.

    `plain` is the words as `text.tokens` gives them, so that txt-speak counts as English.
    """
    letters = [c for c in words[:_LONGEST] if c.isalpha()]
    if not letters:
        return None, True
    encodable = words[:_LONGEST].lower().encode("utf-8", "ignore").decode("utf-8")
    code, sure = _identifier().classify(encodable)
    if sum(ord(c) > 0x24F for c in letters) * 2 > len(letters):
        return (str(code) if code != "en" else None), False
    if len(plain) < _FEW:
        return None, True
    if code != "en" and sure >= _SURE:
        return str(code), False
    english = sum(word in _ENGLISH for word in plain) / len(plain)
    if code == "en" and sure >= 0.8:
        return "en", True
    if (english < 0.15 and len(plain) >= 6) or (english < 0.28 and len(plain) >= 10):
        return None, False
    return "en" if code == "en" else None, True
