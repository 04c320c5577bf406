"""Logs that carry no one's words, and the trace that follows a contribution."""

from shared.telemetry.logs import configure, log
from shared.telemetry.trace import child_of, new_trace

__all__ = ["child_of", "configure", "log", "new_trace"]
