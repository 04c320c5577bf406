"""Wires `email_intake`: an SMTP server, a spool, health on a port of its own."""

from functools import partial
from typing import Final

from services.email_intake.adapters import Doors
from services.email_intake.handlers import Ports, on_mail
from services.email_intake.settings import Settings
from shared import clock
from shared.contracts.topics import Topic
from shared.messaging.edge import Edge
from shared.messaging.intake import Intake
from shared.service import Service
from shared.settings import CommonSettings
from shared.storage import objects_of
from shared.telemetry.meters import Meters
from shared.vault import KeyBundle

NAME: Final = "email_intake"


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()  # type: ignore[call-arg]
    objects = objects_of(settings)
    meters = Meters(NAME)
    intake = Intake(
        NAME,
        Topic.EMAIL_RECEIVED,
        settings,
        clock.now,
        objects=objects,
        least_free=own.least_free,
        meters=meters,
    )
    edge = Edge.of(keys)
    ports = Ports(intake, edge, clock.now, own.answer_within)
    doors = Doors(intake, own, partial(on_mail, ports=ports))
    return Service(
        name=NAME,
        settings=settings,
        loops=(*intake.loops, doors.serve),
        routes=intake.routes,
        state=intake.state,
        closing=(intake.spool.close, objects.close),
        meters=meters,
    )
