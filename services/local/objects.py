"""SeaweedFS, an S3 server, in a folder of this machine: for trying out how Heard does on S3.

What it acknowledged outlives a kill of the server. A power cut is another matter: it does not fsync the names of
objects. So a folder stays the default here (`deploy/decisions/0016-objects-on-s3.md`).
"""

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from enum import StrEnum
from pathlib import Path
from typing import Final

from services.local import running
from services.local.home import Home
from services.local.leash import Leashed, spawn
from services.local.ports import PORTS
from services.local.trouble import CannotHave
from shared.files import write_whole
from shared.storage.rights import BUCKETS, INCOMING, MAY, drawn, identities
from shared.storage.s3_client import Bucket, Credentials, client_for

_SERVERS: Final = ("s3", "filer", "volume", "master")
PATIENCE: Final = 60.0
STOPS_WITHIN: Final = 10.0


class Store(StrEnum):
    """Where an installation of this machine keeps its objects."""

    FOLDER = "folder"
    S3 = "s3"


def store_of(home: Home, wanted: Store | None = None) -> Store:
    """Where this installation keeps them: as it began, and else as is wanted, and else in a folder.

    Raises:
        CannotHave: when it began otherwise than is wanted; its archive would not be found there.
    """
    note = home.path / "objects.json"
    kept = running.read(note).get("store") or (Store.FOLDER if (home.path / "objects").exists() else None)
    if kept is None:
        write_whole(note, json.dumps({"store": wanted or Store.FOLDER}) + "\n")
        return wanted or Store.FOLDER
    if wanted and wanted != kept:
        where = "on an S3 server" if kept == Store.S3 else "in a folder"
        raise CannotHave(
            f"This Heard keeps its objects {where} since it began: "
            "start it without --objects, or set HEARD_HOME to a new folder."
        )
    return Store(kept)


class Seaweed:
    """`start()` makes buckets and credentials when the folder is new; the address stays the same from then on."""

    def __init__(self, folder: Path, *, log: Path | None = None) -> None:
        self.folder = folder.absolute()
        self.log = log or self.folder / "objects.log"
        self.pid_file = self.folder / "pid.json"
        self.identities = self.folder / "identities"
        self._program: Leashed | None = None

    @property
    def ports(self) -> dict[str, int]:
        return running.read(self.folder / "ports.json")

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    @property
    def pid(self) -> int | None:
        return running.still_running(self.pid_file)

    def credentials(self, name: str) -> Path:
        """The file of one of those that `MAY` lists."""
        return self.identities / f"{name}.json"

    def bucket(self, name: str, who: str = "owner", prefix: str = "") -> Bucket:
        return Bucket(name, prefix, self.endpoint, credentials=Credentials.read(self.credentials(who)))

    def start(self) -> None:
        """Returns when it keeps an object and gives it back."""
        for folder in (self.folder, self.folder / "objects", self.identities):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
        running.wait_until_gone(self.pid_file, STOPS_WITHIN + 5)
        self._settle_ports()
        self._settle_identities()
        with running.open_log(self.log) as log:
            self._program = spawn(
                [weed(), *self._words()],
                stdout=log,
                cwd=self.folder,
                # Its own orderly end waits 15 seconds for calls that never end; what it keeps is in its files by then.
                stop_signal=signal.SIGKILL,
                grace=STOPS_WITHIN,
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "HOME": str(self.folder),  # where it looks for settings; ours are all here
                    "TZ": "UTC",
                    "GOMEMLIMIT": "256MiB",
                },
            )
        running.remember(self.pid_file, self._program.child_pid)
        self._wait_until_ready()

    def stop(self) -> None:
        """See `start`: for this server a kill is the way to stop it."""
        if pid := self.pid:
            os.kill(pid, signal.SIGKILL)
        running.see_end(self._program, self.pid_file, STOPS_WITHIN)
        self._program = None
        self.pid_file.unlink(missing_ok=True)
        for (
            port
        ) in self.ports.values():  # it leaves its sockets behind, in a place that it does not let us choose
            for socket in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
                socket.unlink(missing_ok=True)

    def _words(self) -> list[str]:
        ports = self.ports
        return [
            *("-logtostderr=true", "server", f"-dir={self.folder / 'objects'}"),
            *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-filer", "-filer.disableHttp"),
            *(f"-{name}.port={ports[name]}" for name in _SERVERS),
            *(f"-{name}.port.grpc={ports[f'{name}_grpc']}" for name in _SERVERS),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false", "-s3.autoCreateBucket=false"),
            f"-s3.config={self.identities / 'all.json'}",
            *("-master.telemetry=false", "-master.electionTimeout=500ms", "-master.volumeSizeLimitMB=128"),
            *("-volume.max=0", "-volume.preStopSeconds=0"),
        ]

    def _settle_ports(self) -> None:
        kept = self.ports
        if kept and running.come_free(kept.values()):
            return
        names = [*_SERVERS, *(f"{name}_grpc" for name in _SERVERS)]
        free = (port for port in random.SystemRandom().sample(PORTS, 200) if running.is_free(port))
        write_whole(self.folder / "ports.json", json.dumps(dict(zip(names, free, strict=False))) + "\n")

    def _settle_identities(self) -> None:
        """Each with random credentials of this installation, in files that nobody else may read."""
        for path in map(self.credentials, MAY):
            if not path.exists():
                write_whole(path, json.dumps(drawn()) + "\n")
        held = {name: running.read(self.credentials(name)) for name in MAY}
        write_whole(self.identities / "all.json", identities(held) + "\n")

    def _wait_until_ready(self) -> None:
        """Its parts find each other one after the other, so only an object that comes back is an answer."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if not self.pid:
                raise CannotHave(
                    f"The S3 server stopped while it started; {self.log} says: {running.last_lines(self.log)}"
                )
            if running.listens(self.ports["s3"]) and self.ready():
                return
            time.sleep(0.1)
        raise CannotHave(f"The S3 server did not answer within {PATIENCE:.0f} seconds; see {self.log}")

    def ready(self) -> bool:
        """Make the buckets unless they are there; put an object and read it."""
        from botocore.exceptions import BotoCoreError, ClientError

        client = client_for(self.bucket(INCOMING), 1)
        try:
            there = {one["Name"] for one in client.list_buckets().get("Buckets", ())}
            for name in BUCKETS:
                if name not in there:
                    client.create_bucket(
                        Bucket=name, ObjectLockEnabledForBucket=True
                    )  # brings versions with it
            probe = {"Bucket": INCOMING, "Key": "started"}
            version = client.put_object(**probe, Body=b"1")["VersionId"]
            whole = bool(client.get_object(**probe)["Body"].read() == b"1")
            client.delete_object(**probe, VersionId=version)
        except (BotoCoreError, ClientError, OSError):
            return False
        finally:
            client.close()
        return whole


def weed() -> str:
    """The program, from its package."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if not found:
        raise CannotHave("The S3 server is not installed: run `make run`, or install heard[embedded].")
    return found
