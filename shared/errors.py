"""An error is a decision: three words cover what we expect, anything else is a defect.

A reason is a short code of ours (`header_not_ascii`, `late`), never words of a contributor: it travels in a
header of the dead letter and stands in logs.
"""


class HeardError(Exception):
    """An error that we raise on purpose; `reason` is a code, safe to log and to put in a header."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(HeardError):
    """Somebody else is away, for every record: the partition waits in place, with a back-off."""


class Retryable(HeardError):
    """This record does not work for now: it goes to the retry topic and comes back later."""


class Rejected(HeardError):
    """This record will never work: it becomes a dead letter, which a person sees."""
