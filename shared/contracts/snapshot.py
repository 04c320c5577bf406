"""`python -m shared.contracts.snapshot`: write each topic's JSON Schema beside the code, where a review sees a change.

It refuses a change that would break what was written before: that needs a new topic version.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from shared.contracts.compatible import breaks
from shared.contracts.topics import MODELS, Topic

FOLDER: Final = Path(__file__).parent / "schemas"


def schema_of(topic: Topic) -> dict[str, Any]:
    """The schema that readers hold a message of this topic against."""
    schema = _untitled(MODELS[topic].model_json_schema(mode="validation"))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:heard:{topic.kind}:{topic.version}",
        **schema,
    }


def path_of(topic: Topic) -> Path:
    return FOLDER / f"{topic.value}.json"


def text_of(topic: Topic) -> str:
    return json.dumps(schema_of(topic), indent=2, sort_keys=True) + "\n"


def broken() -> list[str]:
    """What today's code would break of the snapshots that are there; one line each."""
    found = []
    for topic in Topic:
        if path_of(topic).exists():
            before = json.loads(path_of(topic).read_text(encoding="utf-8"))
            found += [f"{topic.value} {line}" for line in breaks(before, schema_of(topic))]
    gone = {path.stem for path in FOLDER.glob("*.json")} - {topic.value for topic in Topic}
    return found + [f"{name}: the topic was removed" for name in sorted(gone)]


def main() -> int:
    if wrong := broken():
        print("Not written: this would break messages that are kept. A new topic version is needed.")
        print("\n".join(wrong))
        return 1
    FOLDER.mkdir(exist_ok=True)
    for topic in Topic:
        path_of(topic).write_text(text_of(topic), encoding="utf-8")
    return 0


def _untitled(schema: Any) -> Any:
    """Titles only repeat the names; a field may be called `title`, so properties keep theirs."""
    if isinstance(schema, list):
        return [_untitled(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {key: _untitled(one) for key, one in value.items()}
        if name in ("properties", "$defs")
        else _untitled(value)
        for name, value in schema.items()
        if name != "title"
    }


if __name__ == "__main__":
    sys.exit(main())
