"""Wires `sms_intake`: one webhook, a spool, health on a port of its own."""

from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.sms_intake.adapters import FORM, Malformed, Signature, Text, fields_of
from services.sms_intake.handlers import Edge, Ports, on_text
from services.sms_intake.settings import Settings
from shared import clock
from shared.contracts.topics import Topic
from shared.messaging.intake import Intake, NothingTakesIt
from shared.service import Service
from shared.settings import CommonSettings
from shared.vault import KeyBundle
from shared.web import TooLarge, TooSlow, body_of

NAME: Final = "sms_intake"
_EMPTY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def web(ports: Ports, signature: Signature, settings: Settings) -> Starlette:
    """The webhook. Its TwiML is always empty: nothing is said before it is safe to say it, and not from here."""
    in_flight = 0

    async def refused(status: int, why: str) -> Response:
        await ports.intake.refuse(status)
        return PlainTextResponse(f"{why}\n", status_code=status)

    async def sms(request: Request) -> Response:
        nonlocal in_flight
        if in_flight >= settings.in_flight:
            return await refused(503, "too many at once; please try again")
        in_flight += 1
        try:
            return await answer(request)
        finally:
            in_flight -= 1

    async def answer(request: Request) -> Response:
        try:
            body = await body_of(request, limit=settings.body_limit)
        except TooLarge:
            return await refused(413, "the body is too large")
        except TooSlow:
            return await refused(408, "the body did not come in time")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return await refused(400, f"the content type must be {FORM}")
        try:
            fields = fields_of(body)
            signed = request.headers.get("x-twilio-signature")
            if not signature.holds(fields, request.scope["query_string"], signed):
                return await refused(403, "the signature does not hold")
            text = Text.from_form(fields, body)
        except Malformed as wrong:
            return await refused(400, str(wrong))
        try:
            await on_text(text, ports=ports)
        except NothingTakesIt:
            return await refused(503, "not accepted; please try again")
        return Response(_EMPTY, media_type="application/xml")

    return Starlette(routes=[Route("/sms", sms, methods=["POST"])])


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()  # type: ignore[call-arg]
    intake = Intake(NAME, Topic.SMS_RECEIVED, settings, clock.now)
    edge = Edge(keys.sealer, keys.secret("bucket"), keys.secret("tag"), keys.secret("digest"))
    ports = Ports(intake, edge, clock.now, own.answer_within)
    signature = Signature(keys.text("twilio_webhook"), own.public_urls)
    return Service(
        name=NAME,
        settings=settings,
        loops=intake.loops,
        routes=intake.routes,
        web=(web(ports, signature, own), own.host, own.port),
        state=intake.state,
        closing=(intake.spool.close,),
    )
