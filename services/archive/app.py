"""Wires `archive`: everything that is known of a contribution in, sealed and fixed objects out."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.archive.adapters import BOOK, Catalogue, Epochs, Media, Shelf
from services.archive.adapters.notices import notice, removals
from services.archive.handlers import Archivist, Fixity, Ports
from services.archive.settings import Settings
from shared import clock
from shared.contracts.events import (
    AttachmentFound,
    ContributionAnonymised,
    ContributionRead,
    ContributionReceived,
    ContributionTriaged,
    CopyDeleted,
    RemovalRequested,
)
from shared.contracts.topics import GROUPS, Topic
from shared.database import connect, role_uri
from shared.errors import Unavailable
from shared.messaging.arrival import current
from shared.messaging.effects import Effects, Note
from shared.messaging.relay import Relay, outbox_route
from shared.messaging.router import Router
from shared.service import Service
from shared.settings import CommonSettings
from shared.storage import objects_of
from shared.telemetry.meters import Figure, Meters
from shared.telemetry.metrics import Metric
from shared.vault import Box, KeyBundle
from shared.web import unless_away

NAME: Final = "archive"
_AT_ONCE: Final = 100


def router(ports: Ports, settings: Settings, engine: AsyncEngine, *, retry_after: float = 30.0) -> Router:
    routes = Router(group=NAME, engine=engine, book=BOOK, retry_after=retry_after)
    archivist = Archivist(ports)

    @routes.subscriber(*GROUPS[NAME], batch=settings.batch, concurrency=settings.concurrency)
    @routes.publisher(Topic.ARCHIVED)
    async def on_event(
        event: ContributionReceived
        | AttachmentFound
        | ContributionRead
        | ContributionTriaged
        | ContributionAnonymised
        | CopyDeleted
        | RemovalRequested,
    ) -> Note:
        """Keep the master at once, the open copy and the level when they come."""
        if isinstance(event, CopyDeleted | RemovalRequested):
            return notice(event)
        return await archivist.note(event, current.get(None))

    return routes


def fixity_route(fixity: Fixity) -> Route:
    """`GET /fixity?objects=N`: counts, and which accessions of N drawn by chance are not as they were."""

    async def check(request: Request) -> Response:
        asked = request.query_params.get("objects", str(_AT_ONCE))
        if not asked.isdecimal() or len(asked) > 6:
            return JSONResponse({"error": "objects must be a number"}, status_code=400)
        try:
            return JSONResponse(await fixity.check(int(asked)))
        except Unavailable as away:
            return JSONResponse({"error": away.reason}, status_code=503)

    return Route("/fixity", unless_away(check))


def removals_route(engine: AsyncEngine) -> Route:
    """`GET /removals`: the contributions that somebody who may asked to have removed, the oldest first."""

    async def asked(_: Request) -> Response:
        async with engine.connect() as connection:
            return JSONResponse({"removals": await removals(connection)})

    return Route("/removals", unless_away(asked))


async def kept(engine: AsyncEngine, catalogue: Catalogue) -> Iterable[Figure]:
    """How much is in the archive, and how much waits for what it builds on."""
    async with engine.connect() as connection:
        found = await catalogue.counts(connection)
    return (Metric.ACCESSIONS, found["accessions"], {}), (Metric.PENDING, found["pending"], {})


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()  # type: ignore[call-arg]
    engine = connect(role_uri(settings.database_uri, NAME, keys.text("database_archive")))
    objects = objects_of(settings, own.objects, writers=own.writers, lock_days=own.lock_days)
    incoming = objects_of(settings)
    shelf, catalogue = Shelf(objects, own.root), Catalogue()
    media = Media(incoming, objects, own.media)
    meters = Meters(NAME)
    meters.ask("archive", (Metric.ACCESSIONS, Metric.PENDING), lambda: kept(engine, catalogue))
    ports = Ports(
        keys.opener,
        Epochs({own.epoch: Box(keys.secret("epoch"))}, own.epoch),
        shelf,
        catalogue,
        media,
        Effects(NAME, engine, BOOK, clock.now, meters),
        clock.now,
        own.retention,
    )
    relay = Relay(engine, BOOK, clock.now)
    return Service(
        name=NAME,
        settings=settings,
        routers=(router(ports, own, engine, retry_after=settings.retry_after),),
        relay=relay,
        routes=(
            outbox_route(relay),
            fixity_route(Fixity(engine, catalogue, shelf, media, meters)),
            removals_route(engine),
        ),
        closing=(engine.dispose, objects.close, incoming.close),
        meters=meters,
    )
