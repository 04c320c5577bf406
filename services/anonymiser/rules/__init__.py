"""The anonymiser's rules: words in, words without names out. No broker, clock, network or logger."""

from services.anonymiser.rules.redact import redact
from services.anonymiser.rules.spans import RULES_VERSION, Redacted, Span, StandIn

__all__ = ["RULES_VERSION", "Redacted", "Span", "StandIn", "redact"]
