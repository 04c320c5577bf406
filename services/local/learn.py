"""What Java once learned of Kafka's classes, kept: with it a node starts in half the time (JEP 483 and 514, JDK 25).

Only a help: Java leaves a file aside that does not fit its own build or the jars, and Kafka starts without it.
"""

import os
import sys
import tempfile
from pathlib import Path

from services.local.jars import learned, making
from services.local.kafka import Kafka
from services.local.trouble import CannotHave


class Pupil(Kafka):
    """Starts once, and writes down at its end what it loaded."""

    def __init__(self, folder: Path, target: Path) -> None:
        super().__init__(folder)
        self.knows = [f"-XX:AOTCacheOutput={target}", "-Xlog:aot*=off"]


def learn() -> Path | None:
    """The file, made now if it is missing; nothing if it could not be made."""
    target = learned()
    if target.exists():
        return target
    with making(target.parent) as scratch, tempfile.TemporaryDirectory() as folder:
        arrived = scratch / target.name
        pupil = Pupil(Path(folder) / "kafka", arrived)
        try:
            pupil.start()
        finally:
            pupil.stop()
        if not arrived.exists():
            return None
        arrived.chmod(0o600)
        os.replace(arrived, target)
    return target


def main() -> int:
    try:
        found = learn()
    except CannotHave as exc:
        print(exc, file=sys.stderr)
        return 1
    print(f"Apache Kafka: starts with {found.name}" if found else "Apache Kafka: starts as before")
    return 0


if __name__ == "__main__":
    sys.exit(main())
