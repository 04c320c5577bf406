import stat
from pathlib import Path

import pytest

from services.local.home import Home
from services.local.servers import Servers, kafka_status, servers
from services.local.trouble import CannotHave


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HEARD_HOME": "/a/b"}, "/a/b"),
        ({"XDG_DATA_HOME": "/x"}, "/x/heard"),
        ({"HOME": "/home/sam"}, "/home/sam/.local/share/heard"),
    ],
)
def test_where_an_installation_lives(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], folder: str
) -> None:
    for name in ("HEARD_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(Home().path) == folder


def test_every_folder_is_its_owners_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").make()
    for folder in (home.path, *home.path.iterdir()):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_only_one_runs_on_a_folder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert not home.is_running()
    with home.only_one():
        assert home.is_running()
        with (
            pytest.raises(CannotHave, match=r"already runs on .* \(process \d+\)"),
            Home(tmp_path).only_one(),
        ):
            pass
    assert not home.is_running()


def test_facts_are_added_and_taken_out(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    home.note(bootstrap="127.0.0.1:1", services={"triage": 7})
    home.note(bootstrap=None)
    assert Home(tmp_path).status() == {"services": {"triage": 7}}
    home.forget()
    assert home.status() == {}


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotHave, match="set HEARD_HOME"):
        Home(tmp_path / "file" / "home").make()


def test_servers_of_your_own_are_used_and_none_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEARD_KAFKA", "kafka.example:9092")
    monkeypatch.setenv("HEARD_DATABASE", "postgresql://heard@db.example/heard")
    home = Home(tmp_path)
    with servers(home) as both:
        assert both == Servers("kafka.example:9092", "postgresql://heard@db.example/heard")
        assert home.status() == {"bootstrap": "kafka.example:9092"}
        assert not list(home.kafka.iterdir()) + list(home.postgres.iterdir())
    assert "Kafka of your own" in kafka_status(home)
