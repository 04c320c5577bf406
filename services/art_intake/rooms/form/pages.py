"""The public form: the start, the form itself, the thanks. It works without JavaScript, and sets no cookie."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from services.art_intake.adapters.multipart import Malformed, Reading, boundary_of
from services.art_intake.handlers.form import Ports, on_form
from services.art_intake.rooms.form import shown
from services.art_intake.rooms.form.codes import Codes
from services.art_intake.rooms.form.look import HERE, POLICY, Look
from services.art_intake.rules.files import Fault, Limits
from services.art_intake.rules.form import Answers, answers
from services.art_intake.settings import Settings
from shared.helplines import Helplines
from shared.messaging.intake import NothingTakesIt
from shared.pages import Quiet, Static
from shared.web import TooLarge, TooSlow

_DRAINED: Final = 4
"""So many times the largest form is read to its end, so that its words can be put back; more is cut off."""

Fields = Sequence[tuple[str, str]]


class Form:
    """The pages. Only the words' page asks the database: the form itself takes in without it."""

    def __init__(self, ports: Ports, engine: AsyncEngine, settings: Settings, lines: Helplines) -> None:
        self._ports, self._settings = ports, settings
        self._limits = Limits(settings.files, settings.file_limit, settings.form_limit)
        self._look = Look(settings.exit_url, lines)
        self._codes = Codes(ports, engine, self._look, settings.client_header, settings.wrong_codes)
        self._in_flight = self._uploads = 0

    def app(self) -> ASGIApp:
        pages = Starlette(
            routes=[
                Route("/", self._start),
                Route("/form", self._form, methods=["GET", "POST"]),
                Route("/code", self._codes.ask, methods=["GET", "POST"]),
                Route("/code/remove", self._codes.remove, methods=["POST"]),
                Route("/static/{name}", Static(HERE / "static").answer),
            ],
            exception_handlers={404: self._lost, 405: self._lost, 500: self._broken},
        )
        return Quiet(pages, POLICY)

    async def _start(self, _: Request) -> Response:
        return self._look.page("start.html")

    async def _lost(self, _: Request, __: Exception) -> Response:
        return self._look.sorry(404, "There is nothing here", "Perhaps the address is not quite right.")

    async def _broken(self, _: Request, __: Exception) -> Response:
        return self._look.sorry(
            500, "Something went wrong", "It was our fault. Please try again in a minute."
        )

    async def _form(self, request: Request) -> Response:
        if request.method in ("GET", "HEAD"):
            return self._blank([], [], self._token())
        if self._in_flight >= self._settings.in_flight:
            return await self._refused(
                503, "We are very busy", "Please go back and press Send again in a minute."
            )
        self._in_flight += 1
        try:
            return await self._posted(request)
        finally:
            self._in_flight -= 1

    async def _posted(self, request: Request) -> Response:
        boundary = boundary_of(request.headers.get("content-type", ""))
        if boundary is None:
            return await self._refused(400, "We could not read that", "Please go back and try again.")
        size = _size(request)
        large = size is None or size > self._settings.words_limit
        room = self._ports.intake.has_room(size or self._limits.form)
        take = room and (not large or self._uploads < self._settings.uploads)
        reading = Reading(boundary, self._ports.intake.parcels, self._limits, take_files=take)
        self._uploads += large
        try:
            await self._read(request, reading)
            return await self._decide(reading)
        except TooLarge:
            return await self._refused(
                413, "That is too big", "Please go back and send fewer or smaller files."
            )
        except TooSlow:
            return await self._refused(
                408, "That took too long", "Please go back and try again with less at a time."
            )
        except (Malformed, ClientDisconnect):
            return await self._refused(400, "We could not read that", "Please go back and try again.")
        finally:
            self._uploads -= large
            await asyncio.shield(asyncio.to_thread(reading.abandon))

    async def _read(self, request: Request, reading: Reading) -> None:
        """Read the body to its end, at most so much and so long."""
        most, came = _DRAINED * self._limits.form, 0
        if (_size(request) or 0) > most:
            raise TooLarge
        pieces = request.stream().__aiter__()
        try:
            async with asyncio.timeout(self._settings.upload_within):
                while True:
                    async with asyncio.timeout(self._settings.idle_within):
                        piece = await anext(pieces, None)
                    if piece is None:
                        break
                    came += len(piece)
                    if came > most:
                        raise TooLarge
                    await asyncio.to_thread(reading.feed, piece)
                await asyncio.to_thread(reading.end)
        except TimeoutError:
            raise TooSlow from None

    async def _decide(self, reading: Reading) -> Response:
        """Accept, or put everything back that was filled in."""
        entry = answers(reading.fields)
        if not self._ports.edge.holds(entry.token, self._ports.now()):
            return await self._back(400, reading, self._token(), words=shown.OLD)
        if reading.failed:
            told = shown.faults(reading.failed, self._limits)
            full = any(one.fault is Fault.NO_ROOM for one in reading.failed)
            return await self._back(503 if full else 400, reading, entry.token, files=told)
        if self._is_too_long(entry):
            return await self._back(413, reading, entry.token, words=shown.LONG)
        if not entry.has_words and not reading.files:
            return await self._back(400, reading, entry.token, words=shown.NOTHING)
        files, reading.files = reading.files, []  # they are the intake's from here on
        try:
            await on_form(entry, files, ports=self._ports)
        except NothingTakesIt:
            return await self._back(503, reading, entry.token, words=shown.OURS, again=bool(files))
        return self._look.page("thanks.html", code=self._ports.edge.code(entry.token))

    def _is_too_long(self, entry: Answers) -> bool:
        return sum(len(text.encode()) for text in entry.words.values()) > self._settings.words_limit

    async def _back(
        self,
        status: int,
        reading: Reading,
        token: str,
        *,
        words: str = "",
        files: Sequence[str] = (),
        again: bool = False,
    ) -> Response:
        """The form again, with the words in it. Files cannot be put back, so we say so."""
        await self._ports.intake.refuse(status)
        errors = [{"text": words, "href": "#words"}] if words else []
        errors += [{"text": one, "href": "#files"} for one in files]
        note = shown.AGAIN if again or files or reading.files else ""
        wrong = {"words": words, "files": ". ".join(files)}
        return self._blank(reading.fields, errors, token, status, note=note, **wrong)

    def _blank(
        self,
        fields: Fields,
        errors: Sequence[dict[str, str]],
        token: str,
        status: int = 200,
        *,
        note: str = "",
        **wrong: str,
    ) -> Response:
        asked: dict[str, Any] = dict(shown.asked())
        return self._look.page(
            "form.html",
            status,
            token=token,
            filled=shown.filled(fields),
            errors=errors,
            note=note,
            wrong=wrong,
            most=self._limits,
            **asked,
        )

    async def _refused(self, status: int, title: str, text: str) -> Response:
        await self._ports.intake.refuse(status)
        return self._look.sorry(status, title, text)

    def _token(self) -> str:
        return self._ports.edge.token(secrets.token_hex(16), self._ports.now())


def _size(request: Request) -> int | None:
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isdecimal() and len(declared) < 16 else None
