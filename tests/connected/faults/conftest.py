"""A whole Heard on three brokers for all faults that leave it well; started anew after one that did not."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from services.local.cluster import Cluster
from services.local.servers import kafka_of
from services.local.up import Local
from tests.support.local import TEXTS, heard, is_ready, until

PLACE = pytest.StashKey["Place"]()


class Place:
    """Where it runs, if it runs."""

    def __init__(self, folder: Callable[[str], Path]) -> None:
        self._folder, self._stack, self._local = folder, ExitStack(), None

    def local(self) -> Local:
        if self._local is None:
            self._local = self._stack.enter_context(
                heard(self._folder("heard"), brokers=3, REPLIES_UNKNOWN_AFTER="20")
            )
        return self._local

    def close(self) -> None:
        self._local = None
        self._stack.close()

    _local: Local | None


@pytest.fixture(scope="session")
def _place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = request.config.stash[PLACE] = Place(tmp_path_factory.mktemp)
    yield place
    place.close()


@pytest.fixture
def _whole(_place: Place) -> Local:
    """A module whose Heard needs settings of its own brings its own."""
    return _place.local()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[BROKEN] = True
    return report


BROKEN = pytest.StashKey[bool]()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Nothing is left running for a test that does not use it, or after one that failed."""
    place = item.config.stash.get(PLACE, None)
    uses = "_place" in getattr(nextitem, "fixturenames", ())
    if place and (not uses or item.stash.get(BROKEN, False)):
        place.close()


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
