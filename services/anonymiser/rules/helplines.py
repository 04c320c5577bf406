"""Numbers that stay, because a reader needs to see who was or was not rung."""

HELPLINES = frozenset(
    {
        "999", "112", "111", "101", "105", "119",
        "08001111",  # Childline
        "116123",  # Samaritans
        "116000",  # Missing People
        "116111",
        "85258",  # Shout
        "08088005000",  # NSPCC
        "08088020040",
        "08082000247",  # domestic abuse
        "08000684141",  # Papyrus
        "08005280731",
        "08000232033",
    }
)  # fmt: skip


def is_helpline(digits: str) -> bool:
    """Say whether a run of digits is nothing but listed helplines.

    >>> is_helpline("08001111"), is_helpline("07700900123")
    (True, False)
    """
    return digits in HELPLINES
