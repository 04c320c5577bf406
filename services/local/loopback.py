"""Plain HTTP on this machine, asked often: `httpx.get` makes ready for TLS each time, which takes 35 ms of CPU."""

from functools import cache

import httpx


@cache
def client() -> httpx.Client:
    """One for the process. Each request opens a connection of its own: whoever answers may be killed at any moment."""
    return httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
