"""Nobody's words reach a log line, whoever tries: our own fields, exceptions, libraries, threads, warnings."""

import asyncio
import gc
import json
import logging
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from shared.telemetry import configure, log
from shared.telemetry.logs import ALLOWED

CANARY = "canary-7f3a she said this"


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook
    configure("tests", "DEBUG")
    yield
    root.handlers[:], root.level, sys.excepthook = before
    logging.captureWarnings(False)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    def read() -> list[dict[str, Any]]:
        said = capsys.readouterr()
        assert "canary" not in said.out + said.err
        assert said.out == ""
        return [json.loads(line) for line in said.err.splitlines()]

    return read


Lines = Callable[[], list[dict[str, Any]]]


def test_a_line_has_what_is_allowed_and_names_what_was_dropped(lines: Lines) -> None:
    log.info("contribution_anonymised", contribution_id="c", count=3, words=CANARY, number="07700 900123")
    (line,) = lines()
    assert line.pop("timestamp")
    assert line == {
        "event": "contribution_anonymised",
        "level": "info",
        "service": "tests",
        "contribution_id": "c",
        "count": 3,
        "dropped_fields": ["number", "words"],
    }


def test_no_field_is_for_words_or_addresses() -> None:
    never = {
        "words",
        "text",
        "body",
        "message",
        "number",
        "phone",
        "address",
        "name",
        "sender",
        "to",
        "error",
        "key",
    }
    assert not ALLOWED & never
    assert not ALLOWED & {
        "value",
        "headers",
        "payload",
        "input",
        "data",
        "url",
        "query",
        "stack_info",
        "exc_info",
    }


def raised() -> ValueError:
    words = CANARY  # a local, as a traceback with locals would show it
    try:
        raise ValueError(f"could not read {words}")
    except ValueError as error:
        return error


@pytest.mark.parametrize("how", ["instance", "true", "tuple", "exception method"])
def test_an_exception_is_told_by_type_and_place(lines: Lines, how: str) -> None:
    error = raised()
    try:
        raise error
    except ValueError:
        if how == "instance":
            log.error("failed", exc_info=error)
        elif how == "true":
            log.error("failed", exc_info=True)
        elif how == "tuple":
            log.error("failed", exc_info=sys.exc_info())
        else:
            log.exception("failed")
    (line,) = lines()
    assert line["exception"] == "ValueError"
    assert any("test_telemetry.py" in place and ":raised" in place for place in line["where"])


@pytest.mark.parametrize(
    "value",
    [CANARY.encode(), [CANARY.encode()], raised(), {CANARY}, Exception, object()],
    ids=lambda v: type(v).__name__,
)
def test_an_object_is_told_by_its_type_alone(lines: Lines, value: object) -> None:
    log.info("something", kind=value)
    assert len(lines()) == 1


@pytest.mark.parametrize(
    "name", ["aiokafka", "faststream", "uvicorn.error", "uvicorn.access", "sqlalchemy.engine", "twilio.http_client",
             "httpx", "asyncio", "py.warnings", "a.logger.of.tomorrow"]
)  # fmt: skip
def test_a_library_is_told_without_its_text(lines: Lines, name: str) -> None:
    library = logging.getLogger(name)
    library.debug("%s", CANARY)
    library.info("%s", CANARY)
    library.warning("%s", CANARY)
    try:
        raise KeyError(CANARY)
    except KeyError:
        library.exception("failed for %s", CANARY, extra={"who": CANARY}, stack_info=True)
    told = lines()
    assert [(line["event"], line["logger"]) for line in told] == [("library_warned", name)] * 2
    assert [line["kind"] for line in told] == ["warning", "KeyError"]


def test_a_library_that_repeats_itself_is_counted(lines: Lines) -> None:
    for _ in range(1000):
        logging.getLogger("aiokafka").error("broker %s", CANARY)
    assert [line["count"] for line in lines()] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]


def test_a_handler_that_a_library_made_for_itself_is_taken_away(lines: Lines) -> None:
    library = logging.getLogger("talkative")
    library.addHandler(logging.StreamHandler())
    library.propagate = False
    library.setLevel(logging.DEBUG)
    configure("tests")
    library.warning("%s", CANARY)
    library.info("%s", CANARY)
    assert [line["logger"] for line in lines()] == ["talkative"]


def test_sqlalchemy_asked_to_echo_stays_quiet(lines: Lines) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine("sqlite://", echo=True)
    with engine.connect() as connection:
        connection.execute(text("select :words"), {"words": CANARY})
    assert lines() == []


def test_warnings_are_told_without_their_text() -> None:
    """In a process of its own: pytest keeps warnings to itself."""
    told = child("import warnings; warnings.warn(CANARY)")
    assert [line["logger"] for line in told] == ["py.warnings"]


@pytest.mark.parametrize(
    ("code", "event", "kind"),
    [
        ("raise ValueError(CANARY)", "process_failed", "ValueError"),
        (
            "import threading\ndef work(): raise KeyError(CANARY)\nt = threading.Thread(target=work, name=CANARY)\nt.start(); t.join()",
            "process_failed",
            "KeyError",
        ),
        (
            "class Ends:\n    def __del__(self): raise OSError(CANARY)\none = Ends(); del one",
            "process_failed",
            "OSError",
        ),
    ],
    ids=["the main thread", "another thread", "a finaliser"],
)
def test_what_nobody_caught_is_told_without_its_text(code: str, event: str, kind: str) -> None:
    told = child(code)
    assert [(line["event"], line["exception"]) for line in told] == [(event, kind)]


def test_before_it_is_configured_nothing_is_said_that_quotes_either() -> None:
    told = child(
        "def f():\n    words = CANARY\n    raise ValueError(words)\n"
        "try: f()\nexcept ValueError: log.error('early', exc_info=True, words=CANARY, count=1)",
        configured=False,
    )
    assert [(line["event"], line["count"], line["exception"]) for line in told] == [
        ("early", 1, "ValueError")
    ]


async def test_a_task_that_nobody_awaits_is_told_without_its_text(lines: Lines) -> None:
    async def fails() -> None:
        raise ValueError(CANARY)

    task = asyncio.create_task(fails())
    await asyncio.wait([task])
    del task
    gc.collect()
    (line,) = lines()
    assert (line["logger"], line["kind"]) == ("asyncio", "ValueError")


def test_levels_below_the_one_asked_for_are_not_said(lines: Lines) -> None:
    configure("tests", "warning")
    log.info("not_said")
    log.warning("said")
    assert [line["event"] for line in lines()] == ["said"]


def test_times_are_utc(lines: Lines) -> None:
    log.info("now")
    (line,) = lines()
    said = datetime.fromisoformat(line["timestamp"].replace("Z", "+00:00"))
    assert abs((datetime.now(UTC) - said).total_seconds()) < 5


def child(code: str, *, configured: bool = True) -> list[dict[str, Any]]:
    start = "from shared.telemetry import configure, log\n" + ("configure('tests')\n" if configured else "")
    program = f"CANARY = {CANARY!r}\n{start}{textwrap.dedent(code)}\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert "canary" not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]
