"""S3 servers that the object store's suite runs on: SeaweedFS, and moto with what it is known to get wrong."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from pydantic import SecretStr

from services.local.leash import spawn
from services.local.objects import Seaweed
from services.local.running import listens
from shared.errors import HeardError
from shared.storage.rights import INCOMING
from shared.storage.s3_client import Bucket, Credentials, client_for
from tests.support.local import until

MOTOS_LIES: Final = {
    "a wrong checksum is refused",
    "a wrong secret is refused",
    "an unknown identity is refused",
    "an identity that reads cannot write",
    "an identity that writes cannot read",
    "other bytes on the way are refused",
}
"""What moto 5.2.5 accepts and no real store does. A lie that was mended fails its test: take it off this list."""


@dataclass(frozen=True)
class S3Server:
    """`bucket` gives a place nobody else uses, as one of those that `shared.storage.rights` lists."""

    name: str
    who: Callable[[str], Credentials]
    endpoint: str
    lies: frozenset[str]

    def bucket(self, who: str = "owner") -> Bucket:
        return Bucket(INCOMING, uuid4().hex, self.endpoint, credentials=self.who(who))

    @contextmanager
    def holds(self, promise: str) -> Iterator[None]:
        """What follows is asserted; of a known lie its contrary is."""
        if promise not in self.lies:
            yield
            return
        try:
            yield
        except (AssertionError, pytest.fail.Exception, HeardError):
            return
        pytest.fail(f"{self.name} keeps this promise now, so it is no lie any more: {promise}")


@contextmanager
def moto() -> Iterator[S3Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with Path(os.devnull).open("wb") as nowhere:
        server = spawn(words, stdout=nowhere, grace=1.0)
    try:
        until(lambda: listens(port), 120, "moto listens")
        known = Credentials(access_key="test", secret_key=SecretStr("test"))
        made = S3Server("moto", lambda _: known, f"http://127.0.0.1:{port}", frozenset(MOTOS_LIES))
        place = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-2"}}
        client = client_for(replace(made.bucket(), read_within=60.0))
        client.create_bucket(Bucket=INCOMING, ObjectLockEnabledForBucket=True, **place)
        yield made
    finally:
        server.kill()
        server.wait()


@contextmanager
def seaweed(folder: Path) -> Iterator[S3Server]:
    server = Seaweed(folder)
    try:
        server.start()
        yield S3Server(
            "SeaweedFS", lambda name: Credentials.read(server.credentials(name)), server.endpoint, frozenset()
        )
    finally:
        server.stop()
