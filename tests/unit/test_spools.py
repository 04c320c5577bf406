"""A spool from another disk is counted without a word, and only one that nobody holds is drained."""

import asyncio
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from services.local import spools
from services.local.trouble import CannotHave
from shared import clock
from shared.messaging.parcels import Parcels
from shared.messaging.spool import Row, Spool


def a_row(words: bytes = b"sealed", objects: tuple[str, ...] = ()) -> Row:
    known = uuid4()
    return Row(
        known, known, "ab", "sms", "sms.received.v1", b"key", {"ce_id": str(known)}, words, objects=objects
    )


def filled(path: Path, *rows: Row) -> Spool:
    spool = Spool(path, clock.now)

    async def fill() -> None:
        for row in rows:
            await spool.accept(row)

    asyncio.run(fill())
    return spool


def test_it_counts_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "spool-1.sqlite"
    parcel = asyncio.run(Parcels(tmp_path / "parcels-1").pack([b"sound"]))
    spool = filled(path, a_row(), a_row(), a_row(), a_row(objects=(parcel.key, "incoming/gone")))
    asyncio.run(spool.acked({1: (0, 7)}))
    asyncio.run(spool.set_aside(2, "MessageSizeTooLargeError"))
    spool.close()
    standing = spools.look(path)
    assert (standing.rows, standing.unpublished, standing.aside) == (4, 2, 1)
    assert (standing.objects, standing.lost) == (2, 1)
    assert standing.oldest
    assert "sealed" not in "\n".join(standing.lines())


@pytest.mark.parametrize("content", [b"", b"no database", None])
def test_what_is_no_spool_is_said_in_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "spool-1.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CannotHave, match=r"is no spool\.|is not there\."):
        spools.look(path)
    assert path.exists() is (content is not None), "nothing is made"


def test_another_database_is_no_spool(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table row (id)")
    with pytest.raises(CannotHave, match="is no spool"):
        spools.look(path)


def test_one_that_a_process_holds_is_looked_at_and_not_drained(tmp_path: Path) -> None:
    path = tmp_path / "spool-1.sqlite"
    spool = filled(path, a_row())
    assert spools.look(path).unpublished == 1
    with pytest.raises(CannotHave, match="holds"):
        spools.drain(cast(Any, SimpleNamespace(bootstrap="127.0.0.1:1")), path)
    spool.close()
    spools._nobody_holds(path)
