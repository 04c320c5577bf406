"""In whatever order events arrive, however often and in whatever batches, the archive ends up with the same."""

import asyncio
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.archive.rules.record import Archivable
from shared.contracts.values import Level
from shared.errors import Unavailable
from tests.support.archive import World, anonymised, read, triaged
from tests.support.events import a_received
from tests.support.ocfl import check_root

FIRST, SECOND = a_received("my worker listened"), a_received("a second one")
OLD, NEW = read(FIRST, "an old reading"), read(FIRST, "a new reading", revision=2)
EVENTS: Sequence[Archivable] = (
    FIRST,
    SECOND,
    OLD,
    NEW,
    anonymised(FIRST, "open 1"),
    anonymised(FIRST, "open 2", revision=2),
    anonymised(FIRST, "old, open", part=2, revision=7),
    anonymised(NEW, "new, open", part=2),
    anonymised(SECOND, "was open"),
    anonymised(SECOND, None, revision=2),
    triaged(FIRST, Level.HIGH),
    triaged(FIRST, Level.NONE, revision=2),
    triaged(NEW, Level.MEDIUM, part=2),
    triaged(SECOND, Level.LOW),
)
BY_ID = {event.event_id: event for event in EVENTS}
assert len(BY_ID) == len(EVENTS)


async def outcome(world: World) -> object:
    """What must not depend on the order: all but numbers, versions and times."""
    found = {}
    for one, entry in world.rows.entries.items():
        record = replace(entry.record, number=None, version=0)
        contents = await world.contents(one)
        del contents["metadata.json"]  # it has the number
        found[one] = (record, contents, world.shelf.key_of(one) == entry.object_key)
    return found, set(world.rows.pending)


def batches(events: Sequence[Archivable], cuts: Sequence[int]) -> list[Sequence[Archivable]]:
    edges = [0, *sorted({cut % (len(events) + 1) for cut in cuts}), len(events)]
    return [events[start:end] for start, end in pairwise(edges) if start < end]


@cache
def expected() -> object:
    """What one after the other gives; worked out in a thread, since the caller has a loop of its own."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(without(None))).result()


@settings(max_examples=60, deadline=None)
@given(
    order=st.permutations(EVENTS),
    again=st.lists(st.sampled_from(EVENTS), max_size=8),
    at=st.randoms(use_true_random=False),
    cuts=st.lists(st.integers(0, 30), max_size=8),
)
def test_the_order_does_not_matter(
    order: list[Archivable], again: list[Archivable], at: random.Random, cuts: list[int]
) -> None:
    arriving = list(order)
    for event in again:
        arriving.insert(at.randint(0, len(arriving)), event)

    async def run() -> None:
        world = World()
        for batch in batches(arriving, cuts):
            await world.keep(*batch)
        assert await outcome(world) == expected()
        told = [event.event_id for event in world.rows.outbox]
        assert len(told) == len(set(told)), "nothing is told twice"
        check_root(await world.files())

    asyncio.run(run())


@settings(max_examples=60, deadline=None)
@given(
    order=st.permutations(EVENTS),
    cuts=st.lists(st.integers(0, 14), min_size=2, max_size=8),
    faults=st.lists(st.one_of(st.none(), st.just("commit"), st.integers(0, 30)), min_size=9, max_size=9),
)
def test_faults_do_not_matter(
    order: list[Archivable], cuts: list[int], faults: list[int | str | None]
) -> None:
    """A store that fails in the middle of a batch, or a process that dies before the commit; then the batch again."""

    async def run() -> None:
        world = World()
        for batch, fault in zip(batches(order, cuts), faults, strict=False):
            if fault == "commit":
                await world.keep(*batch, commits=False)
                world.start()
            elif isinstance(fault, int):
                world.objects.fails_after = fault
                try:
                    await world.keep(*batch)
                except Unavailable:
                    world.objects.fails_after = None
                else:
                    world.objects.fails_after = None
                    continue
                await no_row_without_its_object(world)
                world.start()
            await world.keep(*batch)
            await no_row_without_its_object(world)
        assert await outcome(world) == expected()
        check_root(await world.files())

    asyncio.run(run())


async def no_row_without_its_object(world: World) -> None:
    for one, entry in world.rows.entries.items():
        contents = await world.contents(one)
        assert {"received.sealed", "part-1.sealed", "metadata.json"} <= set(contents)
        assert entry.record.version >= 1


@settings(max_examples=30, deadline=None)
@given(orders=st.permutations(EVENTS))
def test_nothing_is_ever_erased(orders: list[Archivable]) -> None:
    """A version that was made stays as it was made, to the byte."""

    async def run() -> None:
        world, before = World(), dict[str, bytes]()
        for event in orders:
            await world.keep(event)
            now = await world.files()
            heads = {path for path in before if path.rpartition("/")[2].startswith("inventory.json")}
            kept = set(before) - {path for path in heads if "/v" not in path}
            assert all(now.get(path) == before[path] for path in kept)
            before = now

    asyncio.run(run())


def test_the_events_are_worth_ordering() -> None:
    """Turned round, most of them must wait, or lose to what came before."""
    with pytest.raises(AssertionError):
        assert asyncio.run(without(FIRST)) == expected()
    for event in EVENTS[4:]:
        superseded = event in (EVENTS[4], EVENTS[6], EVENTS[8])
        assert (asyncio.run(without(event)) == expected()) is superseded, event.event_id


async def without(left_out: Archivable | None) -> object:
    world = World()
    for event in EVENTS:
        if event is not left_out:
            await world.keep(event)
    return await outcome(world)
