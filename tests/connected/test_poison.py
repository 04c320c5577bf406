"""A tenth of what arrives is poison: every group handles the rest, and each bad record is before a person."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from services.local.desk import Desk
from services.local.plan import DRAMA
from services.local.up import Local
from shared.contracts.events import ContributionAnonymised, ContributionReceived, ContributionTriaged
from shared.contracts.topics import Topic, dead_of
from shared.messaging import headers as h
from tests.support.events import a_received, moved
from tests.support.keys import keyring
from tests.support.local import balance, found, heard, sender, until
from tests.support.topics import Headers, events_of, put, records_of

pytestmark = [pytest.mark.connected, pytest.mark.timeout(600)]

KINDS = (
    "null header", "header is no text", "no json", "unknown version", "unknown channel", "no id", "empty value",
    "id differs", "moved", "unknown role",
)  # fmt: skip
DECODABLE = ("moved", "unknown role")
SEEN = {
    **{group: f"{group}.seen where event_id" for group in ("anonymiser", "archive", "replies", "pager")},
    "ledger": "ledger.stage where stage = 'received' and contribution_id",
}
GROUPS_WITH_EFFECTS = ("anonymiser", "archive", "replies", "pager", "ledger")
GROUPS = ("triage", *GROUPS_WITH_EFFECTS)
"""Whoever reads a text and runs in these tests."""


def record(
    event: ContributionReceived, **headers: bytes | None
) -> tuple[bytes, bytes, dict[str, bytes | None]]:
    sent = h.of_event(event, Topic.SMS_RECEIVED, source="sms_intake", at=event.context.received_at)
    return (
        b"2e5f",
        event.model_dump_json().encode(),
        {name: value.encode() for name, value in sent.items()} | headers,
    )


def poison(kind: str, n: int) -> tuple[bytes, bytes | None, Mapping[str, bytes | None]]:
    event = a_received(f"poison of kind {kind} {n}", sender=sender(n), at=datetime.now(UTC))
    key, value, headers = record(event)
    body = json.loads(value)
    match kind:
        case "null header":
            return key, value, headers | {"x-odd": None}
        case "header is no text":
            return key, value, headers | {"x-odd": b"\xff\xfe"}
        case "no json":
            return key, b"{" + value, headers
        case "unknown version":
            return key, value, headers | {"ce_dataschema": b"urn:heard:sms.received:9"}
        case "unknown channel":
            body["context"]["channel"] = "telepathy"
        case "no id":
            return key, value, {name: v for name, v in headers.items() if name != "ce_id"}
        case "empty value":
            return key, None, headers
        case "id differs":
            return key, value, headers | {"ce_id": str(uuid4()).encode()}
        case "moved":
            return record(moved(event))
        case "unknown role":
            body["roles"] = ["astronaut"]
    return key, json.dumps(body).encode(), headers


def as_list(
    item: tuple[bytes, bytes | None, Mapping[str, bytes | None]],
) -> tuple[bytes, bytes | None, Headers]:
    key, value, headers = item
    return key, value, list(headers.items())


@pytest.fixture(autouse=True)
def same_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system under test gets the keyring that the poisoned records are sealed with."""
    monkeypatch.setattr("services.local.up.open_keyring", lambda *_: keyring())


def seen(local: Local, group: str) -> int:
    engine = create_engine(make_url(local.servers.database_admin_uri).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        count = connection.execute(
            text(f"select count(*) from {SEEN[group]} = any(:ids)"),
            {"ids": list(SENT)},
        ).scalar()
    engine.dispose()
    return int(count or 0)


def has_seen(local: Local, group: str, count: int) -> bool:
    return seen(local, group) >= count


SENT: set[UUID] = set()


async def dead_of_group(local: Local, group: str) -> list[tuple[str, str]]:
    """The distinct dead letters of a group: where they stood, and why."""
    records = await records_of(local.servers.bootstrap, dead_of(group))
    found_now = {}
    for one in records:
        headers = h.salvage(one.headers)
        if headers.get(h.ORIGIN_TOPIC) == Topic.SMS_RECEIVED:
            found_now[headers[h.ORIGIN_PARTITION], headers[h.ORIGIN_OFFSET]] = headers[h.REASON]
    return [(f"{partition}/{offset}", reason) for (partition, offset), reason in found_now.items()]


@pytest.mark.faults
async def test_handled_and_dead_are_a_thousand_in_every_group(tmp_path: Path) -> None:
    SENT.clear()
    good = [
        a_received(f"a good day at school, number {n}", sender=sender(n), at=datetime.now(UTC))
        for n in range(900)
    ]
    SENT.update(event.event_id for event in good)
    bad = [(kind, poison(kind, n)) for kind in KINDS for n in range(10)]
    SENT.update(UUID(json.loads(item[1] or b"")["event_id"]) for kind, item in bad if kind in DECODABLE)
    mixed = [as_list(record(event)) for event in good]
    for place, (_, item) in enumerate(bad):
        mixed.insert(place * 9, as_list(item))
    assert len(mixed) == 1000
    undecodable = sum(1 for kind, _ in bad if kind not in DECODABLE)
    with heard(tmp_path, HEARD_RETRY_AFTER="1") as local:
        await put(local.servers.bootstrap, Topic.SMS_RECEIVED, mixed)
        figures: dict[str, tuple[int, int]] = {}
        for group in GROUPS_WITH_EFFECTS:
            share = 1000 - undecodable - (10 if group == "replies" else 0)
            until(partial(has_seen, local, group, share), 240, f"{group} has handled its share")
        for group in GROUPS_WITH_EFFECTS:
            figures[group] = (seen(local, group), len(await dead_of_group(local, group)))
        triaged = [
            e
            for e in await events_of(local.servers.bootstrap, Topic.TRIAGED)
            if isinstance(e, ContributionTriaged)
        ]
        handled = {event.source for event in triaged}
        figures["triage"] = (len(handled), len(await dead_of_group(local, "triage")))
        print("handled and dead in each group:", figures)
        assert {group: sum(pair) for group, pair in figures.items()} == dict.fromkeys(GROUPS, 1000)
        assert figures.pop("replies") == (910, 90), "a reply slip under another id is a dead letter too"
        assert set(figures.values()) == {(1000 - undecodable, undecodable)}
        unassessed = Counter(event.cause for event in triaged if event.level.value == "unassessed")
        assert unassessed["bound_elsewhere"] == 10, "ciphertext under another id goes to a person"
        held = [
            event
            for event in await events_of(local.servers.bootstrap, Topic.ANONYMISED)
            if isinstance(event, ContributionAnonymised) and "failed" in event.causes
        ]
        assert len({event.contribution_id for event in held}) == 10, "and is held for a reviewer"
        reasons = Counter(reason for _, reason in await dead_of_group(local, "triage"))
        assert reasons == {
            "header_null": 10, "header_not_ascii": 10, "not_json": 10, "unknown_version": 10, "shape:context": 10,
            "no_id": 10, "empty": 10, "id_differs": 10,
        }  # fmt: skip
        assert concerns(local, "undecodable") == undecodable, "each of them is before a safeguarding lead"
        desk = Desk(found(local), keyring=local.keyring)
        standing = await desk.dead_letters()
        assert len(standing) == undecodable * len(GROUPS) + 10
        await desk.discard([one.letter for one in standing], "a_test", "made_up")
        assert {one.state for one in await desk.dead_letters()} == {"settled"}
        until(lambda: (balance(local) or {}).get("balanced"), 60, "it balances once a person has decided")


def concerns(local: Local, cause: str) -> int:
    engine = create_engine(make_url(local.servers.database_admin_uri).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        count = connection.execute(
            text("select count(*) from concerns.concern where cause = :cause"), {"cause": cause}
        ).scalar()
    engine.dispose()
    return int(count or 0)


async def test_a_broken_deploy_makes_dead_letters_and_a_replay_after_the_fix_ends_them(
    tmp_path: Path,
) -> None:
    """A right is missing after a wrong migration: each record of that group dies alone, and comes back."""
    with heard(tmp_path, HEARD_RETRY_AFTER="1") as local:
        admin = create_engine(
            make_url(local.servers.database_admin_uri).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
        )

        def run(statement: str) -> None:
            with admin.connect() as connection:
                connection.exec_driver_sql(statement)

        for group, table in BROKEN.items():
            run(f"revoke insert on {table} from {group}")
        events = [
            a_received(f"a good day, number {n}", sender=sender(600 + n), at=datetime.now(UTC))
            for n in range(40)
        ]
        await put(local.servers.bootstrap, Topic.SMS_RECEIVED, [as_list(record(event)) for event in events])
        desk = Desk(found(local), keyring=local.keyring)

        async def waiting() -> list[str]:
            return [one.letter.group for one in await desk.dead_letters() if one.state == "waiting"]

        for _ in range(90):
            if len(await waiting()) >= 40 * len(BROKEN):
                break
            await asyncio.sleep(0.5)
        assert Counter(await waiting()) == dict.fromkeys(BROKEN, 40)
        assert (balance(local) or {})["total"]["held"] == 40
        phones = rung_or_answered(local)
        for group, table in BROKEN.items():
            run(f"grant insert on {table} to {group}")
        letters = await desk.dead_letters()
        await desk.replay([one.letter for one in letters])
        await desk.replay([one.letter for one in letters])
        until(
            lambda: (balance(local) or {"total": {}})["total"].get("archived") == 40,
            120,
            "all are in the archive",
        )
        assert await waiting() == []
        assert rung_or_answered(local) == phones, "a replay sends nothing and rings nobody"
        admin.dispose()


def rung_or_answered(local: Local) -> list[str]:
    """Who got a text so far; operations may be paged about the dead letters themselves."""
    return sorted(one["to"] for one in local.stand_in.ask("GET", "sent") if one["to"] != DRAMA["operations"])


BROKEN = {"archive": "archive.accession", "replies": "replies.sending", "anonymiser": "anonymiser.outbox"}
