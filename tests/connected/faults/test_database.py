"""PostgreSQL dies under load, and is restored to an earlier copy: the groups go back, and the books balance again."""

import asyncio
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.local.groups import pause, resume, run_rewind
from services.local.postgres import Postgres
from services.local.servers import postgres_of
from services.local.up import Local
from shared.contracts.topics import GROUPS, service_of
from tests.support.load import texts
from tests.support.local import TEXTS, found
from tests.support.oracle import ask, judge
from tests.support.table import Report

pytestmark = [pytest.mark.connected, pytest.mark.faults, pytest.mark.timeout(900)]


async def test_postgres_is_killed_under_load_and_comes_back(local: Local, report: Report) -> None:
    postgres = postgres_of(local.home)
    async with texts(local, per_second=10) as stream:
        await stream.at_least(30)
        await asyncio.to_thread(postgres.kill)
        await asyncio.sleep(10)
        await asyncio.to_thread(postgres.start)
        await asyncio.sleep(3)
    assert set(stream.statuses) == {200}
    verdict = await judge(local, stream.accepted)
    report(
        fault="PostgreSQL killed for 10 s",
        **verdict.figures,
        cost=f"slowest answer {stream.slowest:.1f} s, {verdict.repeats} repeats; "
        f"settled {verdict.seconds:.0f} s later",
    )


def copy(postgres: Postgres, to: Path) -> None:
    """As a backup taken while the server is stopped; owners and modes are kept."""
    postgres.stop()
    subprocess.run(["cp", "-a", str(postgres.tables), str(to)], check=True)
    postgres.start()


def restore(postgres: Postgres, copied: Path) -> None:
    postgres.stop()
    shutil.rmtree(postgres.tables)
    subprocess.run(["cp", "-a", str(copied), str(postgres.tables)], check=True)
    postgres.start()


async def test_postgres_is_restored_and_the_groups_go_back(
    local: Local, report: Report, tmp_path: Path
) -> None:
    postgres, heard = postgres_of(local.home), found(local)
    groups = [group for group in GROUPS if service_of(group) in TEXTS]
    async with texts(local, per_second=10) as before:
        await before.at_least(40)
    await judge(local, before.accepted)
    copied_at = datetime.now(UTC)
    await asyncio.to_thread(copy, postgres, tmp_path / "copy")
    async with texts(local, per_second=10, first=600) as after:  # nobody who was answered today already
        await after.at_least(60)
    await judge(local, after.accepted)
    for group in groups:
        await asyncio.to_thread(pause, heard, group)
    await asyncio.to_thread(restore, postgres, tmp_path / "copy")
    kept = ask(local, "select count(*) from archive.accession")[0][0]
    for group in groups:
        said = await asyncio.to_thread(run_rewind, heard, group, copied_at)
        assert "was moved back" in said, said
    for group in groups:
        await asyncio.to_thread(resume, heard, group)
    verdict = await judge(local, [*before.accepted, *after.accepted], renumbered=after.accepted)
    report(
        fault="PostgreSQL restored to an earlier copy, groups moved back",
        **verdict.figures,
        cost=f"{ask(local, 'select count(*) from archive.accession')[0][0] - kept} accessions were lost and made "
        f"again, under new numbers; settled {verdict.seconds:.0f} s later",
    )
