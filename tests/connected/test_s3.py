"""A whole Heard that keeps its objects on an S3 server of its own, and finds them there when it starts again."""

from pathlib import Path

import pytest

from services.local.home import Home
from services.local.objects import Store, store_of
from services.local.send_art import fill_in
from services.local.trouble import CannotHave
from services.local.up import Local
from shared.errors import Unavailable
from shared.storage.rights import ARCHIVE, INCOMING
from shared.storage.s3 import S3Objects
from tests.support.local import TEXTS, ask, heard, settled, texter
from tests.support.media import a_drawing

pytestmark = [pytest.mark.connected, pytest.mark.timeout(420)]


async def text(local: Local, words: str) -> None:
    async with texter(local) as phone:
        assert await phone.text(words) == 200


def sound(local: Local, count: int) -> None:
    fixity = ask(local, "archive", "/fixity?objects=1000")
    assert fixity is not None
    assert (fixity["checked"], fixity["damaged"]) == (count, [])


async def test_a_text_and_a_drawing_are_kept_on_s3_and_found_there_again(tmp_path: Path) -> None:
    with heard(tmp_path, services=(*TEXTS, "art_intake", "reader"), objects=Store.S3) as local:
        await text(local, "my social worker listens")
        form = f"http://127.0.0.1:{local.ports['art_web']}"
        assert fill_in(form, {}, [("house.png", a_drawing(["my house"]))]).code
        settled(local, 2, 240)
        sound(local, 2)
        await edge_reads_nothing(local)
    with heard(tmp_path) as local:  # as it began, without being told again
        await text(local, "and she came back")
        settled(local, 3)
        sound(local, 3)
    assert not (tmp_path / "objects").exists()
    assert not (tmp_path / "incoming").exists()
    with pytest.raises(CannotHave, match="since it began"):
        store_of(Home(tmp_path), Store.FOLDER)


async def edge_reads_nothing(local: Local) -> None:
    """What the store enforces: who is sealed at the edge cannot be read with what the edge was given."""
    assert local.servers.objects is not None
    within = S3Objects(local.servers.objects.bucket(INCOMING, "reader"))
    [drawing] = await within.list("incoming")
    assert len(await within.get(drawing)) > 1000
    for who, bucket in (("edge", INCOMING), ("edge", ARCHIVE), ("reader", ARCHIVE)):
        outside = S3Objects(local.servers.objects.bucket(bucket, who))
        for call in (outside.get(drawing), outside.list(), outside.exists(drawing)):
            with pytest.raises(Unavailable, match="object_access_denied"):
                await call
        outside.close()
    within.close()
