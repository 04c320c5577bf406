"""What the reader must be told, and what it refuses to be told."""

from pathlib import Path

import pytest

from services.reader.app import create_app
from shared.settings import CommonSettings, Stage
from tests.support.keys import keys_of


def test_it_does_not_start_without_the_store_that_it_reads() -> None:
    with pytest.raises(ValueError, match="HEARD_OBJECTS"):
        create_app(CommonSettings(stage=Stage.TEST), keys_of("reader"))


def test_keys_of_signed_mail_come_from_a_file_in_no_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READER_DKIM_KEYS", str(tmp_path / "keys.json"))
    settings = CommonSettings(stage=Stage.PRODUCTION, objects=str(tmp_path))
    with pytest.raises(ValueError, match="READER_DKIM_KEYS"):
        create_app(settings, keys_of("reader"))
    assert create_app(settings.model_copy(update={"stage": Stage.DEMO}), keys_of("reader")).name == "reader"
