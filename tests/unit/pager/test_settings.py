"""Settings that would ring nobody stop the start."""

import pytest
from pydantic import ValidationError

from services.pager.settings import Settings
from shared.concerns.ladder import MINUTE
from shared.settings import Stage
from tests.support.pager import LINK, NUMBERS

WHOLE = {
    **NUMBERS,
    "PAGER_SENDER": "+447700900001",
    "PAGER_CONSOLE_URL": LINK,
    "PAGER_TWILIO_ACCOUNT": "AC" + "0" * 32,
}
REAL = {name: value.replace("7700900", "7400123") for name, value in WHOLE.items()}


def settings(monkeypatch: pytest.MonkeyPatch, **changed: str | None) -> Settings:
    for name, value in {**WHOLE, **changed}.items():
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    return Settings()  # type: ignore[call-arg]


def test_three_minutes_without_a_level_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch)
    assert found.no_level_after == 180
    assert found.pace.minute == MINUTE


@pytest.mark.parametrize("name", ["PAGER_DUTY_LEAD", "PAGER_DEPUTY", "PAGER_ON_CALL"])
@pytest.mark.parametrize("value", [None, "", "07700900101", "+44 7700 900101", "anna", "+447700900001"])
def test_without_a_sound_number_it_does_not_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    with pytest.raises(ValidationError) as wrong:
        settings(monkeypatch, **{name: value})
    assert "07700" not in str(wrong.value) and "+44770090" not in str(wrong.value)


def test_in_production_an_invented_number_or_a_short_ladder_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings(monkeypatch).fits(Stage.DEMO)
    with pytest.raises(ValueError, match="drama"):
        settings(monkeypatch).fits(Stage.PRODUCTION)
    with pytest.raises(ValueError, match="INTAKES"):
        settings(monkeypatch, **REAL).fits(Stage.PRODUCTION)
    intakes = "sms_intake=http://127.0.0.1:1"
    settings(monkeypatch, **REAL, PAGER_INTAKES=intakes).fits(Stage.PRODUCTION)
    with pytest.raises(ValueError, match="LADDER"):
        settings(monkeypatch, **REAL, PAGER_LADDER_SCALE="0.5").fits(Stage.PRODUCTION)


def test_numbers_and_the_webhook_stay_out_of_its_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = repr(settings(monkeypatch, PAGER_WEBHOOK="https://hooks.example.org/token"))
    assert "+447" not in shown
    assert "token" not in shown


def test_the_intakes_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(
        monkeypatch, PAGER_INTAKES="sms_intake=http://127.0.0.1:1, art_intake=http://127.0.0.1:2/"
    )
    assert found.intakes == {"sms_intake": "http://127.0.0.1:1", "art_intake": "http://127.0.0.1:2"}
    with pytest.raises(ValidationError):
        settings(monkeypatch, PAGER_INTAKES="127.0.0.1:1")
