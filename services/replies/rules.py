"""Whether it is safe to answer. The phone may be read by the person who does the harm."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from shared.contracts.ids import output_of
from shared.contracts.values import Keyword, SafeContact, WithheldCause
from shared.errors import Rejected

DAY: Final = timedelta(hours=24)
RECENT: Final = timedelta(days=30)
"""How far back a STOP is told of: the contributions of the same thread."""


class Security(StrEnum):
    """How the connection to our mail server is kept from others. `none` is for this machine alone."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


_MACHINES: Final = re.compile(
    r"(?:postmaster|hostmaster|abuse|root|daemon|nobody|listserv|majordomo|mailman|notifications?)"
    r"|(?:mailer-daemon|no-?reply|do-?not-?reply|auto-?reply|bounces?)(?:[+._=-].*)?"
    r"|owner-.*|.*-(?:owner|request)|.*[+._=-](?:bounces?|no-?reply)"
)
"""Names of addresses that programs write from. A person may call themselves `abuse.survivor`, or `nobody-listens`."""


def is_machine(address: str, own_domains: Collection[str]) -> bool:
    """Say whether an answer to this mail address would be read by nobody, or would come back to ourselves.

    >>> is_machine("No-Reply@example.net", ()), is_machine("norah@example.net", ())
    (True, False)
    """
    local, _, domain = address.lower().rpartition("@")
    return domain.rstrip(".") in own_domains or _MACHINES.fullmatch(local) is not None


@dataclass(frozen=True, slots=True)
class Slip:
    """Where an answer goes, and which number of ours it comes from. Neither is ever shown."""

    address: str = field(repr=False)
    to: str = field(repr=False)

    @property
    def known_as(self) -> bytes:
        """The address as one, however it is capitalised."""
        return self.address.lower().encode()

    @classmethod
    def parse(cls, clear: bytes) -> Self:
        """Read an opened reply slip.

        Raises:
            Rejected: `slip_malformed`.
        """
        try:
            told = json.loads(clear)
            address, to = told["address"], told["to"]
        except (ValueError, TypeError, KeyError):
            raise Rejected("slip_malformed") from None
        if not (isinstance(address, str) and isinstance(to, str) and address and to):
            raise Rejected("slip_malformed")
        return cls(address, to)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision may rest on. Neither words nor level are among them, so every answer is the same."""

    arrived_at: datetime
    reachable: bool
    keyword: Keyword | None = None
    safe_contact: SafeContact = SafeContact.UNKNOWN
    automatic: bool = False
    authenticated: bool = True
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What is known of the address. `last` is when it last got an acknowledgement, may have, or is about to."""

    opted_out: bool = False
    last: datetime | None = None


def decide(facts: Facts, history: History, now: datetime, *, within: timedelta) -> WithheldCause | None:
    """Say why nothing is sent; None means: send.

    >>> noon = datetime(2026, 11, 24, 12)
    >>> decide(Facts(noon, reachable=True), History(), noon, within=timedelta(minutes=10)) is None
    True
    >>> decide(Facts(noon, reachable=True), History(last=noon), noon, within=timedelta(minutes=10)).value
    'daily'
    """
    if facts.keyword is Keyword.STOP:
        return WithheldCause.OPTED_OUT
    if facts.keyword is Keyword.START:
        return WithheldCause.KEYWORD  # the provider's own opt-out feature speaks
    # HELP is answered like any text: the provider speaks only on its exact word, and "help!" must not meet silence.
    if not facts.reachable:
        return WithheldCause.NO_ADDRESS
    if facts.safe_contact is SafeContact.NO:
        return WithheldCause.UNSAFE
    if history.opted_out:
        return WithheldCause.OPTED_OUT
    if facts.automatic:
        return WithheldCause.AUTOMATIC
    if not facts.authenticated:
        return WithheldCause.UNAUTHENTICATED
    if facts.replayed or now - facts.arrived_at > within:
        return WithheldCause.LATE
    if history.last is not None and now - history.last < DAY:
        return WithheldCause.DAILY
    return None


@dataclass(frozen=True, slots=True)
class OptOut:
    """What an address last asked for. STOP and START may arrive in any order, so their times decide; a tie means STOP.

    `by_contribution` is the STOP itself; it is None while we only know of it because the provider refused (21610).
    """

    since: datetime | None = None
    by_contribution: UUID | None = None
    ended_at: datetime | None = None

    @property
    def in_force(self) -> bool:
        return self.since is not None and (self.ended_at is None or self.ended_at <= self.since)

    @property
    def told(self) -> bool:
        """A STOP in force was heard as a text, so the leads have been told of it."""
        return self.in_force and self.by_contribution is not None

    def stopped(self, at: datetime, by: UUID | None) -> "OptOut":
        by = by or (self.by_contribution if self.in_force else None)
        return replace(self, since=max(self.since or at, at), by_contribution=by)

    def started(self, at: datetime) -> "OptOut":
        return replace(self, ended_at=max(self.ended_at or at, at))


_ON_ITS_WAY: Final = {"accepted": 0, "scheduled": 0, "queued": 0, "sending": 1, "sent": 2}
FAILED: Final = frozenset({"undelivered", "failed", "canceled"})
"""What a provider calls a message that will not arrive."""


def furthest(status: str) -> int:
    """How far on its way a message is; reports come in any order, and the furthest holds.

    >>> sorted(["read", "sent", "undelivered", "queued"], key=furthest)
    ['queued', 'sent', 'undelivered', 'read']
    """
    return 4 if status == "read" else _ON_ITS_WAY.get(status, 3)


def notice_of(contribution_id: UUID, stop: UUID) -> UUID:
    """The id of the news that a STOP came from the address of an earlier contribution."""
    return output_of(f"opt_out/{stop}", contribution_id)
