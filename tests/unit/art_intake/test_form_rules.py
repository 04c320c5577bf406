"""Tokens, what a file is, what a form says: rules without a server."""

import hmac
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.art_intake.rules.form import answers, event_code
from services.art_intake.rules.sniff import HEAD, UNKNOWN, sniff
from services.art_intake.rules.status import ItemStatus, item_status
from services.art_intake.rules.tokens import LASTS, holds, made
from shared.contracts.values import Outcome, PartKind
from shared.vault.digests import keyed

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


def sign(body: bytes) -> str:
    return keyed(b"k" * 32, body)


def is_ours(token: str, now: datetime = NOW) -> bool:
    return holds(token, now, sign, hmac.compare_digest)


TOKEN = made("ab" * 16, NOW, sign)


def test_a_token_holds_for_its_time_and_not_before_or_after() -> None:
    assert is_ours(TOKEN)
    assert is_ours(TOKEN, NOW + LASTS)
    assert not is_ours(TOKEN, NOW + LASTS + timedelta(seconds=1))
    assert not is_ours(TOKEN, NOW - timedelta(hours=1))


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("0123456789abcdef.z"))
def test_a_token_with_any_letter_changed_does_not(at: int, letter: str) -> None:
    changed = TOKEN[:at] + letter + TOKEN[at + 1 :]
    assert is_ours(changed) == (changed == TOKEN)


@given(st.text(max_size=200))
def test_no_text_is_a_token(text: str) -> None:
    assert not is_ours(text)


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("clear", "media_type", "kind"),
    [
        (picture("PNG"), "image/png", PartKind.PICTURE),
        (picture("JPEG"), "image/jpeg", PartKind.PICTURE),
        (picture("GIF"), "image/gif", PartKind.PICTURE),
        (picture("WEBP"), "image/webp", PartKind.PICTURE),
        (picture("TIFF"), "image/tiff", PartKind.PICTURE),
        (picture("BMP"), "image/bmp", PartKind.PICTURE),
        (picture("PDF"), "application/pdf", PartKind.DOCUMENT),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic", PartKind.PICTURE),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4", PartKind.SOUND),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "video/mp4", PartKind.OTHER),
        (b"OggS\0\2" + b"\0" * 40, "audio/ogg", PartKind.SOUND),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav", PartKind.SOUND),
        (b"\xff\xfb\x90\x64", "audio/mpeg", PartKind.SOUND),
        (b"ID3\3", "audio/mpeg", PartKind.SOUND),
        (b"#!AMR\n", "audio/amr", PartKind.SOUND),
        (b"PK\3\4", "application/zip", PartKind.OTHER),
        (b"MZ", UNKNOWN, PartKind.OTHER),
        (b"hello", UNKNOWN, PartKind.OTHER),
        (b"", UNKNOWN, PartKind.OTHER),
    ],
)
def test_a_file_is_what_its_first_bytes_are(clear: bytes, media_type: str, kind: PartKind) -> None:
    assert sniff(clear[:HEAD]) == media_type
    assert PartKind.of(media_type) is kind


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["words", "role", "age", "quote", "show", "research", "event_code", "x"]),
            st.text(),
        )
    )
)
def test_any_fields_make_a_form(fields: list[tuple[str, str]]) -> None:
    read = answers(fields)
    assert read.consent.asked
    agreed = {name for name in ("quote", "show", "research") if dict(reversed(fields)).get(name) == "yes"}
    assert {name for name in ("quote", "show", "research") if getattr(read.consent, name)} == agreed
    assert read.has_words == bool(dict(reversed(fields)).get("words", "").strip())


@given(st.text())
def test_an_event_code_fits_the_contract_or_is_none(typed: str) -> None:
    code = event_code(typed)
    assert code is None or (0 < len(code) <= 64 and code.isascii() and code[0].isalnum())


@pytest.mark.parametrize(
    ("archived", "removal", "outcomes", "status"),
    [
        (False, False, [], ItemStatus.RECEIVED),
        (True, False, [Outcome.WORDS], ItemStatus.IN_THE_RECORD),
        (True, False, [Outcome.NO_WORDS], ItemStatus.IN_THE_RECORD),
        (True, False, [Outcome.WORDS, Outcome.UNREADABLE], ItemStatus.UNREADABLE),
        (True, True, [Outcome.UNREADABLE], ItemStatus.REMOVAL_ASKED),
    ],
)
def test_what_may_be_known_of_an_item(
    archived: bool, removal: bool, outcomes: list[Outcome], status: ItemStatus
) -> None:
    assert item_status(archived=archived, removal=removal, outcomes=outcomes) is status
