"""A mail, as bytes, to what it says."""

from typing import Any


def warm() -> None:
    """Load what the first mail would have to wait for."""


def parse(raw: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Read a mail."""
    return {"outcome": "unreadable", "reason": "not_yet", "size": len(raw)}
