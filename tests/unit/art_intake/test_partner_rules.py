"""Keys, proofs, what is said of an item, and the list of captions."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.art_intake.rules.captions import COLUMNS, Unclear, rows_of
from services.art_intake.rules.partner_items import LONGEST_WORDS, Wrong, item_id_of, item_of
from services.art_intake.rules.partner_keys import Known, Scope, compose, digest_of, partner_of, who
from services.art_intake.rules.proof import Handed, NotProven, public_key, signed, statement_of, verify

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
SEED = bytes(range(32))
SECRET = b"s" * 32
SLUGS = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
CHANCE = st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True)

# Keys.


@given(SLUGS, CHANCE)
def test_a_key_names_its_partner_whatever_chance_gave(slug: str, chance: str) -> None:
    """The chance part may hold the character that divides the key."""
    assert partner_of(compose(slug, chance)) == slug


@given(SLUGS, CHANCE, CHANCE)
def test_only_the_key_itself_comes_in(slug: str, chance: str, other: str) -> None:
    key = compose(slug, chance)
    known = {slug: [Known(slug, digest_of(SECRET, key), frozenset(Scope))]}
    assert who(SECRET, key, known, NOW) is known[slug][0]
    if other != chance:
        assert who(SECRET, compose(slug, other), known, NOW) is None
    assert who(b"t" * 32, key, known, NOW) is None


@pytest.mark.parametrize(
    "name", ["", "Northside", "north_side", "-north", "north-", "a" * 41, "north side", "é"]
)
def test_a_partners_short_name_has_one_shape(name: str) -> None:
    with pytest.raises(ValueError, match="short name"):
        compose(name, "a" * 43)


def test_a_key_of_one_partner_is_not_looked_for_among_anothers() -> None:
    key = compose("northside", "a" * 43)
    assert who(SECRET, key, {"other": [Known("other", digest_of(SECRET, key), frozenset())]}, NOW) is None


def test_several_keys_of_one_partner_each_come_in_with_their_own_scopes() -> None:
    keys = [compose("northside", mark * 43) for mark in "ab"]
    known = {
        "northside": [
            Known("northside", digest_of(SECRET, key), frozenset({scope}))
            for key, scope in zip(keys, Scope, strict=True)
        ]
    }
    found = [who(SECRET, key, known, NOW) for key in keys]
    assert [one.scopes for one in found if one] == [{Scope.SEND}, {Scope.READ}]


def test_a_key_ends_at_its_moment() -> None:
    key = compose("northside", "a" * 43)
    known = {"northside": [Known("northside", digest_of(SECRET, key), frozenset(), NOW)]}
    assert who(SECRET, key, known, NOW - timedelta(microseconds=1))
    assert who(SECRET, key, known, NOW) is None


def test_what_is_kept_of_a_key_is_not_shown_either() -> None:
    key = compose("northside", "a" * 43)
    one = Known("northside", digest_of(SECRET, key), frozenset())
    assert one.digest not in repr(one)
    assert "aaaa" not in one.digest


# Proofs.

HANDED = st.builds(
    Handed,
    item_id=st.uuids().map(str),
    contribution_id=st.uuids().map(str),
    sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
    size=st.integers(0, 2**40),
    received_at=st.just("2026-11-24T20:00:00.000000Z"),
)


def a_proof(items: list[Handed]) -> dict[str, Any]:
    return signed(SEED, statement_of("northside", items, NOW))


@given(st.lists(HANDED, max_size=5))
def test_a_proof_holds_after_it_was_written_to_a_file(items: list[Handed]) -> None:
    document = json.loads(json.dumps(a_proof(items), indent=2))
    proof = verify(document, public_key(SEED))
    assert (proof.partner, list(proof.items)) == ("northside", items)


def spoilt(document: Any, at: int) -> Any:
    """A copy with one leaf changed, whichever `at` counts to."""
    leaves: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, one in list(pairs):
            if isinstance(one, (dict, list)):
                walk(one)
            else:
                leaves.append((value, name))

    copy = json.loads(json.dumps(document))
    copy.pop("algorithm")  # words for people
    walk(copy)
    owner, name = leaves[at % len(leaves)]
    old = owner[name]
    owner[name] = old + 1 if isinstance(old, int) else ("0" if old[:1] != "0" else "1") + old[1:]
    return copy


@given(st.lists(HANDED, min_size=1, max_size=3), st.integers(0, 100))
def test_a_proof_of_which_anything_was_changed_does_not_hold(items: list[Handed], at: int) -> None:
    with pytest.raises(NotProven):
        verify(spoilt(a_proof(items), at), public_key(SEED))


@given(st.lists(HANDED, min_size=1, max_size=3))
def test_an_item_cannot_be_taken_out_or_put_in(items: list[Handed]) -> None:
    document = a_proof(items)
    for changed in (document["statement"]["items"][1:], [*document["statement"]["items"], {}]):
        other = {**document, "statement": {**document["statement"], "items": changed}}
        with pytest.raises(NotProven):
            verify(other)


def test_a_proof_signed_by_somebody_else_is_not_ours() -> None:
    document = signed(bytes(32), statement_of("northside", [], NOW))
    assert verify(document)
    with pytest.raises(NotProven, match="another key"):
        verify(document, public_key(SEED))


@pytest.mark.parametrize(
    "document",
    [
        None, [], "proof", {}, {"statement": []}, {"statement": {}}, {"statement": {}, "public_key": 7},
        {"statement": {}, "public_key": "zz", "signature": ""},
        {"statement": {}, "public_key": "00" * 32, "signature": "AAAA"},
        signed(SEED, {}), signed(SEED, {"items": 7, "partner": "x", "issued_at": "x"}),
        signed(SEED, {"items": [{}], "partner": "x", "issued_at": "x"}),
        signed(SEED, {**statement_of("x", [], NOW), "statement": "heard.hand-over.v2"}),
        signed(SEED, {**statement_of("x", [], NOW), "count": 1}),
    ],
)  # fmt: skip
def test_what_is_no_proof_does_not_hold(document: object) -> None:
    with pytest.raises(NotProven):
        verify(document)


# What is said of an item.


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_is_said_of_an_item_is_read_or_refused(raw: bytes) -> None:
    with suppress(Wrong):
        item_of(raw)


@given(st.text(min_size=4, max_size=20))
def test_a_refusal_never_quotes(canary: str) -> None:
    canary = f"canary{canary}"
    for said in ({canary: 1}, {"caption": [canary]}, {"age_band": canary}, {"consent": {canary: canary}}):
        with pytest.raises(Wrong) as caught:
            item_of(json.dumps(said).encode())
        assert "canary" not in str(caught.value)


def test_words_have_a_limit_that_fits_into_an_event() -> None:
    assert item_of(json.dumps({"words": "é" * LONGEST_WORDS}).encode()).words
    with pytest.raises(Wrong, match="words"):
        item_of(json.dumps({"words": "é" * (LONGEST_WORDS + 1)}).encode())


def test_what_was_said_is_not_in_a_repr() -> None:
    item = item_of(b'{"caption": "kestrel", "words": "kestrel", "sent_for": "kestrel"}')
    assert "kestrel" not in repr(item)


@given(st.uuids())
def test_every_uuid_is_an_items_id_in_one_spelling(one: Any) -> None:
    assert item_id_of(str(one).upper()) == item_id_of(str(one)) == str(one)


# The list of captions.


def test_a_list_as_a_spreadsheet_writes_it() -> None:
    raw = "\ufefffile;caption;Age band;worried;roles;consent quote;group_size\r\n"
    raw += 'a.png;"a ""cat""; and\r\na dog";8_12;yes;child,sibling;no;\r\n;;;;;;\r\nb.png;;;;;;14\r\n'
    one, two = rows_of(raw.encode())
    assert (one.file, one.line) == ("a.png", 3)
    assert dict(one.said) == {
        "caption": 'a "cat"; and\r\na dog',
        "age_band": "8_12",
        "roles": ["child", "sibling"],
        "worried": True,
        "consent": {"quote": False},
    }
    assert dict(two.said) == {"group_size": 14}


def test_nothing_said_about_consent_is_not_asked() -> None:
    (row,) = rows_of(b"file,consent_quote,consent_show,consent_wording\na.png,,,2026-11")
    assert "consent" not in row.said


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "line 1: there must be a column"),
        (b"caption\nhi", "line 1: there must be a column"),
        (b"file,worred\na,yes", "line 1: no such column: worred"),
        (b"file,words\na.png,hello", "line 2: give a file or words"),
        (b"file,caption\n,hello", "line 2: give a file or words"),
        (b"file,worried\na.png,perhaps", "line 2: worried must be yes or no"),
        (b"file,group_size\na.png,many", "line 2: group_size must be a number"),
        (b'file,caption\na.png,"never ends', "a quotation mark"),
        (b"file\na.png,more", "line 2: more cells"),
    ],
)
def test_a_list_that_cannot_be_followed_says_where(raw: bytes, why: str) -> None:
    with pytest.raises(Unclear, match=why):
        rows_of(raw)


@given(st.binary(max_size=200))
def test_whatever_stands_in_the_list_is_read_or_refused(raw: bytes) -> None:
    with suppress(Unclear):
        rows_of(b"file,caption\n" + raw)


@given(
    st.lists(
        st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20), min_size=1
    )
)
def test_captions_come_through_as_they_were_written(captions: list[str]) -> None:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "caption"])
    writer.writerows([f"{n}.png", one] for n, one in enumerate(captions))
    found = rows_of(out.getvalue().encode())
    assert [row.said.get("caption", "") for row in found] == [one.strip() for one in captions]


def test_every_column_is_a_field_that_the_api_takes() -> None:
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "file": "a.png", "caption": "x", "age_band": "8_12", "roles": "child", "group_size": "2",
        "event_code": "leeds-3", "language": "pl", "sent_for": "Sam", "worried": "y", "consent_quote": "y",
        "consent_show": "n", "consent_research": "y", "consent_contact": "n", "consent_wording": "2026-11",
    }  # fmt: skip
    raw = f"{','.join(row)}\n{','.join(row.values())}".encode()
    (found,) = rows_of(raw)
    item = item_of(json.dumps(dict(found.said)).encode())
    assert item.worried
    assert (item.agreed.quote, item.agreed.research, item.agreed.contact_me) == (True, True, False)
