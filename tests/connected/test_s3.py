"""A whole Heard that keeps its objects on an S3 server of its own, and finds them there when it starts again."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from services.local.home import Home
from services.local.objects import Seaweed, Store, store_of
from services.local.send_art import fill_in
from services.local.trouble import CannotHave
from services.local.up import Local
from shared.errors import Unavailable
from shared.storage.rights import ARCHIVE, INCOMING
from shared.storage.s3 import S3Objects
from tests.support.local import TEXTS, ask, heard, settled, texter, until
from tests.support.media import a_drawing

pytestmark = [pytest.mark.connected, pytest.mark.timeout(420)]


async def text(local: Local, words: str) -> None:
    async with texter(local) as phone:
        assert await phone.text(words) == 200


def sound(local: Local, count: int) -> None:
    fixity = ask(local, "archive", "/fixity?objects=1000")
    assert fixity is not None
    assert (fixity["checked"], fixity["damaged"]) == (count, [])


@pytest.mark.faults
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


PARENT = """
import sys, time
from pathlib import Path
from services.local.objects import Seaweed
Seaweed(Path(sys.argv[1])).start()
print("ready", flush=True)
time.sleep(600)
"""


async def test_the_server_outlives_nobody_and_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE)
    assert parent.stdout
    assert parent.stdout.readline() == b"ready\n"
    server = Seaweed(tmp_path)
    pid, endpoint = server.pid, server.endpoint
    assert pid
    assert {place.laddr.ip for place in psutil.Process(pid).net_connections("inet")} == {"127.0.0.1"}
    store = S3Objects(server.bucket(ARCHIVE))
    files = {f"a/{number}": os.urandom(2000) for number in range(30)}
    await store.put_all(files)
    parent.kill()
    parent.wait()
    until(lambda: not server.pid, 30, "the server has gone with whoever started it")
    server.start()
    try:
        assert server.endpoint == endpoint
        assert {key: await store.get(key) for key in await store.list()} == files
    finally:
        server.stop()
        store.close()
    assert not list(Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{server.ports['s3']}.sock"))


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
