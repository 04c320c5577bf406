"""Ids, topics, the flow and the clock: what every service takes for granted."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from shared.clock import now, week_of, week_start
from shared.contracts import ids
from shared.contracts.base import utc
from shared.contracts.events import Heartbeat
from shared.contracts.flow import picture
from shared.contracts.topics import (
    GROUPS,
    INTAKES,
    MODELS,
    RECEIVED,
    WRITERS,
    Topic,
    dead_of,
    plans,
    retry_of,
    service_of,
)
from shared.messaging.effects import TOPIC_OF, ago, key_of
from shared.vault.purposes import SECRETS

ONE, OTHER = UUID(int=1), UUID(int=2)


def test_ids_never_change() -> None:
    """They are how repeats collapse: what was derived last year must be derived again."""
    assert str(ids.twilio_message("AC1", "SM1")) == "134c6ddf-aaf2-5a0e-b68f-4b4db9f0b391"
    assert str(ids.other_words(ONE, "ab")) == "607e6d43-5072-5272-a5cd-50833cb336e6"
    assert str(ids.output_of("triage", ONE, 1, 1)) == "bb356eea-de9c-54b4-9c0b-e82f1ca86c5d"
    assert str(ids.dead_letter("triage.dead", "t", 0, 1)) == "b88b44c7-e558-5b52-81b4-be87fca42212"


def test_each_thing_that_differs_gives_another_id() -> None:
    every = [
        ids.twilio_message("AC1", "SM1"),
        ids.twilio_message("AC2", "SM1"),
        ids.twilio_message("AC1", "SM2"),
        ids.other_words(ONE, "ab"),
        ids.other_words(OTHER, "ab"),
        ids.other_words(ONE, "cd"),
        *(
            ids.output_of(stage, source, part, revision)
            for stage in ("triage", "anonymiser")
            for source in (ONE, OTHER)
            for part in (0, 1, 11)
            for revision in (1, 2)
        ),
        ids.dead_letter("g", "t", 1, 11),
        ids.dead_letter("g", "t", 11, 1),
        ids.dead_letter("g", "u", 1, 11),
        ids.dead_letter("h", "t", 1, 11),
    ]
    assert len(set(every)) == len(every)


@pytest.mark.parametrize(
    ("name", "partitions"),
    [
        *((topic.value, 12) for topic in RECEIVED),
        ("attachments.found.v1", 12),
        ("contributions.read.v1", 12),
        ("contributions.triaged.v1", 12),
        ("contributions.anonymised.v1", 12),
        ("contributions.archived.v1", 12),
        ("replies.requested.v1", 6),
        ("replies.sent.v1", 6),
        ("heartbeats.v1", 1),
        *((retry_of(group), 12) for group in GROUPS),
        *((dead_of(group), 3) for group in GROUPS),
    ],
)
def test_partitions_never_change(name: str, partitions: int) -> None:
    """A key's place depends on their number."""
    assert {plan.name: plan.partitions for plan in plans()}[name] == partitions


def test_every_topic_is_planned_once() -> None:
    names = [plan.name for plan in plans()]
    assert len(names) == len(set(names)) == len(Topic) + 2 * len(GROUPS)


@pytest.mark.parametrize(
    ("brokers", "in_sync", "flush"), [(1, "1", "1"), (2, "1", "1"), (3, "2", None), (5, "2", None)]
)
def test_topics_are_kept_35_days_and_are_safe_on_any_number_of_brokers(
    brokers: int, in_sync: str, flush: str | None
) -> None:
    for plan in plans():
        settings = plan.settings(brokers)
        assert settings["retention.ms"] == str(35 * 24 * 3600 * 1000)
        assert settings["segment.ms"] == str(24 * 3600 * 1000)
        assert settings["cleanup.policy"] == "delete"
        assert settings["message.timestamp.type"] == "LogAppendTime"
        assert settings["min.insync.replicas"] == in_sync
        assert settings.get("flush.messages") == flush


def test_a_topic_knows_its_kind_and_version() -> None:
    assert {(topic.kind, topic.version) for topic in Topic} == {
        (topic.value[: -len(".v1")], 1) for topic in Topic
    }


def test_every_topic_has_a_model_a_writer_and_a_reader() -> None:
    assert set(MODELS) == set(WRITERS) == set(Topic)
    assert {topic for topics in GROUPS.values() for topic in topics} == set(Topic)
    assert all(WRITERS[topic] == (intake,) for topic, intake in INTAKES.items())


def test_every_event_that_a_stage_may_publish_has_one_topic() -> None:
    assert {topic: model for model, topic in TOPIC_OF.items()} == {
        topic: model for topic, model in MODELS.items() if topic not in RECEIVED
    }


def test_everyone_who_reads_or_writes_has_a_row_of_keys() -> None:
    writers = {name for names in WRITERS.values() for name in names} - {"every service"}
    assert writers | set(map(service_of, GROUPS)) <= set(SECRETS)


def test_the_picture_shows_every_topic_with_its_writer_and_readers() -> None:
    lines = picture().splitlines()
    assert [line.split(" --> ")[1].strip() for line in lines] == [topic.value for topic in Topic]
    triaged = next(line for line in lines if "contributions.triaged" in line)
    assert triaged.split(" --> ")[0].strip() == "triage"
    assert set(triaged.split(" --> ")[2].split(", ")) == {
        g for g, ts in GROUPS.items() if Topic.TRIAGED in ts
    }


def test_a_heartbeat_is_keyed_by_its_service_and_everything_else_by_contribution() -> None:
    beat = Heartbeat(event_id=ONE, service="triage", instance="1", at=now())
    assert key_of(beat) == b"triage"


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        (datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC), "2026W48"),
        (datetime(2026, 11, 30, tzinfo=UTC), "2026W49"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026W01"),
        (datetime(2027, 1, 3, tzinfo=UTC), "2026W53"),
        (datetime(2026, 11, 30, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026W48"),
    ],
)
def test_weeks_are_iso_weeks_in_utc(moment: datetime, week: str) -> None:
    assert week_of(moment) == week
    assert week_start(week) <= moment < week_start(week) + timedelta(days=7)


def test_weeks_sort_as_text() -> None:
    first = datetime(2026, 1, 5, tzinfo=UTC)
    weeks = [week_of(first + timedelta(days=7 * n)) for n in range(120)]
    assert weeks == sorted(set(weeks))


def test_moments_are_written_alike() -> None:
    assert (
        utc(datetime(2026, 7, 1, 13, 0, tzinfo=timezone(timedelta(hours=1)))) == "2026-07-01T12:00:00.000000Z"
    )


def test_ago_is_never_negative() -> None:
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    assert ago(moment, moment + timedelta(seconds=5)) == 5
    assert ago(moment + timedelta(seconds=5), moment) == 0
