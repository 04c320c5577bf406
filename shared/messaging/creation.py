"""Topics are created by us, from the contracts, and never on first use."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from shared.contracts.topics import Plan, plans

_TRIES: Final = 150


async def ensure(bootstrap: Sequence[str], wanted: Sequence[Plan] | None = None) -> list[str]:
    """Create the topics that are missing, and set the settings of those that exist; gives what was created.

    A broker that is down at this moment changes nothing: a new topic is not made with fewer copies because of it (Kafka
    refuses), and one that has its copies keeps the settings that go with them.
    """
    wanted = plans() if wanted is None else wanted
    admin = AIOKafkaAdminClient(bootstrap_servers=list(bootstrap))
    await admin.start()
    try:
        brokers = max(len((await admin.describe_cluster())["brokers"]), len(bootstrap))
        existing = set(await admin.list_topics())
        missing = [plan for plan in wanted if plan.name not in existing]
        answer = await admin.create_topics([_new(plan, brokers) for plan in missing]) if missing else None
        for failed in getattr(answer, "topic_errors", ()):
            error = for_code(failed[1])
            if failed[1] and error is not TopicAlreadyExistsError:
                raise error(failed[0])
        known = [plan for plan in wanted if plan.name in existing]
        if known:
            copies = _copies(await _described(admin, [plan.name for plan in known]))
            await admin.alter_configs(
                [
                    ConfigResource(ConfigResourceType.TOPIC, plan.name, plan.settings(copies[plan.name]))
                    for plan in known
                ]
            )
        return [plan.name for plan in missing]
    finally:
        await admin.close()


async def settings_of(bootstrap: Sequence[str], names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """Read topics' settings back from the broker, with the number of partitions and replicas among them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=list(bootstrap))
    await admin.start()
    try:
        found: dict[str, dict[str, str]] = {}
        topics = await _described(admin, names)
        for name, copies in _copies(topics).items():
            found[name] = {"partitions": str(len(topics[name]["partitions"])), "replication": str(copies)}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        for answer in await admin.describe_configs(resources):
            for resource in answer.resources:  # type: ignore[attr-defined]
                name, entries = resource[3], resource[4]
                found[name] |= {entry[0]: entry[1] for entry in entries}
        return found
    finally:
        await admin.close()


async def places_of(bootstrap: Sequence[str], topics: Sequence[str]) -> list[TopicPartition]:
    """Every partition of some topics. A consumer that is not subscribed does not learn them, so the cluster is asked."""
    admin = AIOKafkaAdminClient(bootstrap_servers=list(bootstrap))
    await admin.start()
    try:
        return [
            TopicPartition(name, partition["partition"])
            for name, topic in (await _described(admin, topics)).items()
            for partition in topic["partitions"]
        ]
    finally:
        await admin.close()


async def _described(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Each topic as a broker knows it.

    A broker hears of a new topic a moment after the one that made it: until then it is asked again, since a topic that
    seems to have no copies would be given the settings of one that has few.

    Raises:
        UnknownTopicOrPartitionError: when one is not known after half a minute.
    """
    for _ in range(_TRIES):
        topics = await admin.describe_topics(list(names))
        found = {topic["topic"]: topic for topic in topics if topic["partitions"]}
        if found.keys() >= set(names):
            return found
        await asyncio.sleep(0.2)
    raise UnknownTopicOrPartitionError(next(name for name in names if name not in found))


def _copies(topics: Mapping[str, dict[str, Any]]) -> dict[str, int]:
    """How many replicas each topic has, those included whose broker is down."""
    return {name: len(topic["partitions"][0]["replicas"]) for name, topic in topics.items()}


def _new(plan: Plan, brokers: int) -> NewTopic:
    return NewTopic(
        name=plan.name,
        num_partitions=plan.partitions,
        replication_factor=3 if brokers >= 3 else 1,
        topic_configs=plan.settings(brokers),
    )
