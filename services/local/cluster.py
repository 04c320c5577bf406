"""Three Apache Kafka nodes in a folder: every record on three of them, acknowledged once two have it.

For trying out what happens when one of them dies. They share a machine, so a power cut takes all three: what was
acknowledged in the last seconds before it may be lost, as in a centre that loses its power.
"""

import json
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from services.local import running
from services.local.jars import Progress, kafka_jars
from services.local.kafka import PATIENCE, PROPERTIES, Kafka, count_brokers, new_id
from services.local.ports import PORTS
from services.local.trouble import CannotHave
from shared.files import write_whole

BROKERS: Final = 3
SETTLED: Final = "cluster.json"
TOGETHER_WITHIN: Final = 4 * PATIENCE
TOGETHER: Final = """\
# So long a broker may be silent before others take over what it led.
broker.session.timeout.ms=6000
"""


class Node(Kafka):
    """One of the three; its number is from 1."""

    memory = "-Xmx384m"

    def __init__(self, cluster: "Cluster", number: int) -> None:
        log = cluster.log.with_name(f"{cluster.log.stem}-{number}{cluster.log.suffix}")
        super().__init__(
            cluster.folder / f"node-{number}", log=log, background=cluster.background, say=cluster.say
        )
        self.cluster, self.number = cluster, number

    def properties(self, records: str) -> str:
        own = PROPERTIES.format(
            node=self.number,
            controllers=self.cluster.controllers,
            copies=BROKERS,
            insync=2,
            records=records,
            **self.ports,
        )
        return own + TOGETHER

    def format_words(self) -> list[str]:
        return ["-t", self.cluster.settled["id"], "--initial-controllers", self.cluster.voters]

    def settle_ports(self) -> None:
        """The nodes know each other's controllers by port, for ever: only the other port may change."""
        kept = self.ports
        if kept and running.come_free(kept.values()):
            return
        if self.records.exists() and not running.is_free(kept["controller"]):
            raise CannotHave(
                f"Port {kept['controller']} of Kafka's node {self.number} is taken by another program: stop that one."
            )
        chance = random.SystemRandom()
        taken = {port for node in self.cluster.nodes for port in node.ports.values()}
        free = [port for port in chance.sample(PORTS, 50) if port not in taken and running.is_free(port)]
        controller = kept["controller"] if self.records.exists() else free[1]
        write_whole(
            self.folder / "ports.json", json.dumps({"broker": free[0], "controller": controller}) + "\n"
        )


class Cluster:
    """Used like `Kafka`; what names nodes, such as `kill(2)`, means all of them when it names none."""

    def __init__(
        self,
        folder: Path,
        *,
        log: Path | None = None,
        background: bool = False,
        say: Progress = lambda _: None,
    ) -> None:
        self.folder = folder.absolute()
        self.log = log or self.folder / "kafka.log"
        self.background = background
        self.say = say
        self.nodes = [Node(self, number) for number in range(1, BROKERS + 1)]

    @property
    def bootstrap(self) -> str:
        return ",".join(node.bootstrap for node in self.nodes)

    @property
    def controllers(self) -> str:
        return ",".join(f"127.0.0.1:{node.ports['controller']}" for node in self.nodes)

    @property
    def voters(self) -> str:
        pairs = zip(self.nodes, self.settled["directories"], strict=True)
        return ",".join(
            f"{node.number}@127.0.0.1:{node.ports['controller']}:{directory}" for node, directory in pairs
        )

    @property
    def pid(self) -> int | None:
        """Of the first that runs."""
        return next(iter(self.pids), None)

    @property
    def pids(self) -> list[int]:
        return [pid for node in self.nodes if (pid := node.pid)]

    @property
    def in_background(self) -> bool:
        return any(node.in_background for node in self.nodes)

    @cached_property
    def settled(self) -> dict[str, Any]:
        """Drawn once and kept: by these the nodes know each other, also after a start that was cut off."""
        if found := running.read(self.folder / SETTLED):
            return found
        drawn = {"id": new_id(), "directories": [new_id() for _ in self.nodes]}
        write_whole(self.folder / SETTLED, json.dumps(drawn) + "\n")
        return drawn

    def start(self) -> None:
        """Returns when all three answer. Those that run in the background are kept; those that are ending are awaited."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kafka_jars(self.say)
        stopped = [node for node in self.nodes if not node.in_background]
        for node in stopped:
            node.folder.mkdir(exist_ok=True, mode=0o700)
            running.wait_until_gone(node.pid_file, PATIENCE)
            node.settle_ports()
        self._each(stopped, Kafka.launch)
        self.wait_until_ready()

    def start_node(self, *numbers: int) -> None:
        """Start these again, and wait until all three answer; those that run are left alone."""
        self._each(self._named(numbers), Kafka.launch)
        self.wait_until_ready()

    def restart(self, number: int) -> None:
        """As an upgrade does it: ask it to end, start it again, and wait for it."""
        self._node(number).stop()
        self.start_node(number)

    def stop(self) -> None:
        for node in self.nodes:
            node.ask_to_end()
        self._each(self.nodes, Kafka.stop)

    def kill(self, *numbers: int) -> None:
        self._each(self._named(numbers), Kafka.kill)

    def freeze(self, *numbers: int) -> None:
        for node in self._named(numbers):
            node.freeze()

    def thaw(self, *numbers: int) -> None:
        for node in self._named(numbers):
            node.thaw()

    def ready(self) -> bool:
        """Whether each of them answers and sees all three: one that was left alone does not notice what it misses."""
        return all(
            running.listens(node.ports["broker"]) and count_brokers(node.bootstrap) == len(self.nodes)
            for node in self.nodes
        )

    def wait_until_ready(self) -> None:
        ends = time.monotonic() + TOGETHER_WITHIN
        while time.monotonic() < ends:
            for node in self.nodes:
                node.check()
            if self.ready():
                return
            time.sleep(0.1)
        raise CannotHave(
            f"Not all of Kafka's nodes answered within {TOGETHER_WITHIN:.0f} seconds; see {self.log.parent}"
        )

    def _node(self, number: int) -> Node:
        return self.nodes[number - 1]

    def _named(self, numbers: Sequence[int]) -> list[Node]:
        return [self._node(number) for number in numbers] or self.nodes

    def _each(self, nodes: Sequence[Node], act: Any) -> None:
        """Side by side."""
        with ThreadPoolExecutor(BROKERS) as pool:
            list(pool.map(act, nodes))


def kafka_in(folder: Path, *, brokers: int | None = None, **more: Any) -> Kafka | Cluster:
    """The Kafka of a folder: what is kept there already, or `brokers` (1 or 3, else 1) when it is new.

    Raises:
        CannotHave: when the folder holds the other kind. Nothing of it is touched.
    """
    kept = BROKERS if (folder / SETTLED).exists() else 1 if (folder / "records").exists() else None
    if brokers not in (None, 1, BROKERS):
        raise CannotHave(f"Kafka runs here with 1 broker or with {BROKERS}, not with {brokers}.")
    if kept and brokers and kept != brokers:
        raise CannotHave(
            f"{folder} keeps a Kafka of {_count(kept)}, and {_count(brokers)} cannot take over what it holds. "
            f"Nothing was changed: leave out --brokers, or set HEARD_HOME to another folder."
        )
    return (Cluster if (kept or brokers) == BROKERS else Kafka)(folder, **more)


def _count(brokers: int) -> str:
    return "one broker" if brokers == 1 else f"{brokers} brokers"
