"""The routes of the partners' API, and their description (OpenAPI)."""

import base64
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.exceptions import HTTPException

from services.art_intake.adapters.partners import arrived, contributions_of
from services.art_intake.handlers.partners import Ports, Sent, handed, on_item, on_removal
from services.art_intake.rooms.partners.body import NO_ROOM, ClientDisconnect, Limits, read
from services.art_intake.rooms.partners.describe import ABOUT, ITEM, PROOF, REFUSALS, Kept, Page
from services.art_intake.rooms.partners.gate import Gate, Refused
from services.art_intake.rules.partner_items import Wrong, item_id_of
from services.art_intake.rules.partner_keys import Scope
from services.art_intake.rules.proof import public_key, signed, statement_of
from shared.contracts.ids import partner_item
from shared.database import is_away
from shared.messaging.intake import NothingTakesIt

T = TypeVar("T")
Read = Callable[[], AbstractAsyncContextManager[AsyncConnection]]

_MOST: Final = 500
_KEEP: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Room:
    """What the API needs. `connect` gives a connection to read with; sending needs none."""

    ports: Ports
    gate: Gate
    limits: Limits
    connect: Read
    seed: bytes = field(repr=False)


def api(room: Room) -> FastAPI:
    """The API, to be mounted at `/partner/v1`."""
    app = FastAPI(
        title="Heard, for partner organisations",
        version="1",
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        servers=[{"url": "/partner/v1"}],
        root_path_in_servers=False,
        responses=REFUSALS,
    )
    routes = _Routes(room)
    app.put(
        "/items/{item_id}",
        summary="Hand over one item",
        response_model=Kept,
        openapi_extra=ITEM,
        operation_id="hand_over",
    )(routes.hand_over)
    app.get("/items", summary="List what arrived", response_model=Page, operation_id="list_items")(
        routes.list_items
    )
    app.post(
        "/items/{item_id}/removal",
        summary="Ask that an item be removed",
        status_code=202,
        operation_id="ask_removal",
    )(routes.ask_removal)
    app.get("/proof", summary="The signed proof of everything that you handed over", responses=PROOF)(
        routes.proof
    )
    app.get("/public-key", summary="The key that proofs are checked with; no key of yours is needed")(
        routes.key
    )
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _not_here)
    return app


class _Routes:
    def __init__(self, room: Room) -> None:
        self._room = room

    async def hand_over(self, item_id: str, request: Request) -> Response:
        """Answered once it is safe. The same id with the same content is the same item, however often it is sent."""
        room = self._room
        try:
            partner_id = await room.gate.admit(request.headers.get("authorization"), Scope.SEND)
            with room.gate.upload(partner_id):
                return await self._take(partner_id, _item_id(item_id), request)
        except Refused as refused:
            await room.ports.intake.refuse(refused.status)
            raise

    async def _take(self, partner_id: str, item_id: str, request: Request) -> Response:
        room = self._room
        length = request.headers.get("content-length", "0")
        if not room.ports.intake.has_room(int(length) if length.isdecimal() else 0):
            raise NO_ROOM
        try:
            item, file = await read(request, room.ports.intake.parcels, room.limits)
        except ClientDisconnect:
            raise Refused(400, "cut_short", "the connection broke; please send it again") from None
        sent = Sent(partner_id, item_id, item, file)
        try:
            accepted = await on_item(sent, ports=room.ports)
        except NothingTakesIt:
            raise NO_ROOM from None
        kept = Kept(
            item_id=item_id,
            contribution_id=str(accepted.contribution_id),
            sha256=sent.sha256,
            size=sent.size,
            kept_beside_another=accepted.contribution_id != partner_item(partner_id, item_id),
        )
        return _answer(kept.model_dump())

    async def list_items(self, request: Request, after: str = "", limit: int = 100) -> Response:
        """Your own items, in the order in which they came. An item is here a moment after it was taken."""
        room = self._room
        partner_id = await room.gate.admit(request.headers.get("authorization"), Scope.READ)
        if not 1 <= limit <= _MOST:
            raise Refused(400, "bad_limit", f"limit is 1 to {_MOST}")
        start = _place(after) if after else None
        found = await self._ask(
            lambda connection: arrived(connection, partner_id, after=start, limit=limit + 1)
        )
        items = [
            {
                "item_id": one.item_id,
                "contribution_id": str(one.contribution_id),
                "received_at": told.received_at,
                "sha256": told.sha256,
                "size": told.size,
                "status": one.status.value,
            }
            for one in found[:limit]
            for told in [handed(one, room.ports.edge)]
        ]
        more = len(found) > limit
        last = found[limit - 1] if more else None
        return _answer(
            {"items": items, "next": _mark(last.received_at, last.contribution_id) if last else None}
        )

    async def ask_removal(self, item_id: str, request: Request) -> Response:
        """What may lawfully be removed will be; asking twice is asking once."""
        room = self._room
        partner_id = await room.gate.admit(request.headers.get("authorization"), Scope.SEND)
        known_as = _item_id(item_id)
        found = await self._ask(lambda connection: contributions_of(connection, partner_id, known_as))
        if not found:
            raise Refused(404, "no_such_item", "no item of yours has this id (yet)")
        try:
            await on_removal(found, ports=room.ports)
        except NothingTakesIt:
            raise NO_ROOM from None
        return _answer({"item_id": known_as, "status": "removal_asked"}, 202)

    async def proof(self, request: Request) -> Response:
        """A signed list of every item with its SHA-256 and the moment it was received."""
        room = self._room
        partner_id = await room.gate.admit(request.headers.get("authorization"), Scope.READ)
        found = await self._ask(lambda connection: arrived(connection, partner_id, after=None, limit=None))
        items = [handed(one, room.ports.edge) for one in found]
        return _answer(signed(room.seed, statement_of(partner_id, items, room.ports.now())))

    async def key(self) -> Response:
        """It is no secret: keep it beside your proofs."""
        return _answer({"algorithm": "Ed25519", "public_key": public_key(self._room.seed)})

    async def _ask(self, question: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Ask the database; sending does not depend on it, so only these answers may say that it is away."""
        try:
            async with self._room.connect() as connection:
                return await question(connection)
        except Exception as error:
            if not is_away(error):
                raise
            raise Refused(503, "away", "we cannot look just now; what you sent is safe", again_in=5) from None


def _item_id(text: str) -> str:
    try:
        return item_id_of(text)
    except Wrong as wrong:
        raise Refused(400, "bad_item_id", str(wrong)) from None


def _mark(at: datetime, contribution_id: UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {contribution_id}".encode()).decode()


def _place(mark: str) -> tuple[datetime, UUID]:
    try:
        at, _, contribution_id = base64.urlsafe_b64decode(mark.encode()).decode().partition(" ")
        return datetime.fromisoformat(at), UUID(contribution_id)
    except ValueError:
        raise Refused(400, "bad_mark", "after must be what next said") from None


def _answer(content: Any, status: int = 200, again_in: int | None = None) -> JSONResponse:
    more = {} if again_in is None else {"Retry-After": str(again_in)}
    if status == 401:
        more["WWW-Authenticate"] = "Bearer"
    return JSONResponse(content, status_code=status, headers={**_KEEP, **more})


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _answer({"code": error.code, "message": error.message}, error.status, error.again_in)


async def _not_understood(_: Request, error: Exception) -> Response:
    """Without the framework's own text, which quotes what came."""
    return _answer({"code": "not_understood", "message": "a value in the address cannot be read"}, 400)


async def _not_here(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _answer({"code": "not_here", "message": "there is no such address or method"}, error.status_code)
