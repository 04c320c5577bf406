"""What every intake does alike: accept into the spool, publish, answer; receipts for the ledger and the pager."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from aiokafka.errors import KafkaError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.clock import Clock
from shared.contracts.events import ContributionReceived
from shared.contracts.ids import other_words
from shared.contracts.topics import Topic
from shared.messaging import headers as h
from shared.messaging.drain import Drain
from shared.messaging.effects import ago, key_of
from shared.messaging.spool import OtherWords, Row, Spool, SpoolFull
from shared.service import heartbeat
from shared.settings import CommonSettings
from shared.telemetry import log

ALONE: Final = 5.0
"""Seconds that Kafka alone may take when the disk is full; the sender gives up soon after."""

Build = Callable[[UUID], ContributionReceived]


class NothingTakesIt(Exception):
    """Neither the disk nor Kafka took it: the sender must be told to try again."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """`published` says whether Kafka had it before the answer; it is durable either way."""

    contribution_id: UUID
    published: bool


class Intake:
    """One intake's spool and drain."""

    def __init__(self, name: str, topic: Topic, settings: CommonSettings, now: Clock) -> None:
        self.name, self.topic, self._settings, self._now = name, topic, settings, now
        folder: Path = settings.state / name
        self.spool = Spool(folder / f"spool-{settings.instance}.sqlite", now)
        self.drain = Drain(self.spool, settings.kafka, name)

    async def accept(
        self, contribution_id: UUID, digest: str, bucket: bytes, build: Build, *, answer_within: float
    ) -> Accepted:
        """Make it durable, then wait for Kafka at most `answer_within` seconds.

        The same id with another digest is no repeat: it is built again under an id of its own, and the ledger raises
        an alarm for it.

        Raises:
            NothingTakesIt: when neither the spool nor Kafka has it.
        """
        try:
            return await self._into_spool(
                contribution_id, digest, bucket, build, answer_within, conflict=False
            )
        except OtherWords:
            log.error("same_id_other_words", contribution_id=str(contribution_id), intake=self.name)
            renamed = other_words(contribution_id, digest)
            return await self._into_spool(renamed, digest, bucket, build, answer_within, conflict=True)

    async def _into_spool(
        self,
        known_as: UUID,
        digest: str,
        bucket: bytes,
        build: Build,
        answer_within: float,
        *,
        conflict: bool,
    ) -> Accepted:
        row = self._row(build(known_as), digest, bucket, conflict=conflict)
        try:
            number = await self.spool.accept(row)
        except SpoolFull:
            log.critical("spool_full", intake=self.name)
            if await self.drain.publish_alone(row, ALONE):
                return Accepted(known_as, published=True)
            raise NothingTakesIt from None
        return Accepted(known_as, await self.spool.published(number, answer_within))

    def _row(self, event: ContributionReceived, digest: str, bucket: bytes, *, conflict: bool) -> Row:
        return Row(
            event_id=event.event_id,
            contribution_id=event.context.contribution_id,
            digest=digest,
            channel=event.context.channel,
            topic=self.topic.value,
            key=bucket,
            headers=h.of_event(event, self.topic, source=self.name, at=event.context.received_at),
            value=event.model_dump_json().encode(),
            conflict=conflict,
        )

    async def refuse(self, status: int) -> None:
        """Count a refusal; a spool that cannot count does not stop the answer."""
        with contextlib.suppress(SpoolFull):
            await self.spool.refuse(status)

    @property
    def loops(self) -> Sequence[Callable[[], Awaitable[None]]]:
        return (self.drain.run, self._prune, self._beat)

    @property
    def routes(self) -> Sequence[Route]:
        """`GET /receipts?after=SEQ`: what changed since, without words; pulled by the ledger and the pager."""
        return (Route("/receipts", self._receipts),)

    def state(self) -> dict[str, Any]:
        depth, oldest, aside = self.spool.depth()
        age = ago(datetime.fromisoformat(oldest), self._now()) if oldest else 0.0
        return {"spool_depth": depth, "spool_age": age, "set_aside": aside}

    async def _receipts(self, request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            return JSONResponse({"error": "after must be a number"}, status_code=400)
        found = self.spool.receipts(int(after))
        return JSONResponse(
            {
                "intake": self.name,
                "spool": self.spool.name(),
                "receipts": found,
                "refused": self.spool.refused(),
            }
        )

    async def _prune(self) -> None:
        while True:
            await asyncio.sleep(60)
            try:
                await self.spool.prune()
            except SpoolFull:
                log.error("spool_cannot_prune", intake=self.name)

    async def _beat(self) -> None:
        while True:
            beat = heartbeat(self.name, self._settings.instance, **self.state())
            headers = h.of_event(beat, Topic.HEARTBEATS, source=self.name, at=beat.at)
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                async with asyncio.timeout(self._settings.heartbeat_every):
                    await self.drain.send(
                        Topic.HEARTBEATS, key_of(beat), beat.model_dump_json().encode(), headers
                    )
            await asyncio.sleep(self._settings.heartbeat_every)
