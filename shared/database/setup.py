"""Prepare a database: a role and a schema for each service, its tables by Alembic, and the rights of its own row."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url

SCHEMAS: Final[dict[str, tuple[str, ...]]] = {
    "triage": ("triage",),
    "anonymiser": ("anonymiser",),
    "archive": ("archive",),
    "replies": ("replies",),
    "pager": ("pager", "concerns"),
    "ledger": ("ledger",),
    "console": ("concerns",),
    "art_intake": ("art_intake",),
}
"""The schemas that each service's role may use; `concerns` is shared by the pager, which opens, and the console."""

APPEND_ONLY: Final = ("concerns.act",)
"""Tables whose rows nobody may change or delete."""


def prepare(admin_uri: str, passwords: Mapping[str, str]) -> None:
    """Create what is missing and upgrade the rest; may be run again at any time.

    Args:
        admin_uri: a role that may create roles and schemas.
        passwords: one for each service that has a role.
    """
    engine = create_engine(make_url(admin_uri).set(drivername="postgresql+psycopg"), hide_parameters=True)
    with engine.begin() as connection:
        for role in SCHEMAS:
            if role in passwords:
                _role(connection, role, passwords[role])
        for schema in sorted({name for names in SCHEMAS.values() for name in names}):
            connection.exec_driver_sql(f"create schema if not exists {schema}")
        _migrate(connection)
        for role, schemas in SCHEMAS.items():
            if role in passwords:
                _grant(connection, role, schemas)
        for table in APPEND_ONLY:
            connection.exec_driver_sql(
                f"revoke update, delete, truncate on {table} from public, pager, console"
            )
    engine.dispose()


def _role(connection: Connection, role: str, password: str) -> None:
    """A password cannot be a parameter of `create role`, so psycopg quotes it; it is not logged by us."""
    exists = connection.exec_driver_sql("select 1 from pg_roles where rolname = %s", (role,)).first()
    verb = "alter" if exists else "create"
    statement = sql.SQL("{} role {} login nosuperuser nocreatedb nocreaterole password {}").format(
        sql.SQL(verb), sql.Identifier(role), sql.Literal(password)
    )
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute(statement)


def _grant(connection: Connection, role: str, schemas: tuple[str, ...]) -> None:
    for schema in schemas:
        connection.exec_driver_sql(f"grant usage on schema {schema} to {role}")
        connection.exec_driver_sql(
            f"grant select, insert, update, delete on all tables in schema {schema} to {role}"
        )
        connection.exec_driver_sql(f"grant usage on all sequences in schema {schema} to {role}")


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")
