"""Settings are read once, and a wrong one stops the start without repeating what it was."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.settings import CommonSettings, Stage

CANARY = "canary-7f3a"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CommonSettings.model_fields:
        monkeypatch.delenv(f"HEARD_{name.upper()}", raising=False)


def test_without_a_word_it_is_production() -> None:
    settings = CommonSettings()
    assert settings.stage is Stage.PRODUCTION
    assert settings.health_host == "127.0.0.1"
    assert settings.retry_after == 30


def test_several_brokers_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARD_KAFKA", "a.example.org:9092, b.example.org:9092,")
    assert CommonSettings().kafka == ("a.example.org:9092", "b.example.org:9092")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEARD_STAGE", CANARY),
        ("HEARD_HEALTH_PORT", CANARY),
        ("HEARD_HEALTH_PORT", "70000"),
        ("HEARD_RETRY_AFTER", CANARY),
        ("HEARD_RETRY_AFTER", "-1"),
        ("HEARD_HEARTBEAT_EVERY", "0"),
        ("HEARD_LOG_LEVEL", CANARY),
        ("HEARD_KAFKA", ""),
        ("HEARD_INSTANCE", "two words"),
        ("HEARD_INSTANCE", "../elsewhere"),
        ("HEARD_OBJECTS", ""),
        ("HEARD_OBJECTS", f"s3:/{CANARY}"),
        ("HEARD_OBJECTS", f"s3://{CANARY.upper()}"),
        ("HEARD_OBJECTS", f"s3://{CANARY}/../elsewhere"),
        ("HEARD_S3_ENDPOINT", f"http://somebody:{CANARY}@store.example.org"),
        ("HEARD_S3_ENDPOINT", CANARY),
        ("HEARD_S3_REGION", f"{CANARY}!"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        CommonSettings()
    assert CANARY not in str(caught.value)


def test_a_service_that_needs_a_database_does_not_start_without(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="HEARD_DATABASE is not set"):
        _ = CommonSettings().database_uri
    monkeypatch.setenv("HEARD_DATABASE", f"postgresql://u:{CANARY}@/heard")
    settings = CommonSettings()
    assert CANARY in settings.database_uri
    assert CANARY not in repr(settings) + str(settings)


def test_settings_do_not_change_afterwards() -> None:
    with pytest.raises(ValidationError):
        CommonSettings().state = Path("elsewhere")
