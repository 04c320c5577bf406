"""Wires `voice_intake`: the webhooks of a call, the upload of a web recorder, a spool, health on a port of its own."""

import time
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from services.voice_intake.adapters.calls import Call, Recording, Ticket
from services.voice_intake.adapters.speaking import Speaking, Words
from services.voice_intake.adapters.uploads import Gate, Refused
from services.voice_intake.handlers import Ports, on_recording, on_upload
from services.voice_intake.settings import Settings
from shared import clock
from shared.contracts.topics import Topic
from shared.helplines import helplines
from shared.messaging.edge import Edge
from shared.messaging.intake import Intake, NothingTakesIt
from shared.service import Service
from shared.settings import CommonSettings
from shared.storage import objects_of
from shared.telemetry.meters import Meters
from shared.twilio_webhook import Posted, Webhooks, twiml
from shared.vault import KeyBundle

NAME: Final = "voice_intake"


def calls(ports: Ports, token: str, speaking: Speaking, settings: Settings) -> list[Route]:
    """A call: it is greeted, a key may put it through, it is recorded, and thanked once the recording is ours to keep."""
    webhooks = Webhooks(ports.intake, token, body_limit=settings.body_limit, in_flight=settings.in_flight)
    ticket = Ticket(ports.edge.tag_key)

    async def call(posted: Posted) -> Response:
        return twiml(speaking.greet(ticket.write(Call.from_form(posted))))

    async def key(posted: Posted) -> Response:
        now = Call.from_form(posted)
        return twiml(speaking.on_key(now.digits, ticket.write(now)))

    async def recorded(posted: Posted) -> Response:
        recording = Recording.after_the_call(posted)
        if recording is None:
            return twiml(speaking.part())
        await on_recording(recording, ports=ports)
        return twiml(speaking.thank())

    async def reported(posted: Posted) -> Response:
        await on_recording(Recording.reported(posted, ticket), ports=ports)
        return twiml()

    answers = {"/call": call, "/key": key, "/recorded": recorded, "/recording": reported}
    return [
        webhooks.route(path, tuple(f"{url}{path}" for url in settings.public_urls), answer)
        for path, answer in answers.items()
    ]


def recorder(ports: Ports, gate: Gate) -> Route:
    """Where a web page's recorder sends what it recorded."""

    async def upload(request: Request) -> Response:
        headers: dict[str, str] = {}
        try:
            if request.method == "OPTIONS":
                return gate.preflight(request)
            headers = gate.origin(request)
            await on_upload(await gate.receive(request), ports=ports)
        except Refused as refused:
            return await refuse(refused.status, refused.why, headers)
        except NothingTakesIt:
            return await refuse(503, "not accepted; please try again", headers)
        return JSONResponse({"received": True}, 201, headers | {"Cache-Control": "no-store"})

    async def refuse(status: int, why: str, headers: dict[str, str]) -> Response:
        await ports.intake.refuse(status)
        later = {"Retry-After": "30"} if status in (429, 503) else {}
        return PlainTextResponse(f"{why}\n", status, headers | later)

    return Route("/recordings/web", upload, methods=["POST", "OPTIONS"])


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own, lines = Settings(), helplines()  # type: ignore[call-arg]
    meters = Meters(NAME)
    objects = objects_of(settings)
    intake = Intake(
        NAME,
        Topic.VOICE_RECEIVED,
        settings,
        clock.now,
        objects=objects,
        least_free=own.least_free,
        meters=meters,
    )
    edge = Edge.of(keys)
    ports = Ports(intake, edge, clock.now, own.answer_within)
    speaking = Speaking.of(Words.approved(settings.stage, lines), lines, own)
    routes = [
        *calls(ports, keys.text("twilio_webhook"), speaking, own),
        recorder(ports, Gate(intake, own, time.monotonic)),
    ]
    return Service(
        name=NAME,
        settings=settings,
        loops=intake.loops,
        routes=intake.routes,
        web=(Starlette(routes=routes), own.host, own.port),
        state=intake.state,
        closing=(intake.spool.close, objects.close),
        meters=meters,
    )
