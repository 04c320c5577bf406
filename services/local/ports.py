"""The ports of one installation: free ones on loopback, chosen once and kept, so that a restart is found again."""

import json
import os
import random
from collections.abc import Sequence
from typing import Final

from services.local import running
from services.local.home import Home
from shared.files import write_whole


def _range(said: str) -> range:
    first, _, last = said.partition("-")
    return range(int(first), int(last))


PORTS: Final = _range(os.environ.get("HEARD_PORTS") or "20000-32000")
"""Below the ports that systems hand out by themselves: one of those may be somebody's by the time that a process which
was killed is started again. Two that start at the same moment keep out of each other's way with `HEARD_PORTS`.
"""


def settle(home: Home, names: Sequence[str]) -> dict[str, int]:
    """Give each name a port; what somebody else has taken meanwhile is chosen anew."""
    path = home.path / "ports.json"
    kept = {name: int(port) for name, port in running.read(path).items()}
    ports: dict[str, int] = {}
    for name in names:
        port = kept.get(name)
        if port is None or not running.come_free((port,), 1.0) or port in ports.values():
            port = _free(set(ports.values()) | set(kept.values()))
        ports[name] = port
    write_whole(path, json.dumps(ports, indent=2) + "\n")
    return ports


def _free(taken: set[int]) -> int:
    chance = random.SystemRandom()
    while (port := chance.choice(PORTS)) in taken or not running.is_free(port):
        pass
    return port
