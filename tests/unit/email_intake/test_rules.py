"""The envelope, and where a mail ends."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.email_intake.rules import END, Envelope, Ours, Undot, ours

DOMAINS, LOCALS = ("review.example.org", "second.example.org"), ("review", "speak-up")


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("review@review.example.org", Ours("review@review.example.org")),
        ("REVIEW@Second.Example.ORG", Ours("review@second.example.org")),
        ("speak-up@review.example.org", Ours("speak-up@review.example.org")),
        ("review+LEEDS-2@review.example.org", Ours("review@review.example.org", "leeds-2")),
        ("review+@review.example.org", Ours("review@review.example.org")),
        ("review+a b@review.example.org", Ours("review@review.example.org")),
        ("review+one+two@review.example.org", Ours("review@review.example.org")),
        (f"review+{'x' * 40}@review.example.org", Ours("review@review.example.org")),
        ("reviews@review.example.org", None),
        ("review@elsewhere.example.org", None),
        ("review@elsewhere.example.org@review.example.org", None),
        ("review%elsewhere.example.org@review.example.org", None),
        ("elsewhere.example.org!review@review.example.org", None),
        ("+review@review.example.org", None),
        ("review", None),
        ("@review.example.org", None),
        ("", None),
        ("review@review.example.org.", None),
        ("rev\u0131ew@review.example.org", None),
    ],
)
def test_only_our_own_addresses_are_ours(address: str, found: Ours | None) -> None:
    assert ours(address, DOMAINS, LOCALS) == found


def test_a_repeat_is_known_whatever_the_order_of_its_recipients() -> None:
    one, two = Ours("review@a.example.org"), Ours("review@b.example.org")
    assert Envelope("s@example.net", (one, two)).identity == Envelope("s@example.net", (two, one)).identity
    assert Envelope("s@example.net", (one,)).identity != Envelope("t@example.net", (one,)).identity
    assert Envelope("s@example.net", (one,)).identity != Envelope("s@example.net", (one, two)).identity


def test_the_sender_is_one_address_however_it_is_written_and_is_not_shown() -> None:
    assert Envelope("Sam@Example.net", ()).tag == Envelope("sam@example.NET", ()).tag
    assert "sam" not in repr(Envelope("sam@example.net", ()))
    assert Envelope("\udcff@example.net", ()).return_path == b"Return-Path: <\xff@example.net>\r\n"


def test_the_first_code_of_an_event_is_taken() -> None:
    assert Envelope("", (Ours("a@b"), Ours("a@b", "york-1"), Ours("a@b", "hull-1"))).event_code == "york-1"


def pieces_of(whole: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(whole), *(cut % (len(whole) + 1) for cut in cuts)})
    return [whole[a:b] for a, b in pairwise(edges)]


@given(
    lines=st.lists(
        st.text("ab.\r\n \0", max_size=6).map(lambda t: t.encode().replace(b"\r\n", b"")), max_size=8
    ),
    cuts=st.lists(st.integers(0, 80), max_size=12),
)
def test_what_went_over_the_wire_comes_out_as_it_was(lines: list[bytes], cuts: list[int]) -> None:
    """A line may hold a lone CR or LF, begin with dots, or be nothing but a dot."""
    mail = b"".join(line + b"\r\n" for line in lines).replace(b"\r\r\n", b"\r\n")
    wire = (b"\r\n" + mail).replace(b"\r\n.", b"\r\n..") + b".\r\n"
    assert wire.index(END) == len(wire) - len(END)
    body = wire[: 2 - len(END)]
    undot = Undot()
    *first, last = pieces_of(body, cuts) or [b""]
    assert b"".join(map(undot.feed, first)) + undot.last(last) == mail
