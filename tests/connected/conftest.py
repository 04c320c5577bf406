from collections.abc import Iterator

import pytest

from services.local.kafka import Kafka
from services.local.postgres import Postgres


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """One for the whole run; tests keep apart by the names of their topics and groups."""
    node = Kafka(tmp_path_factory.mktemp("kafka"), say=print)
    try:
        node.start()
        yield node
    finally:
        node.stop()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One for the whole run; tests keep apart by schema or database."""
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    try:
        server.start()
        yield server
    finally:
        server.stop()
