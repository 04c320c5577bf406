"""Codes of six words: which words, how they are read back, and how guesses are slowed."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from services.art_intake.rules.code_words import CODE_WORDS
from services.art_intake.rules.codes import as_typed, code_of
from services.art_intake.rules.guesses import LONGEST, PLACES, WITHIN, Guesses

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


def test_there_are_enough_words_and_none_twice() -> None:
    assert len(CODE_WORDS) == len(set(CODE_WORDS)) >= 1296
    assert len(CODE_WORDS) ** 6 > 2**62, "nobody guesses one"


def test_words_are_short_and_plain() -> None:
    assert all(
        word.isascii() and word.isalpha() and word.islower() and 4 <= len(word) <= 9 for word in CODE_WORDS
    )


def _with_a_gap(word: str) -> list[str]:
    return [f"{word[:n]}?{word[n + 1 :]}" for n in range(len(word))]


def test_no_slip_of_one_letter_makes_another_word() -> None:
    """A letter changed, left out or added: what is looked up is then unknown, never somebody else's."""
    changed = Counter(pattern for word in CODE_WORDS for pattern in set(_with_a_gap(word)))
    assert [pattern for pattern, n in changed.items() if n > 1] == []
    words = set(CODE_WORDS)
    shorter = {word[:n] + word[n + 1 :]: word for word in CODE_WORDS for n in range(len(word))}
    assert {word: longer for word, longer in shorter.items() if word in words} == {}


_UNKIND = (
    "hate kill dead death hurt pain blood knife gun bomb drug drunk naked sex dumb stupid ugly fat thin crazy mad"
    " evil hell devil slave whip beat hit punch kick smack slap burn drown choke belt lock cell cage court judge"
    " police social worker foster care mum dad mother father brother sister home bed secret touch bruise"
)
UNKIND = frozenset(_UNKIND.split())


def test_no_word_recalls_harm_or_a_home() -> None:
    assert set(CODE_WORDS) & UNKIND == set()


@given(st.binary(min_size=32, max_size=32))
def test_a_code_is_read_back_however_it_is_typed(chance: bytes) -> None:
    code = code_of(chance)
    assert len(code.split()) == 6
    for typed in (
        code,
        code.upper(),
        code.title().replace(" ", ", "),
        f"  {code.replace(' ', chr(10))}. ",
        code.replace(" ", "-"),
    ):
        assert as_typed(typed) == code


@given(st.text(max_size=400))
def test_whatever_is_typed_is_six_words_or_nothing(typed: str) -> None:
    read = as_typed(typed)
    assert read is None or len(read.split(" ")) == 6


def test_every_word_comes_up_about_as_often() -> None:
    drawn = Counter(word for n in range(4000) for word in code_of(sha256(str(n).encode()).digest()).split())
    expected = 4000 * 6 / len(CODE_WORDS)
    assert len(drawn) == len(CODE_WORDS)
    assert max(drawn.values()) < 3 * expected


def test_so_many_wrong_ones_from_one_place_and_then_a_wait() -> None:
    guesses = Guesses(8)
    for n in range(8):
        assert not guesses.is_too_many("here", NOW), n
        guesses.wrong("here", NOW)
    assert guesses.is_too_many("here", NOW + WITHIN)
    assert not guesses.is_too_many("there", NOW), "others are not stopped"
    assert not guesses.is_too_many("here", NOW + WITHIN + timedelta(seconds=1))


def test_wrong_ones_from_everywhere_slow_everybody_for_a_minute() -> None:
    guesses = Guesses(8)
    waits = []
    for n in range(200):
        waits.append(guesses.wait(NOW))
        guesses.wrong(f"place {n}", NOW)
    assert waits[0] == waits[19] == 0
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST
    assert guesses.wait(NOW + timedelta(minutes=2)) == 0


def test_it_remembers_only_so_many_places() -> None:
    guesses = Guesses(8)
    for n in range(PLACES + 50):
        guesses.wrong(f"place {n}", NOW)
    assert len(guesses._wrong) == PLACES
    assert len(guesses._recent) <= 1000
