"""Wires `pager`: events in, rings out; a clock of its own that needs neither Kafka nor the database."""

from functools import partial
from typing import Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.pager.adapters.counted import counted
from services.pager.adapters.intakes import HttpIntakes
from services.pager.adapters.local import Local
from services.pager.adapters.phones import Phones
from services.pager.adapters.postgres import Tables
from services.pager.adapters.rung import rung
from services.pager.adapters.tables import BOOK
from services.pager.handlers.events import Ports, give_up, on_event, on_undecodable
from services.pager.handlers.receipts import Puller
from services.pager.handlers.watch import Watch
from services.pager.settings import Settings
from shared import clock
from shared.contracts.events import (
    AttachmentFound,
    ContributionRead,
    ContributionReceived,
    ContributionTriaged,
    ReplySent,
)
from shared.contracts.topics import GROUPS
from shared.database import connect, role_uri
from shared.messaging.effects import Effect
from shared.messaging.router import Router
from shared.service import Service
from shared.settings import CommonSettings
from shared.telemetry.meters import Meters
from shared.telemetry.metrics import Metric
from shared.twilio import Twilio
from shared.vault import KeyBundle
from shared.web import unless_away

NAME: Final = "pager"
FIGURES: Final = (
    Metric.CONCERNS,
    Metric.UNTAKEN,
    Metric.UNLEVELLED,
    Metric.UNLEVELLED_OLDEST,
    Metric.CAN_RING,
    Metric.CLOCK,
    Metric.PAGER_DATABASE,
)


def router(ports: Ports, settings: Settings, engine: AsyncEngine, *, retry_after: float = 30.0) -> Router:
    routes = Router(
        group=NAME,
        engine=engine,
        book=BOOK,
        retry_after=retry_after,
        on_undecodable=partial(on_undecodable, ports=ports),
        on_killer=partial(give_up, ports=ports),
        halts=False,
        effects_within=settings.database_patience * 2,
    )
    routes.wake = ports.wake

    @routes.subscriber(*GROUPS[NAME], batch=settings.batch, concurrency=settings.concurrency)
    async def on_news(
        event: ContributionReceived | AttachmentFound | ContributionRead | ContributionTriaged | ReplySent,
    ) -> Effect | None:
        """Know what must get a level, and see that a person is rung for what needs one."""
        return await on_event(event, ports=ports)

    return routes


def rung_route(engine: AsyncEngine) -> Route:
    """`GET /rung`: the concerns that a ring went out for, and when the first did."""

    async def told(_: Request) -> Response:
        async with engine.connect() as connection:
            return JSONResponse({"rung": await rung(connection)})

    return Route("/rung", unless_away(told))


def concerns_route(engine: AsyncEngine) -> Route:
    """`GET /concerns`: how many are open, how many nobody has taken, and since when the first of those."""

    async def told(_: Request) -> Response:
        async with engine.connect() as connection:
            return JSONResponse(await counted(connection))

    return Route("/concerns", unless_away(told))


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()  # type: ignore[call-arg]
    own.fits(settings.stage)
    engine = connect(role_uri(settings.database_uri, NAME, keys.text("database_pager")))
    webhook = own.webhook.get_secret_value() if own.webhook else None
    twilio = Twilio(
        own.twilio_account,
        own.twilio_key or own.twilio_account,
        keys.text("twilio_send"),
        stage=settings.stage,
        base_url=own.twilio_url,
    )
    file = settings.state / NAME / f"pager-{settings.instance}.sqlite"
    local = Local(file, own.pace, own.patience, uuid4, webhook=webhook is not None)
    tables = Tables(engine, own.pace, own.patience, webhook is not None, uuid4)
    meters = Meters(NAME)
    watch = Watch(
        tables=tables,
        local=local,
        phones=Phones(twilio, own.sender.get_secret_value(), own.numbers, own.console_url, webhook),
        now=clock.now,
        every=own.tick,
        settle=own.settle,
        patience=own.database_patience,
        check_every=own.check_every,
        meters=meters,
    )
    meters.near(FIGURES, watch.figures)
    intakes = HttpIntakes(own.intakes)
    pullers = [
        Puller(
            intake=name,
            intakes=intakes,
            tables=tables,
            local=local,
            now=clock.now,
            new_id=uuid4,
            wake=watch.wake,
            patience=own.patience,
            every=own.pull_every,
            database_patience=own.database_patience,
        )
        for name in own.intakes
    ]
    ports = Ports(local, clock.now, uuid4, watch.wake)
    return Service(
        name=NAME,
        settings=settings,
        routers=(router(ports, own, engine, retry_after=settings.retry_after),),
        loops=(watch.run, watch.check, *(puller.run for puller in pullers)),
        routes=(rung_route(engine), concerns_route(engine)),
        state=lambda: {**watch.state(), "intakes": {one.intake: one.answers for one in pullers}},
        closing=(intakes.close, engine.dispose, local.close),
        meters=meters,
    )
