"""A second process of a service, as production has."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from services.local.leash import Leashed
from services.local.loopback import client
from services.local.up import Local
from tests.support.local import until


@dataclass(slots=True)
class Second:
    """Beside the one that the fleet runs. It is not started again when it dies."""

    local: Local
    service: str
    port: int
    process: Leashed

    def replace(self, *, wait: bool = True) -> None:
        """SIGTERM, and another one in its place."""
        self.process.terminate()
        if wait:
            self.process.wait(60)
        self.process = self.local.fleet.beside(self.service, "2", self.port)

    def is_ready(self) -> bool:
        try:
            return client().get(f"http://127.0.0.1:{self.port}/ready", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def second(local: Local, service: str) -> Iterator[Second]:
    """Ready when the block begins, stopped at its end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    one = Second(local, service, port, local.fleet.beside(service, "2", port))
    try:
        until(one.is_ready, 90, f"a second {service} is ready")
        yield one
    finally:
        one.process.terminate()
        one.process.wait(60)
