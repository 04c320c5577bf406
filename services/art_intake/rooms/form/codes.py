"""The page of the six words: it says that we have it, or that somebody asked us to remove it, and nothing else."""

import asyncio
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from services.art_intake.adapters.status import of_code
from services.art_intake.handlers.form import Ports, ask_removal
from services.art_intake.rooms.form.look import Look
from services.art_intake.rules.codes import as_typed
from services.art_intake.rules.guesses import Guesses
from shared.database import is_away, within
from shared.messaging.intake import NothingTakesIt
from shared.vault.digests import keyed
from shared.web import TooLarge, TooSlow, body_of

_BODY: Final = 4096
_PATIENCE: Final = 3.0
_SHOWN: Final = 200
UNKNOWN: Final = (
    "We do not know these six words. Look at how they are spelt. If you sent it just now, wait a minute"
)
SLOW: Final = "Please wait ten minutes, then try again"
AWAY: Final = "We cannot look just now. What you sent is safe. Please try again later"


class Away(Exception):
    """The database does not answer."""


class Codes:
    """`client_header` is the header in which a proxy of ours names the client."""

    def __init__(
        self, ports: Ports, engine: AsyncEngine, look: Look, client_header: str, wrong_codes: int
    ) -> None:
        self._ports, self._engine, self._look = ports, engine, look
        self._client_header, self._guesses = client_header, Guesses(wrong_codes)

    async def ask(self, request: Request) -> Response:
        if request.method in ("GET", "HEAD"):
            return self._look.page("code.html", problem=None, typed="")
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        code, contributions = found
        return self._look.page("found.html", removed=all(asked for _, asked in contributions), code=code)

    async def remove(self, request: Request) -> Response:
        """Pass the wish on; asked twice is asked once."""
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        code, contributions = found
        try:
            for contribution_id, asked in contributions:
                if not asked:
                    await ask_removal(contribution_id, ports=self._ports)
        except NothingTakesIt:
            return self._problem(AWAY, 503)
        return self._look.page("found.html", removed=True, code=code)

    async def _found(self, request: Request) -> Response | tuple[str, Sequence[tuple[UUID, bool]]]:
        """The contributions of the code that was typed, or what is answered instead."""
        now, place = self._ports.now(), self._place(request)
        try:
            body = await body_of(request, limit=_BODY)
        except (TooLarge, TooSlow):
            return self._problem(UNKNOWN, 400)
        if self._guesses.is_too_many(place, now):
            return self._problem(SLOW, 429)
        await asyncio.sleep(self._guesses.wait(now))
        typed = dict(parse_qsl(body.decode("ascii", "replace"))).get("code", "")
        code = as_typed(typed)
        try:
            found = await self._look_up(code or "")
        except Away:
            return self._problem(AWAY, 503, typed)
        if code is None or not found:
            self._guesses.wrong(place, self._ports.now())
            return self._problem(UNKNOWN, 404, typed)
        return code, found

    async def _look_up(self, code: str) -> Sequence[tuple[UUID, bool]]:
        async def ask() -> Sequence[tuple[UUID, bool]]:
            async with self._engine.connect() as connection:
                return await of_code(connection, self._ports.edge.receipt_hash(code))

        try:
            return await within(_PATIENCE, ask())
        except Exception as error:
            if not is_away(error):
                raise
            raise Away from None

    def _problem(self, said: str, status: int, typed: str = "") -> Response:
        """What was typed is put back, so that a slip of the pen can be mended."""
        return self._look.page("code.html", status, problem=said, typed=typed[:_SHOWN])

    def _place(self, request: Request) -> str:
        named = request.headers.get(self._client_header, "") if self._client_header else ""
        client = named.rpartition(",")[2].strip() or (request.client.host if request.client else "")
        return keyed(self._ports.edge.bucket_key, b"guess", client.encode())
