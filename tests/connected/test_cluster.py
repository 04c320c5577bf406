"""Three brokers in one folder: every record on three of them, and what one folder keeps is never taken for another's."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.local.cluster import Cluster, kafka_in
from services.local.home import Home
from services.local.kafka import Kafka, count_brokers
from services.local.servers import kafka_status, start_kafka, stop_kafka
from services.local.trouble import CannotHave
from shared.contracts.topics import Topic, plans
from shared.messaging.creation import ensure, settings_of
from tests.support.topics import records_of

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    found = Cluster(tmp_path_factory.mktemp("cluster"), say=print)
    try:
        found.start()
        asyncio.run(ensure(found.bootstrap.split(",")))
        yield found
    finally:
        found.stop()


async def test_every_topic_has_three_copies_and_two_must_have_a_record(cluster: Cluster) -> None:
    names = [plan.name for plan in plans()]
    found = await settings_of(cluster.bootstrap.split(","), names)
    assert {one["replication"] for one in found.values()} == {"3"}
    assert {one["min.insync.replicas"] for one in found.values()} == {"2"}
    assert {one["unclean.leader.election.enable"] for one in found.values()} == {"false"}


async def test_so_have_kafkas_own_topics(cluster: Cluster) -> None:
    async with AIOKafkaConsumer(
        Topic.HEARTBEATS, bootstrap_servers=cluster.bootstrap, group_id="a-test"
    ) as consumer:
        await consumer.commit()
    found = await settings_of(cluster.bootstrap.split(","), ["__consumer_offsets"])
    own = found["__consumer_offsets"]
    assert (own["replication"], own["min.insync.replicas"]) == ("3", "2")


async def test_topics_keep_their_settings_when_they_are_looked_after_while_a_broker_is_down(
    cluster: Cluster,
) -> None:
    cluster.kill(3)
    try:
        end = time.monotonic() + 60
        while count_brokers(cluster.bootstrap) != 2:
            assert time.monotonic() < end, "the others notice"
            await asyncio.sleep(0.2)
        await ensure(cluster.bootstrap.split(",")[:2])
        found = await settings_of(cluster.bootstrap.split(","), [Topic.SMS_RECEIVED])
        assert found[Topic.SMS_RECEIVED]["min.insync.replicas"] == "2"
        async with AIOKafkaProducer(
            bootstrap_servers=cluster.bootstrap, acks="all", enable_idempotence=True
        ) as producer:
            await producer.send_and_wait(Topic.HEARTBEATS, b"with one broker down")
    finally:
        cluster.start_node(3)


@pytest.mark.faults
async def test_what_was_acknowledged_is_there_after_all_were_killed(cluster: Cluster) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=cluster.bootstrap, acks="all", enable_idempotence=True
    ) as producer:
        await producer.send_and_wait(Topic.HEARTBEATS, b"before the kill")
    address = cluster.bootstrap
    cluster.kill()
    assert cluster.pids == []
    cluster.start()
    assert cluster.bootstrap == address
    assert b"before the kill" in [one.value for one in await records_of(cluster.bootstrap, Topic.HEARTBEATS)]


def test_a_folder_of_one_broker_is_not_made_into_three_nor_the_reverse(
    cluster: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "records").mkdir()
    for folder, wrong in ((cluster.folder, 1), (tmp_path, 3)):
        before = sorted(folder.iterdir())
        with pytest.raises(CannotHave, match=r"keeps a Kafka of .* Nothing was changed"):
            kafka_in(folder, brokers=wrong)
        assert sorted(folder.iterdir()) == before
    assert isinstance(kafka_in(cluster.folder), Cluster)
    assert isinstance(kafka_in(tmp_path), Kafka)
    with pytest.raises(CannotHave, match="with 1 broker or with 3, not with 2"):
        kafka_in(tmp_path, brokers=2)


@pytest.mark.faults
def test_the_commands_start_three_and_tell_of_them(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    try:
        assert "3 of 3 brokers" in start_kafka(home, brokers=3)
        assert "and answers" in kafka_status(home)
    finally:
        assert stop_kafka(home).startswith("Kafka has stopped")
    assert "does not run" in kafka_status(home)
