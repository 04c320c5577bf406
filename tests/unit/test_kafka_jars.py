import re
from pathlib import Path

import pytest

from services.local import jars
from services.local.trouble import CannotHave


def test_every_jar_is_pinned_once_by_its_sha256() -> None:
    lines = jars.LIST.read_text().splitlines()
    pinned = jars.pinned(jars.LIST.read_text())
    assert len(lines) == len(pinned) == 46
    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) and jar.size > 0 for jar in pinned)
    assert len({jar.file_name for jar in pinned}) == len({jar.sha256 for jar in pinned}) == 46


def test_all_of_kafka_is_of_one_version() -> None:
    kafkas = {jar.version for jar in jars.pinned(jars.LIST.read_text()) if jar.group == "org.apache.kafka"}
    assert kafkas == {"4.3.0"}


def test_a_line_that_pins_nothing_is_refused() -> None:
    with pytest.raises(CannotHave, match=r"org\.slf4j"):
        jars.pinned("org.slf4j:slf4j-api:1.7.36\n")


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HEARD_CACHE": "/a/b"}, "/a/b"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/heard"),
        ({"HOME": "/home/sam"}, "/home/sam/.cache/heard"),
    ],
)
def test_the_cache_is_the_users(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], folder: str
) -> None:
    for name in ("HEARD_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(jars.cache()) == folder


def test_without_a_network_it_says_which_jar_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEARD_CACHE", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(CannotHave, match=r"\.jar, a part of Apache Kafka, could not be fetched.*HEARD_KAFKA"):
        jars.kafka_jars()
    assert not list((tmp_path / "kafka").iterdir())
