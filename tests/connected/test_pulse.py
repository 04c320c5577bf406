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
from shared.messaging.pulse import ended
from shared.messaging.router import Router
from shared.service import Service
from shared.settings import CommonSettings, Stage

pytestmark = [pytest.mark.connected, pytest.mark.timeout(120)]


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
    await ensure([kafka.bootstrap])
    router = Router("triage")

    @router.subscriber(Topic.SMS_RECEIVED, batch=1)
    async def on_text(event: ContributionReceived) -> None:
        return None

    service = Service(
        "triage", CommonSettings(stage=Stage.TEST, kafka=(kafka.bootstrap,), state=tmp_path), routers=[router]
    )
    running = asyncio.create_task(service.run())
    while service.broker is None:
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.5)
    assert not running.done()
    assert ended(service.broker, router.lanes) is None
    task_of(service).cancel()
    async with asyncio.timeout(60):
        assert await running == 1
