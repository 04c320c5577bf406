"""Which error means that the database is away for everybody, and which that one statement is wrong."""

import asyncio
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    NoResultFound,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.database import connect, is_away, is_busy, is_slow, role_uri
from shared.database.setup import APPEND_ONLY, SCHEMAS
from shared.vault.purposes import SECRETS


def failed(kind: type[DBAPIError], state: str | None = None, *, invalidated: bool = False) -> DBAPIError:
    class Error(psycopg.Error):
        sqlstate = state

    return kind("select 1", {}, Error("the text"), connection_invalidated=invalidated)


AWAY: list[tuple[str, BaseException]] = [
    ("refused at the door", failed(OperationalError)),
    ("connection lost", failed(OperationalError, "08006")),
    ("shutting down", failed(OperationalError, "57P01")),
    ("starting up", failed(OperationalError, "57P03")),
    ("no connections left", failed(OperationalError, "53300")),
    ("disk full", failed(OperationalError, "53100")),
    ("a standby, read only", failed(InternalError, "25006")),
    ("deadlock", failed(OperationalError, "40P01")),
    ("a lock not had in time", failed(OperationalError, "55P03")),
    ("lost in the middle", failed(DBAPIError, None, invalidated=True)),
    ("unusable", failed(InterfaceError)),
    ("no connection in time", PoolTimeout()),
    ("took too long", TimeoutError()),
    ("reset", ConnectionResetError()),
    ("refused", ConnectionRefusedError()),
]
NOT_AWAY: list[tuple[str, BaseException]] = [
    ("not unique", failed(IntegrityError, "23505")),
    ("wrong text", failed(DataError, "22P02")),
    ("no such table", failed(ProgrammingError, "42P01")),
    ("no right", failed(ProgrammingError, "42501")),
    ("cut off", failed(OperationalError, "57014")),
    ("no row", NoResultFound()),
    ("a defect", ValueError("x")),
    ("a file", FileNotFoundError()),
    ("a stop", asyncio.CancelledError()),
]


@pytest.mark.parametrize(("name", "error"), AWAY, ids=[name for name, _ in AWAY])
def test_trying_again_later_is_right(name: str, error: BaseException) -> None:
    assert is_away(error)
    assert is_busy(error) == (name in ("deadlock", "a lock not had in time"))


@pytest.mark.parametrize(("name", "error"), NOT_AWAY, ids=[name for name, _ in NOT_AWAY])
def test_trying_again_later_is_not_enough(name: str, error: BaseException) -> None:
    assert not is_away(error)


@pytest.mark.parametrize(
    ("state", "busy", "slow"),
    [
        ("40001", True, False),
        ("40P01", True, False),
        ("55P03", True, False),
        ("57014", False, True),
        ("23505", False, False),
        ("42P01", False, False),
        (None, False, False),
    ],
)
def test_another_transaction_in_the_way_is_no_defect(state: str | None, busy: bool, slow: bool) -> None:
    error = failed(OperationalError, state)
    assert (is_busy(error), is_slow(error)) == (busy, slow)
    assert not is_busy(ValueError())
    assert not is_slow(TimeoutError())


async def test_a_database_that_is_not_there_is_away(tmp_path: Path) -> None:
    engine = connect(f"postgresql://triage:pw@/heard?host={tmp_path}")
    with pytest.raises(OperationalError) as caught:
        async with engine.connect():
            pass
    assert is_away(caught.value)
    await engine.dispose()


def test_errors_do_not_show_what_was_asked() -> None:
    engine = connect("postgresql://triage:secret@/heard?host=/nowhere")
    assert engine.sync_engine.hide_parameters is True
    assert "secret" not in repr(engine)
    assert not engine.echo


@pytest.mark.parametrize("password", ["plain", "p@ss/w:rd?%", "é", "a b", "'\"\\"])
@pytest.mark.parametrize(
    "uri",
    ["postgresql://postgres@/heard?host=%2Ftmp%2Fsockets", "postgresql://admin:pw@db.example.org:5433/heard"],
)
def test_a_role_enters_the_same_database_by_its_own_name(uri: str, password: str) -> None:
    url, admin = make_url(role_uri(uri, "triage", password)), make_url(uri)
    assert (url.username, url.password) == ("triage", password)
    assert (url.host, url.port, url.database, dict(url.query)) == (
        admin.host,
        admin.port,
        admin.database,
        dict(admin.query),
    )


def test_every_service_with_a_schema_has_a_password_and_the_other_way_round() -> None:
    with_password = {
        service for service, names in SECRETS.items() if any(n.startswith("database_") for n in names)
    }
    assert with_password == set(SCHEMAS)


def test_nobody_but_pager_and_console_shares_a_schema() -> None:
    owners: dict[str, list[str]] = {}
    for role, schemas in SCHEMAS.items():
        for schema in schemas:
            owners.setdefault(schema, []).append(role)
    assert {schema: roles for schema, roles in owners.items() if len(roles) > 1} == {
        "concerns": ["pager", "console"]
    }
    assert "concerns.act" in APPEND_ONLY
