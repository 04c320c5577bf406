"""Recordings from a web page: one request, one recording, read piece by piece into a sealed file.

The body is the sound itself and not a form: a page that can record can send what it recorded, and a form's parts would
have to be parsed here, where nothing is.
"""

import asyncio
import hashlib
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from services.voice_intake.settings import Settings
from shared.messaging.intake import Intake
from shared.messaging.parcels import Packing, Parcel
from shared.messaging.spool import SpoolFull

ONCE: Final = "heard-once"
"""The header with the once-only token of a recording, made by the page: two taps are one contribution."""
KINDS: Final = {
    "audio/webm": "audio/webm",
    "video/webm": "audio/webm",  # what some browsers call a recording without pictures
    "audio/ogg": "audio/ogg",
    "audio/mp4": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/wav": "audio/x-wav",
    "audio/wave": "audio/x-wav",
    "audio/x-wav": "audio/x-wav",
    "audio/mpeg": "audio/mpeg",
}
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22,64}")
_MINUTE: Final = 60.0
_LEFT: Final = 499


class Refused(Exception):
    """An upload is not taken. `why` is safe to answer with."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording on this disk, sealed. `clear_sha256` is of the sound as it came, and leaves only keyed."""

    token: str = field(repr=False)
    media_type: str
    parcel: Parcel
    clear_sha256: bytes = field(repr=False)


@dataclass(slots=True)
class Gate:
    """How many uploads may come: at once, in a minute, from which pages, and while the disk has room."""

    intake: Intake
    settings: Settings
    clock: Callable[[], float]
    _now: int = 0
    _begun: deque[float] = field(default_factory=deque)

    def origin(self, request: Request) -> dict[str, str]:
        """The headers that let a page read the answer.

        Raises:
            Refused: a page that is not one of ours asks.
        """
        origin = request.headers.get("origin")
        if origin is None:
            return {}
        if origin not in self.settings.origins:
            raise Refused(403, "this page may not send recordings")
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}

    def preflight(self, request: Request) -> Response:
        allowed = {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": f"content-type, {ONCE}",
            "Access-Control-Max-Age": "600",
        }
        return Response(status_code=204, headers=self.origin(request) | allowed)

    async def receive(self, request: Request) -> Upload:
        """Read one upload.

        Raises:
            Refused: with a status and why; nothing of it is left.
        """
        if self._now >= self.settings.uploads_at_once:
            raise Refused(503, "too many at once; please try again")
        self._pace()
        self._now += 1
        try:
            return await self._receive(request)
        finally:
            self._now -= 1

    def _pace(self) -> None:
        now = self.clock()
        while self._begun and now - self._begun[0] >= _MINUTE:
            self._begun.popleft()
        if len(self._begun) >= self.settings.uploads_a_minute:
            raise Refused(429, "too many in this minute; please try again")
        self._begun.append(now)

    async def _receive(self, request: Request) -> Upload:
        token = request.headers.get(ONCE, "")
        if not _TOKEN.fullmatch(token):
            raise Refused(400, f"the header {ONCE} is missing or malformed")
        given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if (kind := KINDS.get(given)) is None:
            raise Refused(415, "this is no kind of sound that we take")
        length = request.headers.get("content-length", "0")
        declared = int(length) if length.isdecimal() and len(length) < 16 else 0
        if declared > self.settings.upload_limit:
            raise Refused(413, "the recording is too large")
        if not self.intake.has_room(declared or self.settings.upload_limit):
            raise Refused(503, "no room just now; please try again")
        try:
            packing = self.intake.parcels.begin()
        except SpoolFull:
            raise Refused(503, "no room just now; please try again") from None
        return await self._pack(request, packing, token, kind)

    async def _pack(self, request: Request, packing: Packing, token: str, kind: str) -> Upload:
        seen, whole = hashlib.sha256(), False
        try:
            async with asyncio.timeout(self.settings.upload_within):
                async for chunk in self._chunks(request):
                    if packing.clear_size + len(chunk) > self.settings.upload_limit:
                        raise Refused(413, "the recording is too large")
                    seen.update(chunk)
                    packing.feed(chunk)
            if not packing.clear_size:
                raise Refused(400, "there is nothing in it")
            parcel = await asyncio.to_thread(packing.finish)
            whole = True
        except TimeoutError:
            raise Refused(408, "the recording did not come in time") from None
        except ClientDisconnect:
            raise Refused(_LEFT, "the sender went away") from None
        except SpoolFull:
            raise Refused(503, "no room just now; please try again") from None
        finally:
            if not whole:
                packing.abandon()
        return Upload(token, kind, parcel, seen.digest())

    async def _chunks(self, request: Request) -> AsyncIterator[bytes]:
        """The body as it comes. Who sends nothing for a while gives up a place that others wait for."""
        stream = request.stream()
        while True:
            async with asyncio.timeout(self.settings.upload_idle):
                chunk = await anext(stream, None)
            if chunk is None:
                return
            yield chunk
