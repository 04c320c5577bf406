"""Connections: SQLAlchemy Core over psycopg 3, errors without parameters, since parameters may be ciphertext or ids."""

from urllib.parse import quote

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_AWAY_STATES = ("08", "57P", "53", "25006")  # connection lost, shutting down, out of resources, read only


def connect(uri: str, *, size: int = 4) -> AsyncEngine:
    """Make an engine; nothing is connected yet. `uri` is `postgresql://...`.

    A connection that cannot be had within 3 s counts as a database that is away.
    """
    url = make_url(uri).set(drivername="postgresql+psycopg")
    return create_async_engine(
        url,
        pool_size=size,
        max_overflow=2,
        pool_timeout=3,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 3, "options": "-c statement_timeout=20000 -c lock_timeout=5000"},
    )


def role_uri(admin_uri: str, role: str, password: str) -> str:
    """The same database, entered as a service's own role."""
    url = make_url(admin_uri).set(username=quote(role, safe=""), password=password)
    return url.render_as_string(hide_password=False)


def is_away(error: BaseException) -> bool:
    """Say whether an error means that the database is away for everybody, rather than that a statement is wrong."""
    if isinstance(error, (InterfaceError, PoolTimeout, ConnectionError, TimeoutError)):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        if error.connection_invalidated or (state and state.startswith(_AWAY_STATES)):
            return True
        return isinstance(error, OperationalError) and state is None
    return False
