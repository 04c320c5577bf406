"""What triage promises about any words at all."""

import json

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.triage.rules import assess
from services.triage.rules.cues import vocabulary
from services.triage.rules.lines import answer

ANYTHING = st.text(st.characters(), max_size=300)  # lone surrogates and NUL too
LIKELY = st.lists(
    st.sampled_from(
        [*sorted(word for word in vocabulary() if not word.startswith("<")), ".", "?", "\n", '"']
    ),
    max_size=40,
).map(" ".join)
SLOW_START = settings(deadline=None)  # the first call reads the language model
WORDS = ANYTHING | LIKELY | st.tuples(LIKELY, ANYTHING).map("".join)


@SLOW_START
@given(words=WORDS, thread=st.lists(WORDS, max_size=3))
def test_any_words_get_an_answer_whose_marks_lie_inside_them(words: str, thread: list[str]) -> None:
    found = assess(words, thread)
    assert 0 <= found.score <= 1
    assert all(0 <= e.start < e.end <= len(words) for e in found.evidence)
    assert found.to_human or found.tray is None
    assert found.categories


@SLOW_START
@given(words=WORDS, thread=st.lists(WORDS, max_size=3))
def test_a_thread_never_lowers(words: str, thread: list[str]) -> None:
    assert assess(words, thread).level.rank >= assess(words).level.rank


@SLOW_START
@given(
    words=LIKELY,
    joined=st.sampled_from([" ", ". "]),
    calming=st.sampled_from(["lol", "jk", "lol jk", "haha"]),
)
def test_laughing_it_off_never_lowers(words: str, joined: str, calming: str) -> None:
    before = assess(words)
    assume(before.tray is None)  # a laugh makes wordless words of no words
    assert assess(words + joined + calming).level.rank >= before.level.rank


@SLOW_START
@given(words=LIKELY)
def test_capitals_do_not_change_the_level(words: str) -> None:
    assert assess(words.upper()).level is assess(words).level


@SLOW_START
@given(words=WORDS)
def test_the_same_words_get_the_same_answer(words: str) -> None:
    assert assess(words) == assess(words)


@SLOW_START
@given(line=WORDS | st.builds(lambda text: json.dumps({"id": "x", "text": text}), WORDS))
def test_every_line_gets_one_line_of_json(line: str) -> None:
    said = answer(line)
    assert "\n" not in said
    assert {"id"} < json.loads(said).keys()
