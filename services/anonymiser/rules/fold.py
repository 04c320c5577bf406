"""One plain spelling of the words, with the way back to every character as it was sent.

Folding is character by character, so what is kept folds the same when it is read again.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

# Where something has been taken out. Nothing reads across it; a person and an age can be told apart.
BARRIER = "\ue000"
BARRIERS = {"PERSON": "\ue001", "AGE": "\ue002"}

STAND_IN = re.compile(
    r"\[(PERSON|HANDLE|EMAIL|PHONE|URL|ADDRESS|POSTCODE|NHS NUMBER|NINO|CASE NUMBER|ID NUMBER|DOB|DATE|AGE"
    r"|SCHOOL|HOME|ORG|LOCATION|LOCAL AUTHORITY|OTHER)"
    r"(?: (?:[0-9]{1,3}|[0-9]{1,2}-[0-9]{1,2}|25\+|[A-Z][a-z]{2,8}(?: (?:19|20)[0-9]{2})?))?\]"
)

_SAME = {
    **dict.fromkeys("‘’‚‛′`´ʼʹ", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("łŁ", "l"),
    **dict.fromkeys("øØ", "o"),
    **dict.fromkeys("đĐðÐ", "d"),
    "ı": "i",
    "þ": "th",
    "æ": "ae",
    "Æ": "ae",
    "œ": "oe",
    "Œ": "oe",
}

_FEW = 3
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_ENDS_A_SENTENCE = re.compile(r"[.!?\n:;|•*\u201c\"(\[]|^\s*-")


@lru_cache(maxsize=4096)
def fold_character(character: str) -> str:
    """Fold one character; an empty answer means that it cannot be seen.

    >>> [fold_character(c) for c in "É７’🦊\\u200b"]
    ['e', '7', "'", ' ', '']
    """
    if character < "\x7f" and character.isprintable():
        return character.lower()
    if character in "\n\r\t":
        return "\n" if character == "\n" else " "
    if character in _SAME:
        return _SAME[character]
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return ""
    if category in ("Cc", "Cs", "Co", "Cn"):
        return " "
    plain = unicodedata.normalize("NFKD", character).casefold()
    kept = "".join(c for c in plain if not unicodedata.combining(c) and c not in "\u0338\u20e3")
    if not kept or unicodedata.category(kept[0]) in ("So", "Sk", "Sm", "Zs", "Zl", "Zp", "Cf"):
        return " "
    return kept.replace("\u2044", "/")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the folded text. `base` has lost its 's; `opens` says that a sentence may begin here."""

    start: int
    end: int
    text: str
    base: str
    capital: bool
    shout: bool
    opens: bool
    gap: str

    @property
    def base_end(self) -> int:
        return self.start + len(self.base)


def _abbreviates(text: str) -> bool:
    return len(text) == 1 or text in ("mr", "mrs", "ms", "dr", "st", "rev", "prof", "cllr")


@dataclass(frozen=True)
class Folded:
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    original: str

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Give the original offsets of a folded place."""
        return self.starts[start], self.ends[end - 1]

    def capital(self, at: int) -> bool:
        return self.original[self.starts[at]].isupper()

    @cached_property
    def words(self) -> tuple[Word, ...]:
        found: list[Word] = []
        before = 0
        for match in _WORD.finditer(self.text):
            start, end = match.span()
            text = match.group()
            base = text[:-2] if text.endswith("'s") else text
            gap = self.text[before:start]
            if found and self._shows_something(before, start):
                gap = f" ~{gap}"  # an emoji stands between two words; it does not join them
            capital = self.capital(start)
            found.append(
                Word(
                    start,
                    end,
                    text,
                    base,
                    capital,
                    capital and all(self.capital(i) for i in range(start, end) if self.text[i].isalpha()),
                    not found
                    or (
                        bool(_ENDS_A_SENTENCE.search(gap))
                        and not (gap in (".", ". ") and _abbreviates(found[-1].text))
                    ),
                    gap,
                )
            )
            before = end
        return tuple(found)

    def _shows_something(self, before: int, start: int) -> bool:
        between = self.original[self.ends[before - 1] : self.starts[start]]
        return len(between) <= start - before + 8 and any(
            not c.isspace() and fold_character(c) == " " for c in between
        )

    @cached_property
    def trusts_capitals(self) -> bool:
        """Whether a capital inside a sentence is rare enough to mark a name."""
        inside = [w for w in self.words if not w.opens and len(w.text) > 1]
        capitals = sum(w.capital for w in inside)
        shouted = sum(w.shout for w in inside)
        return shouted * 2 <= len(inside) and (capitals <= _FEW or capitals * 5 <= len(inside) * 2)

    @cached_property
    def minds_capitals(self) -> bool:
        """Whether capitals mean anything: most sentences begin with one, and it does not shout."""
        letters = [w for w in self.words if len(w.text) > 1]
        shouted = sum(w.shout for w in letters)
        opening = [w for w in self.words if w.opens]
        return shouted * 2 <= len(letters) and sum(w.capital for w in opening) * 2 >= len(opening)

    def hide(self, places: Iterable[tuple[int, int, str]]) -> "Folded":
        """Put one barrier for each place, so that a further look reads what a reader would read."""
        text: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for start, end, label in sorted(places):
            text.append(self.text[at:start] + BARRIERS.get(label, BARRIER))
            starts += [*self.starts[at:start], self.starts[start]]
            ends += [*self.ends[at:start], self.ends[end - 1]]
            at = end
        text.append(self.text[at:])
        return Folded("".join(text), (*starts, *self.starts[at:]), (*ends, *self.ends[at:]), self.original)


def fold(words: str) -> Folded:
    """Fold the words, and treat a stand-in that is already there as taken out.

    >>> fold("Siân’s [PHONE 1]").text == "sian's " + BARRIER
    True
    """
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    marks = STAND_IN.finditer(words)
    mark = next(marks, None)
    at = 0
    while at < len(words):
        if mark and at == mark.start():
            text.append(BARRIERS.get(mark.group(1), BARRIER))
            starts.append(at)
            ends.append(mark.end())
            at = mark.end()
            mark = next(marks, None)
            continue
        folded = fold_character(words[at])
        if not folded and ends and not "\ue000" <= text[-1] <= "\ue002":
            ends[-1] = at + 1
        for character in folded:
            text.append(character)
            starts.append(at)
            ends.append(at + 1)
        at += 1
    return Folded("".join(text), tuple(starts), tuple(ends), words)
