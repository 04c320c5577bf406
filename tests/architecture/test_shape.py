"""Know one service, know them all; and what may stand in which file."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.topics import GROUPS, INTAKES, service_of
from shared.database.setup import SCHEMAS
from shared.telemetry.logs import ALLOWED
from shared.vault.purposes import OPENS
from tests.support.tree import ROOT, at, imports_of, kept_files, modules_of, python_files, services, tree_of

NAMES = {"__init__", "app", "handlers", "rules", "adapters", "settings"}
FOLDERS = {"model", "training", "rooms"}
LONGEST = 400
OURS = python_files("services", "shared")


def test_the_top_level_is_the_customers_choice() -> None:
    tools = {"Makefile", "README.md", "LICENSE", "pyproject.toml", "requirements.lock", "docker-compose.yml"}
    found = {path.relative_to(ROOT).parts[0] for path in kept_files()}
    assert {name for name in found if not name.startswith(".")} <= {
        "services",
        "shared",
        "deploy",
        "tests",
        *tools,
    }


def test_there_are_services() -> None:
    assert {"sms_intake", "triage", "anonymiser"} <= set(services())


@pytest.mark.parametrize("service", services())
def test_every_service_has_the_same_small_shape(service: str) -> None:
    folder = ROOT / "services" / service
    found = {
        path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert found <= NAMES | FOLDERS, "add no sixth name"
    assert {"__init__", "app", "settings"} <= found
    others = {path.name for path in folder.iterdir() if path.suffix != ".py" and path.name != "__pycache__"}
    assert others <= NAMES | FOLDERS


@pytest.mark.parametrize("service", services())
def test_a_service_says_what_it_is_and_its_init_does_nothing(service: str) -> None:
    body = tree_of(ROOT / "services" / service / "__init__.py").body
    assert len(body) == 1
    assert ast.get_docstring(tree_of(ROOT / "services" / service / "__init__.py"))


@pytest.mark.parametrize("service", services())
def test_every_service_is_known_to_the_vault_the_contracts_and_the_local_runner(service: str) -> None:
    from services.local.plan import SERVICES

    assert service in OPENS
    assert service in map(service_of, GROUPS) or service in INTAKES.values() or service == "console"
    assert service in SERVICES
    assert service in SCHEMAS or service in INTAKES.values() or service == "reader"


@pytest.mark.parametrize("service", services())
def test_settings_have_one_prefix(service: str) -> None:
    text = (ROOT / "services" / service / "settings.py").read_text(encoding="utf-8")
    assert set(re.findall(r'env_prefix="([A-Z_]+)"', text)) == {f"{service.upper()}_"}
    assert "hide_input_in_errors=True" in text
    assert "frozen=True" in text


def calls(path: Path, *names: str) -> list[str]:
    """Where a file calls what is written like one of these."""
    return [
        at(path, node.lineno)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names
    ]


def test_time_comes_in_as_an_argument() -> None:
    read = (
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "datetime.datetime.now",
        "time.time",
    )
    found = [
        place
        for path in OURS
        for place in calls(path, *read)
        if place.partition(":")[0] not in ("shared/clock.py", "shared/storage/folder.py")
        and not place.startswith("services/local/")
    ]  # shared/storage/folder.py compares files' ages with the system's own clock, which made them
    assert found == []


def test_chance_comes_in_as_an_argument_to_rules_and_handlers() -> None:
    found = [
        place
        for service in services()
        for path in modules_of(service)
        if "rules" in path.parts
        or path.stem == "rules"
        or "handlers" in path.parts
        or path.stem == "handlers"
        for place in calls(
            path, "uuid4", "uuid.uuid4", "random.random", "random.choice", "os.urandom", "secrets.token_hex"
        )
    ]
    assert found == []


def test_nobody_prints_or_logs_past_the_one_logger() -> None:
    found = []
    for path in OURS:
        where = path.relative_to(ROOT).as_posix()
        if where.startswith("services/local/") or where in (
            "services/cli.py",
            "shared/contracts/snapshot.py",
        ):
            continue
        found += calls(path, "print", "pprint", "sys.stdout.write", "sys.stderr.write", "traceback.print_exc")
        if where not in ("shared/telemetry/logs.py", "shared/service.py"):
            found += [
                at(path, line)
                for line, name in imports_of(path)
                if name.partition(".")[0] in ("logging", "structlog")
            ]
    allowed = [place for place in found if place.startswith("shared/telemetry/logs.py")]
    assert [place for place in found if place not in allowed] == []


LEVELS = ("debug", "info", "warning", "error", "critical", "exception")


def said(path: Path) -> list[tuple[str, ast.Call]]:
    return [
        (at(path, node.lineno), node)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and ast.unparse(node.func.value) == "log"
    ]


def test_log_lines_have_static_names_and_only_fields_that_are_allowed() -> None:
    wrong = []
    for path in OURS:
        if path.parts[-2:] == ("telemetry", "logs.py") or "local" in path.parts:
            continue
        for place, call in said(path):
            name = call.args[0] if call.args else None
            if len(call.args) != 1 or not isinstance(name, ast.Constant):
                wrong.append(f"{place}: the name must be static, and the only one")
            elif not re.fullmatch(r"[a-z0-9_]+", str(name.value)):
                wrong.append(f"{place}: {name.value!r} is no name")
            fields = {one.arg for one in call.keywords if one.arg}
            if unknown := fields - ALLOWED - {"exc_info"}:
                wrong.append(f"{place}: {', '.join(sorted(unknown))} would be dropped")
            wrong += [
                f"{place}: an f-string as a field may quote"
                for one in call.keywords
                if isinstance(one.value, ast.JoinedStr) and one.arg in ("reason", "kind", "cause")
            ]
            wrong += [
                f"{place}: the text of an exception may quote"
                for one in call.keywords
                if re.fullmatch(r"(str|repr)\((error|exc|wrong|e)\)", ast.unparse(one.value))
            ]
    assert wrong == []


def test_nobody_asks_sqlalchemy_to_echo() -> None:
    found = [
        at(path, node.lineno)
        for path in OURS
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.keyword) and node.arg in ("echo", "echo_pool")
        and not (isinstance(node.value, ast.Constant) and node.value.value is False)
        and "typer" not in path.read_text(encoding="utf-8")
    ]  # fmt: skip
    assert found == []


OUTSIDE = {
    "aiokafka", "asyncio", "faststream", "httpx", "http", "logging", "multiprocessing", "os", "psycopg", "random",
    "requests", "secrets", "shutil", "smtplib", "socket", "sqlalchemy", "sqlite3", "ssl", "starlette", "structlog",
    "subprocess", "tempfile", "threading", "time", "twilio", "urllib.request", "uvicorn", "pydantic_settings",
    "shared.clock", "shared.database", "shared.messaging", "shared.service", "shared.settings", "shared.storage",
    "shared.telemetry", "shared.twilio", "shared.vault", "shared.web",
}  # fmt: skip
"""What a rule may not know: broker, clock, network, chance, logger."""


@pytest.mark.parametrize("service", services())
def test_rules_are_pure(service: str) -> None:
    rules = [p for p in modules_of(service) if p.stem == "rules" or "rules" in p.parts]
    found = [
        f"{at(path, line)} imports {name}"
        for path in rules
        for line, name in imports_of(path)
        if any(name == one or name.startswith(f"{one}.") for one in OUTSIDE)
    ]
    allowed = (
        "imports shared.clock",
        "imports shared.storage.fixity",
    )  # a type alone; digests, as pure as rules
    assert [one for one in found if not one.endswith(allowed)] == []
    assert [place for path in rules for place in calls(path, "now", "clock.now", "open", "print")] == []


@pytest.mark.parametrize("service", services())
def test_importing_a_service_does_nothing(service: str) -> None:
    """No settings, no connection, no thread, no file: in a process of its own."""
    code = (
        "import importlib, threading, sys\n"
        f"importlib.import_module('services.{service}.app')\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
        "import asyncio, gc\n"
        "from sqlalchemy.ext.asyncio import AsyncEngine\n"
        "assert not [one for one in gc.get_objects() if isinstance(one, AsyncEngine)]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    """Aim near 100 lines, look again at 300; more than 400 are two modules."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_modules_are_small_as_a_rule() -> None:
    sizes = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in OURS)
    assert sizes[len(sizes) // 2] <= 150, "the middle one"
    assert sum(size > 300 for size in sizes) <= len(sizes) // 20, "one in twenty"


NEVER = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:root|Users|mnt|nix)/\w|(?<![\w.])/home/(?!sam\b)\w"),
    "a setting of where packages come from": re.compile(
        r"(?:extra-)?index-url|trusted-host|find-links", re.I
    ),
}


@pytest.mark.parametrize("what", NEVER)
def test_nothing_names(what: str) -> None:
    found = []
    for path in kept_files():
        if path == Path(__file__).resolve() or path.suffix in (".png", ".gz", ".jar"):
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            if NEVER[what].search(line):
                found.append(f"{at(path, number)} {line.strip()[:80]}")
    assert found == []


NUMBERS = re.compile(r"(?<![\w+])(?:\+44|0)7\d{3}[ -]?\d{6}(?!\d)|(?<![\w+])\+447\d{9}(?!\d)")
DRAMA = re.compile(r"(?:\+44|0)7700[ -]?900\d{3}")


def test_every_mobile_number_in_tests_of_ours_is_ofcoms_for_drama() -> None:
    """Nobody's phone may ring because somebody ran a test."""
    found = []
    for path in python_files("services", "shared"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found += [
                f"{at(path, number)} {one}" for one in NUMBERS.findall(line) if not DRAMA.fullmatch(one)
            ]
    assert found == []


def test_every_folder_of_code_is_a_package() -> None:
    """One without `__init__.py` is not looked at by `lint-imports`."""
    folders = {path.parent for path in OURS} - {ROOT / "shared/database/migrations/versions"}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


# Imports run one way.


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_import_contracts_know_every_service() -> None:
    """`lint-imports` reads pyproject.toml: a service that is missing there is not looked at."""
    contracts = project()["tool"]["importlinter"]["contracts"]
    every = {f"services.{name}" for name in services()}
    for contract in contracts:
        for field in ("containers", "modules", "source_modules"):
            if field in contract and contract[field] != ["shared.contracts"]:
                assert set(contract[field]) == every, contract["name"]
    assert {contract["type"] for contract in contracts} == {"layers", "independence", "forbidden"}


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
