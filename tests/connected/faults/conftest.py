"""A whole Heard on three brokers, one a module: what breaks it must leave it well."""

from collections.abc import Iterator

import pytest

from services.local.cluster import Cluster
from services.local.servers import kafka_of
from services.local.up import Local
from tests.support.local import TEXTS, heard, is_ready, until


@pytest.fixture(scope="module")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with heard(tmp_path_factory.mktemp("heard"), brokers=3, REPLIES_UNKNOWN_AFTER="20") as local:
        yield local


@pytest.fixture
def local(_whole: Local) -> Local:
    """Well before the fault, so that no test meets what another one broke."""
    until(lambda: all(is_ready(_whole, name) for name in TEXTS), 120, "every service is ready")
    return _whole


@pytest.fixture
def brokers(local: Local) -> Cluster:
    kafka = kafka_of(local.home)
    assert isinstance(kafka, Cluster)
    return kafka
