"""`heard up` as somebody runs it: ready, stopped by Ctrl-C, killed, started again; on servers of its own or of yours."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from services.local.desk import Desk
from services.local.found import Found
from services.local.home import Home
from services.local.kafka import Kafka
from services.local.plan import SERVICES
from services.local.postgres import Postgres
from services.local.standin import StandIn
from shared.vault.keyring import Keyring
from tests.support.local import sender, until

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]


@contextmanager
def up(folder: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """`heard up` in a process of its own, waited for until every service is ready."""
    secret = folder / "passphrase"
    secret.write_text("only for tests")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEARD_")}
    environment |= {name: os.environ[name] for name in ("HEARD_PORTS",) if name in os.environ}
    environment |= {"HEARD_HOME": str(folder), "HEARD_PASSPHRASE_FILE": str(secret), **more}
    with (folder / "up.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "up"], env=environment, stdout=log, stderr=log
        )
    try:
        until(lambda: is_up(folder), 90, "heard up is ready")
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def found(folder: Path) -> Found:
    home = Home(folder)
    return Found(home, home.status())


def is_up(folder: Path) -> bool:
    heard = found(folder)
    if not heard.home.is_running() or len(heard.status.get("services", {})) < len(SERVICES):
        return False
    try:
        return all(heard.ask(name, "/ready", seconds=5).get("ready") for name in SERVICES)
    except Exception:
        return False


def family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return list(psutil.Process(process.pid).children(recursive=True))


def text(folder: Path, words: str, number: int) -> None:
    assert (
        StandIn(f"http://127.0.0.1:{found(folder).port('twilio')}").text(sender(number), words)["status"]
        == 200
    )


def accepted(folder: Path, count: int) -> bool:
    total = Desk(found(folder)).balance()["total"]
    return bool(total["accepted"] == count and not total["in_flight"] and not total["missing"])


def test_it_survives_a_kill_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        text(tmp_path, "my worker listens to me", 1)
        until(lambda: accepted(tmp_path, 1), 60, "the text is in the archive")
        everyone = family(process)
        assert len(everyone) >= 2 * len(SERVICES)
        process.kill()
        _, alive = psutil.wait_procs(everyone, 30)
        assert not alive, [one.name() for one in alive]
    with up(tmp_path) as process:
        text(tmp_path, "she still does", 2)
        until(lambda: accepted(tmp_path, 2), 60, "both are there after the kill")
        everyone = family(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert not psutil.wait_procs(everyone, 10)[1]
    log = (tmp_path / "up.log").read_text()
    for service in SERVICES:
        assert f"{service:12} started" in log
        assert f"{service:12} stopped" in log
    assert "only for tests" not in log


def test_a_second_one_on_the_same_folder_says_so(tmp_path: Path) -> None:
    with Home(tmp_path).only_one():
        environment = {**os.environ, "HEARD_HOME": str(tmp_path), "HEARD_PASSPHRASE_FILE": __file__}
        done = subprocess.run(
            [sys.executable, "-m", "services.cli", "up"], env=environment, capture_output=True, text=True, timeout=60, check=False
        )  # fmt: skip
        assert done.returncode == 1
        assert "already runs" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_wrong_passphrase_is_told_in_words(tmp_path: Path) -> None:
    Keyring.open(tmp_path / "keyring.json", "another").save()
    environment = {**os.environ, "HEARD_HOME": str(tmp_path), "HEARD_PASSPHRASE_FILE": __file__}
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", "up"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert done.returncode == 1
    assert "does not open with this passphrase" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_it_uses_servers_of_yours(tmp_path: Path, kafka: Kafka, postgres: Postgres) -> None:
    with up(tmp_path, HEARD_KAFKA=kafka.bootstrap, HEARD_DATABASE=postgres.uri()) as process:
        assert found(tmp_path).bootstrap == kafka.bootstrap
        assert not (tmp_path / "kafka" / "records").exists()
        text(tmp_path, "my worker listens to me", 1)
        until(lambda: accepted(tmp_path, 1), 60, "the text is in the archive")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert kafka.pid
    assert postgres.pid
