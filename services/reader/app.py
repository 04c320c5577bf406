"""Wires `reader`: three groups, so that neither a long recording nor a deletion ever stands before a mail."""

import secrets
from functools import partial
from typing import Final

from services.reader.adapters.child import Children
from services.reader.adapters.confine import hide_memory
from services.reader.adapters.dns import Dns, Noted
from services.reader.adapters.provider import TwilioCopies
from services.reader.handlers import media, text
from services.reader.handlers.deletion import delete_copies
from services.reader.handlers.media import read_media
from services.reader.handlers.ports import Media, Ports
from services.reader.handlers.text import read_mail
from services.reader.settings import Settings
from shared import clock
from shared.contracts.events import (
    AttachmentFound,
    ContributionArchived,
    ContributionRead,
    ContributionReceived,
    CopyDeleted,
)
from shared.contracts.topics import GROUPS, Topic
from shared.messaging.router import Router
from shared.service import Service
from shared.settings import CommonSettings, Stage
from shared.storage import objects_of
from shared.telemetry.meters import Meters
from shared.twilio import Twilio
from shared.vault import KeyBundle

NAME: Final = "reader"
TEXT: Final = "reader-text"
MEDIA: Final = "reader-media"
DELETE: Final = "reader-delete"
_LONGEST_MS: Final = 2 * 60 * 60 * 1000
"""A batch of long recordings is read for so long before Kafka may think that this process is stuck."""


def text_router(ports: Ports, settings: Settings, *, retry_after: float = 30.0) -> Router:
    routes = Router(group=TEXT, retry_after=retry_after, on_killer=partial(text.give_up, ports=ports))

    @routes.subscriber(*GROUPS[TEXT], batch=settings.text_batch, concurrency=settings.text_concurrency)
    @routes.publisher(Topic.READ)
    @routes.publisher(Topic.FOUND)
    async def on_mail(event: ContributionReceived) -> list[ContributionRead | AttachmentFound]:
        """Turn a mail into words, and what is attached into parts of their own."""
        return list(await read_mail(event, ports=ports))

    return routes


def media_router(ports: Ports, settings: Settings, *, retry_after: float = 30.0) -> Router:
    routes = Router(group=MEDIA, retry_after=retry_after, on_killer=partial(media.give_up, ports=ports))

    @routes.subscriber(
        *GROUPS[MEDIA],
        batch=settings.media_batch,
        concurrency=settings.media_batch,
        max_poll_interval_ms=_LONGEST_MS,
    )
    @routes.publisher(Topic.READ)
    async def on_media(event: ContributionReceived | AttachmentFound) -> list[ContributionRead]:
        """Turn sound, pictures and documents into words."""
        return list(await read_media(event, ports=ports))

    return routes


def delete_router(ports: Ports, settings: Settings, *, retry_after: float = 30.0) -> Router:
    routes = Router(group=DELETE, retry_after=retry_after)

    @routes.subscriber(*GROUPS[DELETE], batch=settings.delete_batch, concurrency=4)
    @routes.publisher(Topic.COPIES_DELETED)
    async def on_archived(event: ContributionArchived) -> list[CopyDeleted]:
        """Delete at the provider what the archive keeps now."""
        return list(await delete_copies(event, ports=ports))

    return routes


def create_app(settings: CommonSettings, keys: KeyBundle) -> Service:
    own = Settings()
    hide_memory()
    if own.dkim_keys and settings.stage is Stage.PRODUCTION:
        raise ValueError(
            "READER_DKIM_KEYS is set: only a demo and tests note the keys of signed mail in a file"
        )
    objects = objects_of(settings)
    meters = Meters(NAME)
    children = Children(meters=meters)

    async def mail_child() -> None:
        await children.stand_ready("mail")

    ports = Ports(
        opener=keys.opener,
        sealer=keys.sealer,
        digest_key=keys.secret("digest"),
        objects=objects,
        children=children,
        resolver=Noted(own.dkim_keys) if own.dkim_keys else Dns(own.dns_within),
        now=clock.now,
        names=lambda: secrets.token_hex(16),
        revision=own.revision,
        copies=copies_of(settings, own, keys),
        media=Media(
            largest=own.largest,
            gone_after=own.gone_after,
            sound=own.sound_seconds,
            sound_within=own.sound_within,
            pages=own.pages,
            pages_within=own.pages_within,
        ),
        meters=meters,
    )
    wait = settings.retry_after
    return Service(
        name=NAME,
        settings=settings,
        routers=(
            text_router(ports, own, retry_after=wait),
            media_router(ports, own, retry_after=wait),
            delete_router(ports, own, retry_after=wait),
        ),
        loops=(mail_child,),
        state=lambda: {"children": children.state()},
        closing=(children.close, objects.close),
        meters=meters,
    )


def copies_of(settings: CommonSettings, own: Settings, keys: KeyBundle) -> TwilioCopies | None:
    """The provider, where an account is named."""
    if not own.twilio_account:
        return None
    username = own.twilio_username or own.twilio_account
    twilio = Twilio(
        own.twilio_account,
        username,
        keys.text("twilio_fetch"),
        stage=settings.stage,
        base_url=own.twilio_url,
        timeout=30.0,
    )
    return TwilioCopies(own.twilio_account, twilio)
