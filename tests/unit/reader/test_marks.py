"""What is new, quoted, forwarded or a signature: marked over the whole text, and nothing taken away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reader.rules.mail.marks import Mark, Span, clipped, merged, spans


def marked(text: str) -> list[tuple[str, str]]:
    return [(one.kind.value, text[one.start : one.end]) for one in spans(text)]


REPLIES = [
    ("nothing else", "I am fine.", [("new", "I am fine.")]),
    (
        "an answer above",
        "Yes please.\n\nOn Mon, 2 Nov 2026 at 10:00, Review <review@example.org> wrote:\n> Are you well?\n> Tell us.",
        [
            ("new", "Yes please.\n\n"),
            (
                "quoted",
                "On Mon, 2 Nov 2026 at 10:00, Review <review@example.org> wrote:\n> Are you well?\n> Tell us.",
            ),
        ],
    ),
    (
        "answers between",
        "> Are you well?\nNo.\n> Are you safe?\nNo.",
        [("quoted", "> Are you well?\n"), ("new", "No.\n"), ("quoted", "> Are you safe?\n"), ("new", "No.")],
    ),
    (
        "an attribution over two lines",
        "Ok\nOn Mon, 2 Nov 2026 at 10:00, Review\n<review@example.org> wrote:\n> Hi",
        [("new", "Ok\n"), ("quoted", "On Mon, 2 Nov 2026 at 10:00, Review\n<review@example.org> wrote:\n> Hi")],
    ),
    (
        "somebody's own words that look like an attribution",
        "On Monday my social worker wrote:\nI cannot see my brother.",
        [("new", "On Monday my social worker wrote:\nI cannot see my brother.")],
    ),
    (
        "Outlook",
        "Please help.\n\nFrom: Review\nSent: 2 November 2026\nTo: Sam\nSubject: Thank you\n\nWe have it.",
        [
            ("new", "Please help.\n\n"),
            ("quoted", "From: Review\nSent: 2 November 2026\nTo: Sam\nSubject: Thank you\n\nWe have it."),
        ],
    ),
    ("from, alone", "From: what I know\nit is bad", [("new", "From: what I know\nit is bad")]),
    (
        "an original message",
        "Hi\n-----Original Message-----\nold",
        [("new", "Hi\n"), ("quoted", "-----Original Message-----\nold")],
    ),
    (
        "Gmail's forward",
        "See this\n---------- Forwarded message ---------\nFrom: Mum\nDate: now\nSubject: no\nTo: me\n\nYou cannot.\n> old",
        [
            ("new", "See this\n"),
            (
                "forwarded",
                "---------- Forwarded message ---------\nFrom: Mum\nDate: now\nSubject: no\nTo: me\n\nYou cannot.\n> old",
            ),
        ],
    ),
    ("Apple's forward", "Begin forwarded message:\n\nold", [("forwarded", "Begin forwarded message:\n\nold")]),
    ("a signature", "Thanks\n-- \nSam\n07700 900123", [("new", "Thanks\n"), ("signature", "-- \nSam\n07700 900123")]),
    (
        "a phone's own line",
        "Help me\n\nSent from my iPhone",
        [("new", "Help me\n\n"), ("signature", "Sent from my iPhone")],
    ),
    (
        "words after a phone's own line",
        "Sent from my iPhone\nand he hit me",
        [("signature", "Sent from my iPhone\n"), ("new", "and he hit me")],
    ),
    ("words with a dash", "-- not a signature --\nhi", [("new", "-- not a signature --\nhi")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), [one[1:] for one in REPLIES], ids=[one[0] for one in REPLIES])
def test_replies_are_marked(text: str, wanted: list[tuple[str, str]]) -> None:
    assert marked(text) == wanted


LINES = st.lists(
    st.sampled_from(
        ["", "hello", "> old", "-- ", "On Mon, Sam wrote:", "From: a", "Sent: b", "To: c", "Subject: d",
         "-----Original Message-----", "Begin forwarded message:", "Sent from my iPhone", "x" * 700]
    )
    | st.text(max_size=30),
    max_size=20,
)  # fmt: skip


@given(lines=LINES)
def test_marks_cover_every_character_once(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = spans(text)
    assert "".join(text[one.start : one.end] for one in found) == text
    assert all(one.start < one.end for one in found)
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]


@given(lines=LINES, start=st.integers(0, 200), length=st.integers(1, 200))
def test_a_piece_has_the_marks_of_its_own_words(lines: list[str], start: int, length: int) -> None:
    text = "\n".join(lines)
    piece = text[start : start + length]
    kinds = [kind for one in spans(text) for kind in [one.kind] * (one.end - one.start)]
    found = clipped(spans(text), start, min(start + length, len(text)))
    assert [kind for one in found for kind in [one.kind] * (one.end - one.start)] == kinds[
        start : start + length
    ]
    assert all(0 <= one.start < one.end <= len(piece) for one in found)


def test_beyond_the_most_marks_everything_counts_as_new() -> None:
    many = [Span(n, n + 1, Mark.QUOTED if n % 2 else Mark.NEW) for n in range(5_000)]
    kept = merged(many)
    assert len(kept) <= 1_001
    assert kept[-1].kind is Mark.NEW
    assert (kept[0].start, kept[-1].end) == (0, 5_000)
