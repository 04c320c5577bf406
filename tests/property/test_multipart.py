"""A form's body comes in whatever pieces the network makes; what is no form leaves nothing behind."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.art_intake.adapters.multipart import Malformed, Reading
from services.art_intake.rules.files import Limits
from shared.messaging.parcels import Parcels
from shared.vault.stream import open_stream

LIMITS = Limits(files=4, file=3000, form=8000)
NAMES = st.text(
    st.characters(exclude_characters='"\r\n\\', exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20
)
VALUES = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=50)
quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def parcels(tmp_path: Path) -> Parcels:
    return Parcels(tmp_path / "parcels")


def body_of(fields: Iterable[tuple[str, str]], files: Iterable[tuple[str, bytes]], boundary: bytes) -> bytes:
    out = b""
    for name, value in fields:
        out += (
            b"--"
            + boundary
            + f'\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        )
    for name, clear in files:
        head = f'\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: a/b\r\n\r\n'
        out += b"--" + boundary + head.encode() + clear + b"\r\n"
    return out + b"--" + boundary + b"--\r\n"


@quick
@given(
    fields=st.lists(st.tuples(st.from_regex(r"[a-z]{1,8}", fullmatch=True), VALUES), max_size=5),
    files=st.lists(st.tuples(NAMES, st.binary(min_size=1, max_size=1500)), max_size=4),
    cuts=st.lists(st.integers(0, 12_000), max_size=12),
)
def test_whatever_pieces_it_comes_in_it_reads_the_same(
    parcels: Parcels,
    fields: list[tuple[str, str]],
    files: list[tuple[str, bytes]],
    cuts: list[int],
) -> None:
    body = body_of(fields, files, b"a-boundary-that-nobody-types")
    reading = Reading(b"a-boundary-that-nobody-types", parcels, LIMITS)
    for start, end in pairwise([0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]):
        reading.feed(body[start:end])
    reading.end()
    assert reading.fields == fields
    assert [one.name for one in reading.files] == [name for name, _ in files]
    for one, (_, clear) in zip(reading.files, files, strict=True):
        assert b"".join(open_stream(one.parcel.stream_key, parcels.read(one.parcel.key))) == clear
    assert reading.failed == []
    reading.abandon()
    assert list(parcels.folder.iterdir()) == []


@quick
@given(
    files=st.lists(st.tuples(NAMES, st.binary(max_size=5000)), max_size=7),
    end=st.integers(0, 40_000),
    noise=st.binary(max_size=60),
)
def test_whatever_comes_nothing_of_it_stays_when_it_is_let_go_of(
    parcels: Parcels, files: list[tuple[str, bytes]], end: int, noise: bytes
) -> None:
    body = body_of([("words", "hi")], files, b"fixed-boundary")
    reading = Reading(b"fixed-boundary", parcels, LIMITS)
    with suppress(Malformed):
        reading.feed(body[:end])
        reading.feed(noise)
        reading.end()
    assert sum(one.parcel.clear_size for one in reading.files) <= LIMITS.form
    assert len(reading.files) <= LIMITS.files
    assert all(one.parcel.clear_size <= LIMITS.file for one in reading.files)
    reading.abandon()
    assert list(parcels.folder.iterdir()) == []
