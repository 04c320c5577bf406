"""Twilio's REST API, as far as Heard asks it."""

import asyncio
import secrets
from base64 import b64decode
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.twilio.state import API, Media, Message, Recording, State, Wrong, gone, rfc2822

Answer = Callable[[Request], Awaitable[Response]]
FOR_EVER = 3600.0


def refusal(wrong: Wrong) -> JSONResponse:
    """Twilio's shape of an error."""
    return JSONResponse(
        {
            "code": wrong.code,
            "message": wrong.message,
            "more_info": f"https://www.twilio.com/docs/errors/{wrong.code}",
            "status": wrong.status,
        },
        wrong.status,
        {"WWW-Authenticate": 'Basic realm="Twilio API"'} if wrong.status == 401 else None,
    )


class Rest:
    """Routes under /2010-04-01. `settle` starts a message's way to the phone; `drop` cuts a connection."""

    def __init__(
        self,
        state: State,
        settle: Callable[[Message], Awaitable[None]],
        drop: Callable[[Request], Awaitable[None]],
    ) -> None:
        self.state, self.settle, self.drop = state, settle, drop

    def routes(self) -> list[Route]:
        root = f"/{API}/Accounts/{{account}}"
        table: list[tuple[str, str, Answer]] = [
            ("POST", "/Messages.json", self.create),
            ("GET", "/Messages.json", self.list_messages),
            ("GET", "/Messages/{sid}/Media.json", self.list_media),
            ("GET", "/Messages/{sid}/Media/{media}.json", self.fetch_media),
            ("DELETE", "/Messages/{sid}/Media/{media}.json", self.delete_media),
            ("GET", "/Messages/{sid}/Media/{media}", self.media_content),
            ("GET", "/Messages/{sid}.json", self.fetch),
            ("POST", "/Messages/{sid}.json", self.redact),
            ("DELETE", "/Messages/{sid}.json", self.delete),
            ("GET", "/Recordings.json", self.list_recordings),
            ("GET", "/Recordings/{sid}.json", self.fetch_recording),
            ("DELETE", "/Recordings/{sid}.json", self.delete_recording),
            ("GET", "/Recordings/{sid}.wav", self.recording_content),
        ]
        routes = [
            Route(root + path, self.guarded(answer), methods=[method]) for method, path, answer in table
        ]
        return [*routes, Route("/_media/{sid}/{media}", self.redirected_content)]

    def guarded(self, answer: Answer) -> Answer:
        async def guard(request: Request) -> Response:
            try:
                self.authenticate(request)
                if self.state.latency:
                    await asyncio.sleep(self.state.latency)
                return await answer(request)
            except Wrong as wrong:
                return refusal(wrong)

        return guard

    def authenticate(self, request: Request) -> None:
        known = {self.state.account: self.state.token, **self.state.api_keys}
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        try:
            name, _, secret = b64decode(rest).decode().partition(":")
        except ValueError:
            name = secret = ""
        right = known.get(name, "")
        if (
            scheme.lower() != "basic"
            or not right
            or not secrets.compare_digest(right.encode(), secret.encode())
        ):
            raise Wrong(401, 20003, "Authenticate")
        if request.path_params["account"] != self.state.account:
            raise Wrong(401, 20003, "Authenticate")

    async def create(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        fault = self.state.next_fault()
        if fault and not fault.accepted:
            return await self.fail(request, fault.kind)
        message = self.state.create(form)
        answer = JSONResponse(self.state.json(message), 201)  # queued, as Twilio answers
        await self.settle(message)
        return await self.fail(request, fault.kind) if fault else answer

    async def fail(self, request: Request, kind: str) -> Response:
        if kind == "hang":
            await self.until_left(request)
        elif kind == "drop":
            await self.drop(request)
        elif kind == "429":
            raise Wrong(429, 20429, "Too Many Requests")
        elif kind == "503":
            raise Wrong(503, 20503, "Service unavailable")
        raise Wrong(500, 20500, "Internal Server Error")

    @staticmethod
    async def until_left(request: Request) -> None:
        async with asyncio.timeout(FOR_EVER):
            while not await request.is_disconnected():
                await asyncio.sleep(0.05)

    async def list_messages(self, request: Request) -> Response:
        query = dict(request.query_params)
        try:
            size = min(max(int(query.get("PageSize", 50)), 1), 1000)
            page = int(query.get("Page", 0))
        except ValueError:
            raise Wrong(400, 20001, "PageSize and Page are whole numbers") from None
        found = self.state.select(query)
        after = query.get("PageToken", "").removeprefix("PA")
        if after:  # newer messages move no page
            found = [message for message in found if message.order < int(after)]
        shown = found[:size]
        filters = {k: v for k, v in query.items() if k not in {"Page", "PageToken", "PageSize"}}
        here = f"/{API}/Accounts/{self.state.account}/Messages.json"

        def address(number: int, token: str = "") -> str:
            paging = {"PageSize": str(size), "Page": str(number)} | ({"PageToken": token} if token else {})
            return f"{here}?{urlencode(filters | paging)}"

        return JSONResponse(
            {
                "messages": [self.state.json(message) for message in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(shown) - 1, 0),
                "uri": address(page, query.get("PageToken", "")),
                "first_page_uri": address(0),
                "next_page_uri": address(page + 1, f"PA{shown[-1].order}") if len(found) > size else None,
                "previous_page_uri": None,
            }
        )

    async def fetch(self, request: Request) -> Response:
        return JSONResponse(self.state.json(self.state.message(request.path_params["sid"])))

    async def redact(self, request: Request) -> Response:
        message = self.state.message(request.path_params["sid"])
        form = await request.form()
        if form.get("Body") != "":
            raise Wrong(400, 20001, "Only an empty Body is accepted")
        self.finished(message)
        message.body = ""
        return JSONResponse(self.state.json(message))

    async def delete(self, request: Request) -> Response:
        message = self.state.message(request.path_params["sid"])
        self.finished(message)
        del self.state.messages[message.sid]
        return Response(status_code=204)

    @staticmethod
    def finished(message: Message) -> None:
        if message.status == "queued":
            raise Wrong(409, 20009, "Cannot delete this resource before it is complete")

    async def list_media(self, request: Request) -> Response:
        message = self.state.message(request.path_params["sid"])
        uri = f"/{API}/Accounts/{self.state.account}/Messages/{message.sid}/Media.json?PageSize=50&Page=0"
        return JSONResponse(
            {
                "media_list": [self.media_json(message, item) for item in message.media.values()],
                "page": 0,
                "page_size": 50,
                "start": 0,
                "end": max(len(message.media) - 1, 0),
                "uri": uri,
                "first_page_uri": uri,
                "next_page_uri": None,
                "previous_page_uri": None,
            }
        )

    async def fetch_media(self, request: Request) -> Response:
        return JSONResponse(self.media_json(*self.media(request)))

    async def delete_media(self, request: Request) -> Response:
        message, item = self.media(request)
        del message.media[item.sid]
        return Response(status_code=204)

    async def media_content(self, request: Request) -> Response:
        message, item = self.media(request)
        if self.state.redirect_media:
            return Response(
                status_code=307, headers={"Location": f"{request.base_url}_media/{message.sid}/{item.sid}"}
            )
        return Response(item.content, media_type=item.content_type)

    async def redirected_content(self, request: Request) -> Response:
        """What stands for Twilio's store of media: its signed addresses refuse a second proof of who asks."""
        if "Authorization" in request.headers:
            return Response("Only one auth mechanism allowed", 400)
        try:
            _, item = self.media(request)
        except Wrong as wrong:
            return refusal(wrong)
        return Response(item.content, media_type=item.content_type)

    def media(self, request: Request) -> tuple[Message, Media]:
        message = self.state.message(request.path_params["sid"])
        sid = request.path_params["media"]
        if sid not in message.media:
            raise gone(f"Messages/{message.sid}/Media/{sid}.json")
        return message, message.media[sid]

    def media_json(self, message: Message, item: Media) -> dict[str, Any]:
        return {
            "sid": item.sid,
            "account_sid": self.state.account,
            "parent_sid": message.sid,
            "content_type": item.content_type,
            "date_created": rfc2822(item.created),
            "date_updated": rfc2822(item.created),
            "uri": f"/{API}/Accounts/{self.state.account}/Messages/{message.sid}/Media/{item.sid}.json",
        }

    def recording(self, request: Request) -> Recording:
        sid = request.path_params["sid"]
        if sid not in self.state.recordings:
            raise gone(f"Recordings/{sid}.json")
        return self.state.recordings[sid]

    async def list_recordings(self, request: Request) -> Response:
        """The newest first, on one page; `DateCreated>` is a moment, as the client sends it."""
        since = request.query_params.get("DateCreated>")
        after = datetime.fromisoformat(since.replace("Z", "+00:00")) if since else None
        found = [one for one in self.state.recordings.values() if after is None or one.created >= after]
        found.sort(key=lambda one: one.created, reverse=True)
        here = f"/{API}/Accounts/{self.state.account}/Recordings.json"
        return JSONResponse(
            {
                "recordings": [self.recording_json(one) for one in found],
                "page": 0,
                "page_size": 1000,
                "start": 0,
                "end": max(len(found) - 1, 0),
                "uri": here,
                "first_page_uri": here,
                "next_page_uri": None,
                "previous_page_uri": None,
            }
        )

    async def fetch_recording(self, request: Request) -> Response:
        return JSONResponse(self.recording_json(self.recording(request)))

    def recording_json(self, recording: Recording) -> dict[str, Any]:
        uri = f"/{API}/Accounts/{self.state.account}/Recordings/{recording.sid}"
        return {
            "sid": recording.sid,
            "account_sid": self.state.account,
            "api_version": API,
            "call_sid": recording.call_sid,
            "conference_sid": None,
            "channels": 1,
            "source": "RecordVerb",
            "status": "completed",
            "duration": str(recording.duration),
            "start_time": rfc2822(recording.created),
            "date_created": rfc2822(recording.created),
            "date_updated": rfc2822(recording.created),
            "price": None,
            "price_unit": "GBP",
            "error_code": None,
            "encryption_details": None,
            "media_url": f"https://api.twilio.com{uri}",
            "subresource_uris": {},
            "uri": f"{uri}.json",
        }

    async def delete_recording(self, request: Request) -> Response:
        del self.state.recordings[self.recording(request).sid]
        return Response(status_code=204)

    async def recording_content(self, request: Request) -> Response:
        recording = self.recording(request)
        if not recording.can_be_fetched:
            raise gone(f"Recordings/{recording.sid}.wav")
        return Response(recording.content, media_type="audio/x-wav")
