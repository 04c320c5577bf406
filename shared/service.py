"""How every service runs: health first, then its loops, then Kafka when it answers; SIGTERM stops it cleanly."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from shared import clock
from shared.contracts.events import Heartbeat
from shared.contracts.topics import LARGEST, Topic
from shared.messaging import headers as h
from shared.messaging.effects import key_of
from shared.messaging.pulse import Pulse, ended
from shared.messaging.relay import Relay
from shared.messaging.router import Router
from shared.settings import CommonSettings
from shared.telemetry import log
from shared.telemetry.meters import CONTENT_TYPE, NOWHERE, Meters
from shared.telemetry.metrics import Metric
from shared.telemetry.of_process import of_process
from shared.vault import KeyBundle
from shared.web import health, serve

Loop = Callable[[], Awaitable[None]]

GRACE: Final = 25.0
"""Seconds that a stop waits for the batch in hand."""


def broker_for(settings: CommonSettings, *routers: Router) -> KafkaBroker:
    """A broker whose publishes are durable: idempotent, acknowledged by all, never creating a topic."""
    return KafkaBroker(
        list(settings.kafka),
        enable_idempotence=True,
        acks="all",
        allow_auto_create_topics=False,
        max_batch_size=256 * 1024,
        max_request_size=2 * LARGEST,
        graceful_timeout=GRACE,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        logger=logging.getLogger("faststream"),
        log_level=logging.DEBUG,
        routers=routers,
    )


@dataclass(slots=True)
class Service:
    """One process. `loops` run for ever beside the subscribers; one that ends is a defect, and the process stops.

    `meters` are what its parts count with; a service that counts nothing by itself leaves them out.
    """

    name: str
    settings: CommonSettings
    routers: Sequence[Router] = ()
    relay: Relay | None = None
    loops: Sequence[Loop] = ()
    routes: Sequence[Route] = ()
    web: tuple[ASGIApp, str, int] | None = None
    state: Callable[[], dict[str, Any]] = field(default=dict)
    broker: KafkaBroker | None = None
    closing: Sequence[Callable[[], Any]] = ()
    meters: Meters = NOWHERE

    def __post_init__(self) -> None:
        self.meters = Meters(self.name) if self.meters is NOWHERE else self.meters
        for router in self.routers:
            router.metered(self.meters)
        if self.relay:
            self.relay.metered(self.meters)
        started = clock.now().timestamp()
        self.meters.near((Metric.STARTED, Metric.MEMORY), lambda: of_process(started))

    def told_of(self, keys: KeyBundle) -> None:
        """Say in the metrics how long these keys serve."""
        if (end := keys.sealer.until) is not None:
            self.meters.set(Metric.KEYS_END, end.timestamp())

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT; gives the exit status."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        log.info("service_starts")
        spare_the_collector()
        work = [asyncio.create_task(self._health(stop), name="health")]
        if self.web:
            app, host, port = self.web
            work.append(asyncio.create_task(serve(app, host, port, stop), name="web"))
        work += [asyncio.create_task(_named(loop), name=loop.__qualname__) for loop in self.loops]
        if self.routers or self.relay:
            work.append(asyncio.create_task(self._consume(stop), name="kafka"))
        stopping = asyncio.create_task(stop.wait(), name="stop")
        done, _ = await asyncio.wait({*work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        failed = [task for task in done if task is not stopping]
        for task in failed:
            error = None if task.cancelled() else task.exception()
            log.critical("loop_ended", task=task.get_name(), exc_info=error)
        await self._stop(stop, work, stopping)
        log.info("service_stopped", status=1 if failed else 0)
        return 1 if failed else 0

    async def _stop(
        self, stop: asyncio.Event, work: Sequence[asyncio.Task[Any]], stopping: asyncio.Task[Any]
    ) -> None:
        """Servers first, so that nothing new comes; then the subscribers, which finish their batch; then the loops."""
        stop.set()
        gentle = [task for task in work if task.get_name() in ("web", "kafka")]
        if gentle:
            await asyncio.wait(gentle, timeout=GRACE + 5)
        for task in (*work, stopping):
            task.cancel()
        await asyncio.gather(*work, stopping, return_exceptions=True)
        for close in self.closing:
            result = close()
            if asyncio.iscoroutine(result):
                await result

    async def _health(self, stop: asyncio.Event) -> None:
        app = health(self._probe, (Route("/metrics", self._metrics), *self.routes))
        await serve(app, self.settings.health_host, self.settings.health_port, stop)
        if not stop.is_set():
            raise RuntimeError("the health port closed")
        await asyncio.Event().wait()

    async def _probe(self) -> dict[str, Any]:
        consuming = self.broker is not None if self.routers else True
        groups = {router.group: router.state for router in self.routers}
        resumed = {router.group: router.gate.resumed for router in self.routers}
        told = {"groups": groups, "resumed": resumed} if groups else {}
        return {"service": self.name, "ready": consuming, **told, **self.state()}

    async def _metrics(self, _: Request) -> Response:
        return Response(await self.meters.exposition(), media_type=CONTENT_TYPE)

    async def _consume(self, stop: asyncio.Event) -> None:
        """Connect when Kafka answers, consume until the stop."""
        await self._kafka_answers()
        broker = broker_for(self.settings, *self.routers)

        async def publish(topic: str, key: bytes, value: bytes, headers: dict[str, str]) -> None:
            await broker.publish(value, topic=topic, key=key, headers=headers)

        if self.relay:
            self.relay.publish = publish
            for router in self.routers:
                router.wake = self.relay.wake
        for router in self.routers:
            router.begin(self.settings.state, self.name, self.settings.instance)
        await broker.start()
        self.broker = broker
        log.info("service_consumes")
        helpers = [
            asyncio.create_task(self._beat(publish), name="heartbeat"),
            asyncio.create_task(self._pulse(broker), name="kafka client"),
            asyncio.create_task(self._mind(stop), name="groups"),
        ]
        if self.relay:
            helpers.append(asyncio.create_task(self.relay.run(), name="relay"))
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait({*helpers, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
                raise RuntimeError(f"{task.get_name()} ended")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE + 5):
                    await broker.stop()
                for router in self.routers:
                    router.end()
        finally:
            self.broker = None
            for task in (*helpers, stopping):
                task.cancel()

    async def _beat(self, publish: Callable[..., Awaitable[None]]) -> None:
        while True:
            groups = {
                state: tuple(router.group for router in self.routers if router.state == state)
                for state in ("halted", "paused")
            }
            beat = heartbeat(self.name, self.settings.instance, **groups)
            headers = h.of_event(beat, Topic.HEARTBEATS, source=self.name, at=beat.at)
            try:
                async with asyncio.timeout(self.settings.heartbeat_every):
                    await publish(Topic.HEARTBEATS, key_of(beat), beat.model_dump_json().encode(), headers)
            except (TimeoutError, KafkaError, OSError):
                log.warning("heartbeat_not_sent")
                self.meters.count(Metric.HEARTBEAT_FAILURES)
            await asyncio.sleep(self.settings.heartbeat_every)

    async def _pulse(self, broker: KafkaBroker) -> None:
        """Ends when the Kafka client has died inside: the process stops, and is started again with a new one."""
        lanes = [lane for router in self.routers for lane in router.lanes]
        pulse = Pulse(lanes)
        while (task := ended(broker, lanes)) is None:
            if task := pulse.still():
                if await self._kafka_answers_now():
                    break
                pulse.begin_again()
            await asyncio.sleep(1.0)
        log.critical("kafka_client_died", task=task)

    async def _mind(self, stop: asyncio.Event) -> None:
        """Look once a second whether an operator paused a group, or lets it go on."""
        while True:
            for router in self.routers:
                try:
                    if not stop.is_set():
                        await router.mind()
                except (KafkaError, OSError):
                    log.warning("kafka_away", group=router.group)
            await asyncio.sleep(1.0)

    async def _kafka_answers(self) -> None:
        """Wait, without giving up: Kafka away at the start is no special case."""
        while not await self._kafka_answers_now():
            log.warning("kafka_away")
            await asyncio.sleep(1.0)

    async def _kafka_answers_now(self) -> bool:
        client = AIOKafkaClient(bootstrap_servers=list(self.settings.kafka))
        try:
            async with asyncio.timeout(10):
                await client.bootstrap()
        except (KafkaError, OSError, TimeoutError):
            return False
        else:
            return True
        finally:
            await client.close()


def heartbeat(service: str, instance: str, **spool: Any) -> Heartbeat:
    """What a process says of itself; `spool` has depth, age in seconds and what was set aside."""
    return Heartbeat(event_id=uuid4(), service=service, instance=instance, at=clock.now(), **spool)


def spare_the_collector() -> None:
    """What was imported stays for good, and a batch of events is not garbage: measured on 20,000 events of our own,
    Python's default of looking through all objects at every 700 new ones was half of what carrying an event costs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def _named(loop: Loop) -> None:
    await loop()
