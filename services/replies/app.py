"""Wires `replies`: what arrives, the answers on their way, and the provider that carries them."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.replies.adapters.courier import Courier
from services.replies.adapters.deliveries import Deliveries
from services.replies.adapters.delivery import attend
from services.replies.adapters.mails import Mails, Server
from services.replies.adapters.ports import Ports, Times
from services.replies.adapters.providers import Sender, Texts
from services.replies.adapters.rows import Next, Rows, State
from services.replies.adapters.tables import BOOK
from services.replies.handlers import (
    ACKNOWLEDGEMENT,
    SUBJECT,
    on_delivered,
    on_read,
    on_received,
    on_requested,
)
from services.replies.settings import Settings
from shared import clock
from shared.contracts.events import (
    ContributionRead,
    ContributionReceived,
    ReplyDelivered,
    ReplyRequested,
)
from shared.contracts.topics import GROUPS, Topic
from shared.contracts.values import Channel
from shared.database import connect, is_away, role_uri
from shared.helplines import helplines
from shared.messaging.arrival import current
from shared.messaging.effects import Effect, Effects
from shared.messaging.relay import Relay, outbox_route
from shared.messaging.router import Router
from shared.service import Service
from shared.settings import CommonSettings
from shared.telemetry.meters import NOWHERE, Figure, Meters
from shared.telemetry.metrics import Metric
from shared.templates import template
from shared.twilio import Twilio
from shared.vault import KeyBundle

NAME: Final = "replies"


def router(ports: Ports, settings: Settings, engine: AsyncEngine, *, retry_after: float = 30.0) -> Router:
    routes = Router(group=NAME, engine=engine, book=BOOK, now=ports.now, retry_after=retry_after)

    @routes.subscriber(*GROUPS[NAME], batch=settings.batch)
    @routes.publisher(Topic.REPLIES_SENT)
    async def on_arrival(
        event: ContributionReceived | ContributionRead | ReplyRequested | ReplyDelivered,
    ) -> Effect | None:
        """Decide whether, and how safely, to answer. A replay never sends."""
        arrival = current.get()
        if isinstance(event, ReplyDelivered):
            return await on_delivered(event, ports=ports)
        if isinstance(event, ContributionReceived):
            return await on_received(event, ports=ports, replayed=arrival.replayed, trace=arrival.trace)
        if isinstance(event, ContributionRead):
            return await on_read(event, ports=ports, replayed=arrival.replayed)
        return await on_requested(event, ports=ports, replayed=arrival.replayed, trace=arrival.trace)

    return routes


def ports_for(
    settings: CommonSettings,
    own: Settings,
    keys: KeyBundle,
    engine: AsyncEngine,
    relay: Relay,
    meters: Meters = NOWHERE,
) -> Ports:
    """Everything the handlers need; raises when something that would be said to people is not fit to send."""
    twilio = Twilio(
        own.twilio_account,
        own.twilio_username or own.twilio_account,
        keys.text("twilio_send"),
        stage=settings.stage,
        base_url=own.twilio_url,
    )
    acknowledgement = template(ACKNOWLEDGEMENT, settings.stage, helplines())
    senders: dict[Channel, Sender] = {
        Channel.SMS: Texts(twilio, status_url=own.status_url),
        Channel.WHATSAPP: Texts(twilio, "whatsapp:", own.status_url),
    }
    if own.smtp_host:
        senders[Channel.EMAIL] = mails(settings, own, keys)
    return Ports(
        rows=Rows(),
        senders=senders,
        words={ACKNOWLEDGEMENT: acknowledgement.words},
        opener=keys.opener,
        address_key=keys.secret("address"),
        now=clock.now,
        begin=engine.begin,
        publish=Effects(NAME, engine, BOOK, clock.now, meters).write,
        wake=relay.wake,
        times=Times(
            within=timedelta(seconds=own.within),
            personal_within=timedelta(seconds=own.personal_within),
            unknown_after=timedelta(seconds=own.unknown_after),
            check_every=timedelta(seconds=own.check_every),
            answer_within=timedelta(seconds=own.answer_within),
            retry_every=timedelta(seconds=own.retry_every),
        ),
        own_domains=frozenset({*own.own_domains, own.mail_from.rpartition("@")[2]} - {""}),
        meters=meters,
    )


def mails(settings: CommonSettings, own: Settings, keys: KeyBundle) -> Mails:
    password = keys.text("smtp_send") if own.smtp_username else ""
    return Mails(
        Server(own.smtp_host, own.smtp_port, own.smtp_security, own.smtp_username, password),
        own.mail_from,
        template(SUBJECT, settings.stage, helplines()).words,
        clock.now,
        uuid4,
    )


def courier(ports: Ports, engine: AsyncEngine, own: Settings) -> Courier:
    async def due(limit: int) -> Sequence[Next]:
        async with engine.connect() as connection:
            return await ports.rows.due(connection, ports.now(), limit)

    return Courier(due, partial(attend, ports=ports), own.at_once, own.poll)


def sending_route(engine: AsyncEngine, rows: Rows, deliveries: Deliveries) -> Route:
    """`GET /sending`: how many answers are in which state, and what became of them by the provider's word.

    Staff see `refused`, `unknown` and what was not delivered here.
    """

    async def sending(_: Request) -> Response:
        try:
            async with engine.connect() as connection:
                counts = await rows.counts(connection)
                told = await deliveries.counts(connection)
        except Exception as error:
            if not is_away(error):
                raise
            return JSONResponse({"error": "the database is away"}, status_code=503)
        return JSONResponse({"sending": counts, **told})

    return Route("/sending", sending)


async def in_hand(engine: AsyncEngine, rows: Rows) -> Iterable[Figure]:
    """How many answers have not come to an end, by state."""
    async with engine.connect() as connection:
        counts = await rows.counts(connection)
    return [
        (Metric.SENDING, counts[one], {"state": one}) for one in (State.WAITING, State.DUE, State.SENDING)
    ]


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()  # type: ignore[call-arg]
    engine = connect(role_uri(settings.database_uri, NAME, keys.text("database_replies")), size=8)
    relay = Relay(engine, BOOK, clock.now)
    meters = Meters(NAME)
    ports = ports_for(settings, own, keys, engine, relay, meters)
    meters.ask("sending", (Metric.SENDING,), lambda: in_hand(engine, ports.rows))
    return Service(
        name=NAME,
        settings=settings,
        routers=(router(ports, own, engine, retry_after=settings.retry_after),),
        relay=relay,
        loops=(courier(ports, engine, own).run,),
        routes=(outbox_route(relay), sending_route(engine, ports.rows, ports.deliveries)),
        closing=(engine.dispose,),
        meters=meters,
    )
