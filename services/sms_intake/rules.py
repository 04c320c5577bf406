"""The keyword guard: what a whole text can ask for. The words are triaged like any others, whatever it says."""

import unicodedata
from typing import Final

from shared.contracts.values import Keyword

STOP: Final = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "end", "quit", "cancel", "revoke", "optout", "opt out"}
)
START: Final = frozenset({"start", "unstop"})
HELP: Final = frozenset({"help", "info"})
CALL_ME: Final = frozenset({"call me", "callme"})

_EDGES: Final = " \t\r\n.!?,;:'\"-_*~\u200b\ufeff\u2026\u2019\u201c\u201d"


def keyword(words: str, opt_out_type: str | None = None) -> Keyword | None:
    """Say which keyword a text is, if it is one and nothing else.

    `opt_out_type` is what Twilio's own opt-out feature decided (STOP, START, HELP): it wins, since Twilio has acted
    on it already.

    >>> keyword(" Stop. ").value
    'stop'
    >>> keyword("please stop moving children") is None
    True
    """
    decided = (opt_out_type or "").strip().lower()
    if decided in ("stop", "start", "help"):
        return Keyword(decided)
    folded = " ".join(unicodedata.normalize("NFKC", words).casefold().strip(_EDGES).split())
    for found, texts in (
        (Keyword.STOP, STOP),
        (Keyword.START, START),
        (Keyword.HELP, HELP),
        (Keyword.CALL_ME, CALL_ME),
    ):
        if folded in texts:
            return found
    return None
