"""Sealed objects beside the spool: whole and durable, or not there at all."""

import errno
import os
import stat
from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.parcels import Parcels
from shared.messaging.spool import SpoolFull
from shared.vault.sealing import CannotOpen
from shared.vault.stream import CHUNK, open_stream, seal_whole

sizes = st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7])


@given(size=sizes, cuts=st.lists(st.integers(0, 3 * CHUNK), max_size=5))
def test_what_is_sealed_in_pieces_opens_whole(
    tmp_path_factory: pytest.TempPathFactory, size: int, cuts: list[int]
) -> None:
    parcels = Parcels(tmp_path_factory.mktemp("parcels"))
    clear = os.urandom(size)
    packing = parcels.begin()
    edges = sorted({0, size, *(cut for cut in cuts if cut < size)})
    for start, end in pairwise(edges):
        packing.feed(clear[start:end])
    parcel = packing.finish()
    sealed = parcels.read(parcel.key)
    assert b"".join(open_stream(parcel.stream_key, sealed)) == clear
    assert (parcel.clear_size, parcel.size) == (size, len(sealed))
    assert parcel.sha256 == sha256(sealed).hexdigest()
    assert size < 32 or clear[:32] not in sealed


@given(clear=st.binary(min_size=1, max_size=200), at=st.integers(0, 400), bit=st.integers(0, 7))
def test_what_was_changed_or_cut_short_does_not_open(clear: bytes, at: int, bit: int) -> None:
    key, sealed, _ = seal_whole([clear])
    at %= len(sealed)
    broken = sealed[:at] + bytes([sealed[at] ^ (1 << bit)]) + sealed[at + 1 :]
    for wrong in (broken, sealed[:at], sealed + b"x", sealed[:24] + sealed[24:] * 2):
        with pytest.raises(CannotOpen):
            b"".join(open_stream(key, wrong))
    other, _, _ = seal_whole([clear])
    with pytest.raises(CannotOpen):
        b"".join(open_stream(other, sealed))


def test_chunks_cannot_be_swapped_or_left_out() -> None:
    clear = os.urandom(3 * CHUNK)
    key, sealed, _ = seal_whole([clear])
    head, step = sealed[:24], CHUNK + 17
    chunks = [sealed[at : at + step] for at in range(24, len(sealed), step)]
    assert len(chunks) == 3
    for order in ([1, 0, 2], [0, 2], [0, 1], [0, 0, 1, 2]):
        with pytest.raises(CannotOpen):
            b"".join(open_stream(key, head + b"".join(chunks[number] for number in order)))


async def test_only_we_may_read_them(tmp_path: Path) -> None:
    parcels = Parcels(tmp_path / "parcels")
    parcel = await parcels.pack([b"hello"])
    assert stat.S_IMODE(parcels.folder.stat().st_mode) == 0o700
    [file] = parcels.folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert parcel.key == f"incoming/{file.name}"
    assert b"hello" not in file.read_bytes()
    assert parcel.stream_key.hex() not in repr(parcel)


def test_who_goes_away_leaves_nothing(tmp_path: Path) -> None:
    parcels = Parcels(tmp_path)
    packing = parcels.begin()
    packing.feed(b"x" * 3 * CHUNK)
    packing.abandon()
    assert list(tmp_path.iterdir()) == []


def a_full_disk(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "no space left")


@pytest.mark.parametrize("where", ["write", "fsync", "rename"])
def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    parcels = Parcels(tmp_path)
    packing = parcels.begin()
    broken: dict[str, Callable[[], None]] = {
        "write": lambda: monkeypatch.setattr(packing._sealer, "_write", a_full_disk),
        "fsync": lambda: monkeypatch.setattr(os, "fsync", a_full_disk),
        "rename": lambda: monkeypatch.setattr(Path, "rename", a_full_disk),
    }
    broken[where]()

    def pack() -> None:
        packing.feed(b"x" * 3 * CHUNK)
        packing.finish()

    with pytest.raises(SpoolFull):
        pack()
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    parcels = Parcels(tmp_path / "here")
    (tmp_path / "here").rmdir()
    with pytest.raises(SpoolFull):
        parcels.begin()


async def test_after_a_crash_only_what_a_row_names_stays(tmp_path: Path) -> None:
    parcels = Parcels(tmp_path)
    kept, stray = await parcels.pack([b"kept"]), await parcels.pack([b"stray"])
    parcels.begin().feed(b"half")
    assert Parcels(tmp_path).clear_strays([kept.key]) == 2
    assert parcels.read(kept.key)
    with pytest.raises(FileNotFoundError):
        parcels.read(stray.key)
