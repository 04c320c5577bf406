"""Wires `sms_intake`: the webhook of texts, that of delivery reports, a spool, health on a port of its own."""

from typing import Final

from starlette.applications import Starlette
from starlette.responses import Response

from services.sms_intake.adapters import Delivery, Text
from services.sms_intake.handlers import Ports, on_delivery, on_text
from services.sms_intake.settings import Settings
from shared import clock
from shared.contracts.topics import Topic
from shared.messaging.edge import Edge
from shared.messaging.intake import Intake
from shared.service import Service
from shared.settings import CommonSettings
from shared.telemetry.meters import Meters
from shared.twilio_webhook import Posted, Webhooks, twiml
from shared.vault import KeyBundle

NAME: Final = "sms_intake"


def web(ports: Ports, token: str, settings: Settings) -> Starlette:
    """The webhooks. Their TwiML is always empty: nothing is said before it is safe to say it, and not from here."""
    webhooks = Webhooks(ports.intake, token, body_limit=settings.body_limit, in_flight=settings.in_flight)

    async def sms(posted: Posted) -> Response:
        await on_text(Text.from_form(posted), ports=ports)
        return twiml()

    async def status(posted: Posted) -> Response:
        await on_delivery(Delivery.from_form(posted), ports=ports)
        return twiml()

    return Starlette(
        routes=[
            webhooks.route("/sms", settings.public_urls, sms),
            webhooks.route("/status", settings.status_urls, status),
        ]
    )


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()  # type: ignore[call-arg]
    meters = Meters(NAME)
    intake = Intake(NAME, Topic.SMS_RECEIVED, settings, clock.now, meters=meters)
    edge = Edge.of(keys)
    ports = Ports(intake, edge, clock.now, own.answer_within)
    return Service(
        name=NAME,
        settings=settings,
        loops=intake.loops,
        routes=intake.routes,
        web=(web(ports, keys.text("twilio_webhook"), own), own.host, own.port),
        state=intake.state,
        closing=(intake.spool.close,),
        meters=meters,
    )
