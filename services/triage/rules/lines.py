"""One JSON line in, one JSON line out: how the rules are measured, and used without a broker."""

import json
from typing import Any

from services.triage.rules.assess import assess


def answer(line: str) -> str:
    """Answer one row. An error never quotes the words.

    >>> answer("{}")
    '{"id": null, "error": "the line has no text"}'
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return _error(None, "the line is not JSON")
    if not isinstance(row, dict):
        return _error(None, "the line is not a JSON object")
    name = row.get("id")
    if not isinstance(name, str | int | None):
        return _error(None, "the id is neither text nor a whole number")
    text, thread = row.get("text"), row.get("thread") or []
    if not isinstance(text, str):
        return _error(name, "the line has no text")
    if not isinstance(thread, list) or not all(isinstance(earlier, str) for earlier in thread):
        return _error(name, "the thread is not a list of texts")
    try:
        return json.dumps({"id": name, **_found(text, thread)})
    except Exception:  # fail towards a person: whoever counts the answers sees one missing
        return _error(name, "the rules failed on this line")


def _found(text: str, thread: list[str]) -> dict[str, Any]:
    found = assess(text, thread)
    return {
        "level": found.level.value,
        "score": found.score,
        "to_human": found.to_human,
        "categories": list(found.categories),
        "evidence": [{"start": e.start, "end": e.end} for e in found.evidence],
        "reasons": list(found.reasons),
    }


def _error(name: str | int | None, what: str) -> str:
    return json.dumps({"id": name, "error": what})
