"""The servers of one installation: started here, or the customer's own when the environment names them."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from services.local.cluster import Cluster, kafka_in
from services.local.home import Home
from services.local.jars import Progress
from services.local.kafka import Kafka
from services.local.objects import Seaweed, Store, store_of
from services.local.postgres import Postgres


@dataclass(frozen=True)
class Servers:
    """`objects` is the S3 server, where this installation keeps its objects on one."""

    bootstrap: str
    database_admin_uri: str
    objects: Seaweed | None = None


@contextmanager
def servers(
    home: Home,
    say: Progress = lambda _: None,
    *,
    brokers: int | None = None,
    objects: Store | None = None,
) -> Iterator[Servers]:
    """All of them, started side by side, and stopped at the end; only one caller at a time on a folder.

    `brokers` is 1 or 3 for a folder that is new; without it one is started, or what the folder keeps. `objects` says
    likewise where objects are kept; without it in a folder.

    `HEARD_KAFKA=host:port,...` and `HEARD_DATABASE=postgresql://...` name servers that are not ours to start.
    """
    with home.only_one(), ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        bootstrap = pool.submit(own_kafka, home, say, stack, brokers)
        uri = pool.submit(own_postgres, home, stack)
        store = pool.submit(own_objects, home, stack, objects)
        all_of_them = Servers(bootstrap.result(), uri.result(), store.result())
        kafka, postgres = kafka_of(home), postgres_of(home)
        home.note(
            bootstrap=all_of_them.bootstrap,
            database_socket=str(postgres.socket_folder) if postgres.pid else None,
            kafka_pid=kafka.pid,
            kafka_pids=kafka.pids if isinstance(kafka, Cluster) else None,
            postgres_pid=postgres.pid,
            objects_pid=all_of_them.objects.pid if all_of_them.objects else None,
        )
        stack.callback(home.forget)
        yield all_of_them


def own_kafka(home: Home, say: Progress, stack: ExitStack, brokers: int | None = None) -> str:
    if theirs := os.environ.get("HEARD_KAFKA"):
        return theirs
    kafka = kafka_of(home, say, brokers=brokers)
    if not kafka.in_background:
        stack.callback(kafka.stop)
    kafka.start()
    return kafka.bootstrap


def own_postgres(home: Home, stack: ExitStack) -> str:
    if theirs := os.environ.get("HEARD_DATABASE"):
        return theirs
    postgres = postgres_of(home)
    stack.callback(postgres.stop)
    postgres.start()
    return postgres.uri()


def own_objects(home: Home, stack: ExitStack, wanted: Store | None = None) -> Seaweed | None:
    if store_of(home, wanted) is Store.FOLDER:
        return None
    seaweed = objects_server_of(home)
    stack.callback(seaweed.stop)
    seaweed.start()
    return seaweed


def objects_server_of(home: Home) -> Seaweed:
    return Seaweed(home.path / "s3", log=home.logs / "s3.log")


def kafka_of(
    home: Home, say: Progress = lambda _: None, *, background: bool = False, brokers: int | None = None
) -> Kafka | Cluster:
    """What the folder keeps; `brokers` (1 or 3) where it is new."""
    return kafka_in(home.kafka, brokers=brokers, log=home.logs / "kafka.log", background=background, say=say)


def postgres_of(home: Home) -> Postgres:
    return Postgres(home.postgres, log=home.logs / "postgres.log")


def start_kafka(home: Home, say: Progress = lambda _: None, brokers: int | None = None) -> str:
    """For `heard kafka start`: it goes on after the command."""
    kafka = kafka_of(home.make(), say, background=True, brokers=brokers)
    if kafka.pid and (kafka.ready() or not kafka.in_background):
        return kafka_status(home)
    kafka.start()
    return f"Kafka runs at {kafka.bootstrap} ({who(kafka)}), until `heard kafka stop`."


def stop_kafka(home: Home) -> str:
    kafka = kafka_of(home, background=True)
    if not kafka.pid:
        return kafka_status(home)
    if not kafka.in_background:
        return f"Kafka belongs to the Heard that runs on {home.path}; stop that one, and Kafka stops with it."
    if home.is_running():
        return f"Heard runs on {home.path} and needs this Kafka; stop Heard first."
    kafka.stop()
    return "Kafka has stopped; what it keeps stays."


def kafka_status(home: Home) -> str:
    kafka = kafka_of(home)
    if theirs := os.environ.get("HEARD_KAFKA"):
        return f"HEARD_KAFKA names a Kafka of your own at {theirs}; none is started here."
    if not kafka.pid:
        return f"Kafka does not run on {home.path}."
    whose = "in the background" if kafka.in_background else "as part of the Heard that runs here"
    answers = "and answers" if kafka.ready() else "but does not answer"
    return f"Kafka runs at {kafka.bootstrap} {whose} ({who(kafka)}) {answers}."


def who(kafka: Kafka | Cluster) -> str:
    if isinstance(kafka, Kafka):
        return f"process {kafka.pid}"
    runs = ", ".join(str(pid) for pid in kafka.pids)
    return f"{len(kafka.pids)} of {len(kafka.nodes)} brokers: processes {runs}"
