"""The table of who may open what. A process gets the keys of its row and no other."""

from enum import StrEnum
from typing import Final


class Purpose(StrEnum):
    """What a key pair is for; each has a new pair every week."""

    WORDS = "words"
    OBJECT = "object"
    TAG = "tag"
    NAMES = "names"
    REPLY = "reply"
    IDENTITY_FIRST = "identity_first"
    IDENTITY_SECOND = "identity_second"
    FINDINGS = "findings"
    OPEN = "open"
    DOUBT = "doubt"


P = Purpose
OPENS: Final[dict[str, frozenset[Purpose]]] = {
    "sms_intake": frozenset(),
    "email_intake": frozenset(),
    "voice_intake": frozenset(),
    "art_intake": frozenset(),
    "reader": frozenset({P.OBJECT}),
    "triage": frozenset({P.WORDS, P.TAG}),
    "anonymiser": frozenset({P.WORDS, P.TAG, P.NAMES, P.DOUBT}),
    "archive": frozenset({P.WORDS, P.OBJECT, P.OPEN}),
    "replies": frozenset({P.REPLY}),
    "pager": frozenset(),
    "ledger": frozenset(),
    "console": frozenset({P.FINDINGS, P.OPEN, P.DOUBT}),
    "operations": frozenset(),
}
"""Identity is in no row: two people hold one half each, offline. `operations` is the console while nobody signs in there."""

SECRETS: Final[dict[str, frozenset[str]]] = {
    "sms_intake": frozenset({"bucket", "tag", "digest", "twilio_webhook"}),
    "email_intake": frozenset({"bucket", "tag", "digest"}),
    "voice_intake": frozenset({"bucket", "tag", "digest", "twilio_webhook"}),
    "art_intake": frozenset(
        {"bucket", "tag", "digest", "receipt", "form", "partner", "proof", "database_art_intake"}
    ),
    "reader": frozenset({"digest", "twilio_fetch"}),
    "triage": frozenset({"sender", "store_triage", "database_triage"}),
    "anonymiser": frozenset({"sender", "store_anonymiser", "database_anonymiser"}),
    "archive": frozenset({"epoch", "database_archive"}),
    "replies": frozenset({"address", "twilio_send", "smtp_send", "database_replies"}),
    "pager": frozenset({"twilio_send", "database_pager"}),
    "ledger": frozenset({"database_ledger", "twilio_send"}),
    "console": frozenset({"database_console"}),
    "operations": frozenset(),
}
"""Symmetric secrets: HMAC keys of the edge (they open nothing), sealing keys of a store, passwords."""

EDGE: Final = frozenset({"sms_intake", "email_intake", "voice_intake", "art_intake"})
