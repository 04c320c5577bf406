"""The database as `prepare` leaves it: the tables that the code expects, and rights that end at a schema's edge."""

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import errors
from sqlalchemy import create_engine, make_url

from services.local.postgres import Postgres
from shared.database.setup import APPEND_ONLY, SCHEMAS, prepare
from tests.support.columns import metadatas

pytestmark = pytest.mark.connected

PASSWORDS = {role: secrets.token_urlsafe(12) for role in SCHEMAS}
EVERY = sorted({schema for schemas in SCHEMAS.values() for schema in schemas})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One of its own: roles belong to a whole server, and other tests make some as well."""
    one = Postgres(tmp_path_factory.mktemp("prepared"))
    try:
        one.start()
        prepare(one.uri(), PASSWORDS)
        prepare(one.uri(), PASSWORDS)  # it may be run again at any time
        yield one
    finally:
        one.stop()


def test_the_database_is_what_the_code_expects(server: Postgres) -> None:
    engine = create_engine(make_url(server.uri()).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "schema" or name in EVERY,
            },
        )
        assert compare_metadata(context, metadatas()) == []  # type: ignore[arg-type]  # several are allowed
    engine.dispose()


@pytest.fixture(scope="module")
def tables(server: Postgres) -> dict[str, list[str]]:
    with psycopg.connect(server.uri()) as connection:
        rows = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_schema = any(%s)",
            (EVERY,),
        ).fetchall()
    found: dict[str, list[str]] = {schema: [] for schema in EVERY}
    for schema, name in rows:
        found[schema].append(f'{schema}."{name}"')
    return found


def attempt(server: Postgres, role: str, statement: str, *values: Any) -> type[BaseException] | None:
    with psycopg.connect(server.uri(role, PASSWORDS[role])) as connection:
        try:
            connection.execute(statement, values)
        except psycopg.Error as error:
            return type(error)
        finally:
            connection.rollback()
    return None


@pytest.mark.parametrize("role", SCHEMAS)
def test_a_role_reads_its_own_tables_and_nobody_elses(
    server: Postgres, tables: dict[str, list[str]], role: str
) -> None:
    looked = 0
    with psycopg.connect(server.uri(role, PASSWORDS[role]), autocommit=True) as connection:
        for schema, names in tables.items():
            for name in names:
                looked += 1
                if schema in SCHEMAS[role]:
                    connection.execute(f"select * from {name} limit 1")
                    continue
                for statement in (
                    f"select 1 from {name}",
                    f"delete from {name}",
                    f"insert into {name} default values",
                ):
                    with pytest.raises(errors.InsufficientPrivilege):
                        connection.execute(statement)
    assert looked > 10


@pytest.mark.parametrize("role", SCHEMAS)
@pytest.mark.parametrize(
    "statement",
    [
        "create table public.mine (n int)",
        "create schema mine",
        "create role mine",
        "drop table {own}",
        "alter table {own} add column words text",
        "truncate {own}",
        "select * from public.alembic_version",
        "set role postgres",
        "copy (select 1) to program 'true'",
        "select * from pg_authid",
    ],
)
def test_a_role_changes_no_table_and_takes_no_right(
    server: Postgres, tables: dict[str, list[str]], role: str, statement: str
) -> None:
    own = tables[SCHEMAS[role][0]][0]
    assert attempt(server, role, statement.replace("{own}", own)) is errors.InsufficientPrivilege


@pytest.mark.parametrize("role", [role for role, schemas in SCHEMAS.items() if "concerns" in schemas])
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_was_known_when_is_never_rewritten(server: Postgres, role: str, table: str) -> None:
    assert attempt(server, role, f"select 1 from {table}") is None
    assert attempt(server, role, f"update {table} set what = what") is errors.InsufficientPrivilege
    assert attempt(server, role, f"delete from {table}") is errors.InsufficientPrivilege
    assert attempt(server, role, f"truncate {table}") is errors.InsufficientPrivilege


@pytest.mark.parametrize("role", SCHEMAS)
def test_a_role_enters_with_its_own_password_alone(server: Postgres, role: str) -> None:
    other = next(one for one in SCHEMAS if one != role)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.uri(role, PASSWORDS[other]))


def test_a_new_password_replaces_the_old_one(server: Postgres) -> None:
    changed = {**PASSWORDS, "triage": "quote's \\ and ; --"}
    try:
        prepare(server.uri(), changed)
        psycopg.connect(server.uri("triage", changed["triage"])).close()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.uri("triage", PASSWORDS["triage"]))
    finally:
        prepare(server.uri(), PASSWORDS)


def test_an_append_only_table_stays_so_after_every_start(server: Postgres) -> None:
    prepare(server.uri(), PASSWORDS)
    assert attempt(server, "pager", "delete from concerns.act") is errors.InsufficientPrivilege
