"""The values that events carry. Reading is tolerant: an unknown member becomes the most careful one.

Where no member is careful enough (a channel that we do not know cannot be opened), the value is not in the table and the
record is refused as a whole, which puts it before a person.
"""

from enum import StrEnum
from typing import Final, Self

MOST_CAREFUL: Final = {
    "Keyword": "help",  # asks a person to look
    "SafeContact": "no",
    "Role": "other",
    "AgeBand": "u8",  # the youngest
    "PartKind": "other",
    "Place": "body",
    "Outcome": "unreadable",
    "Level": "unassessed",
    "Tray": "low_confidence",
    "ThreadUse": "timed_out",
    "Status": "held",
    "HoldCause": "doubt",
    "Deletion": "refused",  # it may still be there
    "SendResult": "unknown",
}
"""What an unknown member of each value is read as, in one place, so that it can be reviewed."""


class Careful(StrEnum):
    """A value whose unknown members are read as its most careful one."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls(MOST_CAREFUL[cls.__name__]) if isinstance(value, str) else None


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


class Keyword(Careful):
    """What the keyword guard saw: the whole text was one of these words (voice: the caller asked for it)."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    CALL_ME = "call_me"


class SafeContact(Careful):
    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"


class Role(Careful):
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


class AgeBand(Careful):
    UNDER_8 = "u8"
    FROM_8 = "8_12"
    FROM_13 = "13_15"
    FROM_16 = "16_17"
    FROM_18 = "18_25"
    OVER_25 = "over25"


class PartKind(Careful):
    WORDS = "words"
    MAIL = "mail"
    SOUND = "sound"
    PICTURE = "picture"
    DOCUMENT = "document"
    OTHER = "other"

    @classmethod
    def of(cls, media_type: str) -> Self:
        """The kind of a file. A film is `other` until somebody reads films; its sound alone is not the whole of it.

        >>> [PartKind.of(one).value for one in ("image/heic", "audio/ogg", "application/pdf", "video/mp4")]
        ['picture', 'sound', 'document', 'other']
        """
        if media_type == "application/pdf":
            return cls("document")
        kinds = {"image": "picture", "audio": "sound"}
        return cls(kinds.get(media_type.partition("/")[0], "other"))


READ: Final[frozenset[PartKind]] = frozenset(PartKind) - {PartKind.WORDS}
"""The kinds that the reader turns into words, or says of why it could not."""


class Place(Careful):
    """Where in the contribution a part stood."""

    BODY = "body"
    SUBJECT = "subject"
    CAPTION = "caption"
    WORKS = "works"
    NOT_WORKING = "not_working"
    CHANGE = "change"
    FILE = "file"


class Outcome(Careful):
    """What the reader made of a part."""

    WORDS = "words"
    NO_WORDS = "no_words"
    OTHER_LANGUAGE = "other_language"
    LOW_CONFIDENCE = "low_confidence"
    UNREADABLE = "unreadable"
    TOO_BIG = "too_big"
    UNSUPPORTED = "unsupported"


class Level(Careful):
    """How soon a trained person must look; `rank` orders them, the highest first."""

    IMMEDIATE = "immediate"
    HIGH = "high"
    UNASSESSED = "unassessed"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"

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


class Tray(Careful):
    """What waits for a person because it has no words, or none that we can score."""

    NO_WORDS = "no_words"
    OTHER_LANGUAGE = "other_language"
    LOW_CONFIDENCE = "low_confidence"


class ThreadUse(Careful):
    """Whether triage could ask what came from the same address before."""

    USED = "used"
    TIMED_OUT = "timed_out"
    ABSENT = "absent"


class Status(Careful):
    """Whether the anonymised words may be read by analysts."""

    OPEN = "open"
    HELD = "held"


class HoldCause(Careful):
    DOUBT = "doubt"
    LANGUAGE = "language"
    COURT = "court"
    FAILED = "failed"


class Step(StrEnum):
    """What the archive did."""

    MASTER = "master"
    OPEN = "open"
    LEVEL = "level"
    ERASED = "erased"


class Deletion(Careful):
    """What became of a copy at a provider."""

    DELETED = "deleted"
    GONE = "gone"
    REFUSED = "refused"


class ReplyKind(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    PERSONAL = "personal"


class SendResult(Careful):
    SENT = "sent"
    WITHHELD = "withheld"
    REFUSED = "refused"
    UNKNOWN = "unknown"


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
