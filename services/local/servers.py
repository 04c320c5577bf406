"""The servers of one installation: started here, or the customer's own when the environment names them."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from services.local.home import Home
from services.local.jars import Progress
from services.local.kafka import Kafka
from services.local.postgres import Postgres


@dataclass(frozen=True)
class Servers:
    bootstrap: str
    database_admin_uri: str


@contextmanager
def servers(home: Home, say: Progress = lambda _: None) -> Iterator[Servers]:
    """Both, started side by side, and stopped at the end; only one caller at a time on a folder.

    `HEARD_KAFKA=host:port,...` and `HEARD_DATABASE=postgresql://...` name servers that are not ours to start.
    """
    with home.only_one(), ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        bootstrap = pool.submit(own_kafka, home, say, stack)
        uri = pool.submit(own_postgres, home, stack)
        both = Servers(bootstrap.result(), uri.result())
        kafka, postgres = kafka_of(home), postgres_of(home)
        home.note(
            bootstrap=both.bootstrap,
            database_socket=str(postgres.socket_folder) if postgres.pid else None,
            kafka_pid=kafka.pid,
            postgres_pid=postgres.pid,
        )
        stack.callback(home.forget)
        yield both


def own_kafka(home: Home, say: Progress, stack: ExitStack) -> str:
    if theirs := os.environ.get("HEARD_KAFKA"):
        return theirs
    kafka = kafka_of(home, say)
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


def kafka_of(home: Home, say: Progress = lambda _: None, *, background: bool = False) -> Kafka:
    return Kafka(home.kafka, log=home.logs / "kafka.log", background=background, say=say)


def postgres_of(home: Home) -> Postgres:
    return Postgres(home.postgres, log=home.logs / "postgres.log")


def start_kafka(home: Home, say: Progress = lambda _: None) -> str:
    """For `heard kafka start`: it goes on after the command."""
    kafka = kafka_of(home.make(), say, background=True)
    if kafka.pid:
        return kafka_status(home)
    kafka.start()
    return f"Kafka runs at {kafka.bootstrap} (process {kafka.pid}), until `heard kafka stop`."


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
    return f"Kafka runs at {kafka.bootstrap} {whose} (process {kafka.pid}) {answers}."
