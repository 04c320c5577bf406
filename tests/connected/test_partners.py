"""Partner organisations over the network as it is: a connection that breaks, a key that is revoked, another partner."""

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from typer.testing import CliRunner, Result

from services.art_intake.adapters.tables import reading
from services.art_intake.rules.partner_keys import Scope
from services.art_intake.rules.proof import verify
from services.local import demo_partner, partner_commands
from services.local.breaking import Breaking
from services.local.desk import Desk
from services.local.hand_over import HandOver
from services.local.partners import Partners
from services.local.ready import Ready, prepare
from services.local.servers import postgres_of
from services.local.up import Local
from tests.support.local import found, heard, until

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

FILES = 200
BREAKS = tuple(0 if n % 4 == 3 else 20_000 + 7_919 * n for n in range(20))
"""Where each connection breaks: in the middle of what is sent, and every fourth time as the answer comes."""


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with heard(tmp_path_factory.mktemp("heard"), services=("art_intake", "archive", "ledger")) as running:
        yield running


@pytest.fixture(scope="module")
def partners(local: Local) -> Partners:
    return Desk(found(local), keyring=local.keyring).partners()


def address(local: Local) -> str:
    return f"http://127.0.0.1:{local.ports['art_web']}"


def a_folder(folder: Path, count: int, *, size: int = 60_000) -> Path:
    """Files of chance bytes, each with a caption; and one item that is words."""
    chance = random.Random(folder.name)
    folder.mkdir()
    lines = ["file,words,caption,age_band,group_size,consent_quote,sent_for"]
    for n in range(count - 1):
        name = f"drawing {n:03}.png"
        (folder / name).write_bytes(
            b"\x89PNG\r\n\x1a\n" + chance.randbytes(chance.randrange(size // 2, size))
        )
        lines.append(f"{name},,number {n},8_12,,yes,")
    lines.append(",We were fourteen. Nobody had asked us before.,,,14,,")
    (folder / "captions.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def a_partner(partners: Partners, name: str) -> str:
    partners.add(name, "An invented organisation", "Sam Adeyemi, 07700 900555")
    return partners.key(name, list(Scope), 30)


def get(local: Local, key: str, path: str) -> httpx.Response:
    return httpx.get(
        f"{address(local)}/partner/v1{path}", headers={"Authorization": f"Bearer {key}"}, timeout=30
    )


def statuses(local: Local, key: str) -> list[str]:
    found, after = [], ""
    while True:
        page = get(local, key, f"/items?limit=150&after={after}").json()
        found += [one["status"] for one in page["items"]]
        if not page["next"]:
            return found
        after = page["next"]


async def through_a_breaking_line(local: Local, key: str, items: list[Ready]) -> tuple[HandOver, Breaking]:
    line = Breaking(address(local), BREAKS)
    hand_over = HandOver(await line.start(), key, patience=60, first_wait=0.05)

    def progress(safe: int, of: int) -> None:
        if safe == FILES // 2:
            local.fleet.kill("art_intake")

    try:
        outcome = await hand_over.send(items, progress)
    finally:
        await line.stop()
    assert outcome.sent == len(items)
    assert outcome.breaks >= len(BREAKS)
    assert outcome.refused == []
    return hand_over, line


@pytest.mark.faults
async def test_two_hundred_files_over_a_line_that_breaks_twenty_times(
    local: Local, partners: Partners, tmp_path: Path
) -> None:
    """And half-way the intake is killed: whatever it had answered is kept, the rest is sent again."""
    key, other = a_partner(partners, "northside"), a_partner(partners, "other-club")
    items = prepare(a_folder(tmp_path / "works", FILES))
    began = time.monotonic()
    hand_over, line = await through_a_breaking_line(local, key, items)
    print(f"{FILES} files, {line.broken} breaks: {time.monotonic() - began:.1f} s")
    assert line.broken == len(BREAKS)
    proof = verify(hand_over.document, partners.public_key)
    assert proof.partner == "northside"
    assert sorted((one.item_id, one.sha256) for one in proof.items) == sorted(
        (one.item_id, one.sha256) for one in items
    ), "each once, as it was sent"
    assert len({one.contribution_id for one in proof.items}) == FILES
    # Nothing is left of what broke off: the store has one object a file, and no parcel waits.
    store = Path(local.home.path / "incoming" / "incoming")
    until(lambda: len(list(store.glob("*"))) == FILES - 1, 30, "the store has each file once")
    parcels = local.home.path / "state" / "art_intake" / "parcels-1"
    until(lambda: not list(parcels.iterdir()), 10, "nothing that broke off is left")
    # The other partner sees nothing of it.
    assert get(local, other, "/items").json() == {"items": [], "next": None}
    assert get(local, other, "/proof").json()["statement"]["items"] == []
    asked = httpx.post(
        f"{address(local)}/partner/v1/items/{items[0].item_id}/removal",
        headers={"Authorization": f"Bearer {other}"},
    )
    assert asked.status_code == 404
    # All of it is in the record, and the ledger knows of each.
    until(lambda: statuses(local, key) == ["in_the_record"] * FILES, 90, "all is in the record")
    # Once more over a good line: nothing is sent twice.
    again = HandOver(address(local), key)
    outcome = await again.send(items, lambda safe, of: None)
    assert (outcome.sent, outcome.there_before) == (0, FILES)


async def test_a_removal_is_asked_for_and_shown(local: Local, partners: Partners, tmp_path: Path) -> None:
    key = a_partner(partners, "removal-club")
    items = prepare(a_folder(tmp_path / "one", 2, size=2000))
    hand_over = HandOver(address(local), key)
    await hand_over.send(items, lambda safe, of: None)
    for _ in range(2):
        asked = httpx.post(
            f"{address(local)}/partner/v1/items/{items[0].item_id}/removal",
            headers={"Authorization": f"Bearer {key}"},
        )
        assert asked.status_code == 202
    until(lambda: sorted(statuses(local, key))[-1] == "removal_asked", 20, "the removal is shown")


async def test_a_file_that_nobody_can_read_is_said_to_be_so(
    local: Local, partners: Partners, tmp_path: Path
) -> None:
    """As the reader would tell; a picture without words is no such file."""
    key = a_partner(partners, "unreadable-club")
    hand_over = HandOver(address(local), key)
    await hand_over.send(prepare(a_folder(tmp_path / "one", 3, size=2000)), lambda safe, of: None)
    ids = [one["contribution_id"] for one in get(local, key, "/items").json()["items"]]
    with partners._connection() as connection:
        for known_as, outcome in zip(ids, ("unreadable", "no_words", "words"), strict=True):
            row = {"contribution_id": UUID(known_as), "part": 2, "revision": 1, "outcome": outcome}
            connection.execute(reading.insert().values(row))
    shown = {one["contribution_id"]: one["status"] for one in get(local, key, "/items").json()["items"]}
    assert shown[ids[0]] == "unreadable_file"
    assert {shown[ids[1]], shown[ids[2]]} <= {"received", "in_the_record"}


async def test_a_revoked_key_no_longer_comes_in(local: Local, partners: Partners) -> None:
    key, second = a_partner(partners, "short-lived"), partners.key("short-lived", [Scope.READ], 1)
    assert get(local, key, "/items").status_code == 200
    assert partners.revoke("short-lived", key)
    assert not partners.revoke("short-lived", key)
    until(lambda: get(local, key, "/items").status_code == 401, 10, "the revoked key is refused")
    assert get(local, second, "/items").status_code == 200
    assert partners.off("short-lived") == 1
    until(lambda: get(local, second, "/items").status_code == 401, 10, "so is every key of theirs")
    assert any("short-lived" in line and "off since" in line for line in partners.list())


async def test_sending_goes_on_while_the_database_is_away(
    local: Local, partners: Partners, tmp_path: Path
) -> None:
    key = a_partner(partners, "no-database")
    (item,) = prepare(a_folder(tmp_path / "one", 1))
    until(lambda: get(local, key, "/items").status_code == 200, 10, "the key is known")
    postgres = postgres_of(local.home)
    postgres.stop()
    try:
        await asyncio.sleep(2.5)
        answer = httpx.put(
            f"{address(local)}/partner/v1/items/{item.item_id}",
            headers={"Authorization": f"Bearer {key}"},
            json=dict(item.said),
            timeout=30,
        )
        assert answer.status_code == 200
        assert get(local, key, "/items").json()["code"] == "away"
    finally:
        postgres.start()
    until(lambda: statuses(local, key)[:1] == ["in_the_record"], 60, "it is in the record after all")


def test_what_is_kept_of_partners_is_sealed(local: Local, partners: Partners) -> None:
    a_partner(partners, "sealed-club")
    with partners._connection() as connection:
        rows = connection.exec_driver_sql(
            "select p.contact, k.* from art_intake.partner p join art_intake.partner_key k using (partner_id)"
        ).all()
    assert rows
    whole = repr([tuple(row) for row in rows])
    assert "Adeyemi" not in whole
    assert "900555" not in whole
    assert "heard_" not in whole
    line = next(line for line in partners.list() if line.startswith("sealed-club"))
    assert "Sam Adeyemi, 07700 900555" in line


def test_the_demos_batch_gets_through_whole(local: Local, partners: Partners, tmp_path: Path) -> None:
    batch = demo_partner.hand_over(address(local), partners, tmp_path / "batch")
    assert batch.is_whole
    assert batch.breaks == len(demo_partner.BREAKS)
    assert len(demo_partner.WORKS) >= 20


def test_the_command_sends_resumes_and_verifies(local: Local, partners: Partners, tmp_path: Path) -> None:
    """As a partner runs it, who knows nothing but the address and the key."""
    key_file, works = tmp_path / "key", a_folder(tmp_path / "works", 4, size=2000)
    key_file.write_text(a_partner(partners, "by-command") + "\n")
    send = ["send", str(works), "--url", address(local), "--key-file", str(key_file)]
    first = heard_partner(*send, "--public-key", partners.public_key)
    assert first.exit_code == 0, first.stderr
    assert "4 sent, 0 were there before" in first.stdout
    again = heard_partner(*send)
    assert "0 sent, 4 were there before" in again.stdout
    check = ["verify", str(works / "proof.json"), "--public-key", partners.public_key]
    held = heard_partner(*check, "--folder", str(works))
    assert (held.exit_code, "by-command handed over 4 items" in held.stdout) == (0, True)
    (works / "drawing 001.png").write_bytes(b"another")
    changed = heard_partner(*check, "--folder", str(works))
    assert (changed.exit_code, "drawing 001.png" in changed.stderr) == (1, True)
    wrong = heard_partner("verify", str(works / "proof.json"), "--public-key", "00" * 32)
    assert (wrong.exit_code, "another key" in wrong.stderr) == (1, True)
    spoilt = (works / "proof.json").read_text().replace("by-command", "by-somebody")
    (works / "proof.json").write_text(spoilt)
    refused = heard_partner(*check)
    assert (refused.exit_code, "does not hold" in refused.stderr) == (1, True)


def heard_partner(*said: str) -> Result:
    """`heard partner ...`, in this process: starting one costs seconds."""
    return CliRunner().invoke(partner_commands.partner, said)


def test_partners_are_added_and_given_keys_at_the_command(
    local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("only for tests")
    monkeypatch.setenv("HEARD_HOME", str(local.home.path))
    monkeypatch.setenv("HEARD_PASSPHRASE_FILE", str(secret))
    absent = heard_partner("key", "not-there")
    assert (absent.exit_code, "There is no partner" in absent.stderr) == (1, True)
    assert heard_partner("add", "At Desk", "--contact", "x").exit_code == 1
    added = heard_partner("add", "at-desk", "--contact", "Sam, 07700 900557")
    assert added.exit_code == 0, added.stderr
    made = heard_partner("key", "at-desk", "--scope", "send", "--days", "2")
    key = made.stdout.strip()
    assert key.startswith("heard_at-desk_")
    assert "shown once" in made.stderr
    assert get(local, key, "/items").status_code == 403, "it may send alone"
    assert "at-desk" in heard_partner("list").stdout
    assert "1 keys are revoked" in heard_partner("off", "at-desk").stdout
    until(lambda: get(local, key, "/items").status_code == 401, 10, "it is refused")
