"""`heard prepare`: topics, database roles, tables, buckets, before the services start. It may be run again at any time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Annotated, Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.exc import OperationalError

from shared.contracts.topics import plans
from shared.database import role_uri
from shared.database.setup import SCHEMAS
from shared.database.setup import prepare as prepare_database
from shared.messaging.creation import ensure, settings_of
from shared.settings import CommonSettings
from shared.storage.s3_client import Bucket, Credentials, client_for
from shared.vault import KeyBundle

Say = Callable[[str], None]
REST: Final = 1.0
COPIES: Final = 3


class NotPrepared(Exception):
    """Something is missing that only a person can bring; its text says what."""


class Settings(BaseSettings):
    """`brokers` must be there before a topic is created: with fewer, it would be kept fewer times for ever.

    `within` is how many seconds a server may take to answer. `role` is the database role that may create others; its
    password is `database_admin` in the keys of `prepare`. `buckets` are made where HEARD_S3_ENDPOINT is, with versions
    and Object Lock; with S3 of AWS leave them out, and make them there.
    """

    model_config = SettingsConfigDict(env_prefix="PREPARE_", frozen=True, hide_input_in_errors=True)

    brokers: int = Field(default=3, ge=1)
    within: float = Field(default=180.0, gt=0)
    role: str = "postgres"
    buckets: Annotated[tuple[str, ...], NoDecode] = ()

    @field_validator("buckets", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value


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
    if own.buckets:
        await _patiently(
            lambda: asyncio.to_thread(_buckets, settings, own.buckets),
            (BotoCoreError, ClientError),
            ends,
            "The S3 server makes no bucket for us: is it there, and are these the owner's credentials?",
        )
        say("the buckets are there, and keep every version")


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


def _buckets(settings: CommonSettings, names: tuple[str, ...]) -> None:
    credentials = Credentials.read(settings.s3_credentials) if settings.s3_credentials else None
    with closing(
        client_for(Bucket("", "", settings.s3_endpoint, settings.s3_region, credentials), 1)
    ) as client:
        there = {one["Name"] for one in client.list_buckets().get("Buckets", ())}
        for name in names:
            if name not in there:
                client.create_bucket(
                    Bucket=name, ObjectLockEnabledForBucket=True
                )  # which brings versions with it
            if client.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
                raise NotPrepared(f"The bucket {name} keeps one version of an object: switch versioning on.")


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
