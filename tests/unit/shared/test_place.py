"""Which object store it is stands in one setting, and nothing is asked of it at the start."""

import json
from pathlib import Path

import pytest

from shared.settings import CommonSettings
from shared.storage import FolderObjects, objects_of
from shared.storage.s3 import S3Objects
from shared.storage.s3_client import Bucket, Credentials, client_for

CANARY = "canary-7f3a"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CommonSettings.model_fields:
        monkeypatch.delenv(f"HEARD_{name.upper()}", raising=False)


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps({"access_key": "edge", "secret_key": CANARY}))
    return path


def test_a_path_is_a_folder(tmp_path: Path) -> None:
    store = objects_of(CommonSettings(objects=str(tmp_path / "incoming")))
    assert isinstance(store, FolderObjects)
    assert store.folder == tmp_path / "incoming"
    store.close()


def test_a_bucket_is_opened_without_being_asked(credentials: Path) -> None:
    settings = CommonSettings(
        objects="s3://heard-incoming/north",
        s3_endpoint="http://store.example.org:8333",
        s3_credentials=credentials,
    )
    store = objects_of(settings)
    assert isinstance(store, S3Objects)
    assert (store.bucket.name, store.bucket.prefix) == ("heard-incoming", "north")
    assert store.bucket.endpoint == "http://store.example.org:8333"
    assert store.bucket.lock_days == 0
    store.close()
    other = objects_of(settings, "s3://heard-archive", lock_days=7)
    assert isinstance(other, S3Objects)
    assert (other.bucket.name, other.bucket.prefix, other.bucket.lock_days) == ("heard-archive", "", 7)
    other.close()


def test_a_secret_is_in_no_repr(credentials: Path) -> None:
    read = Credentials.read(credentials)
    assert CANARY not in repr(read) + str(read) + repr(Bucket("a", credentials=read))
    assert read.secret_key.get_secret_value() == CANARY


@pytest.mark.parametrize("text", ["", "{}", f'{{"access_key": "{CANARY}"}}', f'["{CANARY}"]', None])
def test_credentials_that_are_none_stop_the_start_and_are_not_repeated(
    tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "credentials.json"
    if text is not None:
        path.write_text(text)
    settings = CommonSettings(objects="s3://heard-incoming", s3_credentials=path)
    with pytest.raises(ValueError, match="HEARD_S3_CREDENTIALS names no file") as caught:
        objects_of(settings)
    assert CANARY not in str(caught.value)


def test_without_a_place_nobody_starts() -> None:
    with pytest.raises(ValueError, match="HEARD_OBJECTS is not set"):
        objects_of(CommonSettings())


def test_a_folder_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a folder cannot be locked"):
        objects_of(CommonSettings(objects=str(tmp_path)), lock_days=1)


def test_a_server_of_our_own_is_addressed_by_path_and_through_no_proxy(
    credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")
    who = Credentials.read(credentials)
    ours = client_for(Bucket("a-bucket", endpoint="http://s3:8333", credentials=who))
    url = ours.generate_presigned_url("get_object", Params={"Bucket": "a-bucket", "Key": "k"})
    assert url.startswith("http://s3:8333/a-bucket/k")
    assert ours._endpoint.http_session._proxy_config._proxies == {}
    theirs = client_for(Bucket("a-bucket", credentials=who))
    url = theirs.generate_presigned_url("get_object", Params={"Bucket": "a-bucket", "Key": "k"})
    assert url.startswith("https://a-bucket.s3.")
