"""One JSON line in, one JSON line out, for `heard anonymise --jsonl` and the scorer."""

import json
from typing import Any

from services.anonymiser.rules.redact import redact


def answer(line: str) -> str:
    """Answer one line, whatever it holds, and quote nothing of a bad one.

    >>> answer('{"id": "A-1", "text": "hello"}')
    '{"id": "A-1", "text": "hello", "spans": [], "held": false}'
    >>> answer("not json")
    '{"id": null, "error": "this line is not JSON"}'
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return _error(None, "this line is not JSON")
    if not isinstance(row, dict):
        return _error(None, "this line is not a JSON object")
    row_id = row.get("id") if isinstance(row.get("id"), str | int) else None
    if not isinstance(row.get("text"), str):
        return _error(row_id, "this line has no text")
    try:
        redacted = redact(row["text"], names=_names(row.get("envelope")))
    except Exception:  # the words must not reach a traceback
        return _error(row_id, "this line could not be anonymised")
    spans = [{"start": s.start, "end": s.end, "label": s.label, "kind": s.kind} for s in redacted.spans]
    return json.dumps({"id": row_id, "text": redacted.words, "spans": spans, "held": redacted.held})


def _names(envelope: Any) -> list[str]:
    return [v for v in envelope.values() if isinstance(v, str)] if isinstance(envelope, dict) else []


def _error(row_id: str | int | None, why: str) -> str:
    return json.dumps({"id": row_id, "error": why})
