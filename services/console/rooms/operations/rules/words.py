"""What each service does, what it means for people when it stops, and what to do then. Plain, short, true."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class About:
    """`title` is the job in words; `well` is said when it does it. `without` is what people notice when it has stopped,
    `slow` when it is late. `database`: what waits while PostgreSQL is away, empty for who can do without.
    """

    title: str
    well: str
    without: str
    slow: str = ""
    database: str = ""
    whom: str = "Everyone who writes to us"
    late_after: timedelta = timedelta(minutes=2)
    broken_after: timedelta = timedelta(minutes=15)


ABOUT: Final[Mapping[str, About]] = {
    "pager": About(
        "Ringing the duty lead",
        "A phone rings when somebody may be in danger.",
        "No phone rings, whatever people tell us. Ring the duty lead yourself, and read what is open with"
        " “heard concerns list”.",
        "Phones ring later than they should.",
        "Phones ring all the same, from the pager’s own file, and perhaps twice.",
        "Everyone in danger, and the duty lead",
        timedelta(seconds=20),
        timedelta(minutes=2),
    ),
    "triage": About(
        "Reading for danger",
        "Whatever has words is read for danger as it comes.",
        "What people send is taken in and waits safely, but nobody reads it for danger. What has waited for three"
        " minutes rings the duty lead.",
        "What people send is read for danger, but late. What has waited for three minutes rings the duty lead.",
        late_after=timedelta(seconds=30),
        broken_after=timedelta(minutes=3),
    ),
    "sms_intake": About(
        "Taking in texts and WhatsApp",
        "Texts and WhatsApp messages are taken in.",
        "Nobody can reach us by text or WhatsApp. What is sent now stays on Twilio’s list; the ledger looks there every"
        " five minutes and says what is missing.",
        whom="Everyone who texts us",
    ),
    "email_intake": About(
        "Taking in mail",
        "Mail is taken in.",
        "Mail is not taken in. The senders’ mail servers keep it and try again, as a rule for some days.",
        whom="Everyone who mails us",
    ),
    "voice_intake": About(
        "Taking calls and recordings",
        "Calls are answered and recordings taken in.",
        "Calls are not answered, and nobody can leave a voice message.",
        whom="Everyone who rings us",
    ),
    "art_intake": About(
        "The web form and partners",
        "The form is open, and partners can hand over.",
        "The form cannot be opened, and partners cannot hand anything over. What was already sent is safe.",
        "The form and partners learn later what became of a contribution.",
        "The form takes in. The six words cannot be looked up, and new partners cannot hand over.",
        "Everyone who uses the form, and partners",
    ),
    "reader": About(
        "Reading mail, listening to voices",
        "Mail, voices and pictures are turned into words.",
        "Mail, voice messages and pictures are taken in and wait safely, but nobody turns them into words. Texts and"
        " what is written in the form are read as always.",
        "Mail, voices and pictures are turned into words, but late.",
        whom="Everyone who mails, calls, or sends pictures",
        late_after=timedelta(minutes=2),
        broken_after=timedelta(minutes=15),
    ),
    "anonymiser": About(
        "Taking out names",
        "Names and addresses are taken out of people’s words.",
        "No words are made safe to read. Nothing is lost: they wait.",
        "Words are made safe to read, but late.",
        "No words are made safe to read until it is back.",
        "Those who read what people said",
    ),
    "archive": About(
        "Keeping the record",
        "Everything that came is put into the record.",
        "Nothing new is put into the record. It waits in Kafka, where it is safe for 35 days.",
        "What came is put into the record, but late.",
        "Nothing new is put into the record until it is back.",
        "The record",
    ),
    "replies": About(
        "Saying thank you",
        "People are told that we got their message.",
        "Nobody is told that we got their message. An answer that would come later than ten minutes is not sent.",
        "People are told late that we got their message; later than ten minutes they are not told.",
        "Nobody is told that we got their message.",
        whom="Everyone who waits for an answer",
        late_after=timedelta(minutes=1),
        broken_after=timedelta(minutes=8),
    ),
    "ledger": About(
        "Counting that nothing is lost",
        "Every contribution is accounted for, again and again.",
        "Nobody counts whether anything is missing, and dead letters are not listed. Nothing is lost by that.",
        "The count is behind: what it says is a little old.",
        "Nobody counts whether anything is missing until it is back.",
        whom="Operations",
        late_after=timedelta(minutes=1),
        broken_after=timedelta(minutes=10),
    ),
}

NAMES: Final[Mapping[str, str]] = {
    "pager": "The pager",
    "triage": "Triage",
    "sms_intake": "The text intake",
    "email_intake": "The mail intake",
    "voice_intake": "The voice intake",
    "art_intake": "The form and partner intake",
    "reader": "The reader",
    "anonymiser": "The anonymiser",
    "archive": "The archive",
    "replies": "The replies service",
    "ledger": "The ledger",
}
"""In the order of how soon somebody must look."""


@dataclass(frozen=True, slots=True)
class Help:
    """What to do, and where it is described (a file below `deploy/runbooks/`)."""

    do: str
    runbook: str = ""


SILENT: Final = Help(
    "Look at its last log lines. It is started again by itself after a second; if it is stopped on purpose, start it.",
    "ServiceAbsent.md",
)
STUCK: Final = Help(
    "Look at its log for what it waits for, and at its memory and CPU. A restart loses nothing.",
    "GroupBehind.md",
)
KAFKA: Final = Help(
    "See whether the brokers run and whether their disks are full: “heard kafka status”. When they are back, everything"
    " that waits goes on by itself.",
    "KafkaAway.md",
)
DATABASE: Final = Help(
    "See whether PostgreSQL runs and whether its disk is full. When it is back, everything that waits goes on by itself.",
    "DatabaseAway.md",
)
LETTER: Final = Help(
    "List them with “heard dead list”. After the fix give them back with “heard dead replay”.",
    "DeadLetters.md",
)
ASIDE: Final = Help(
    "Look for “row_set_aside” in the intake’s log: the reason stands there. The words are safe in its spool.",
    "SetAside.md",
)
CANNOT_RING: Final = Help(
    "Ring the duty lead yourself, and look at the telephone provider’s account.", "CannotRing.md"
)
MISSING: Final = Help(
    "See which with “heard ledger”, and follow one with “heard trace”.", "ContributionsMissing.md"
)
UNREADY: Final = Help("Look at its last log lines: it says what it waits for.", "ServiceAbsent.md")
SPOOLED: Final = Help("Look at the intake’s log, and whether Kafka takes in anything.", "SpoolOld.md")
RETRIED: Final = Help("Nothing yet: it is tried again by itself.", "RetriesPile.md")
HALTED: Final = Help(
    "Most of what it tried failed, so the fault is ours. Mend it, then let the group go on with “heard group resume”.",
    "LineHalted.md",
)
PAUSED: Final = Help("Somebody paused it, perhaps for a repair. It goes on after “heard group resume”.")
