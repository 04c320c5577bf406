"""Wires `console`: so far the live page of operations. It reads no topic, has no database and is given no key."""

from typing import Final

from services.console.rooms.operations.adapters.health import Health, client
from services.console.rooms.operations.adapters.lags import Log
from services.console.rooms.operations.app import Pages
from services.console.rooms.operations.handlers import Watch
from services.console.settings import Settings
from shared import clock
from shared.service import Service
from shared.settings import CommonSettings
from shared.vault import KeyBundle

NAME: Final = "console"


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()
    http = client()
    log = Log(settings.kafka)
    watch = Watch(own.services, Health(http), log, clock.now, own.every, own.account_every)
    return Service(
        name=NAME,
        settings=settings,
        loops=watch.loops,
        web=(Pages(watch).app(), own.host, own.port),
        closing=(http.aclose, log.close),
    )
