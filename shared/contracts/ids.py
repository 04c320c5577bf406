"""Ids are derived, so that a provider's retry, a spool replay and a redelivery collapse into one."""

from uuid import UUID, uuid5

SMS = UUID("6f1d2a54-94a4-5d0e-9a39-3f1d1c6e7a01")
CONFLICT = UUID("6f1d2a54-94a4-5d0e-9a39-3f1d1c6e7a02")
STAGE = UUID("6f1d2a54-94a4-5d0e-9a39-3f1d1c6e7a03")
LETTER = UUID("6f1d2a54-94a4-5d0e-9a39-3f1d1c6e7a04")
MAIL = UUID("6f1d2a54-94a4-5d0e-9a39-3f1d1c6e7a05")
RECORDING = UUID("6f1d2a54-94a4-5d0e-9a39-3f1d1c6e7a06")
FORM = UUID("6f1d2a54-94a4-5d0e-9a39-3f1d1c6e7a07")
PARTNER = UUID("6f1d2a54-94a4-5d0e-9a39-3f1d1c6e7a08")
DELIVERY = UUID("6f1d2a54-94a4-5d0e-9a39-3f1d1c6e7a09")


def twilio_message(account: str, sid: str) -> UUID:
    """The contribution that a Twilio message is, whatever webhook or list brought it."""
    return uuid5(SMS, f"{account}/{sid}")


def delivery_report(account: str, sid: str, status: str) -> UUID:
    """What a provider said of a message of ours: one event for each status that it passes."""
    return uuid5(DELIVERY, f"{account}/{sid}/{status}")


def mail(envelope: str, raw_sha256: str) -> UUID:
    """The contribution that a mail over SMTP is: who to whom, and the SHA-256 of its bytes."""
    return uuid5(MAIL, f"{envelope}/{raw_sha256}")


def twilio_recording(account: str, sid: str) -> UUID:
    """The contribution that a recorded call is."""
    return uuid5(RECORDING, f"{account}/{sid}")


def form(token: str) -> UUID:
    """The contribution that a form is: its hidden once-only token makes two taps one."""
    return uuid5(FORM, token)


def partner_item(partner_id: str, item_id: str) -> UUID:
    """The contribution that a partner's item is: the partner's own id for it, so that a resend is the same."""
    return uuid5(PARTNER, f"{partner_id}/{item_id}")


def other_words(contribution_id: UUID, digest: str) -> UUID:
    """The same id came with another digest: it is kept as a contribution of its own."""
    return uuid5(CONFLICT, f"{contribution_id}/{digest}")


def output_of(stage: str, source: UUID, part: int = 0, revision: int = 1) -> UUID:
    """A stage's output for one part: a redelivery gives the same id, a re-read with a higher revision another."""
    return uuid5(STAGE, f"{stage}/{source}/{part}/{revision}")


def dead_letter(group: str, topic: str, partition: int, offset: int) -> UUID:
    """A dead letter's own id: the same record parked twice is one dead letter."""
    return uuid5(LETTER, f"{group}/{topic}/{partition}/{offset}")
