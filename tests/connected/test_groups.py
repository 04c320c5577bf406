"""Groups that stand still, because somebody says so or because most records fail, and go on."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, make_url, text
from typer.testing import CliRunner

from services.local.plan import DRAMA
from services.local.up import Local
from shared import clock
from shared.contracts.events import ContributionAnonymised
from shared.contracts.topics import Topic, dead_of
from shared.messaging import headers as h
from shared.messaging.gate import MOST
from shared.messaging.parcels import Parcels
from shared.messaging.spool import Row, Spool
from tests.support.events import a_received
from tests.support.keys import keyring
from tests.support.local import TEXTS, ask, balance, heard, sender, until
from tests.support.topics import Headers, events_of, put, records_of

pytestmark = [pytest.mark.connected, pytest.mark.timeout(600)]

NEEDED = tuple(name for name in TEXTS if name not in ("replies", "triage"))


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.local.up.open_keyring", lambda *_: keyring())
        with heard(tmp_path_factory.mktemp("heard"), services=NEEDED, PAGER_NO_LEVEL_AFTER="600") as running:
            patch.setenv("HEARD_HOME", str(running.home.path))
            yield running


def say(local: Local, *words: str) -> tuple[int, str]:
    """What `heard group ...` says, and how it ends."""
    from services.local.group_commands import group

    done = CliRunner().invoke(group, list(words))
    return done.exit_code, done.output


def texts(count: int) -> list[tuple[UUID, tuple[bytes, bytes, Headers]]]:
    made: list[tuple[UUID, tuple[bytes, bytes, Headers]]] = []
    for n in range(count):
        event = a_received(f"a good day {n}", sender=sender(n), at=datetime.now(UTC), contribution_id=uuid4())
        sent = h.of_event(event, Topic.SMS_RECEIVED, source="sms_intake", at=event.context.received_at)
        headers = [(name, value.encode()) for name, value in sent.items()]
        made.append((event.event_id, (b"2e5f", event.model_dump_json().encode(), headers)))
    return made


def send(local: Local, records: Sequence[Any]) -> None:
    asyncio.run(put(local.servers.bootstrap, Topic.SMS_RECEIVED, records))


def count(local: Local, statement: str, **values: Any) -> int:
    engine = create_engine(make_url(local.servers.database_admin_uri).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        found = connection.execute(text(statement), values)
        answer = int(found.scalar() or 0) if found.returns_rows else found.rowcount
    engine.dispose()
    return answer


def seen(local: Local, group: str, ids: Sequence[UUID]) -> int:
    return count(local, f"select count(*) from {group}.seen where event_id = any(:ids)", ids=list(ids))


def state(local: Local, group: str) -> str | None:
    return ((ask(local, group, "/ready") or {}).get("groups") or {}).get(group)


def test_a_paused_group_stays_paused_over_a_restart_is_moved_back_and_does_nothing_twice(
    local: Local,
) -> None:
    first, second = texts(5), texts(5)
    before = datetime.now(UTC)
    send(local, [one for _, one in first])
    ids, more = [known for known, _ in first], [known for known, _ in second]
    until(lambda: seen(local, "anonymiser", ids) == 5, 120, "the first are done")

    assert say(local, "rewind", "anonymiser", "--start") == (
        1, "anonymiser is being read: first say heard group pause anonymiser\n",
    )  # fmt: skip
    status, said = say(local, "pause", "anonymiser")
    assert (status, said.split(".")[0]) == (0, "anonymiser is paused")
    local.fleet.stop_one("anonymiser", kill=True)
    local.fleet.start_one("anonymiser")
    until(lambda: state(local, "anonymiser") == "paused", 60, "it is paused after a restart")
    send(local, [one for _, one in second])
    until(lambda: seen(local, "archive", more) == 5, 60, "others go on")
    assert seen(local, "anonymiser", more) == 0

    assert count(local, "delete from anonymiser.seen where event_id = :one", one=ids[0]) == 1
    status, said = say(local, "rewind", "anonymiser", "--to", before.isoformat())
    assert status == 0, said
    assert said.startswith("anonymiser was moved back by 5 records in ")
    status, said = say(local, "resume", "anonymiser")
    assert (status, said) == (0, "anonymiser is running. It goes on from where it stopped.\n")
    until(lambda: seen(local, "anonymiser", [*ids, *more]) == 10, 120, "the forgotten one is done again")
    until(lambda: told(local)[ids[0]] == 2, 60, "and told again, under the id that it had")
    assert told(local) == Counter({**dict.fromkeys([*ids, *more], 1), ids[0]: 2})


def told(local: Local) -> Counter[UUID]:
    found = asyncio.run(events_of(local.servers.bootstrap, Topic.ANONYMISED))
    assert len({one.event_id for one in found}) <= 10
    return Counter(one.source for one in found if isinstance(one, ContributionAnonymised))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pause", "archives"), "There is no group archives; there are triage, "),
        (("rewind", "archive"), "Say how far: one of --to TIME, --hours N and --start."),
        (("rewind", "archive", "--hours", "1", "--start"), "Say how far: one of --to TIME"),
        (("rewind", "archive", "--to", "yesterday"), "yesterday is no time; write it as 2026-"),
        (("rewind", "archive", "--to", "2999-01-01"), "2999-01-01 has not come yet"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(local: Local, words: tuple[str, ...], said: str) -> None:
    status, told = say(local, *words)
    assert status == 1
    assert told.startswith(said)


def test_the_spool_of_a_dead_machine_is_brought_to_kafka_and_an_object_with_it(
    local: Local, tmp_path: Path
) -> None:
    sent = texts(7)
    rows = [
        Row(
            known,
            known,
            "ab",
            "sms",
            Topic.SMS_RECEIVED,
            key,
            {n: (v or b"").decode() for n, v in headers},
            value,
        )
        for known, (key, value, headers) in sent
    ]
    file = tmp_path / "spool-1.sqlite"
    parcel = asyncio.run(Parcels(tmp_path / "parcels-1").pack([b"a drawing"]))
    rows[3] = replace(rows[3], objects=(parcel.key,))
    rows[5] = replace(rows[5], objects=("incoming/on-another-disk",))
    died = Spool(file, clock.now)
    for row in rows:
        asyncio.run(died.accept(row))

    assert "holds" in drained(file)[1]
    died.close()
    status, said = drained(file)
    assert (status, said.splitlines()) == (
        1,
        [
            "6 published",
            "1 sealed objects are missing: bring parcels-1 of the same disk, and say it again",
            "1 still here",
        ],
    )
    assert (local.home.path / "incoming" / parcel.key).exists()
    (tmp_path / "parcels-1" / "on-another-disk").write_bytes(b"sealed")
    assert drained(file) == (0, "1 published\n")
    assert drained(file) == (0, "0 published\n")
    ids = [known for known, _ in sent]
    until(lambda: seen(local, "archive", ids) == 7, 60, "all arrive")


def drained(file: Path) -> tuple[int, str]:
    from services.local.spool_commands import spool

    done = CliRunner().invoke(spool, ["drain", str(file)])
    return done.exit_code, done.output


def test_where_most_records_fail_the_line_stops_and_somebody_is_paged_until_it_is_told_to_go_on(
    local: Local,
) -> None:
    poison = [(key, b"{" + value, headers) for _, (key, value, headers) in texts(3 * MOST)]
    send(local, poison)
    until(lambda: state(local, "anonymiser") == "halted", 60, "the line stops")
    assert parked(local, "anonymiser") == MOST, "and what is beyond the limit stays where it is"
    until(lambda: "halted:anonymiser" in alarms(local), 60, "the ledger knows")
    until(partial(was_paged, local), 60, "operations are paged")
    assert state(local, "pager") == state(local, "ledger") == "running"
    until(lambda: parked(local, "pager") == 3 * MOST, 60, "who rings goes on, whatever comes")

    good = texts(3)
    send(local, [one for _, one in good])
    for n in (2, 3):
        assert say(local, "resume", "anonymiser")[0] == 0, "told, even where it stops again at once"
        until(partial(has_parked, local, "anonymiser", n * MOST), 60, "it goes on, up to the limit")
    say(local, "resume", "anonymiser")
    ids = [known for known, _ in good]
    until(lambda: seen(local, "anonymiser", ids) == 3, 60, "and what is sound is done")
    until(lambda: "halted:anonymiser" not in alarms(local), 60, "the alarm ends")


def parked(local: Local, group: str) -> int:
    return len(asyncio.run(records_of(local.servers.bootstrap, dead_of(group))))


def has_parked(local: Local, group: str, wanted: int) -> bool:
    return parked(local, group) == wanted


def alarms(local: Local) -> set[str]:
    return {one["cause"] for one in (balance(local) or {"alarms": []})["alarms"]}


def was_paged(local: Local) -> bool:
    pages = [one["body"] for one in local.stand_in.ask("GET", "sent") if one["to"] == DRAMA["operations"]]
    return any("anonymiser stopped, because most records fail" in one for one in pages)
