from collections.abc import Iterator

import pytest

from services.local.kafka import Kafka
from services.local.postgres import Postgres


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """One a module: what other modules published must not be read here."""
    node = Kafka(tmp_path_factory.mktemp("kafka"), say=print)
    try:
        node.start()
        yield node
    finally:
        node.stop()


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One a module, with roles and tables of its own."""
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    try:
        server.start()
        yield server
    finally:
        server.stop()
