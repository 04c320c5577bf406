"""The AsyncAPI document is the code's, and its references lead somewhere."""

import json
from collections.abc import Iterator
from typing import Any

from shared.contracts import asyncapi
from shared.contracts.topics import GROUPS, WRITERS, Topic


def test_the_snapshot_is_todays() -> None:
    assert asyncapi.PATH.read_text(encoding="utf-8") == asyncapi.text(), (
        "run: python -m shared.contracts.asyncapi"
    )


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for one in part.values():
            yield from references(one)
    elif isinstance(part, list):
        for one in part:
            yield from references(one)


def test_every_reference_leads_somewhere() -> None:
    whole = json.loads(asyncapi.text())
    outside = [one for one in references(whole) if not one.startswith("#/$defs/")]  # those are a schema's own
    assert len(outside) > 50
    for one in outside:
        place = whole
        for step in one.removeprefix("#/").split("/"):
            place = place[step]
        assert place


def test_it_names_every_writer_and_reader_and_no_other() -> None:
    told = asyncapi.document()["operations"]
    sends = {name for name, one in told.items() if one["action"] == "send"}
    receives = {name for name, one in told.items() if one["action"] == "receive"}
    assert sends == {
        f"{writer.replace(' ', '_')}.sends.{topic.value}" for topic in Topic for writer in WRITERS[topic]
    }
    assert receives == {
        f"{group}.receives.{topic.value}" for group, topics in GROUPS.items() for topic in topics
    }
