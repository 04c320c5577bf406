"""Topics are created by us, from the contracts, and never on first use."""

from collections.abc import Mapping, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.contracts.topics import Plan, plans


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
            copies = await _copies(admin, [plan.name for plan in known])
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
        copies = await _copies(admin, names)
        for topic in await admin.describe_topics(list(names)):
            found[topic["topic"]] = {
                "partitions": str(len(topic["partitions"])),
                "replication": str(copies[topic["topic"]]),
            }
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        for answer in await admin.describe_configs(resources):
            for resource in answer.resources:  # type: ignore[attr-defined]
                name, entries = resource[3], resource[4]
                found[name] |= {entry[0]: entry[1] for entry in entries}
        return found
    finally:
        await admin.close()


async def _copies(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    """How many replicas each topic has, those included whose broker is down."""
    return {
        topic["topic"]: len(topic["partitions"][0]["replicas"]) if topic["partitions"] else 0
        for topic in await admin.describe_topics(list(names))
    }


def _new(plan: Plan, brokers: int) -> NewTopic:
    return NewTopic(
        name=plan.name,
        num_partitions=plan.partitions,
        replication_factor=3 if brokers >= 3 else 1,
        topic_configs=plan.settings(brokers),
    )
