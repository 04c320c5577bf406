"""`heard keys`: what each container is given, and how the files lie on the disk."""

import base64
import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services import keys
from shared import clock
from shared.clock import week_of
from shared.database.setup import SCHEMAS
from shared.files import write_whole
from shared.storage.rights import MAY
from shared.vault import KeyBundle, Purpose
from shared.vault.keyring import Keyring
from shared.vault.purposes import OPENS, SECRETS
from tests.unit.shared.test_vault import HERE

PASSPHRASE = "only for tests"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keyring and one export of it."""
    folder = tmp_path_factory.mktemp("keys")
    (folder / "passphrase").write_text(f"{PASSPHRASE}\n")
    done = run(folder, "export", str(folder / "secrets"))
    assert done.exit_code == 0, done.output
    return folder


def run(folder: Path, *words: str, given: str | None = None, **more: str) -> Result:
    told: Mapping[str, str] = {
        "HEARD_KEYRING": str(folder / "keyring.json"),
        "HEARD_PASSPHRASE_FILE": str(folder / "passphrase"),
        **more,
    }
    return CliRunner().invoke(keys.keys, list(words), input=given, env=told)


def held(place: Path, name: str) -> KeyBundle:
    return KeyBundle.parse((place / "secrets" / f"{name}.json").read_text())


def test_there_is_a_file_for_every_service_and_server_and_no_other(place: Path) -> None:
    wanted = {f"{row}.json" for row in SECRETS} - {f"{row}.json" for row in keys.NOT_YET}
    wanted |= {f"objects-{who}.json" for who in MAY}
    wanted |= {"prepare.json", "postgres-password", "objects-identities.json"}
    assert {path.name for path in (place / "secrets").iterdir()} == wanted


def test_every_file_is_its_owners_alone(place: Path) -> None:
    assert (place / "secrets").stat().st_mode & 0o777 == 0o700
    for path in (place / "secrets").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path.name


@pytest.mark.parametrize("row", [row for row in SECRETS if row not in keys.NOT_YET])
def test_a_service_gets_its_row_and_nothing_else(place: Path, row: str) -> None:
    found = held(place, row)
    assert set(found.opener.private) == set(OPENS[row])
    given = {name for name in SECRETS[row] if name not in keys.GIVEN}
    assert set(found.secrets) == given


def test_prepare_has_the_databases_passwords_and_opens_nothing(place: Path) -> None:
    found = held(place, "prepare")
    assert set(found.secrets) == {keys.ADMIN, *(f"database_{role}" for role in SCHEMAS)}
    assert not found.opener.private
    assert found.text("database_triage") == held(place, "triage").text("database_triage")
    assert found.text(keys.ADMIN) == (place / "secrets/postgres-password").read_text()


def test_no_service_has_the_password_of_the_first_role_nor_anothers_way_into_the_store(place: Path) -> None:
    folder = place / "secrets"
    guarded = {path: path.read_text() for path in folder.iterdir()}
    admin = (folder / "postgres-password").read_text()
    encoded = base64.b64encode(admin.encode()).decode()
    knows = {path.name for path, text in guarded.items() if admin in text or encoded in text}
    assert knows == {"postgres-password", "prepare.json"}
    for who in MAY:
        secret = json.loads((folder / f"objects-{who}.json").read_text())["secret_key"]
        assert {path.name for path, text in guarded.items() if secret in text} == {
            f"objects-{who}.json",
            "objects-identities.json",
        }


def test_the_store_is_told_who_may_do_what(place: Path) -> None:
    told = json.loads((place / "secrets/objects-identities.json").read_text())["identities"]
    assert {one["name"]: tuple(one["actions"]) for one in told} == MAY


def test_a_second_export_changes_no_password_and_keeps_the_weeks_keys(place: Path) -> None:
    before = {path.name: path.read_text() for path in (place / "secrets").iterdir()}
    assert run(place, "export", str(place / "secrets")).exit_code == 0
    assert {path.name: path.read_text() for path in (place / "secrets").iterdir()} == before


def test_what_was_sealed_by_one_container_is_opened_by_another(place: Path) -> None:
    sealed = held(place, "sms_intake").sealer.seal(Purpose.WORDS, b"hello", HERE, week=week_of(clock.now()))
    assert held(place, "triage").opener.open(sealed, HERE) == b"hello"


def test_what_a_provider_gives_is_missed_by_name_and_reaches_who_needs_it(tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    first = run(tmp_path, "export", str(tmp_path / "secrets"))
    assert all(f"{name} is not there yet" in first.output for name in keys.GIVEN)
    put = run(tmp_path, "put", "twilio_webhook", given="a-token-of-ours\n")
    assert put.exit_code == 0, put.output
    assert "a-token-of-ours" not in put.output
    again = run(tmp_path, "export", str(tmp_path / "secrets"))
    assert "twilio_webhook" not in again.output
    assert held(tmp_path, "sms_intake").text("twilio_webhook") == "a-token-of-ours"
    assert "twilio_webhook" not in held(tmp_path, "replies").secrets


@pytest.mark.parametrize(
    ("words", "given", "says"),
    [
        (("put", "database_triage"), "x\n", "is not given by anybody"),
        (("put", "nonsense"), "x\n", "is not given by anybody"),
        (("put", "twilio_send"), " \n", "Nothing was given"),
    ],
)
def test_what_nobody_gives_is_not_kept(place: Path, words: tuple[str, ...], given: str, says: str) -> None:
    before = (place / "keyring.json").read_bytes()
    done = run(place, *words, given=given)
    assert done.exit_code == 1
    assert says in done.output
    assert (place / "keyring.json").read_bytes() == before


def test_a_wrong_passphrase_opens_nothing_and_writes_nothing(place: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("another")
    done = run(place, "export", str(tmp_path / "out"), HEARD_PASSPHRASE_FILE=str(tmp_path / "wrong"))
    assert done.exit_code == 1
    assert "does not open" in done.output
    assert not (tmp_path / "out").exists()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "one.json"
    write_whole(path, "before")

    def no(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chown", no)
    with pytest.raises(PermissionError):
        write_whole(path, "after", owner=10001)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_the_owners_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owners: dict[str, int] = {}
    monkeypatch.setattr(
        os, "chown", lambda path, owner, _: owners.update({Path(path).name.split("-", 1)[0]: owner})
    )
    written: dict[str, int | None] = {}

    def note(path: Path, text: str, *, owner: int | None) -> None:
        written[path.name] = owner
        write_whole(path, text, owner=owner)

    monkeypatch.setattr("services.keys.write_whole", note)
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    words = ("--owner", "10001", "--database-owner", "999", "--objects-owner", "1000")
    assert run(tmp_path, "export", str(tmp_path / "secrets"), *words).exit_code == 0
    assert written.pop("postgres-password") == 999
    assert written.pop("objects-identities.json") == 1000
    assert set(written.values()) == {10001}
    assert owners, "and the system was asked to"


def test_an_export_makes_the_keys_of_a_new_week(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = Keyring.open(place / "keyring.json", PASSPHRASE)
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    (tmp_path / "keyring.json").write_bytes(ring.path.read_bytes())
    before = set(held(place, "triage").opener.private[Purpose.WORDS])
    later = clock.now() + timedelta(days=14)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert run(tmp_path, "export", str(tmp_path / "secrets")).exit_code == 0
    assert set(held(tmp_path, "triage").opener.private[Purpose.WORDS]) > before
