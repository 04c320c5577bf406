"""Who may come in, and how fast: keys from a copy that outlives a database that is away, and limits for each partner."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from services.art_intake.rules.partner_keys import Known, Scope, partner_of, who
from shared.clock import Clock
from shared.database import is_away, within
from shared.telemetry import log

Keys = Mapping[str, Sequence[Known]]
Load = Callable[[], Awaitable[Keys]]

PATIENCE: Final = 2.0
_AGAIN: Final = timedelta(seconds=1)
_PAUSE: Final = timedelta(seconds=0.25)


class Refused(Exception):
    """The answer to a request that is not taken. Nothing of the request is in it."""

    def __init__(self, status: int, code: str, message: str, *, again_in: int | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.again_in = status, code, message, again_in


@dataclass
class Keyholder:
    """The keys that are known. A copy `fresh` seconds old is asked for anew; with the database away it serves on, `kept`
    seconds long, so that what partners send is taken in meanwhile. A key that was revoked is refused as soon as the
    database has said so.
    """

    load: Load
    now: Clock
    fresh: timedelta
    kept: timedelta
    _keys: Keys = field(default_factory=dict, repr=False)
    _at: datetime | None = None
    _not_before: datetime | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def keys(self) -> Keys:
        """Give them, as they were `fresh` ago at most.

        Raises:
            Refused: 503, when they are not known, or not known well enough any more.
        """
        return await self._asked_since(self.now() - self.fresh)

    async def keys_now(self) -> Keys:
        """Give them as they are now or later: a key made a moment ago is among them.

        Every caller that waits is served by the same question, and questions are `_PAUSE` apart: guesses cost the
        database four a second and no more.

        Raises:
            Refused: 503, when they are not known, or not known well enough any more.
        """
        return await self._asked_since(self.now(), pause=_PAUSE)

    async def _asked_since(self, when: datetime, *, pause: timedelta = timedelta(0)) -> Keys:
        if not self._is_since(when):
            async with self._one:
                if not self._is_since(when) and not self._waits():
                    await self._rest(pause)
                    await self._ask()
        if not self._is_since(self.now() - self.kept):
            raise Refused(503, "away", "we cannot check keys just now; please try again", again_in=5)
        return self._keys

    async def _rest(self, pause: timedelta) -> None:
        if self._at is not None:
            left = (self._at + pause - self.now()).total_seconds()
            await asyncio.sleep(min(max(left, 0.0), pause.total_seconds()))

    async def _ask(self) -> None:
        asked_at = self.now()
        try:
            self._keys = await within(PATIENCE, _as_coroutine(self.load))
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("partner_keys_away")
            self._not_before = self.now() + _AGAIN
        else:
            self._at, self._not_before = asked_at, None

    def _waits(self) -> bool:
        return self._not_before is not None and self.now() < self._not_before

    def _is_since(self, when: datetime) -> bool:
        return self._at is not None and self._at >= when


@dataclass
class Gate:
    """Lets a request in, or says why not. `rate` is requests a second, `burst` how many may come at once."""

    secret: bytes = field(repr=False)
    holder: Keyholder
    now: Clock
    rate: float
    burst: int
    uploads: int
    _left: dict[str, tuple[float, datetime]] = field(default_factory=dict)
    _inside: dict[str, int] = field(default_factory=dict)

    async def admit(self, authorization: str | None, scope: Scope) -> str:
        """The partner that asks.

        Raises:
            Refused: 401 without a key that is known, 403 when it may not do this, 429 when it comes too often.
        """
        scheme, _, key = (authorization or "").partition(" ")
        shown = key.strip() if scheme.lower() == "bearer" else ""
        found = who(self.secret, shown, await self.holder.keys(), self.now())
        if found is None and partner_of(shown):  # it may have been made a moment ago
            found = who(self.secret, shown, await self.holder.keys_now(), self.now())
        if found is None:
            raise Refused(401, "no_key", "a key of yours is needed: Authorization: Bearer heard_...")
        self._slow(found.partner_id)
        if scope not in found.scopes:
            raise Refused(403, "not_allowed", f"this key may not {scope.value}")
        return found.partner_id

    @contextmanager
    def upload(self, partner_id: str) -> Iterator[None]:
        """One upload of a partner; not more of them at once than `uploads`.

        Raises:
            Refused: 429.
        """
        if self._inside.get(partner_id, 0) >= self.uploads:
            raise Refused(429, "too_many_at_once", "too many uploads at once; please try again", again_in=1)
        self._inside[partner_id] = self._inside.get(partner_id, 0) + 1
        try:
            yield
        finally:
            self._inside[partner_id] -= 1

    def _slow(self, partner_id: str) -> None:
        """A bucket that fills again: only partners that are known have one."""
        now = self.now()
        left, at = self._left.get(partner_id, (float(self.burst), now))
        left = min(float(self.burst), left + max(0.0, (now - at).total_seconds()) * self.rate)
        if left < 1:
            self._left[partner_id] = (left, now)
            raise Refused(429, "too_often", "too many requests; please try again", again_in=1)
        self._left[partner_id] = (left - 1, now)


async def _as_coroutine(load: Load) -> Keys:
    return await load()
