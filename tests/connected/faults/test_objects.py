"""The object store is slow, fails, garbles and goes away: all is kept once, whole, and nobody waits for ever."""

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from services.local.home import Home
from services.local.objects import Store
from services.local.send_art import fill_in
from services.local.servers import objects_server_of
from services.local.up import Local
from tests.support.load import texts
from tests.support.local import TEXTS, heard
from tests.support.local import found as found_now
from tests.support.media import a_drawing
from tests.support.oracle import judge
from tests.support.proxy import Choose, Fault, Proxy
from tests.support.table import Report

pytestmark = [pytest.mark.connected, pytest.mark.faults, pytest.mark.timeout(900)]

FAILING = (
    Fault.REFUSED, Fault.FORGOTTEN, Fault.CUT, Fault.CUT_AFTER, Fault.HALF_ASKED, Fault.HALF_ANSWERED
)  # fmt: skip
GARBLING = (Fault.OTHER_BYTES_ASKED, Fault.OTHER_BYTES_ANSWERED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("heard-on-s3")


@pytest.fixture(scope="module")
def proxy(folder: Path) -> Iterator[Proxy]:
    with Proxy(lambda: objects_server_of(Home(folder)).endpoint, seconds=0.5).running() as made:
        yield made


@pytest.fixture(scope="module")
def behind(folder: Path, proxy: Proxy) -> Iterator[Local]:
    """A Heard for texts and drawings whose object store is behind the proxy."""
    services = (*TEXTS, "art_intake", "reader")
    with heard(folder, services=services, objects=Store.S3, HEARD_S3_ENDPOINT=proxy.url) as local:
        yield local


@pytest.fixture
def calm(behind: Local, proxy: Proxy) -> Iterator[Local]:
    proxy.always(None)
    proxy.met.clear()
    yield behind
    proxy.always(None)


def one_in(count: int, faults: Sequence[Fault]) -> Choose:
    """So often one of these, drawn by chance, always the same way."""
    chance, lock = random.Random(7), threading.Lock()

    def choose(method: str, path: str) -> Fault | None:
        with lock:
            return chance.choice(faults) if chance.random() < 1 / count else None

    return choose


@asynccontextmanager
async def coming_in(local: Local, first: int) -> AsyncIterator[list[str | UUID]]:
    """Texts and three drawings that come in while the block runs; all of them were answered well."""
    accepted: list[str | UUID] = []
    async with texts(local, per_second=3, first=first) as stream:
        yield accepted
        for number in range(3):
            accepted.append(await asyncio.to_thread(draw, local, f"house {first + number}"))
        await stream.at_least(12)
    assert set(stream.statuses) == {200}
    accepted += stream.accepted


def draw(local: Local, words: str) -> UUID:
    form = f"http://127.0.0.1:{local.ports['art_web']}"
    filled = fill_in(form, {}, [("house.png", a_drawing([words]))])
    assert filled.code
    return filled.contribution_id


def all_as_it_was(local: Local, proxy: Proxy) -> int:
    """Every byte in the archive against its digest: how many accessions, all of them well."""
    proxy.always(None)
    found = found_now(local).ask("archive", "/fixity?objects=10000", seconds=300)
    assert (found["checked"], found["damaged"]) == (found["accessions"], [])
    return int(found["checked"])


@pytest.mark.parametrize(
    ("name", "first", "choose"),
    [
        ("every answer of the object store takes 0.5 s longer", 0, lambda: lambda *_: Fault.SLOW),
        ("one in five requests to it fails, is forgotten or cut", 100, lambda: one_in(5, FAILING)),
        ("one in five requests to it carries other bytes", 200, lambda: one_in(5, GARBLING)),
    ],
)
async def test_all_is_kept_while_it_goes_on(
    calm: Local, proxy: Proxy, report: Report, name: str, first: int, choose: Callable[[], Choose]
) -> None:
    proxy.choose = choose()
    async with coming_in(calm, first) as accepted:
        pass
    verdict = await judge(calm, accepted, seconds=400)
    met = sum(proxy.met.values())
    assert met > 20
    whole = all_as_it_was(calm, proxy)
    report(
        fault=name,
        **verdict.figures,
        cost=f"{met} requests met it; settled {verdict.seconds:.0f} s later; {whole} of {whole} kept as they were",
    )


async def test_it_is_killed_and_away_for_a_while(calm: Local, proxy: Proxy, report: Report) -> None:
    server = calm.servers.objects
    assert server
    async with coming_in(calm, 300) as accepted:
        await asyncio.sleep(3)
        await asyncio.to_thread(server.stop)  # by SIGKILL
        await asyncio.sleep(20)
        await asyncio.to_thread(server.start)
    verdict = await judge(calm, accepted, seconds=400)
    whole = all_as_it_was(calm, proxy)
    report(
        fault="the object store killed, and back after 20 s",
        **verdict.figures,
        cost=f"everybody was answered; settled {verdict.seconds:.0f} s later; {whole} of {whole} kept as they were",
    )
