"""Wires `ledger`: it reads every topic, asks intakes and services, and pages operations. It publishes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.ledger.adapters.gauges import LAG, heartbeats, of_lags
from services.ledger.adapters.kafka import Log
from services.ledger.adapters.letters import letter_as_json, open_letters
from services.ledger.adapters.outboxes import client, outboxes
from services.ledger.adapters.pages import NoPages, Pages, TextPages
from services.ledger.adapters.provider import Provider
from services.ledger.adapters.receipts import Intakes
from services.ledger.adapters.tables import BOOK
from services.ledger.adapters.times import until_level
from services.ledger.handlers import Ports, alone, balance, on_record, reconcile, trace_of, watch
from services.ledger.settings import Settings
from shared import clock
from shared.contracts.events import (
    AttachmentFound,
    ContributionAnonymised,
    ContributionArchived,
    ContributionRead,
    ContributionReceived,
    ContributionTriaged,
    CopyDeleted,
    Heartbeat,
    RemovalRequested,
    ReplyDelivered,
    ReplyRequested,
    ReplySent,
)
from shared.contracts.topics import GROUPS, dead_of, retry_of
from shared.database import connect, is_away, role_uri
from shared.errors import Unavailable
from shared.messaging.arrival import Parked, current
from shared.messaging.effects import Note
from shared.messaging.lag import Lags
from shared.messaging.router import Router
from shared.service import Service
from shared.settings import CommonSettings
from shared.telemetry import log
from shared.telemetry.meters import Meters
from shared.telemetry.metrics import Metric
from shared.twilio import Twilio
from shared.vault import KeyBundle
from shared.web import unless_away

NAME: Final = "ledger"
TOPICS: Final = (
    *GROUPS[NAME],
    *(retry_of(group) for group in GROUPS if group != NAME),
    *(dead_of(group) for group in GROUPS),
)
"""Everything but our own retries, which come to us as events."""

LAG_EVERY: Final = 15.0
"""Seconds; as often as the example asks for the metrics."""

FOLLOWED: Final = (*GROUPS, *(retry_of(group) for group in GROUPS))
"""The consumer groups whose progress a look asks for."""

Anything = (
    ContributionReceived
    | AttachmentFound
    | ContributionRead
    | ContributionTriaged
    | ContributionAnonymised
    | ContributionArchived
    | CopyDeleted
    | ReplyRequested
    | ReplySent
    | ReplyDelivered
    | RemovalRequested
    | Heartbeat
    | Parked
)


def router(settings: Settings, engine: AsyncEngine, *, retry_after: float = 30.0) -> Router:
    routes = Router(group=NAME, engine=engine, book=BOOK, retry_after=retry_after, halts=False)

    @routes.subscriber(*TOPICS, batch=settings.batch)
    async def on_anything(event: Anything) -> Note | None:
        """Write down where a contribution is."""
        return on_record(event, current.get())

    return routes


def routes_of(ports: Ports) -> tuple[Route, ...]:
    """`/balance` is a fresh look, `/trace/ID` the way of one contribution, `/dead` the open dead letters, `/times` how
    long a level took, by channel: no words.
    """

    async def on_balance(_: Request) -> Response:
        return JSONResponse(await balance(ports))

    async def on_trace(request: Request) -> Response:
        try:
            contribution_id = UUID(request.path_params["contribution_id"])
        except ValueError:
            return JSONResponse({"error": "that is no contribution's id"}, status_code=400)
        told = await trace_of(contribution_id, ports)
        if told is None:
            return JSONResponse({"error": "the ledger knows no such contribution"}, status_code=404)
        return JSONResponse(told)

    async def on_dead(request: Request) -> Response:
        async with ports.engine.connect() as connection:
            rows = await open_letters(connection, request.query_params.get("group"))
        return JSONResponse({"letters": [letter_as_json(row) for row in rows]})

    async def on_times(_: Request) -> Response:
        async with ports.engine.connect() as connection:
            return JSONResponse({"until_level": await until_level(connection)})

    return (
        Route("/balance", unless_away(on_balance)),
        Route("/trace/{contribution_id}", unless_away(on_trace)),
        Route("/dead", unless_away(on_dead)),
        Route("/times", unless_away(on_times)),
    )


def loops_of(ports: Ports, intakes: Intakes, settings: Settings) -> tuple[Callable[[], Awaitable[None]], ...]:
    async def pull_receipts() -> None:
        await intakes.pull()

    async def look_around() -> None:
        try:
            await watch(ports)
        except Exception as error:
            if not is_away(error):
                raise
            await alone("no_answer:database", ports)

    async def ask_provider() -> None:
        await reconcile(ports)

    async def provider() -> None:
        await _every(settings.reconcile_every, ask_provider)

    async def receipts() -> None:
        await _every(settings.pull_every, pull_receipts)

    async def rounds() -> None:
        await _every(settings.every, look_around)

    return receipts, rounds, provider


def lag_loop(lags: Lags, meters: Meters) -> Callable[[], Awaitable[None]]:
    """Asks Kafka how far every group is behind; while it does not say, nothing is said."""

    async def ask_lag() -> None:
        try:
            found = await lags.ask()
        except Unavailable:
            meters.replace(LAG, ())
        else:
            meters.replace(LAG, of_lags(found, clock.now()))

    async def lag() -> None:
        await _every(LAG_EVERY, ask_lag)

    return lag


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do something for ever; a database that is away is waited for."""
    while True:
        try:
            await work()
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("database_away", task=work.__name__)
        await asyncio.sleep(seconds)


def pages_of(settings: Settings, common: CommonSettings, keys: KeyBundle) -> Pages:
    if settings.operations is None or settings.sender is None or settings.twilio_account is None:
        log.warning("nobody_is_paged")
        return NoPages()
    return TextPages(
        twilio_of(settings, common, keys),
        settings.sender.get_secret_value(),
        settings.operations.get_secret_value(),
    )


def twilio_of(settings: Settings, common: CommonSettings, keys: KeyBundle) -> Twilio:
    """The provider; only for settings that name its account."""
    assert settings.twilio_account is not None
    return Twilio(
        settings.twilio_account,
        settings.twilio_key or settings.twilio_account,
        keys.text("twilio_send"),
        stage=common.stage,
        base_url=settings.twilio_url,
    )


def provider_of(
    settings: Settings, common: CommonSettings, keys: KeyBundle, engine: AsyncEngine
) -> Provider | None:
    """Who says what people sent us; nobody, when there is no account or no number of ours."""
    if settings.twilio_account is None or not settings.numbers:
        return None
    numbers = tuple(one.get_secret_value() for one in settings.numbers)
    return Provider(twilio_of(settings, common, keys), settings.twilio_account, numbers, engine)


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()
    engine = connect(role_uri(settings.database_uri, NAME, keys.text("database_ledger")))
    http = client()
    intakes = Intakes(own.intakes, engine, http, clock.now)
    meters, lags = Meters(NAME), Lags(settings.kafka)
    meters.ask("ledger", (Metric.HEARTBEAT,), lambda: heartbeats(engine, clock.now))
    ports = Ports(
        engine=engine,
        kafka=Log(settings.kafka, NAME, FOLLOWED, TOPICS),
        intakes=intakes,
        outboxes=partial(outboxes, http, own.services),
        pages=pages_of(own, settings, keys),
        now=clock.now,
        expected=tuple(dict.fromkeys((*own.watched, *(name for name, _ in own.intakes)))),
        patience=own.patience,
        stuck_after=timedelta(seconds=own.stuck_after),
        began=clock.now(),
        provider=provider_of(own, settings, keys, engine),
        meters=meters,
    )
    return Service(
        name=NAME,
        settings=settings,
        routers=(router(own, engine, retry_after=settings.retry_after),),
        loops=(*loops_of(ports, intakes, own), lag_loop(lags, meters)),
        routes=routes_of(ports),
        closing=(http.aclose, lags.close, engine.dispose),
        meters=meters,
    )
