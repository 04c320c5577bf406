from collections.abc import Iterator

import pytest

from tests.support import stores


@pytest.fixture(scope="session")
def moto() -> Iterator[stores.S3Server]:
    with stores.moto() as server:
        yield server


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stores.S3Server]:
    with stores.seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server
