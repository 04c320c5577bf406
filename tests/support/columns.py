"""Every table there is, and what each of its columns holds. A column that is not here fails the build.

Nobody's words, name, number or address stands in clear in a database: a new column is a decision that is written here.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Final

from sqlalchemy import MetaData, Table

import services
import shared

IDS: Final = "an id that we derived or drew by chance"
PROVIDER: Final = "an id that a provider made"
CODE: Final = "a word of ours from a short list, or the name of a key or a version"
TIME: Final = "a moment"
COUNT: Final = "numbers that count or order, or a yes or no"
SEALED: Final = "ciphertext"
HMAC: Final = "a keyed digest, or the digest of ciphertext"
STAFF: Final = "who of the staff did it"
PLACE: Final = "a topic, a group, a process or a host of ours"
EVENT: Final = "an event as it travels: words in it are ciphertext"
OURS: Final = "a record of ours in one piece, with no more in it than the tables here hold"

BOOK: Final = {
    "seen": {PLACE: "consumer_group", IDS: "event_id", HMAC: "digest", TIME: "at"},
    "outbox": {
        COUNT: "id", IDS: "event_id contribution_id", PLACE: "topic key", CODE: "headers", EVENT: "value",
        TIME: "created_at published_at",
    },
}  # fmt: skip
"""What every schema with effects has."""

HOLDS: Final[dict[str, dict[str, str]]] = {
    "anonymiser.held": {
        IDS: "contribution_id",
        COUNT: "part revision",
        CODE: "causes doubt_key state",
        SEALED: "doubt",
        STAFF: "decided_by",
        TIME: "at",
    },
    "anonymiser.stand_in": {HMAC: "sender_id name_hmac", CODE: "kind", COUNT: "number", SEALED: "name"},
    "archive.accession": {
        IDS: "contribution_id",
        CODE: "number object_key state level class epoch",
        COUNT: "version",
        HMAC: "inventory_sha512",
        SEALED: "wrapped_key",
        TIME: "at",
    },
    "archive.deletion": {IDS: "event_id contribution_id", CODE: "result", TIME: "at"},
    "archive.removal": {IDS: "event_id contribution_id", CODE: "by", TIME: "at"},
    "archive.counter": {COUNT: "year last"},
    "archive.part": {
        IDS: "contribution_id event_id",
        COUNT: "part read revision",
        CODE: "kind state unopened",
    },
    "archive.pending": {
        IDS: "event_id contribution_id",
        PLACE: "topic",
        EVENT: "value",
        CODE: "trace",
        TIME: "at",
    },
    "archive.source": {IDS: "event_id contribution_id", COUNT: "revision"},
    "art_intake.contribution": {
        IDS: "contribution_id",
        HMAC: "receipt_hash",
        PROVIDER: "partner_id item_id",
        TIME: "received_at archived_at removal_at",
        SEALED: "handover",
    },
    "art_intake.partner": {CODE: "partner_id", SEALED: "contact", TIME: "added_at off_at"},
    "art_intake.partner_key": {
        HMAC: "digest",
        CODE: "partner_id scopes",
        TIME: "made_at expires_at revoked_at",
    },
    "art_intake.reading": {IDS: "contribution_id", COUNT: "part revision", CODE: "outcome"},
    "concerns.concern": {
        IDS: "id contribution_id",
        CODE: "level state tray cause outcome",
        TIME: "opened_at due_at rings_from raised_at taken_at closed_at",
        COUNT: "part",
        PLACE: "intake",
        SEALED: "findings",
        STAFF: "taken_by closed_by",
    },
    "concerns.act": {IDS: "concern_id", COUNT: "n", TIME: "at", STAFF: "who", CODE: "what reason"},
    "ledger.alarm": {CODE: "cause", TIME: "first_at last_at ended_at paged_at", COUNT: "n paged_n"},
    "ledger.beat": {
        PLACE: "service instance halted paused",
        TIME: "at",
        COUNT: "spool_depth spool_age set_aside",
    },
    "ledger.contribution": {
        IDS: "contribution_id",
        CODE: "channel state why",
        TIME: "first_at since",
        COUNT: "receipted received changes settled rules",
        PLACE: "owner",
    },
    "ledger.cursor": {PLACE: "address intake spool", COUNT: "seq", TIME: "pulled_at"},
    "ledger.discarded": {IDS: "dead_id", PLACE: "consumer_group", STAFF: "who", CODE: "reason", TIME: "at"},
    "ledger.parked": {
        PLACE: "topic consumer_group origin_topic",
        COUNT: "partition offset dead attempt origin_partition origin_offset",
        IDS: "dead_id contribution_id source",
        CODE: "reason",
        TIME: "at",
    },
    "ledger.receipt": {
        IDS: "event_id contribution_id",
        PLACE: "intake topic",
        CODE: "channel set_aside",
        TIME: "accepted_at published_at",
        COUNT: "partition offset conflict seq",
    },
    "ledger.stage": {
        IDS: "event_id contribution_id source",
        PLACE: "topic",
        CODE: "stage code detail",
        COUNT: "part revision partition offset words unread",
        TIME: "at",
    },
    "pager.reading": {COUNT: "partition", TIME: "appended_at moved_at"},
    "pager.ring": {
        IDS: "id message concern_id",
        CODE: "ladder cause whom by result",
        COUNT: "step",
        TIME: "at",
        PROVIDER: "provider_id",
    },
    "pager.stopped": {IDS: "contribution_id", TIME: "at noted_at told_at"},
    "pager.waiting": {
        IDS: "contribution_id",
        COUNT: "part",
        TIME: "received_at noticed_at levelled_at alarmed_at",
        CODE: "level",
    },
    "replies.delivery": {PROVIDER: "provider_id", CODE: "status error", COUNT: "rank", TIME: "at"},
    "replies.opt_out": {HMAC: "address_hmac", TIME: "since ended_at", IDS: "by_contribution"},
    "replies.sending": {
        IDS: "event_id contribution_id request_id",
        CODE: "kind template channel state cause consent safe_contact trace",
        HMAC: "address_hmac",
        TIME: "received_at at asked_at next_at",
        PROVIDER: "provider_id",
        SEALED: "slip words",
    },
    "triage.thread": {HMAC: "sender_id", IDS: "contribution_id", COUNT: "part", TIME: "at", SEALED: "words"},
}

FILES: Final[dict[str, dict[str, str]]] = {
    "spool.row": {
        COUNT: "id seq conflict partition offset",
        IDS: "event_id contribution_id",
        HMAC: "digest",
        CODE: "channel headers set_aside objects",
        PLACE: "topic key",
        EVENT: "value",
        TIME: "accepted_at acked_at",
    },
    "spool.refused": {TIME: "day", COUNT: "status n"},
    "spool.counter": {CODE: "name", COUNT: "value"},
    "pager.mirror": {COUNT: "id", OURS: "body"},
    "pager.fact": {COUNT: "n", IDS: "event_id", OURS: "body"},
    "pager.ring": {IDS: "id", OURS: "body"},
}
"""The SQLite files of an intake and of the pager."""


def metadatas() -> list[MetaData]:
    """Every service's tables, found by looking into every module."""
    found: dict[int, MetaData] = {}
    for package in (services, shared):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" in module.name or module.name.endswith("__main__"):
                continue
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, MetaData) and value.tables:
                    found[id(value)] = value
    return sorted(found.values(), key=lambda one: str(one.schema))


def tables() -> Iterator[Table]:
    for one in metadatas():
        yield from one.sorted_tables


def held_by(table: Table) -> dict[str, str]:
    """What each column of a table may hold, by its name."""
    return by_name(HOLDS.get(table.fullname) or BOOK.get(table.name, {}))


def by_name(kinds: dict[str, str]) -> dict[str, str]:
    return {name: kind for kind, names in kinds.items() for name in names.split()}
