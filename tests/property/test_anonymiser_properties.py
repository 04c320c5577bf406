"""What holds for any words that anybody sends."""

import json
import re
import unicodedata

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from services.anonymiser.rules import StandIn, redact
from services.anonymiser.rules.fold import STAND_IN
from services.anonymiser.rules.lines import answer

NAMES = (
    "kofi",
    "adaeze",
    "zainab",
    "ionut",
    "siobhan",
    "harpreet",
    "nguyen",
    "kayleigh",
    "zzadie",
    "tamsleigh",
)
CUES = (
    "im {}",
    "my name is {}",
    "my sister {} got moved",
    "sw is {}",
    "my mum ({}) cried",
    "its {} here",
    "i told mrs {} and left",
)
CASES = (str.lower, str.upper, str.capitalize)
SEPARATORS = ("", " ", "-", ".", " - ", "  ", "/", ")", "\u200b", "\u00a0", "–", "_", ", ")
SPOKEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

fragments = st.sampled_from(
    (
        "im ", "my sister ", " kofi", " Kofi", "'s mum", " 07700 900123", "12/03/2009", " is 9 ", " in leeds", "[PERSON 1]", "[AGE 5-9]",
        "[DATE ", "\n", ". ", " and ", "mr ", "K. ", " at ", "oakdene", " dot ", "@", "example.org", "flat 3 ", " oak street", "reg ", "YK19 ZXC",
        " 0", "7", " one two ", "will ", "Hope ", "may ", "👩‍👩‍👧", "’", "\u200d", "ﬁ", "ß", "İ", "\ud800", "\x00", "\ue000", "²", "①", "ref ", "/", "-",
    )
)  # fmt: skip
any_words = st.one_of(
    st.text(st.characters(codec=None)),
    st.lists(st.one_of(fragments, st.text(max_size=4)), max_size=14).map("".join),
)
plain_words = st.text(alphabet="abcdefghij ,.!?\n", max_size=20)


@st.composite
def spaced(draw: st.DrawFn, text: str) -> str:
    """Write it with odd separators between its characters."""
    return "".join(c + draw(st.sampled_from(SEPARATORS)) for c in text[:-1]) + text[-1]


@st.composite
def digits_in_any_spelling(draw: st.DrawFn) -> str:
    out: list[str] = []
    for digit in draw(st.lists(st.integers(0, 9), min_size=7, max_size=14)):
        form = draw(st.sampled_from(("plain", "plain", "said", "wide", "keycap")))
        out.append(
            {
                "plain": str(digit),
                "said": f" {SPOKEN[digit]} ",
                "wide": chr(0xFF10 + digit),
                "keycap": f"{digit}\ufe0f\u20e3",
            }[form]
        )
    return "".join(piece + draw(st.sampled_from(("", " ", "-", ".", "  "))) for piece in out)


def without_stand_ins(words: str) -> str:
    return STAND_IN.sub("|", words)


def digits_left(words: str) -> str:
    said = without_stand_ins(words).lower()
    for value, word in enumerate(SPOKEN):
        said = re.sub(rf"(?<![a-z]){word}(?![a-z])", str(value), said)
    return "".join(str(unicodedata.digit(c)) if unicodedata.digit(c, None) is not None else c for c in said)


@settings(max_examples=300, deadline=None)
@given(any_words, st.lists(st.text(max_size=12), max_size=3))
def test_never_raises_and_offsets_map_back(words: str, names: list[str]) -> None:
    redacted = redact(words, names)
    at = 0
    rebuilt = ""
    for span in redacted.spans:
        assert at <= span.start < span.end <= len(words)
        rebuilt += words[at : span.start] + span.stand_in
        at = span.end
    assert rebuilt + words[at:] == redacted.words
    assert all(0 <= a < b <= len(words) for a, b in redacted.doubtful)
    assert redacted.held == bool(redacted.causes)


@settings(max_examples=400, deadline=None)
@example("mr K. Kofi ﬁ 7 one two")
@given(any_words)
def test_redacting_again_finds_nothing_new(words: str) -> None:
    redacted = redact(words)
    assume("failed" not in redacted.causes)
    again = redact(redacted.words)
    assert again.spans == ()
    assert again.words == redacted.words


@settings(max_examples=300, deadline=None)
@given(plain_words, digits_in_any_spelling(), plain_words)
def test_no_long_run_of_digits_survives(before: str, digits: str, after: str) -> None:
    left = digits_left(redact(f"{before} {digits} {after}").words)
    runs = re.findall(r"[0-9](?:[ .,-]{0,3}[0-9]){6,}", left)
    helplines = ("08001111", "116123116", "999", "111", "112", "101", "105", "119", "116123", "85258")
    assert all(re.fullmatch("(?:" + "|".join(helplines) + ")+", re.sub(r"[^0-9]", "", run)) for run in runs)


@settings(max_examples=200, deadline=None)
@given(st.data(), plain_words, plain_words)
def test_no_envelope_identifier_survives(data: st.DataObject, before: str, after: str) -> None:
    known = data.draw(
        st.sampled_from(("+447700900123", "kwrblo.fry@example.org", "mika_fox09", "Kwrblo Pfennig-Szabo"))
    )
    said = data.draw(
        spaced(
            data.draw(
                st.sampled_from((known, known.upper(), known.replace("@", " at ").replace(".", " dot ")))
            )
        )
    )
    bare = "".join(c for c in redact(f"{before} {said} {after}", (known,)).words.lower() if c.isalnum())
    assert "".join(c for c in known.lower() if c.isalnum()) not in bare
    assert "7700900123" not in bare


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.sampled_from(CUES),
    st.sampled_from(CASES),
    st.sampled_from(("", "'s", "’s", "s")),
    plain_words,
)
def test_a_name_with_a_cue_goes_and_everywhere(
    name: str, cue: str, case: object, ending: str, after: str
) -> None:
    assert callable(case)
    words = cue.format(case(name)) + ", " + after + " , then " + case(name + ending) + " left"
    assert name not in redact(words).words.lower()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(CUES)), min_size=1, max_size=4))
def test_stand_ins_hold_over_a_thread(messages: list[tuple[str, str]]) -> None:
    known: tuple[StandIn, ...] = ()
    seen: dict[str, str] = {}
    for name, cue in messages:
        redacted = redact(cue.format(name), stand_ins=known)
        known = redacted.stand_ins
        stand_in = next(s.stand_in for s in redacted.spans if s.label == "PERSON")
        assert seen.setdefault(name, stand_in) == stand_in
    assert len(set(seen.values())) == len(seen)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda c: st.lists(c, max_size=3) | st.dictionaries(st.sampled_from(("id", "text", "envelope", "x")), c, max_size=4), max_leaves=8
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(), json_values.map(json.dumps)))
def test_a_line_is_always_answered_in_json(line: str) -> None:
    said = json.loads(answer(line))
    assert "id" in said
    assert ("error" in said) != ("spans" in said)
