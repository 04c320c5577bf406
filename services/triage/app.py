"""Wires `triage`: words in, a level for every part out. It never waits for a database."""

from functools import partial
from typing import Final

from services.triage.adapters import PostgresMemory
from services.triage.handlers import Ports, give_up, triage
from services.triage.settings import Settings
from shared import clock
from shared.contracts.events import ContributionRead, ContributionReceived, ContributionTriaged
from shared.contracts.topics import GROUPS, Topic
from shared.database import connect, role_uri
from shared.messaging.router import Router
from shared.service import Service
from shared.settings import CommonSettings
from shared.telemetry.meters import Meters
from shared.vault import Box, KeyBundle

NAME: Final = "triage"


def router(ports: Ports, settings: Settings, *, retry_after: float = 30.0) -> Router:
    routes = Router(group=NAME, retry_after=retry_after, on_killer=partial(give_up, ports=ports), halts=False)

    @routes.subscriber(*GROUPS[NAME], batch=settings.batch, concurrency=settings.concurrency)
    @routes.publisher(Topic.TRIAGED)
    async def on_words(event: ContributionReceived | ContributionRead) -> list[ContributionTriaged]:
        """Give every part with words a safeguarding level."""
        return list(await triage(event, ports=ports))

    return routes


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()
    engine = connect(
        role_uri(settings.database_uri, NAME, keys.text("database_triage")), size=own.concurrency
    )
    memory = PostgresMemory(
        engine,
        Box(keys.secret("store_triage")),
        within=own.thread_within,
        days=own.thread_days,
        rests=own.thread_rests,
    )
    meters = Meters(NAME)
    ports = Ports(keys.opener, keys.sealer, memory, keys.secret("sender"), clock.now, own.revision, meters)
    return Service(
        name=NAME,
        settings=settings,
        routers=(router(ports, own, retry_after=settings.retry_after),),
        closing=(engine.dispose,),
        meters=meters,
    )
