"""Asks health ports on loopback. Whoever does not answer in time has not answered; nothing is tried twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

_MOST: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and an object. 503 is an answer too: it says what is away."""

    status: int
    said: Mapping[str, Any]

    @property
    def is_well(self) -> bool:
        return self.status == 200

    @property
    def says_database_away(self) -> bool:
        return self.status == 503 and self.said.get("error") == "the database is away"


def client() -> httpx.AsyncClient:
    """Each question has its own connection, so a service that was restarted is no failure."""
    return httpx.AsyncClient(
        trust_env=False, limits=httpx.Limits(max_keepalive_connections=0), follow_redirects=False
    )


@dataclass(frozen=True, slots=True)
class Health:
    http: httpx.AsyncClient
    within: float = 3.0

    async def get(self, url: str, within: float | None = None, **query: str) -> Answer | None:
        """What a health port says; None when it says nothing, or nothing that we understand."""
        try:
            answer = await self.http.get(url, params=query, timeout=within or self.within)
            if len(answer.content) > _MOST:
                return None
            said = answer.json()
        except (httpx.HTTPError, ValueError):
            return None
        return Answer(answer.status_code, said) if isinstance(said, dict) else None
