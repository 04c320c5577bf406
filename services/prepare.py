"""`heard prepare`: topics, database roles and tables, before the services start. It may be run again at any time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.exc import OperationalError

from shared.contracts.topics import plans
from shared.database import role_uri
from shared.database.setup import SCHEMAS
from shared.database.setup import prepare as prepare_database
from shared.messaging.creation import ensure, settings_of
from shared.settings import CommonSettings
from shared.vault import KeyBundle

Say = Callable[[str], None]
REST: Final = 1.0
COPIES: Final = 3


class NotPrepared(Exception):
    """Something is missing that only a person can bring; its text says what."""


class Settings(BaseSettings):
    """`brokers` must be there before a topic is created: with fewer, it would be kept fewer times for ever.

    `within` is how many seconds Kafka and PostgreSQL may take to answer. `role` is the database role that may create
    others; its password is `database_admin` in the keys of `prepare`.
    """

    model_config = SettingsConfigDict(env_prefix="PREPARE_", frozen=True, hide_input_in_errors=True)

    brokers: int = Field(default=3, ge=1)
    within: float = Field(default=180.0, gt=0)
    role: str = "postgres"


async def prepare(settings: CommonSettings, own: Settings, keys: KeyBundle, say: Say) -> None:
    """Do all of it, in an order in which a half of it does no harm.

    Raises:
        NotPrepared: when a server stays away, or topics are kept fewer times than they must be.
    """
    ends = time.monotonic() + own.within
    uri = role_uri(settings.database_uri, own.role, keys.text("database_admin"))
    passwords = {role: keys.text(f"database_{role}") for role in SCHEMAS}
    await _patiently(
        lambda: asyncio.to_thread(prepare_database, uri, passwords),
        OperationalError,
        ends,
        f"The database does not let {own.role} in: is it there, and is that its password?",
    )
    say("the database has its roles and tables")
    await _patiently(
        lambda: _all_brokers(settings, own.brokers),
        (KafkaError, OSError, Missing),
        ends,
        f"Not all of the {own.brokers} brokers answered; no topic was created.",
    )
    created = await ensure(settings.kafka)
    say(f"{len(created)} topics were created" if created else "every topic is there")
    await _check_copies(settings, own.brokers)


class Missing(Exception):
    """Fewer brokers than there must be."""


async def _all_brokers(settings: CommonSettings, wanted: int) -> None:
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=list(settings.kafka), request_timeout_ms=5000)
    try:
        await admin.start()
        if len((await admin.describe_cluster())["brokers"]) < wanted:
            raise Missing
    finally:
        await admin.close()


async def _check_copies(settings: CommonSettings, brokers: int) -> None:
    wanted = COPIES if brokers >= COPIES else 1
    found = await settings_of(settings.kafka, [plan.name for plan in plans()])
    if few := sorted(name for name, one in found.items() if int(one["replication"]) < wanted):
        raise NotPrepared(
            f"These topics are kept fewer than {wanted} times, and creating does not mend that: {', '.join(few)}. "
            "Give them replicas with kafka-reassign-partitions, then prepare again."
        )


async def _patiently(
    work: Callable[[], Awaitable[None]],
    away: type[Exception] | tuple[type[Exception], ...],
    ends: float,
    else_say: str,
) -> None:
    while True:
        try:
            return await work()
        except away:
            if time.monotonic() > ends:
                raise NotPrepared(else_say) from None
            await asyncio.sleep(REST)
