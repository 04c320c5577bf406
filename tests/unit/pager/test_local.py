"""The local file: the pager goes on from it while the database is away, and across a restart."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.pager.rules.desk import Desk
from shared.concerns.ladder import Result, Whom
from shared.contracts.values import Level
from shared.errors import Unavailable
from tests.support.pager import START, a_local, doubt, expect, levelled

WHO, OTHER = UUID(int=1), UUID(int=2)


async def test_it_rings_without_a_database(tmp_path: Path) -> None:
    local = a_local(tmp_path)
    await local.note(uuid4(), levelled(WHO, Level.IMMEDIATE))
    (call,) = await local.turn(START, judge=True)
    assert (call.whom, call.level) == (Whom.DUTY_LEAD, Level.IMMEDIATE)
    await local.settle(call, Result.SENT, "SM1")
    assert list(await local.turn(START + timedelta(minutes=1), judge=True)) == []
    assert [one.whom for one in await local.turn(START + timedelta(minutes=2), judge=True)] == [
        Whom.DUTY_LEAD
    ]


async def test_a_restart_continues_where_the_file_says(tmp_path: Path) -> None:
    local = a_local(tmp_path)
    await local.rebase(Desk())
    await local.note(uuid4(), levelled(WHO, Level.IMMEDIATE))
    (call,) = await local.turn(START, judge=True)
    await local.settle(call, Result.SENT, "SM1")
    local.close()
    again = a_local(tmp_path)
    assert list(await again.turn(START + timedelta(minutes=1), judge=True)) == []
    (second,) = await again.turn(START + timedelta(minutes=2), judge=True)
    assert second.concerns == call.concerns


async def test_what_the_database_knew_last_goes_on_across_a_restart_without_it(tmp_path: Path) -> None:
    desk = Desk()
    desk.take_in(levelled(WHO, Level.HIGH))
    desk.take_in(expect(OTHER))
    local = a_local(tmp_path)
    await local.rebase(desk)
    local.close()
    again = a_local(tmp_path)
    (call,) = await again.turn(START + timedelta(minutes=4), judge=True)
    assert call.concerns[0] == desk.concerns[WHO].id
    assert call.waiting == 2  # and what has waited for a level
    assert again.desk.concerns[OTHER].cause == "no_level"


async def test_a_level_that_comes_with_the_database_away_ends_the_wait(tmp_path: Path) -> None:
    desk = Desk()
    desk.take_in(expect(WHO))
    local = a_local(tmp_path)
    await local.rebase(desk)
    await local.note(uuid4(), levelled(WHO, Level.LOW))
    assert list(await local.turn(START + timedelta(hours=1), judge=True)) == []


async def test_what_the_database_has_is_forgotten_and_the_rest_is_not(tmp_path: Path) -> None:
    local = a_local(tmp_path)
    first, second = uuid4(), uuid4()
    await local.note(first, levelled(WHO, Level.IMMEDIATE))
    (call,) = await local.turn(START, judge=True)
    (entry,), rings = local.pending
    assert (entry[0], list(rings)) == (first, list(call.rings))
    await local.note(second, doubt(OTHER, "undecodable"))
    await local.settle(call, Result.SENT, "SM1")  # while the asking was being merged
    await local.forget([first], rings)
    local.close()
    again = a_local(tmp_path)
    facts, left = again.pending
    assert [event_id for event_id, _ in facts] == [second]
    assert [ring.result for ring in left] == [Result.SENT]


async def test_what_came_since_the_database_was_read_is_not_lost_with_the_next_reading(
    tmp_path: Path,
) -> None:
    local = a_local(tmp_path)
    await local.note(uuid4(), levelled(WHO, Level.IMMEDIATE))
    (call,) = await local.turn(START, judge=True)
    await local.rebase(Desk())  # the database does not have it yet
    assert local.desk.concerns[WHO].id == call.concerns[0]
    assert list(await local.turn(START + timedelta(seconds=5), judge=True)) == []  # nor the ring


async def test_the_same_event_counts_once(tmp_path: Path) -> None:
    local, event_id, fact = a_local(tmp_path), uuid4(), levelled(WHO, Level.IMMEDIATE)
    await local.note(event_id, fact)
    await local.note(event_id, fact)
    assert len(local.pending[0]) == 1


async def test_no_words_stand_in_the_file(tmp_path: Path) -> None:
    local = a_local(tmp_path)
    await local.note(uuid4(), levelled(WHO, Level.IMMEDIATE))
    await local.turn(START, judge=True)
    await local.rebase(local.desk)
    local.close()
    assert (tmp_path / "pager.sqlite").stat().st_mode & 0o077 == 0
    with sqlite3.connect(tmp_path / "pager.sqlite") as file:
        bodies = b"".join(
            row[0]
            for table in ("mirror", "fact", "ring")
            for row in file.execute(f"select body from {table}")
        )
    assert b"+44" not in bodies
    assert b"immediate" in bodies


async def test_a_broken_file_is_put_aside_and_costs_no_ring(tmp_path: Path) -> None:
    (tmp_path / "pager.sqlite").write_bytes(b"this is no database" * 100)
    local = a_local(tmp_path)
    local.desk.take_in(levelled(WHO, Level.IMMEDIATE))
    assert [one.whom for one in await local.turn(START, judge=True)] == [Whom.DUTY_LEAD]
    assert local.writes
    assert list(tmp_path.glob("pager.broken-*"))  # kept, for whoever mends it


async def test_without_a_file_it_rings_from_memory(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"a file where the folder should be")
    local = a_local(tmp_path / "state")
    with pytest.raises(Unavailable):  # so the record is not settled, and comes again
        await local.note(uuid4(), levelled(WHO, Level.IMMEDIATE))
    assert [one.whom for one in await local.turn(START, judge=True)] == [Whom.DUTY_LEAD]
    assert not local.writes
