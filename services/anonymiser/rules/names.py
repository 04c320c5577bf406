"""People's names: known ones anywhere, names that are words and strange words where a cue points at them."""

import re
from collections.abc import Iterator

from services.anonymiser.rules import name_cues as cues
from services.anonymiser.rules.common_words import all_of, forms, is_common
from services.anonymiser.rules.fold import BARRIERS, Word
from services.anonymiser.rules.given_names import GIVEN, WORDS_TOO
from services.anonymiser.rules.spans import DIRECT, Finds, Folded, Found

_PERSON = BARRIERS["PERSON"]
_PARTICLES = all_of(
    """
    van von de da del di la le al el ap ab bin ibn abu ben bint o mac mc st der
    """
)
_INITIALS = re.compile(r"(?<![\w'.])[a-z]\.(?:\s?[a-z]\.?(?![\w'])){0,3}")
_GLUED = re.compile(
    r"(?:thank(?:s|you)|thanx|thnx|thx|miss|mrs|its|hi|hiya|hey|from|love|luv|call|dear|tell)(?=[a-z]{3})"
)
_SHORTEST = 3
_LONGEST_ACRONYM = 4
_SIZES = frozenset({"big", "lil", "little", "young", "old"})
_LONE_WORDS = frozenset("ai")
_NOT_INITIALS = frozenset({"e.g", "i.e", "p.s", "a.m", "p.m", "n.b", "u.k", "p.a", "s.w"})


def is_given(word: Word) -> bool:
    """Say whether a word is a name and hardly anything else."""
    for form in forms(word.base):
        if form in GIVEN and (not is_common(form) or (word.capital and not word.opens)):
            return True
    return "-" in word.base and any(part in GIVEN and not is_common(part) for part in word.base.split("-"))


def could_be(word: Word) -> bool:
    """Say whether a word may be a name once a cue points at it."""
    if any(form in WORDS_TOO or form in GIVEN for form in forms(word.base)):
        return True
    return len(word.base) > 1 and not is_common(word.base)


def find(folded: Folded) -> Finds:
    words = folded.words
    marked: set[int] = set()
    for i, word in enumerate(words):
        if is_given(word) or _pointed_at(folded, i):
            marked.add(i)
    _spread(folded, marked)
    for first, last in _runs(folded, marked):
        yield Found(_from(folded, first, last), words[last].base_end, "PERSON", DIRECT, "name")
    yield from _glued(folded)
    yield from _initials(folded)


def _pointed_at(folded: Folded, i: int) -> bool:
    words = folded.words
    word = words[i]
    if not could_be(word):
        return cues.titled(words, i) and word.base not in cues.AFTER_TITLE_NOT
    hard = word.base in cues.GRAMMAR
    shown = folded.trusts_capitals and word.capital
    if cues.strong_before(folded, i):
        return word.base not in cues.SMALL_WORDS or shown or cues.named_before(folded, i)
    if shown and word.shout and len(word.base) <= _LONGEST_ACRONYM and word.base not in WORDS_TOO:
        return cues.after(folded, i) or cues.signs(folded, i)
    if shown and not word.opens:
        # a month or a word with a capital of its own still wants a cue
        return word.base not in cues.CAPITAL_ANYWAY or cues.after(folded, i)
    if shown and _named_in_full(folded, i):
        return True
    if hard and not shown and not cues.whose(folded, i):
        return False
    if cues.after(folded, i) or cues.signs(folded, i):
        return True
    return (shown or any(form in WORDS_TOO for form in forms(word.base))) and cues.weak_before(folded, i)


def _named_in_full(folded: Folded, i: int) -> bool:
    """A strange capital word that opens a sentence, with another behind it: "Deeqa Warsame"."""
    words = folded.words
    following = words[i + 1] if i + 1 < len(words) else None
    return bool(
        following
        and following.gap == " "
        and following.capital
        and not is_common(words[i].base)
        and not is_common(following.base)
    )


def _spread(folded: Folded, marked: set[int]) -> None:
    """A list goes on: "rose and joy", "hanna, yusuf and brooke"; a surname follows its first name."""
    words = folded.words
    for i in sorted(marked):
        at = i
        for step in range(1, 4):
            following = i + step
            if (
                following >= len(words)
                or words[following].gap != " "
                or words[following - 1].text.endswith("'s")
            ):
                break
            word = words[following]
            if word.base in _PARTICLES and following + 1 < len(words) and could_be(words[following + 1]):
                continue
            if _is_surname(folded, words[at], word):
                marked.update(range(at + 1, following + 1))
                at = following
            else:
                break
    for i, word in enumerate(words):
        if i in marked or not could_be(word) or word.base in cues.GRAMMAR:
            continue
        if _listed(folded, i, marked):
            marked.add(i)


def _is_surname(folded: Folded, first: Word, word: Word) -> bool:
    if word.base in GIVEN:
        return True
    if first.capital and word.capital and not word.opens:
        return len(word.base) > 1 or word.base not in _LONE_WORDS
    if folded.minds_capitals and first.capital:
        return False
    if len(word.base) == 1:
        return word.base in "tjdhplwvzqg" and folded.text[word.end : word.end + 1] in (
            "",
            " ",
            ".",
            ",",
            "\n",
        )
    return len(word.base) > _SHORTEST and not is_common(word.base) and word.base not in WORDS_TOO


def _listed(folded: Folded, i: int, marked: set[int]) -> bool:
    words = folded.words
    between = r"\s?(?:,|&|/|\+|\n)\s?(?:and )?|\s(?:and|n|&|or)\s"
    for other, start, end in (
        (i - 1, None, words[i].start),
        (i - 2, None, words[i].start),
        (i + 1, words[i].end, None),
        (i + 2, words[i].end, None),
    ):
        if not 0 <= other < len(words) or other not in marked:
            continue
        gap = (
            folded.text[words[other].end : end] if start is None else folded.text[start : words[other].start]
        )
        if re.fullmatch(between, gap) and (
            words[i].base in WORDS_TOO or not folded.minds_capitals or words[i].capital
        ):
            return True
    before = folded.text[max(0, words[i].start - 6) : words[i].start]
    return bool(re.search(rf"{_PERSON}\s?(?:and|n|&|,|\+)\s?$", before)) and (
        words[i].capital or not folded.minds_capitals
    )


def _runs(folded: Folded, marked: set[int]) -> Iterator[tuple[int, int]]:
    """Join neighbours into one name: first name and surname, particles between."""
    words = folded.words
    first = last = -2
    for i in sorted(marked):
        joined = last == i - 1 and words[i].gap in _joins(words[last]) and not words[last].text.endswith("'s")
        if not joined:
            if first >= 0:
                yield first, last
            first = i
        last = i
    if first >= 0:
        yield first, last


def _joins(word: Word) -> tuple[str, ...]:
    return (" ", ". ", ".") if len(word.base) == 1 else (" ",)


def _from(folded: Folded, first: int, last: int) -> int:
    """A title belongs to a bare initial ("miss k"), and "big" or "lil" to the name behind it."""
    words = folded.words
    if first and words[first].gap in (" ", ". "):
        before = words[first - 1]
        if before.text in _SIZES and not (
            folded.minds_capitals and words[first].capital and not before.capital
        ):
            return before.start
        if first == last and len(words[first].base) == 1 and before.text in cues.TITLES:
            couple = (
                first > 2 and words[first - 2].text in ("and", "&") and words[first - 3].text in cues.TITLES
            )
            return words[first - 3].start if couple else before.start
    return words[first].start


def _glued(folded: Folded) -> Finds:
    for word in folded.words:
        glue = _GLUED.match(word.base)
        if glue and not is_common(word.base) and word.base not in GIVEN:
            rest = word.base[glue.end() :]
            if rest in GIVEN or (rest in WORDS_TOO and len(rest) > _SHORTEST):
                yield Found(word.start + glue.end(), word.base_end, "PERSON", DIRECT, "name, glued")


def _initials(folded: Folded) -> Finds:
    text = folded.text
    for match in _INITIALS.finditer(text):
        said = match.group().rstrip(".").replace(" ", "")
        several = said.count(".") > 0
        if said in _NOT_INITIALS or not (
            folded.capital(match.start()) or cues.ends_with_cue(text, match.start())
        ):
            continue
        if several or not folded.text[match.start() - 1 : match.start()].isdigit():
            yield Found(*match.span(), "PERSON", DIRECT, "initials")
    if not folded.minds_capitals:
        return
    for word in folded.words:
        if (
            len(word.text) == 1
            and word.capital
            and word.text not in _LONE_WORDS
            and cues.initial_alone(folded, word)
        ):
            yield Found(word.start, word.end, "PERSON", DIRECT, "initial")
