"""A Kafka client that has died inside says so: its process ends, and is started again."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.local.kafka import Kafka
from shared.contracts.events import ContributionReceived
from shared.contracts.topics import Topic
from shared.messaging.creation import ensure
from shared.messaging.pulse import Pulse, ended
from shared.messaging.router import Router
from shared.service import Service
from shared.settings import CommonSettings, Stage

pytestmark = [pytest.mark.connected, pytest.mark.timeout(120)]


async def a_service(kafka: Kafka, state: Path) -> Service:
    """It reads one topic, and does nothing about it."""
    await ensure([kafka.bootstrap])
    router = Router("triage")

    @router.subscriber(Topic.SMS_RECEIVED, batch=1)
    async def on_text(event: ContributionReceived) -> None:
        return None

    settings = CommonSettings(stage=Stage.TEST, kafka=(kafka.bootstrap,), state=state)
    return Service("triage", settings, routers=[router])


def coordination(service: Service) -> Any:
    return service.routers[0].lanes[0].subscriber.consumer._coordinator._coordination_task


def fetcher(service: Service) -> Any:
    return service.routers[0].lanes[1].subscriber.consumer._fetcher._fetch_task


def sender(service: Service) -> Any:
    assert service.broker is not None
    return service.broker.config.producer._producer.producer._sender.sender_task  # type: ignore[attr-defined]


@pytest.mark.parametrize("task_of", [coordination, fetcher, sender], ids=lambda one: one.__name__)
async def test_a_process_ends_when_its_kafka_client_has_died_inside(
    kafka: Kafka, tmp_path: Path, task_of: Callable[[Service], Any]
) -> None:
    service = await a_service(kafka, tmp_path)
    (router,) = service.routers
    running = asyncio.create_task(service.run())
    while service.broker is None:
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.5)
    assert not running.done()
    assert ended(service.broker, router.lanes) is None
    task_of(service).cancel()
    async with asyncio.timeout(60):
        assert await running == 1


def paused(service: Service) -> None:
    """Nothing is fetched any more, and nobody is told."""
    consumer = service.routers[0].lanes[0].subscriber.consumer
    consumer.pause(*consumer.assignment())


def committing(service: Service) -> None:
    service.routers[0].lanes[0].committing = 1.0


@pytest.mark.parametrize(
    ("breaks", "waits_for"), [(paused, "fetch"), (committing, "commit")], ids=["fetch", "commit"]
)
async def test_a_client_that_lives_and_does_nothing_is_noticed_and_an_idle_one_is_not(
    kafka: Kafka, tmp_path: Path, breaks: Callable[[Service], None], waits_for: str
) -> None:
    service = await a_service(kafka, tmp_path)
    (router,) = service.routers
    running = asyncio.create_task(service.run())
    while service.broker is None or not router.lanes[0].subscriber.consumer.assignment():
        await asyncio.sleep(0.05)
    pulse = Pulse(router.lanes, still=4.0)
    try:
        for _ in range(20):
            assert pulse.still() is None
            await asyncio.sleep(0.5)
        breaks(service)
        async with asyncio.timeout(60):
            while (found := pulse.still()) is None:
                await asyncio.sleep(0.2)
        assert found == waits_for
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
