"""The values that events carry. Reading is tolerant: an unknown member becomes the most careful one.

Where no member is careful enough (a channel we do not know cannot be opened), the value has no `_missing_` and the
record is refused as a whole, which puts it before a person.
"""

from enum import StrEnum
from typing import Final, Self


class Channel(StrEnum):
    SMS = "sms"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    VOICE = "voice"
    WEB = "web"
    PARTNER = "partner"


class Provider(StrEnum):
    TWILIO = "twilio"
    SES = "ses"
    SMTP = "smtp"
    FORM = "form"
    PARTNER = "partner"


class Keyword(StrEnum):
    """What the keyword guard saw: the whole text was one of these words (voice: the caller asked for it)."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    CALL_ME = "call_me"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("help") if isinstance(value, str) else None  # asks a person to look


class SafeContact(StrEnum):
    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("no") if isinstance(value, str) else None


class Role(StrEnum):
    CHILD = "child"
    TEENAGER = "teenager"
    CARE_EXPERIENCED = "care_experienced"
    SIBLING = "sibling"
    PARENT = "parent"
    GRANDPARENT = "grandparent"
    KINSHIP_CARER = "kinship_carer"
    FOSTER_CARER = "foster_carer"
    ADOPTER = "adopter"
    WORKER = "worker"
    DISABLED = "disabled"
    INTERPRETER = "interpreter"
    PRISON = "prison"
    HOMELESS = "homeless"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("other") if isinstance(value, str) else None


class AgeBand(StrEnum):
    UNDER_8 = "u8"
    FROM_8 = "8_12"
    FROM_13 = "13_15"
    FROM_16 = "16_17"
    FROM_18 = "18_25"
    OVER_25 = "over25"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("u8") if isinstance(value, str) else None  # youngest: the most careful


class PartKind(StrEnum):
    WORDS = "words"
    MAIL = "mail"
    SOUND = "sound"
    PICTURE = "picture"
    DOCUMENT = "document"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("other") if isinstance(value, str) else None


READ: Final[frozenset[PartKind]] = frozenset()
"""The kinds that a reader turns into words today. A part of any other kind goes straight to a person."""


class Place(StrEnum):
    """Where in the contribution a part stood."""

    BODY = "body"
    SUBJECT = "subject"
    CAPTION = "caption"
    WORKS = "works"
    NOT_WORKING = "not_working"
    CHANGE = "change"
    FILE = "file"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("body") if isinstance(value, str) else None


class Outcome(StrEnum):
    """What the reader made of a part."""

    WORDS = "words"
    NO_WORDS = "no_words"
    OTHER_LANGUAGE = "other_language"
    LOW_CONFIDENCE = "low_confidence"
    UNREADABLE = "unreadable"
    TOO_BIG = "too_big"
    UNSUPPORTED = "unsupported"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("unreadable") if isinstance(value, str) else None


class Level(StrEnum):
    """How soon a trained person must look; `rank` orders them, the highest first."""

    IMMEDIATE = "immediate"
    HIGH = "high"
    UNASSESSED = "unassessed"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("unassessed") if isinstance(value, str) else None

    @property
    def rank(self) -> int:
        """Higher is more urgent.

        >>> max([Level.LOW, Level.UNASSESSED, Level.HIGH], key=lambda level: level.rank).value
        'high'
        """
        return len(Level) - list(Level).index(self)

    @property
    def rings(self) -> bool:
        return self in (Level.IMMEDIATE, Level.HIGH, Level.UNASSESSED)


class Tray(StrEnum):
    """What waits for a person because it has no words, or none that we can score."""

    NO_WORDS = "no_words"
    OTHER_LANGUAGE = "other_language"
    LOW_CONFIDENCE = "low_confidence"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("low_confidence") if isinstance(value, str) else None


class ThreadUse(StrEnum):
    """Whether triage could ask what came from the same address before."""

    USED = "used"
    TIMED_OUT = "timed_out"
    ABSENT = "absent"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("timed_out") if isinstance(value, str) else None


class Status(StrEnum):
    """Whether the anonymised words may be read by analysts."""

    OPEN = "open"
    HELD = "held"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("held") if isinstance(value, str) else None


class HoldCause(StrEnum):
    DOUBT = "doubt"
    LANGUAGE = "language"
    COURT = "court"
    FAILED = "failed"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("doubt") if isinstance(value, str) else None


class Step(StrEnum):
    """What the archive did."""

    MASTER = "master"
    OPEN = "open"
    LEVEL = "level"
    ERASED = "erased"


class ReplyKind(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    PERSONAL = "personal"


class SendResult(StrEnum):
    SENT = "sent"
    WITHHELD = "withheld"
    REFUSED = "refused"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("unknown") if isinstance(value, str) else None


class WithheldCause(StrEnum):
    LATE = "late"
    DAILY = "daily"
    OPTED_OUT = "opted_out"
    AUTOMATIC = "automatic"
    UNAUTHENTICATED = "unauthenticated"
    NO_ADDRESS = "no_address"
    UNSAFE = "unsafe"
    KEYWORD = "keyword"
    PROVIDER = "provider"
