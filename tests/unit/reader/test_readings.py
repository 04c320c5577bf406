"""What was heard and seen becomes a reading: the outcome that it deserves, and marks that point at its words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reader.rules import speech, writing
from services.reader.rules.reading import MOST_WORDS, Reading, clean
from services.reader.rules.speech import Heard, Word, grouped, languages_of, surest
from services.reader.rules.writing import Line, Seen
from shared.contracts.values import Outcome

SURE, UNSURE = Word(" hello", 0.0, 0.4, 0.9), Word(" hello", 0.0, 0.4, 0.3)


def heard(*words: Word, languages: tuple[str, ...] = ("en",), spoke: bool = True, **more: bool) -> Heard:
    return Heard(words, languages, spoke, **more)


@pytest.mark.parametrize(
    ("what", "outcome", "reason"),
    [
        (heard(SURE), Outcome.WORDS, None),
        (heard(UNSURE), Outcome.LOW_CONFIDENCE, "unsure"),
        (heard(languages=(), spoke=False), Outcome.NO_WORDS, "silence"),
        (heard(), Outcome.LOW_CONFIDENCE, "nothing_understood"),
        (heard(SURE, loops=True), Outcome.LOW_CONFIDENCE, "repeats"),
        (heard(SURE, languages=("pl",)), Outcome.OTHER_LANGUAGE, None),
        (heard(SURE, languages=("en", "pl")), Outcome.OTHER_LANGUAGE, None),
        (heard(SURE, cut=True), Outcome.TOO_BIG, "too_long"),
        (heard(SURE, late=True), Outcome.TOO_BIG, "took_too_long"),
        (heard(SURE, moving=True), Outcome.UNSUPPORTED, "moving_pictures"),
        (heard(languages=(), spoke=False, cut=True), Outcome.TOO_BIG, "too_long"),
    ],
)
def test_what_a_recording_is(what: Heard, outcome: Outcome, reason: str | None) -> None:
    found = speech.reading(what, "v1")
    assert (found.outcome, found.reason) == (outcome, reason)
    assert found.words == ("hello" if what.words else "")


LINE = Line("hello there", 0.1, 0.1, 0.5, 0.2, 0.9)


@pytest.mark.parametrize(
    ("seen", "outcome", "reason"),
    [
        (Seen([[LINE]]), Outcome.WORDS, None),
        (Seen([[Line("hello", 0, 0, 1, 1, 0.4)]]), Outcome.LOW_CONFIDENCE, "unsure"),
        (Seen([[], []]), Outcome.NO_WORDS, None),
        (Seen([[LINE]], damaged=True), Outcome.UNREADABLE, "cut_short"),
        (Seen([[LINE]], cut="too_many_pages"), Outcome.TOO_BIG, "too_many_pages"),
        (Seen([[LINE]], moving=True), Outcome.UNSUPPORTED, "moving_pictures"),
        (
            Seen([[Line("x" * 150_000, 0, n / 9, 1, n / 9 + 0.1) for n in range(3)]]),
            Outcome.TOO_BIG,
            "too_many_words",
        ),
    ],
)
def test_what_pages_are(seen: Seen, outcome: Outcome, reason: str | None) -> None:
    found = writing.reading(seen, "v1")
    assert (found.outcome, found.reason) == (outcome, reason)
    assert len(found.words) <= MOST_WORDS


def test_a_page_is_read_from_the_top_and_each_row_from_the_left() -> None:
    lines = [
        Line("third", 0.1, 0.5, 0.3, 0.6),
        Line("second", 0.6, 0.11, 0.8, 0.21),
        Line("first", 0.1, 0.1, 0.3, 0.2),
    ]
    assert writing.reading(Seen([lines, [LINE]]), "v1").words == "first second\nthird\n\nhello there"


def test_the_surer_language_is_kept_and_never_the_one_that_goes_round_in_circles() -> None:
    circles = ("en", [SURE], True)
    assert surest([circles, ("pl", [UNSURE], False)])[0] == "pl"
    assert surest([("en", [SURE], False), ("pl", [UNSURE], False)])[0] == "en"


@pytest.mark.parametrize(
    ("chances", "languages"),
    [
        ([("en", 0.9)], ("en",)),
        ([("cy", 0.7), ("en", 0.25)], ("en",)),
        ([("pl", 0.7), ("en", 0.1)], ("pl",)),
        ([("hu", 0.35), ("pl", 0.3), ("en", 0.05)], ("en", "hu")),
        ([], ("en",)),
    ],
)
def test_an_accent_is_no_language(chances: list[tuple[str, float]], languages: tuple[str, ...]) -> None:
    assert languages_of(chances) == languages


texts = st.text(st.characters(codec="utf-8"), max_size=12)
part = st.floats(0, 1)


@given(st.lists(texts, max_size=20))
def test_marks_of_speech_point_at_its_words(said: list[str]) -> None:
    found = speech.reading(heard(*(Word(f" {text}", n, n + 1, 0.9) for n, text in enumerate(said))), "v1")
    assert len(found.marks) == len(said)
    for (start, end, *_), text in zip(found.marks, said, strict=True):
        assert found.words[start:end].strip() == clean(text).replace("\n", " ").strip()


@given(st.lists(st.builds(Line, texts, part, part, part, part, part), max_size=20))
def test_marks_of_pages_point_at_their_lines(lines: list[Line]) -> None:
    found = writing.reading(Seen([lines]), "v1")
    written = {clean(line.text).strip() for line in lines} - {""}
    assert {found.words[mark[0] : mark[1]] for mark in found.marks} == written


@given(st.lists(st.integers(1, 50), max_size=30), st.integers(10, 100))
def test_no_stretch_of_speech_is_cut_or_lost(lengths: list[int], most: int) -> None:
    spoken, at = [], 0
    for length in lengths:
        spoken.append((at, at + length))
        at += length + 1
    groups = list(grouped(spoken, most))
    assert [one for group in groups for one in group] == spoken
    assert all(sum(end - start for start, end in group) <= most or len(group) == 1 for group in groups)


@given(
    st.dictionaries(
        st.sampled_from(["outcome", "words", "marks", "reason", "version"]), st.none() | texts | st.integers()
    )
)
def test_whatever_a_child_says_is_a_reading_or_refused(answer: dict[str, Any]) -> None:
    try:
        found = Reading.of(answer)
    except ValueError:
        return
    assert found.outcome in Outcome


@given(texts)
def test_clean_words_can_be_stored_and_turn_no_line(text: str) -> None:
    kept = clean(text)
    kept.encode()
    assert clean(kept) == kept
    assert not set(kept) & set("\x00\x1b\u202e\u2066")
