"""Whoever pulls receipts, at whatever pace, learns of every row and of what became of it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.messaging.spool import OtherWords, Row, Spool

steps = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), st.integers(0, 12)),
        st.tuples(st.just("other words"), st.integers(0, 12)),
        st.tuples(st.just("ack"), st.integers(0, 12)),
        st.tuples(st.just("aside"), st.integers(0, 12)),
        st.tuples(st.just("pull"), st.integers(1, 5)),
        st.tuples(st.just("prune"), st.just(0)),
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None)
@given(steps=steps, page=st.integers(1, 7))
def test_pulling_misses_nothing(steps: list[tuple[str, int]], page: int) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(pull(Path(folder), steps, page))


async def pull(folder: Path, steps: list[tuple[str, int]], page: int) -> None:
    spool = Spool(folder / "spool.sqlite", lambda: datetime(2026, 11, 24, tzinfo=UTC))
    known: dict[int, int] = {}
    fate: dict[int, str] = {}
    told: dict[str, dict[str, Any]] = {}
    after = 0

    def take(size: int) -> bool:
        nonlocal after
        receipts = spool.receipts(after, size)
        sequence = [one["seq"] for one in receipts]
        assert sequence == sorted(set(sequence))
        assert all(seq > after for seq in sequence)
        told.update({one["event_id"]: one for one in receipts})
        after = sequence[-1] if sequence else after
        return bool(receipts)

    try:
        for what, n in steps:
            event = UUID(int=n)
            if what == "accept":
                known[n] = await spool.accept(Row(event, event, "d", "sms", "t", b"", {}, b"v"))
            elif what == "other words" and n in known:
                try:
                    await spool.accept(Row(event, event, "e", "sms", "t", b"", {}, b"v"))
                    raise AssertionError("taken for a repeat")
                except OtherWords:
                    pass
            elif what == "ack" and n in known and n not in fate:
                await spool.acked({known[n]: (0, n)})
                fate[n] = "acked"
            elif what == "aside" and n in known and n not in fate:
                await spool.set_aside(known[n], "refused")
                fate[n] = "aside"
            elif what == "pull":
                take(n)
            elif what == "prune":
                await spool.prune()
        while take(page):
            pass
        assert set(told) == {str(UUID(int=n)) for n in known}
        for n in known:
            one = told[str(UUID(int=n))]
            assert bool(one["acked_at"]) == (fate.get(n) == "acked")
            assert bool(one["set_aside"]) == (fate.get(n) == "aside")
        assert [one.id for one in spool.waiting(0, 99)] == sorted(known[n] for n in known if n not in fate)
    finally:
        spool.close()
