"""Wires the partners' room."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.art_intake.adapters.partners import known_keys
from services.art_intake.handlers.partners import Edge, Ports
from services.art_intake.rooms.partners.api import Room, api
from services.art_intake.rooms.partners.body import Limits
from services.art_intake.rooms.partners.gate import Gate, Keyholder
from services.art_intake.rules.partner_keys import Known
from services.art_intake.settings import Settings
from shared.clock import Clock
from shared.messaging.intake import Intake
from shared.vault import KeyBundle


def partners(intake: Intake, engine: AsyncEngine, settings: Settings, keys: KeyBundle, now: Clock) -> FastAPI:
    """The API, to be mounted at `/partner/v1`."""

    async def load() -> Mapping[str, Sequence[Known]]:
        async with engine.connect() as connection:
            return await known_keys(connection)

    holder = Keyholder(
        load, now, timedelta(seconds=settings.partner_fresh), timedelta(seconds=settings.partner_kept)
    )
    gate = Gate(
        keys.secret("partner"),
        holder,
        now,
        settings.partner_rate,
        settings.partner_burst,
        settings.partner_uploads,
    )
    limits = Limits(settings.partner_file_limit, settings.idle_within, settings.upload_within)
    ports = Ports(intake, Edge.of(keys), now, settings.answer_within)
    return api(Room(ports, gate, limits, engine.connect, keys.secret("proof")))
