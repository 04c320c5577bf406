"""Wires `art_intake`: the public form, the partners' API, a spool with its parcels, and what became of it all."""

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from services.art_intake.adapters.tables import BOOK
from services.art_intake.handlers.form import Edge, Ports
from services.art_intake.handlers.status import note
from services.art_intake.rooms.form.pages import Form
from services.art_intake.rooms.partners.wire import partners
from services.art_intake.settings import Settings
from shared import clock
from shared.contracts.events import (
    ContributionArchived,
    ContributionRead,
    ContributionReceived,
    RemovalRequested,
)
from shared.contracts.topics import GROUPS, Topic
from shared.database import connect, role_uri
from shared.helplines import helplines
from shared.messaging.effects import Effect
from shared.messaging.intake import Intake
from shared.messaging.router import Router
from shared.service import Service
from shared.settings import CommonSettings
from shared.storage import objects_of
from shared.telemetry.meters import Meters
from shared.vault import KeyBundle

NAME: Final = "art_intake"
GROUP: Final = "art-status"


def router(engine: AsyncEngine, settings: Settings, *, retry_after: float = 30.0) -> Router:
    routes = Router(group=GROUP, engine=engine, book=BOOK, retry_after=retry_after)

    @routes.subscriber(*GROUPS[GROUP], batch=settings.batch)
    async def on_event(
        event: ContributionReceived | ContributionRead | ContributionArchived | RemovalRequested,
    ) -> Effect | None:
        """Note what became of a contribution."""
        return note(event)

    return routes


def web(form: Form, partners: ASGIApp) -> Starlette:
    """Everything that is served outside: the form at the root, the partners' API below `/partner/v1`."""
    return Starlette(routes=[Mount("/partner/v1", partners), Mount("/", form.app())])


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()
    engine = connect(role_uri(settings.database_uri, NAME, keys.text("database_art_intake")))
    objects = objects_of(settings)
    meters = Meters(NAME)
    intake = Intake(
        NAME,
        Topic.ART_RECEIVED,
        settings,
        clock.now,
        objects=objects,
        least_free=own.least_free,
        meters=meters,
    )
    edge = Edge(
        keys.sealer,
        bucket_key=keys.secret("bucket"),
        digest_key=keys.secret("digest"),
        receipt_key=keys.secret("receipt"),
        form_key=keys.secret("form"),
    )
    form = Form(Ports(intake, edge, clock.now, own.answer_within), engine, own, helplines())

    def state() -> dict[str, Any]:
        return {**intake.state(), "ready": True}  # the form takes in whether or not Kafka answers

    return Service(
        name=NAME,
        settings=settings,
        routers=(router(engine, own, retry_after=settings.retry_after),),
        loops=intake.loops,
        routes=intake.routes,
        web=(web(form, partners(intake, engine, own, keys, clock.now)), own.host, own.port),
        state=state,
        closing=(intake.spool.close, objects.close, engine.dispose),
        meters=meters,
    )
