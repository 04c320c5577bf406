"""The S3 server of one machine: where an installation keeps its objects, and who may read what it starts with."""

import json
import stat
from pathlib import Path

import pytest

from services.local.home import Home
from services.local.objects import Seaweed, Store, store_of
from services.local.trouble import CannotHave
from shared.storage.rights import MAY
from shared.storage.s3_client import Credentials


def test_an_installation_goes_on_as_it_began(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    assert store_of(home, Store.S3) is Store.S3
    assert store_of(home) is Store.S3
    assert store_of(home, Store.S3) is Store.S3
    with pytest.raises(CannotHave, match="on an S3 server since it began"):
        store_of(home, Store.FOLDER)


def test_without_a_word_it_is_a_folder(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    assert store_of(home) is Store.FOLDER
    with pytest.raises(CannotHave, match="in a folder since it began"):
        store_of(home, Store.S3)


def test_one_that_is_older_than_the_choice_keeps_its_folder(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    with pytest.raises(CannotHave, match="in a folder since it began"):
        store_of(Home(tmp_path).make(), Store.S3)
    assert store_of(Home(tmp_path)) is Store.FOLDER


def test_everybody_has_credentials_of_their_own_that_nobody_else_may_read(tmp_path: Path) -> None:
    server = Seaweed(tmp_path / "s3")
    server.identities.mkdir(parents=True)
    server._settle_identities()
    kept = {name: Credentials.read(server.credentials(name)) for name in MAY}
    assert len({one.access_key for one in kept.values()}) == len(MAY)
    assert min(len(one.secret_key.get_secret_value()) for one in kept.values()) >= 40
    assert {stat.S_IMODE(path.stat().st_mode) for path in server.identities.iterdir()} == {0o600}
    server._settle_identities()
    assert {name: Credentials.read(server.credentials(name)) for name in MAY} == kept
    told = json.loads((server.identities / "all.json").read_text())["identities"]
    assert {one["name"]: tuple(one["actions"]) for one in told} == MAY


def test_it_listens_on_loopback_and_tells_nobody_about_itself(tmp_path: Path) -> None:
    server = Seaweed(tmp_path / "s3")
    server.folder.mkdir()
    server._settle_ports()
    words = server._words()
    assert {"-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-filer.disableHttp"} <= set(
        words
    )
    assert len(set(server.ports.values())) == 8
    assert {f"-s3.port={server.ports['s3']}", f"-filer.port.grpc={server.ports['filer_grpc']}"} <= set(words)
    assert not any(secret in word for word in words for secret in ("secret", "access"))
