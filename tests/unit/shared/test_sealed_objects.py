"""A sealed object opens whole, in its own place, for who may open objects, and in no other way."""

import os
from dataclasses import dataclass
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.parts import Consent, Context, ObjectRef
from shared.contracts.values import Channel
from shared.vault import OPENS, CannotOpen, Purpose
from shared.vault.objects import open_object, refer, stream_key
from shared.vault.stream import CHUNK, open_stream, seal_whole
from tests.support.events import NOW
from tests.support.keys import keys_of

DIGEST = "ab" * 32
HEADER, OVERHEAD = 24, 17
CLEAR = os.urandom(3 * CHUNK + 7)
READER = keys_of("reader").opener


@dataclass(frozen=True)
class Sent:
    context: Context
    ref: ObjectRef
    sealed: bytes


def sent(clear: bytes = CLEAR, number: int = 3) -> Sent:
    context = Context(contribution_id=uuid4(), channel=Channel.EMAIL, received_at=NOW)
    key, sealed, sha256 = seal_whole([clear])
    ref = refer(
        keys_of("email_intake").sealer, context, number, DIGEST,
        stream_key=key, key="incoming/x", size=len(sealed), sha256=sha256, week="2026W48",
    )  # fmt: skip
    return Sent(context, ref, sealed)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK])
def test_what_was_sealed_opens(size: int) -> None:
    clear = os.urandom(size)
    one = sent(clear)
    assert open_object(READER, one.context, 3, DIGEST, one.ref, one.sealed) == clear
    assert one.ref.size == len(one.sealed) == HEADER + size + OVERHEAD * max(1, -(-size // CHUNK))


@pytest.mark.parametrize("service", sorted(OPENS))
def test_only_who_may_open_objects_gets_the_streams_key(service: str) -> None:
    one = sent()
    opener = keys_of(service).opener
    if Purpose.OBJECT in OPENS[service]:
        assert len(stream_key(opener, one.context, 3, DIGEST, one.ref)) == 32
        return
    with pytest.raises(CannotOpen, match="no_key"):
        stream_key(opener, one.context, 3, DIGEST, one.ref)


def test_it_opens_in_its_own_place_alone() -> None:
    one = sent()
    quoted = one.context.model_copy(update={"consent": Consent(asked=True, quote=True)})
    elsewhere = one.context.model_copy(update={"contribution_id": uuid4()})
    for context, number, digest in (
        (elsewhere, 3, DIGEST),
        (quoted, 3, DIGEST),
        (one.context, 4, DIGEST),
        (one.context, 3, "cd" * 32),
    ):
        with pytest.raises(CannotOpen, match="bound_elsewhere"):
            open_object(READER, context, number, digest, one.ref, one.sealed)


def test_another_objects_bytes_do_not_open_with_its_reference() -> None:
    one, other = sent(), sent()
    with pytest.raises(CannotOpen, match="bound_elsewhere"):
        open_object(READER, one.context, 3, DIGEST, one.ref, other.sealed)


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, HEADER + len(CLEAR) + 4 * OVERHEAD - 1), flip=st.integers(1, 255))
def test_one_changed_byte_does_not_open(at: int, flip: int) -> None:
    one = sent()
    changed = bytearray(one.sealed)
    changed[at] ^= flip
    with pytest.raises(CannotOpen):
        open_object(READER, one.context, 3, DIGEST, one.ref, bytes(changed))


@pytest.mark.parametrize("length", [0, 1, HEADER, HEADER + 1, HEADER + CHUNK + OVERHEAD, -1, -OVERHEAD])
def test_one_that_was_cut_short_does_not_open(length: int) -> None:
    one = sent()
    key = stream_key(READER, one.context, 3, DIGEST, one.ref)
    with pytest.raises(CannotOpen, match="cut_short"):
        open_object(READER, one.context, 3, DIGEST, one.ref, one.sealed[:length])
    with pytest.raises(CannotOpen):
        list(open_stream(key, one.sealed[:length]))


def test_chunks_in_another_order_or_twice_do_not_open() -> None:
    key, sealed, _ = seal_whole([CLEAR])
    size = CHUNK + OVERHEAD
    head, first, second = (
        sealed[:HEADER],
        sealed[HEADER : HEADER + size],
        sealed[HEADER + size : HEADER + 2 * size],
    )
    rest = sealed[HEADER + 2 * size :]
    for order in ([second, first], [first, first], [first], [first, second, second]):
        with pytest.raises(CannotOpen):
            list(open_stream(key, head + b"".join(order) + rest))
    with pytest.raises(CannotOpen):
        list(open_stream(key, sealed + b"more"))


def test_the_same_bytes_are_sealed_differently_each_time() -> None:
    first, second = seal_whole([CLEAR]), seal_whole([CLEAR])
    assert first[0] != second[0]
    assert first[1][HEADER : HEADER + 64] != second[1][HEADER : HEADER + 64]
