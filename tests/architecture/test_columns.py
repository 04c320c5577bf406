"""No column holds anybody's words, name, number or address in clear."""

import sqlite3
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared import clock
from shared.database.setup import SCHEMAS
from shared.messaging.spool import Spool
from tests.support import columns
from tests.support.columns import BOOK, FILES, HOLDS, by_name, held_by, tables
from tests.support.tree import services

TYPES: dict[str, tuple[type[Any], ...]] = {
    columns.IDS: (Uuid,),
    columns.PROVIDER: (String,),
    columns.CODE: (String, JSONB),
    columns.TIME: (DateTime,),
    columns.COUNT: (Integer, BigInteger, SmallInteger, Float, Boolean, ARRAY),
    columns.SEALED: (LargeBinary, JSONB),
    columns.HMAC: (String,),
    columns.STAFF: (String,),
    columns.PLACE: (String, LargeBinary, ARRAY),
    columns.EVENT: (LargeBinary,),
}
LONGEST = {columns.PROVIDER: 200, columns.CODE: 300, columns.HMAC: 128, columns.STAFF: 80, columns.PLACE: 200}
EVERY = list(tables())


@pytest.mark.parametrize("table", EVERY, ids=lambda table: table.fullname)
def test_every_column_is_known_and_holds_nobodys_words(table: Table) -> None:
    holds = held_by(table)
    assert {column.name for column in table.columns} == set(holds), "decide in tests/support/columns.py"


@pytest.mark.parametrize("table", EVERY, ids=lambda table: table.fullname)
def test_every_column_has_a_type_that_fits_what_it_holds(table: Table) -> None:
    for name, kind in held_by(table).items():
        column = table.c[name].type
        assert isinstance(column, TYPES[kind]), name
        if isinstance(column, String):
            assert column.length is not None, f"{name} has no limit"
            assert column.length <= LONGEST[kind], name
        if isinstance(column, ARRAY):
            assert isinstance(column.item_type, Integer) or kind == columns.PLACE, name
            if isinstance(column.item_type, String):
                assert (column.item_type.length or 1000) <= LONGEST[kind], name
        if isinstance(column, DateTime):
            assert column.timezone, f"{name} has no time zone"


def test_no_table_is_listed_that_is_gone() -> None:
    assert set(HOLDS) <= {table.fullname for table in EVERY}
    assert set(BOOK) <= {table.name for table in EVERY}


def test_every_schema_belongs_to_a_service_that_is_there() -> None:
    schemas = {str(table.schema) for table in EVERY}
    wanted = {schema for role, schemas in SCHEMAS.items() if role in services() for schema in schemas}
    assert schemas == wanted


def held_in(path: Path) -> dict[str, set[str]]:
    connection = sqlite3.connect(path)
    found = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
    return {
        name: {row[1] for row in connection.execute(f'pragma table_info("{name}")')}
        for (name,) in found
        if not name.startswith("sqlite_")
    }


def listed(prefix: str) -> dict[str, set[str]]:
    return {
        name.removeprefix(prefix): set(by_name(kinds))
        for name, kinds in FILES.items()
        if name.startswith(prefix)
    }


def test_the_spool_holds_nothing_else(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite", clock.now)
    spool.close()
    assert held_in(tmp_path / "spool.sqlite") == listed("spool.")


def test_the_pagers_own_file_holds_nothing_else(tmp_path: Path) -> None:
    from datetime import timedelta

    from services.pager.adapters.local import Local
    from shared.concerns.ladder import MINUTE, Pace

    local = Local(tmp_path / "pager.sqlite", Pace(MINUTE), timedelta(minutes=3), uuid4, webhook=False)
    local.close()
    assert held_in(tmp_path / "pager.sqlite") == listed("pager.")
