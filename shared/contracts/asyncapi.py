"""The flow as an AsyncAPI 3.0 document, made from the contracts: topics, who writes and reads them, and the messages.

`python -m shared.contracts.asyncapi` writes it anew.
"""

import json
from pathlib import Path
from typing import Any, Final

from shared.contracts.snapshot import schema_of
from shared.contracts.topics import GROUPS, MODELS, WRITERS, Topic, plans

PATH: Final = Path(__file__).parent / "asyncapi.json"


def document() -> dict[str, Any]:
    """The whole document. Retry topics and dead letters carry the ciphertext of their source, so they have no schema."""
    partitions = {plan.name: plan.partitions for plan in plans()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Heard",
            "version": "1",
            "description": "Events are CloudEvents 1.0 in binary mode. Words travel only as ciphertext.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.value: _channel(topic, partitions[topic.value]) for topic in Topic},
        "operations": _operations(),
        "components": {
            "messages": {topic.value: _message(topic) for topic in Topic},
            "messageTraits": {"event": {"headers": _HEADERS}},
        },
    }


def text() -> str:
    return json.dumps(document(), indent=1, sort_keys=True) + "\n"


def _channel(topic: Topic, partitions: int) -> dict[str, Any]:
    return {
        "address": topic.value,
        "messages": {topic.kind: {"$ref": f"#/components/messages/{topic.value}"}},
        "bindings": {"kafka": {"topic": topic.value, "partitions": partitions, "bindingVersion": "0.5.0"}},
    }


def _message(topic: Topic) -> dict[str, Any]:
    summary = (MODELS[topic].__doc__ or "").strip().partition("\n")[0]
    return {
        "name": topic.kind,
        "summary": summary,
        "traits": [{"$ref": "#/components/messageTraits/event"}],
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": schema_of(topic),
        },
    }


def _operations() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for topic in Topic:
        for writer in WRITERS[topic]:
            who = writer.replace(" ", "_")
            found[f"{who}.sends.{topic.value}"] = _operation("send", topic)
    for group, topics in GROUPS.items():
        for topic in topics:
            told = _operation("receive", topic)
            told["bindings"] = {"kafka": {"groupId": {"const": group}, "bindingVersion": "0.5.0"}}
            found[f"{group}.receives.{topic.value}"] = told
    return found


def _operation(action: str, topic: Topic) -> dict[str, Any]:
    channel = f"#/channels/{topic.value}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{topic.kind}"}],
    }


_HEADERS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["ce_id", "ce_type", "ce_source", "ce_time", "ce_specversion", "ce_dataschema"],
    "properties": {
        "ce_id": {"type": "string", "format": "uuid"},
        "ce_subject": {"type": "string", "format": "uuid"},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_specversion": {"const": "1.0"},
        "ce_dataschema": {"type": "string"},
        "content-type": {"const": "application/json"},
        "traceparent": {"type": "string"},
    },
}


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
