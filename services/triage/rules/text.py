"""Words as people type them, made plain for matching, with every token's place in the original kept."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from services.triage.rules.txt_speak import EMOJI, TXT

NAME: Final = "<name>"  # what a capital letter inside a sentence stands for in the lexicon
NUMBER: Final = "<number>"

# Two classes with nothing in common, so the pattern is linear. Marks and joiners stay inside a word.
_WORD = "\\w\u0300-\u036f\u00ad\u200b-\u200d\ufeff"
_JOIN = "'\u2018\u2019\u02bc`\u00b4@$*!"
_PIECE = re.compile(
    rf"(?P<word>[{_WORD}]+(?:[{_JOIN}][{_WORD}]+)*)|(?P<stop>[.?;!\n\u2026]+)|(?P<quote>[\"\u201c\u201d])"
    rf"|(?P<emoji>[{''.join(EMOJI)}])"
)
_JOINS = re.compile(f"[{_JOIN}]")
_OWN = re.compile("['\u2018\u2019\u02bc`\u00b4]s$")
_SELVES: Final = {
    "my": "myself",
    "her": "herself",
    "him": "himself",
    "your": "yourself",
    "them": "themselves",
}
_SYMBOLS = re.compile(r"[@$*!]")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
)


@dataclass(frozen=True, slots=True)
class Token:
    word: str
    start: int
    end: int
    sentence: int
    capital: bool
    quoted: bool


def tokens(words: str, vocabulary: Collection[str] = frozenset()) -> list[Token]:
    """Split into plain lower-case words; txt-speak may become several, all with the place of the one that was typed.

    >>> [(t.word, t.start, t.end) for t in tokens("im gonna kms 2nite")]  # doctest: +NORMALIZE_WHITESPACE
    [('i', 0, 2), ('am', 0, 2), ('going', 3, 8), ('to', 3, 8), ('kill', 9, 12), ('myself', 9, 12), ('tonight', 13, 18)]
    """
    found: list[Token] = []
    sentence, first, quoted = 0, True, False
    for piece in _PIECE.finditer(words):
        kind, raw = piece.lastgroup, piece.group()
        if kind == "stop":
            sentence, first = sentence + 1, True
        elif kind == "quote":
            quoted = not quoted
        else:
            plain = (EMOJI[raw],) if kind == "emoji" else tuple(_plain(raw, vocabulary))
            capital = raw[:1].isupper() and not raw.isupper() and not first
            if plain == ("self",) and found and found[-1].word in _SELVES and found[-1].sentence == sentence:
                before = found.pop()  # "my self"
                plain, start = (_SELVES[before.word],), before.start
            else:
                start = piece.start()
            found += [Token(word, start, piece.end(), sentence, capital, quoted) for word in plain]
            first = False
    return found


def _plain(raw: str, vocabulary: Collection[str]) -> Iterator[str]:
    folded = unicodedata.normalize("NFKD", raw).casefold()
    folded = "".join(c for c in folded if unicodedata.category(c) not in ("Mn", "Cf"))
    word = _JOINS.sub("", folded)
    if _SYMBOLS.search(folded):
        masked = folded.translate(_LEET)
        if masked in vocabulary or masked in TXT:
            word = masked
        elif "*" not in folded:
            yield from (part for part in _SYMBOLS.split(_APOSTROPHE.sub("", folded)) if part)
            return
    if "'" in folded.replace("\u2019", "'") and word in _ONLY_WITH_APOSTROPHE:
        yield from _ONLY_WITH_APOSTROPHE[word]
        return
    if word not in TXT and _OWN.search(folded):
        word = _JOINS.sub("", folded[:-2])
    if word not in vocabulary and word not in TXT:
        word = _guess(word, vocabulary)
    yield from TXT.get(word, (word,))


_APOSTROPHE = re.compile("['\u2018\u2019\u02bc`\u00b4]")
_ONLY_WITH_APOSTROPHE: Final = {
    "ill": ("i", "will"),
    "were": ("we", "are"),
    "well": ("we", "will"),
    "id": ("i", "would"),
    "shell": ("she", "will"),
    "hell": ("he", "will"),
}


def _guess(word: str, vocabulary: Collection[str]) -> str:
    """Undo stretched letters and digits for letters, where that gives a word that we know."""
    tries = [_LONG_RUN.sub(r"\1\1", word), _LONG_RUN.sub(r"\1", word)]
    if not word.isdigit() and any(c.isdigit() for c in word):
        tries += [word.translate(_LEET), word.translate(_LEET).replace("i", "l")]
    return next(
        (t for t in tries if t in vocabulary or t in TXT), tries[1] if len(tries[1]) < len(word) else word
    )
