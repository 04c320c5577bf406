"""docker-compose.yml as compose itself understands it, with the examples of settings in their places."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from services.local.kafka import Kafka
from tests.support.tree import ROOT

FILE: Final = ROOT / "docker-compose.yml"
BROKERS: Final = ("kafka-1", "kafka-2", "kafka-3")
SERVERS: Final = (*BROKERS, "postgres", "objects")
TOLD: Final = {"HEARD_STAGE": "demo", "HEARD_SECRETS": "/run/heard-secrets"}


def config(
    text: str | None = None, *words: str, told: Mapping[str, str] = TOLD
) -> "subprocess.CompletedProcess[str]":
    """`docker-compose config` on the file, or on that text, in a folder that looks like a checkout made ready."""
    folder = Path(mkdtemp())
    try:
        (folder / FILE.name).write_text(text or FILE.read_text(encoding="utf-8"), encoding="utf-8")
        shutil.copytree(ROOT / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("screenshots"))
        for example in (folder / "deploy/env").glob("*.env.example"):
            shutil.copy(example, example.with_suffix(""))
        program = Path(sys.executable).with_name("docker-compose")
        path = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        return subprocess.run(
            [str(program), "config", *words],
            cwd=folder, env={**path, **told}, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    finally:
        shutil.rmtree(folder)


@cache
def composed() -> dict[str, Any]:
    """Every anchor and variable resolved; each service has the settings of its example."""
    done = config(None, "--format", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = composed()["services"][name]
    return found


def environment(name: str) -> dict[str, str]:
    return {key: str(value) for key, value in service(name).get("environment", {}).items()}


def properties(broker: str) -> dict[str, str]:
    """What the broker's image makes of its environment: KAFKA_LOG_DIRS is log.dirs."""
    return {
        key.removeprefix("KAFKA_").replace("_", ".").lower(): value
        for key, value in environment(broker).items()
        if key.startswith("KAFKA_") and key != "KAFKA_HEAP_OPTS"
    }


class Broker(Kafka):
    """A broker of the compose file, run here: only its hosts, ports and folder are others."""

    memory = "-Xmx384m"

    def __init__(self, folder: Path, name: str, addresses: Mapping[str, str]) -> None:
        """`addresses`: what stands here for `kafka-1:9092` and the others."""
        super().__init__(folder)
        self.name, self.addresses = name, addresses

    def settle_ports(self) -> None:
        """They know each other's beforehand."""

    @property
    def ports(self) -> dict[str, int]:
        return {
            what: int(self.addresses[f"{self.name}:{port}"].rpartition(":")[2])
            for what, port in (("broker", 9092), ("controller", 9093))
        }

    def properties(self, records: str) -> str:
        told = properties(self.name) | {"log.dirs": records}
        told["listeners"] = (
            told["listeners"]
            .replace("//:9092", f"//{self.name}:9092")
            .replace("//:9093", f"//{self.name}:9093")
        )
        text = "".join(f"{key}={value}\n" for key, value in told.items())
        for theirs, ours in self.addresses.items():
            text = text.replace(theirs, ours)
        return text

    def format_words(self) -> list[str]:
        return ["-t", environment(self.name)["CLUSTER_ID"]]
