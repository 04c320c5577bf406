"""Numbers that stay, because a reader needs to see who was or was not rung."""

HELPLINES = frozenset(
    {
        "999", "112", "111", "101", "105", "119",  # national services
        "08001111",  # Childline
        "116123",  # Samaritans
        "116000",  # Missing People
        "85258",  # SHOUT
        "08088005000",  # NSPCC
        "08082000247",  # National Domestic Abuse Helpline
        "08000684141",  # Papyrus
        "08005280731",  # Help at Hand, the Children's Commissioner's
        "08000232033",  # Become's Care Advice Line
    }
)  # fmt: skip
"""Nobody is told of these by us: the helplines that people are told of stand, dated, in `shared/helplines.toml`."""


def is_helpline(digits: str) -> bool:
    """Say whether a run of digits is nothing but listed helplines.

    >>> is_helpline("08001111"), is_helpline("07700900123")
    (True, False)
    """
    return digits in HELPLINES
