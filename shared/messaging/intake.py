"""What every intake does alike: accept into the spool, publish, answer; receipts for the ledger and the pager."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from aiokafka.errors import KafkaError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.clock import Clock
from shared.contracts.base import Event
from shared.contracts.events import ContributionReceived
from shared.contracts.ids import other_words
from shared.contracts.topics import Topic
from shared.errors import HeardError
from shared.messaging import headers as h
from shared.messaging.drain import Drain
from shared.messaging.effects import TOPIC_OF, ago, key_of
from shared.messaging.parcels import Parcel, Parcels
from shared.messaging.spool import OtherWords, Row, Spool, SpoolFull
from shared.service import heartbeat
from shared.settings import CommonSettings
from shared.storage import Objects
from shared.telemetry import log
from shared.telemetry.meters import NOWHERE, Figure, Meters
from shared.telemetry.metrics import Metric

ALONE: Final = 5.0
"""Seconds that Kafka alone may take when the disk is full; the sender gives up soon after."""

_FIGURES: Final = (
    Metric.SPOOL_ROWS,
    Metric.SPOOL_OLDEST,
    Metric.SPOOL_ASIDE,
    Metric.DISK_FREE,
    Metric.DISK_SIZE,
)

Build = Callable[[UUID], ContributionReceived]


class NothingTakesIt(Exception):
    """Neither the disk nor Kafka took it: the sender must be told to try again."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """`published` says whether Kafka had it before the answer; it is durable either way."""

    contribution_id: UUID
    published: bool


class Intake:
    """One intake's spool and drain.

    `objects` is where sealed objects go before Kafka hears of them, for intakes that have such. Below `least_free`
    bytes on the spool's disk nothing more is taken in: so uploads stop first, then mail, texts last.
    """

    def __init__(
        self,
        name: str,
        topic: Topic,
        settings: CommonSettings,
        now: Clock,
        *,
        objects: Objects | None = None,
        least_free: int = 0,
        meters: Meters = NOWHERE,
    ) -> None:
        self.name, self.topic, self._settings, self._now = name, topic, settings, now
        self._meters = meters
        self._objects, self._least_free = objects, least_free
        self._folder: Path = settings.state / name
        self.spool = Spool(self._folder / f"spool-{settings.instance}.sqlite", now)
        self.parcels = Parcels(self._folder / f"parcels-{settings.instance}")
        self.drain = Drain(self.spool, settings.kafka, name)
        self._packed = asyncio.Event()
        meters.near(_FIGURES, self._figures)
        if strays := self.parcels.clear_strays(self.spool.all_objects()):
            log.warning("parcels_cleared", intake=name, count=strays)

    def has_room(self, size: int = 0) -> bool:
        """Whether the disk may take so many bytes more; ask before the first of them is read."""
        return not self._least_free or shutil.disk_usage(self._folder).free - size >= self._least_free

    async def accept(
        self,
        contribution_id: UUID,
        digest: str,
        bucket: bytes,
        build: Build,
        *,
        answer_within: float,
        parcels: Sequence[Parcel] = (),
    ) -> Accepted:
        """Make it durable, then wait for Kafka at most `answer_within` seconds.

        `parcels` are the sealed objects that it refers to; they are this intake's from now on. Those of a repeat are
        thrown away, since the first ones are kept.

        The same id with another digest is no repeat: it is built again under an id of its own, and the ledger raises
        an alarm for it.

        Raises:
            NothingTakesIt: when neither the spool nor Kafka has it.
        """
        keys = tuple(parcel.key for parcel in parcels)
        try:
            row = self._row(build(contribution_id), digest, bucket, keys, conflict=False)
            return await self._into_spool(row, answer_within)
        except OtherWords:
            log.error("same_id_other_words", contribution_id=str(contribution_id), intake=self.name)
            self._meters.count(Metric.CONFLICTS)
            renamed = other_words(contribution_id, digest)
            row = self._row(build(renamed), digest, bucket, keys, conflict=True)
            return await self._into_spool(row, answer_within)

    async def tell(self, event: Event, *, answer_within: float) -> bool:
        """Make an event durable that is no contribution (a delivery report); True when Kafka has it already.

        Raises:
            NothingTakesIt: when neither the spool nor Kafka has it.
        """
        topic = TOPIC_OF[type(event)]
        row = Row(
            event_id=event.event_id,
            contribution_id=event.about or event.event_id,
            digest="",
            channel="",
            topic=topic,
            key=key_of(event),
            headers=h.of_event(event, topic, source=self.name, at=self._now()),
            value=event.model_dump_json().encode(),
        )
        return (await self._into_spool(row, answer_within)).published

    async def _into_spool(self, row: Row, answer_within: float) -> Accepted:
        known_as, began = row.contribution_id, time.monotonic()
        try:
            number = await self.spool.accept(row)
        except SpoolFull:
            log.critical("spool_full", intake=self.name)
            self._meters.count(Metric.SPOOL_FULL)
            try:
                if await self._upload(row.objects) and await self.drain.publish_alone(
                    replace(row, objects=()), ALONE
                ):
                    self._answered("kafka_alone", row, began)
                    return Accepted(known_as, published=True)
            except FileNotFoundError:
                pass
            finally:
                self.parcels.forget(row.objects)
            raise NothingTakesIt from None
        if row.objects and not self.spool.names(number, row.objects):
            self.parcels.forget(row.objects)  # a repeat: the first ones are kept
        self._packed.set()
        published = await self.spool.published(number, answer_within)
        self._answered("published" if published else "spooled", row, began)
        return Accepted(known_as, published)

    def _answered(self, how: str, row: Row, began: float) -> None:
        what = "contribution" if row.channel else "report"
        self._meters.count(Metric.ACCEPTED, what=what, answered=how)
        self._meters.observe(Metric.ANSWERED_IN, time.monotonic() - began)

    async def _upload(self, keys: Sequence[str]) -> bool:
        """Hand objects to the store; False when it is away.

        Raises:
            FileNotFoundError: one of them is no longer on this disk.
        """
        if not keys:
            return True
        if self._objects is None:
            raise TypeError(f"{self.name} takes in objects and has no store for them")
        try:
            for key in keys:
                await self._objects.put_file(key, self.parcels.path_of(key))
        except FileNotFoundError:
            raise
        except (HeardError, OSError) as error:
            reason = error.reason if isinstance(error, HeardError) else "disk"
            log.warning("store_away", intake=self.name, kind=type(error).__name__, reason=reason)
            return False
        return True

    async def _upload_all(self) -> None:
        """The loop that brings objects to the store, in row order."""
        while True:
            self._packed.clear()
            waiting = self.spool.to_upload(20)
            for number, keys in waiting:
                try:
                    if not await self._upload(keys):
                        break
                    await self.spool.uploaded(number)
                except FileNotFoundError:
                    if not await self._lost(number):
                        break
                except SpoolFull:
                    break
                else:
                    self.parcels.forget(keys)
            else:
                if waiting:
                    continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._packed.wait()

    async def _lost(self, number: int) -> bool:
        """A sealed object is gone from this disk: the row stays and a person is told, and the others go on."""
        try:
            await self.spool.set_aside(number, "object_lost")
        except SpoolFull:
            return False
        return True

    def _row(
        self,
        event: ContributionReceived,
        digest: str,
        bucket: bytes,
        objects: Sequence[str],
        *,
        conflict: bool,
    ) -> Row:
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
            objects=objects,
        )

    async def refuse(self, status: int) -> None:
        """Count a refusal; a spool that cannot count does not stop the answer."""
        self._meters.count(Metric.REFUSED, status=str(status))
        with contextlib.suppress(SpoolFull):
            await self.spool.refuse(status)

    @property
    def loops(self) -> Sequence[Callable[[], Awaitable[None]]]:
        loops = (self.drain.run, self._prune, self._beat)
        return loops if self._objects is None else (*loops, self._upload_all)

    @property
    def routes(self) -> Sequence[Route]:
        """`GET /receipts?after=SEQ`: what changed since, without words; pulled by the ledger and the pager."""
        return (Route("/receipts", self._receipts),)

    def state(self) -> dict[str, Any]:
        depth, oldest, aside = self.spool.depth()
        age = ago(datetime.fromisoformat(oldest), self._now()) if oldest else 0.0
        return {"spool_depth": depth, "spool_age": age, "set_aside": aside}

    def _figures(self) -> Iterable[Figure]:
        said, disk = self.state(), shutil.disk_usage(self._folder)
        found = (said["spool_depth"], said["spool_age"], said["set_aside"], disk.free, disk.total)
        return [(metric, value, {}) for metric, value in zip(_FIGURES, found, strict=True)]

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
            try:
                async with asyncio.timeout(self._settings.heartbeat_every):
                    await self.drain.send(
                        Topic.HEARTBEATS, key_of(beat), beat.model_dump_json().encode(), headers
                    )
            except (KafkaError, OSError, TimeoutError):
                self._meters.count(Metric.HEARTBEAT_FAILURES)
            await asyncio.sleep(self._settings.heartbeat_every)
