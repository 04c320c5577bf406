"""Wires `anonymiser`: words in, words without identities out, or held for a reviewer."""

from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Route

from services.anonymiser.adapters import BOOK, Pseudonyms, waiting
from services.anonymiser.handlers import Ports, anonymise, give_up
from services.anonymiser.settings import Settings
from shared import clock
from shared.contracts.events import ContributionRead, ContributionReceived
from shared.contracts.topics import GROUPS, Topic
from shared.database import connect, role_uri
from shared.messaging.effects import Effect
from shared.messaging.relay import Relay, outbox_route
from shared.messaging.router import Router
from shared.service import Service
from shared.settings import CommonSettings
from shared.telemetry.meters import Meters
from shared.telemetry.metrics import Metric
from shared.vault import Box, KeyBundle

NAME: Final = "anonymiser"


def router(ports: Ports, settings: Settings, engine: AsyncEngine, *, retry_after: float = 30.0) -> Router:
    routes = Router(
        group=NAME, engine=engine, book=BOOK, retry_after=retry_after, on_killer=partial(give_up, ports=ports)
    )

    @routes.subscriber(*GROUPS[NAME], batch=settings.batch, concurrency=settings.concurrency)
    @routes.publisher(Topic.ANONYMISED)
    async def on_words(event: ContributionReceived | ContributionRead) -> Effect | None:
        """Take identities out of every part with words."""
        return await anonymise(event, ports=ports)

    return routes


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()
    engine = connect(role_uri(settings.database_uri, NAME, keys.text("database_anonymiser")))
    store = keys.secret("store_anonymiser")
    meters = Meters(NAME)
    meters.ask("review", (Metric.REVIEW, Metric.REVIEW_OLDEST), lambda: waiting(engine, clock.now))
    ports = Ports(
        keys.opener,
        keys.sealer,
        Pseudonyms(Box(store), store),
        keys.secret("sender"),
        clock.now,
        own.revision,
        engine,
        meters,
    )
    relay = Relay(engine, BOOK, clock.now)
    routes: tuple[Route, ...] = (outbox_route(relay),)
    return Service(
        name=NAME,
        settings=settings,
        routers=(router(ports, own, engine, retry_after=settings.retry_after),),
        relay=relay,
        routes=routes,
        closing=(engine.dispose,),
        meters=meters,
    )
