"""Structured logs: static event names, and only fields that stand on the list below.

A field that is not listed is dropped and its name reported, so a new field is a decision somebody makes here.
Third-party loggers speak only at WARNING and above and only through a form that leaves out their text: libraries
quote their input.
"""

import logging
import sys
import threading
import traceback
from typing import Any, Final

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED: Final = frozenset(
    {
        "event", "level", "timestamp", "service", "logger", "exception", "where",
        "contribution_id", "event_id", "concern_id", "group", "topic", "partition", "offset", "part", "revision",
        "reason", "cause", "kind", "outcome", "result", "state", "channel", "intake",
        "step", "attempt", "count", "seconds", "depth", "age", "size", "status", "port", "pid", "signal",
        "accession", "template", "dropped_fields", "records", "stage", "task",
    }
)  # fmt: skip
"""Every field that may stand in a log line."""


def only_allowed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop fields that are not on the list, and say which."""
    unknown = sorted(set(event) - ALLOWED)
    kept = {name: value for name, value in event.items() if name in ALLOWED}
    return {**kept, "dropped_fields": unknown} if unknown else kept


def where_it_failed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Turn an exception into its type and the lines it passed; its text and its locals may quote words."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        event["where"] = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno}:{frame.name}" for frame in frames
        ]
    return event


class _Quiet(logging.Handler):
    """What a library logs: its name, its level and its exception's type; never its text. Repeats are counted."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._seen: dict[tuple[str, int, int], int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        mark = (record.name, record.levelno, record.lineno)
        count = self._seen[mark] = self._seen.get(mark, 0) + 1
        if count & (count - 1):  # say the first, second, fourth, eighth ... of the same line
            return
        error = record.exc_info[1] if record.exc_info else None
        log.warning(
            "library_warned",
            logger=record.name,
            where=f"{record.filename}:{record.lineno}",
            kind=type(error).__name__ if error else record.levelname.lower(),
            count=count,
        )


class _Stderr:
    """Standard error as it is when something is said, not as it was when this was imported."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _speak(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            where_it_failed,
            only_allowed,
            structlog.processors.JSONRenderer(default=lambda value: type(value).__name__),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(_Stderr()),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )


def configure(service: str, level: str = "INFO") -> None:
    """Set up logging for this process: JSON lines on standard error."""
    _speak(level)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(service=service)
    root = logging.getLogger()
    root.handlers[:] = [_Quiet()]
    root.setLevel(logging.WARNING)
    for name in list(logging.root.manager.loggerDict):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(logging.NOTSET)
    # Without a handler of its own, an engine with `echo` gives itself one that speaks.
    logging.getLogger("sqlalchemy.engine.Engine").addHandler(logging.NullHandler())
    logging.captureWarnings(True)
    sys.excepthook = _last_words
    threading.excepthook = lambda it: _last_words(it.exc_type, it.exc_value, it.exc_traceback)
    sys.unraisablehook = lambda it: _last_words(it.exc_type, it.exc_value, it.exc_traceback)


def _last_words(kind: type[BaseException], error: BaseException | None, trace: Any) -> None:
    log.critical("process_failed", exc_info=error or kind())


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_speak("INFO")  # what is said before a service is configured may quote nobody either
