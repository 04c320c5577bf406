"""The ports of one installation: free ones on loopback, chosen once and kept, so that a restart is found again."""

import json
import socket
from collections.abc import Sequence

from services.local import running
from services.local.home import Home


def settle(home: Home, names: Sequence[str]) -> dict[str, int]:
    """Give each name a port; what somebody else has taken meanwhile is chosen anew."""
    path = home.path / "ports.json"
    kept = {name: int(port) for name, port in running.read(path).items()}
    ports: dict[str, int] = {}
    for name in names:
        port = kept.get(name)
        if port is None or not running.is_free(port) or port in ports.values():
            port = _free(set(ports.values()) | set(kept.values()))
        ports[name] = port
    running.write_whole(path, json.dumps(ports, indent=2) + "\n")
    return ports


def _free(taken: set[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port
