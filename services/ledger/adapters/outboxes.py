"""The services' outboxes: which contributions have an event that is committed and not yet published."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import httpx

from shared.telemetry import log

_SECONDS: Final = 3.0


def client() -> httpx.AsyncClient:
    """Asks health ports. Each question has its own connection, so a service that was restarted is no failure."""
    return httpx.AsyncClient(
        timeout=_SECONDS, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
    )


async def outboxes(
    http: httpx.AsyncClient,
    services: Sequence[tuple[str, str]],
) -> tuple[Mapping[str, frozenset[UUID]], frozenset[str]]:
    """Ask every service; gives what waits in each outbox, and the names of those that do not answer."""
    found = await asyncio.gather(*(_ask(http, name, address) for name, address in services))
    waiting: dict[str, frozenset[UUID]] = {}
    for (name, _), ids in zip(services, found, strict=True):
        if ids is not None:
            waiting[name] = waiting.get(name, frozenset()) | ids
    return waiting, frozenset(name for (name, _), ids in zip(services, found, strict=True) if ids is None)


async def _ask(http: httpx.AsyncClient, name: str, address: str) -> frozenset[UUID] | None:
    try:
        answer = await http.get(f"{address}/outbox")
        answer.raise_for_status()
        return frozenset(UUID(one) for one in answer.json()["contributions"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("service_does_not_answer", group=name, kind=type(error).__name__)
        return None
