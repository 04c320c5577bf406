"""A broker that has not heard of a topic yet is asked again, and never taken for one that knows it has no copies."""

from typing import Any, cast

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import UnknownTopicOrPartitionError

from shared.messaging import creation

KNOWN = [{"replicas": [1, 2, 3]}]


class Admin:
    """Answers as brokers do whose news comes late."""

    def __init__(self, *answers: dict[str, list[dict[str, Any]]]) -> None:
        self.answers = list(answers)

    async def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [{"topic": name, "partitions": answer[name]} for name in names]


def asked(admin: Admin) -> AIOKafkaAdminClient:
    return cast(AIOKafkaAdminClient, admin)


async def test_news_that_come_late_are_waited_for() -> None:
    admin = Admin({"a": [], "b": KNOWN}, {"a": [], "b": []}, {"a": KNOWN, "b": KNOWN})
    topics = await creation._described(asked(admin), ["a", "b"])
    assert creation._copies(topics) == {"a": 3, "b": 3}


async def test_what_nobody_knows_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creation, "_TRIES", 2)
    with pytest.raises(UnknownTopicOrPartitionError, match="b"):
        await creation._described(asked(Admin({"a": KNOWN, "b": []})), ["a", "b"])
