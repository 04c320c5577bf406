"""promtool, which holds our alert rules to Prometheus' own word: found, or out of Debian's package `prometheus`.

`python -m tests.support.promtool` fetches the package into the cache folder and unpacks it there; nothing is installed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from services.local.jars import cache

PACKAGE: Final = "prometheus"
HOW: Final = (
    "The tests of the alert rules need promtool: on Debian or Ubuntu run `apt-get update` as root and try again, "
    "or set PROMTOOL to the program that you have (https://prometheus.io/download/)."
)


def promtool(environment: Mapping[str, str] = os.environ) -> str | None:
    """The program: what `PROMTOOL` names, the path's own, or the one in the cache folder."""
    if named := environment.get("PROMTOOL"):
        return shutil.which(named)
    return shutil.which("promtool") or shutil.which(str(_unpacked()))


def fetch() -> str | None:
    """Have it, from Debian's package if need be; None when it cannot be had."""
    if found := promtool():
        return found
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return None
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        if not _download(Path(folder)):
            return None
        for package in Path(folder).glob("*.deb"):
            _ran("dpkg-deb", "-x", str(package), folder)
        program = Path(folder) / "usr" / "bin" / "promtool"
        if not program.is_file():
            return None
        _unpacked().parent.mkdir(parents=True, exist_ok=True)
        program.replace(_unpacked())
    return promtool()


def _download(folder: Path) -> bool:
    if _ran("apt-get", "download", "-qq", PACKAGE, cwd=folder):
        return True
    if os.geteuid() != 0:
        return False
    return _ran("apt-get", "update", "-qq") and _ran("apt-get", "download", "-qq", PACKAGE, cwd=folder)


def _ran(*command: str, cwd: Path | None = None) -> bool:
    return subprocess.run(command, cwd=cwd, capture_output=True, check=False).returncode == 0


def _unpacked() -> Path:
    return cache() / "prometheus" / "bin" / "promtool"


if __name__ == "__main__":  # for the Makefile: 0 when it is there, else how to get it
    if fetch() is None:
        sys.exit(HOW)
