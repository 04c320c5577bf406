"""One folder per installation: what it keeps, what runs, and that only one runs."""

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.local import running
from services.local.trouble import CannotHave
from shared.files import write_whole


class Home:
    def __init__(self, path: Path | None = None) -> None:
        """Without a path: `$HEARD_HOME`, else `$XDG_DATA_HOME/heard`, else `~/.local/share/heard`."""
        self.path = (path or default()).absolute()
        self.kafka = self.path / "kafka"
        self.postgres = self.path / "postgres"
        self.logs = self.path / "logs"
        self.run = self.path / "run"
        self._status = self.run / "status.json"
        self._writing = threading.Lock()

    def make(self) -> "Home":
        """Every folder, for its owner alone."""
        try:
            for folder in (self.path, self.kafka, self.postgres, self.logs, self.run):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                folder.chmod(0o700)
        except OSError as exc:
            raise CannotHave(
                f"The folder {self.path} cannot be written ({exc.strerror}): set HEARD_HOME to one that can."
            ) from None
        return self

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """Held while the servers of this folder run; the system lets go of it whatever becomes of us."""
        self.make()
        with (self.run / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise CannotHave(
                    f"Heard already runs on {self.path} (process {lock.read().strip() or 'unknown'}): "
                    "stop that one first, or set HEARD_HOME to another folder."
                ) from None
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            try:
                yield
            finally:
                lock.truncate(0)

    def is_running(self) -> bool:
        try:
            with (self.run / "lock").open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def status(self) -> dict[str, Any]:
        """What runs, as its last writer noted it; ask `is_running` whether it still does."""
        return running.read(self._status)

    def note(self, **facts: Any) -> None:
        """Add to the status; None takes a fact out. No secrets: any program of this account reads it."""
        with self._writing:
            known = {**self.status(), **facts}
            kept = {name: fact for name, fact in known.items() if fact is not None}
            write_whole(self._status, json.dumps(kept, indent=2) + "\n")

    def forget(self) -> None:
        self._status.unlink(missing_ok=True)


def default() -> Path:
    if chosen := os.environ.get("HEARD_HOME"):
        return Path(chosen)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "heard"
