"""The events, in travelling order. Fields are complete from version 1; a breaking change is a new topic version."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.base import Code, Event, Moment, Sealed, Token
from shared.contracts.parts import Context, MediaType, ObjectRef, Part, Sha256, Waiting
from shared.contracts.values import (
    AgeBand,
    Channel,
    Deletion,
    HoldCause,
    Level,
    Outcome,
    Provider,
    ReplyKind,
    Role,
    SendResult,
    Status,
    Step,
    ThreadUse,
    Tray,
    WithheldCause,
)

Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]

__all__ = [
    "AttachmentFound",
    "ContributionAnonymised",
    "ContributionArchived",
    "ContributionRead",
    "ContributionReceived",
    "ContributionTriaged",
    "CopyDeleted",
    "Heartbeat",
    "MediaType",
    "RemovalRequested",
    "ReplyDelivered",
    "ReplyRequested",
    "ReplySent",
]


class _InContext(Event):
    context: Context

    @property
    def about(self) -> UUID:
        return self.context.contribution_id


class ContributionReceived(_InContext):
    """An intake accepted a contribution. `event_id` is the contribution's id.

    `handover` is what a partner handed over (the digest and size of its file), boxed by the edge for itself: for the proof.
    """

    provider: Provider
    account: Token | None = None
    provider_id: Token | None = None
    provider_at: Moment | None = None
    digest: Sha256
    roles: frozenset[Role] = frozenset()
    age_band: AgeBand | None = None
    event_code: Code | None = None
    partner_id: Token | None = None
    item_id: Token | None = None
    sent_for: Sealed | None = None
    group_size: int = Field(default=1, ge=1)
    language: Language | None = None
    nation: Code | None = None
    receipt_hash: Sha256 | None = None
    reply_slip: Sealed | None = None
    identity: Sealed | None = None
    handover: Sealed | None = None
    parts: tuple[Part, ...] = Field(min_length=1)


class AttachmentFound(_InContext):
    """The reader's text lane found something that its media lane must read."""

    source: UUID
    part: Part


class ContributionRead(_InContext):
    """The reader turned a part into words, or says why it could not.

    `names` are more words to remove that the part itself gave (a mail's display names), for the anonymiser alone;
    `original` is what waited at a provider, as it was fetched, and `fetched_from` where it still is.
    """

    source: UUID
    part: int = Field(ge=1)
    revision: int = Field(default=1, ge=1)
    outcome: Outcome
    reason: Code | None = None
    words: tuple[Part, ...] = ()
    marks: Sealed | None = None
    language: Language | None = None
    attachments: int = Field(default=0, ge=0)
    automatic: bool = False
    authenticated: Code | None = None
    derivative: ObjectRef | None = None
    original: ObjectRef | None = None
    fetched_from: Waiting | None = None
    names: Sealed | None = None
    reader_version: Code


class ContributionTriaged(Event):
    """One part has a level. Findings (score, categories, evidence, reasons) are sealed to those who need them."""

    contribution_id: UUID
    channel: Channel
    received_at: Moment
    part: int = Field(ge=1)
    source: UUID
    revision: int = Field(default=1, ge=1)
    level: Level
    tray: Tray | None = None
    cause: Code | None = None
    thread: ThreadUse = ThreadUse.ABSENT
    rules_version: Code
    lexicon_version: Code
    model_version: Code | None = None
    findings: Sealed | None = None


class ContributionAnonymised(Event):
    """The words of one part without identities, or held for a reviewer."""

    contribution_id: UUID
    channel: Channel
    part: int = Field(ge=1)
    source: UUID
    revision: int = Field(default=1, ge=1)
    status: Status
    causes: tuple[HoldCause, ...] = ()
    words: Sealed | None = None
    doubt: Sealed | None = None
    counts: dict[Code, int] = Field(default_factory=dict)
    marks: Sealed | None = None
    rules_version: Code
    model_version: Code | None = None
    by: Code = "machine"


class ContributionArchived(Event):
    """The archive keeps something for good."""

    contribution_id: UUID
    accession: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{4,}$")]
    step: Step
    part: int | None = None
    source: UUID | None = None
    object_key: str = Field(max_length=300)
    version: int = Field(ge=1)
    inventory_sha512: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
    at: Moment
    provider_copies: tuple[Waiting, ...] = ()


class CopyDeleted(Event):
    """A copy at a provider is gone, now that the archive keeps it; `gone` when it was gone already."""

    contribution_id: UUID
    copy_of: Waiting
    result: Deletion
    at: Moment


class ReplyRequested(Event):
    """A named person asks for an answer to be sent. Words are sealed to `replies`."""

    contribution_id: UUID
    channel: Channel
    received_at: Moment
    template: Code
    words: Sealed | None = None
    by: Code
    at: Moment


class ReplySent(Event):
    """What became of an answer. Cause `opted_out` names each recent contribution from the address that said STOP."""

    contribution_id: UUID | None = None
    request_id: UUID | None = None
    kind: ReplyKind
    template: Code
    result: SendResult
    cause: WithheldCause | None = None
    provider_id: Token | None = None
    at: Moment


class ReplyDelivered(Event):
    """What a provider says of a message of ours, known by the provider's id. `status` is the provider's own word."""

    provider_id: Token
    status: Code
    error: Code | None = None
    at: Moment


class RemovalRequested(Event):
    """Somebody who may asked that a contribution be removed: the holder of its code, its partner, one of the team."""

    contribution_id: UUID
    by: Code
    at: Moment


class Heartbeat(Event):
    """A process is alive; an intake says how its spool is. `spool_age` is in seconds.

    `halted` are its groups that stopped because most records failed, `paused` those that an operator stopped; absent where
    it is not its place to say.
    """

    service: Code
    instance: Token
    at: Moment
    spool_depth: int = Field(default=0, ge=0)
    spool_age: float = Field(default=0, ge=0)
    set_aside: int = Field(default=0, ge=0)
    halted: tuple[Code, ...] | None = None
    paused: tuple[Code, ...] | None = None
