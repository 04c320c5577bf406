"""W3C Trace Context (https://www.w3.org/TR/trace-context/): one trace follows a contribution through every header."""

import re
import secrets
from typing import Final

_SHAPE: Final = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def new_trace() -> str:
    """Begin a trace: the value of a `traceparent` header."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def child_of(traceparent: str | None) -> str:
    """The next span of the same trace; a new trace when there is none or it is malformed."""
    match = _SHAPE.fullmatch(traceparent or "")
    return f"00-{match[1]}-{secrets.token_hex(8)}-01" if match else new_trace()
