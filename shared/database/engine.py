"""Connections: SQLAlchemy Core over psycopg 3, errors without parameters, since parameters may be ciphertext or ids."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

T = TypeVar("T")

_SLOW_STATE = "57014"  # the statement took longer than it may
_AWAY_STATES = ("08", "57P", "53", "25006")  # connection lost, shutting down, out of resources, read only
# In each other's way: not serialisable, deadlock, a lock not had in time. The work is done again from the start.
_BUSY_STATES = ("40001", "40P01", "55P03")


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
    """Say whether trying again later is right: the database is away or busy, rather than a statement wrong."""
    if isinstance(error, (InterfaceError, PoolTimeout, ConnectionError, TimeoutError)):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        if error.connection_invalidated or (state and state.startswith(_AWAY_STATES + _BUSY_STATES)):
            return True
        return isinstance(error, OperationalError) and state is None
    return False


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Wait for work on the database, but no longer than that.

    A server that hangs without closing its connections answers no cancel either, so the work is let go of, not
    waited for; what it had begun is rolled back, or it turns out to have been done.

    Raises:
        TimeoutError: the database counts as away.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if done:
        return task.result()
    task.cancel()
    _let_go.add(task)
    task.add_done_callback(_forget)
    raise TimeoutError


_let_go: set["asyncio.Task[Any]"] = set()


def _forget(task: "asyncio.Task[Any]") -> None:
    _let_go.discard(task)
    if not task.cancelled():
        task.exception()  # seen: nobody waits for it any more


def is_busy(error: BaseException) -> bool:
    """Say whether another transaction was in the way: the same one may well succeed a moment later."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _BUSY_STATES


def is_slow(error: BaseException) -> bool:
    """Say whether the statement was cut off because it took too long."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _SLOW_STATE
