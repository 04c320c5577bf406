"""The equation: accepted = archived + held + in flight + refused + erased, each named by its owner; the rest is missing."""

from services.ledger.rules.alarms import Beat, Figures, causes, due, page
from services.ledger.rules.describe import describe, describe_trace
from services.ledger.rules.facts import Facts, Look, Mark, Parked, Receipt
from services.ledger.rules.letters import chains, is_open, waits
from services.ledger.rules.state import Found, State, state_of

RULES: int = 1
"""Raised when `state_of` changes: what is settled is then looked at again."""

__all__ = [
    "RULES",
    "Beat",
    "Facts",
    "Figures",
    "Found",
    "Look",
    "Mark",
    "Parked",
    "Receipt",
    "State",
    "causes",
    "chains",
    "describe",
    "describe_trace",
    "due",
    "is_open",
    "page",
    "state_of",
    "waits",
]
