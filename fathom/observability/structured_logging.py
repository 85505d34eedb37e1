"""Loggers whose lines say in figures what happens to which document: message, stage, sub_stage, metrics."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, FilteringBoundLogger

from fathom.clean_text import clean_text
from fathom.observability.dagster_log_sampling import DagsterLogSampler
from fathom.observability.events import BY_NAME, event_name
from fathom.observability.redaction import redact

Stage = Literal["upload", "validation", "docling", "chunking", "graphiti", "system"]

# The attribute of a standard log record that holds the line's fields, for handlers that keep them.
FIELDS = "fathom_fields"
# Said once by who logs, or shown beside the message by everything that shows it.
_CONTEXT = ("document", "run", "request", "stage", "sub_stage", "event")

# Called for each line that is said in the context: by who wants to know how long nothing was said.
on_log_line: ContextVar[Callable[[], None] | None] = ContextVar("on_log_line", default=None)

_LEVELS = {name.lower(): level for name, level in logging.getLevelNamesMapping().items()}
# What `bound` bound: one mapping, never changed but replaced, so that a line takes it as it is.
_bound: ContextVar[Mapping[str, Any]] = ContextVar("bound", default=MappingProxyType({}))
_ATTRIBUTES = logging.LogRecord("", 0, "", 0, "", (), None).__dict__  # of any record, whatever this Python has of them
_LOADED = time.time() - _ATTRIBUTES["relativeCreated"] / 1000


_dagster_sampler = DagsterLogSampler()


class _LogDispatcher:
    """What structlog hands a line to, whatever its level: the handlers of the standard logger, and Dagster's by choice."""

    __slots__ = ("critical", "debug", "error", "info", "standard", "warning")

    def __init__(self, standard: logging.Logger) -> None:
        self.standard = standard
        self.debug = self.info = self.warning = self.error = self.critical = self._handle

    def _handle(self, record: logging.LogRecord) -> None:
        if _dagster_sampler.takes(record.levelno, record.__dict__[FIELDS].get("event")):
            _dagster_sampler.handle(record)  # which is below `fathom` as well: who listens there hears it
        else:
            self.standard.handle(record)


def _with_bound(_handlers: _LogDispatcher, _level: str, line: EventDict) -> EventDict:
    return {**_bound.get(), **line}


def _named(handlers: _LogDispatcher, level: str, line: EventDict) -> EventDict:
    """The line with the event it is, if any. Raises DropEvent for one that is none and below the logger's level."""
    line["message"] = line.pop("event")  # which is what structlog calls the message
    if name := line.pop("event_name", None) or event_name(line.get("stage"), line.get("sub_stage")):
        line["event"] = name
    elif not handlers.standard.isEnabledFor(_LEVELS[level]):
        raise structlog.DropEvent
    return line


def _without_secrets(_handlers: _LogDispatcher, _level: str, line: EventDict) -> EventDict:
    return redact(line)


def _recorded(handlers: _LogDispatcher, level: str, line: EventDict) -> tuple[tuple[logging.LogRecord], dict[str, Any]]:
    """The line as a standard record, made here: the standard logger would look for the code that called it, each time."""
    trace = sys.exc_info() if line.pop("exc_info", None) else None
    record = logging.LogRecord.__new__(logging.LogRecord)  # whose __init__ asks for much that no line of ours shows
    now, number, thread = time.time(), _LEVELS[level], threading.current_thread()
    record.__dict__.update(_ATTRIBUTES)
    record.__dict__.update(
        name=handlers.standard.name,
        msg=_LazyLine(line),
        levelno=number,
        levelname=logging.getLevelName(number),
        created=now,
        msecs=int(now % 1 * 1000) + 0.0,
        relativeCreated=(now - _LOADED) * 1000,
        exc_info=trace,
        thread=thread.ident,
        threadName=thread.name,
        process=os.getpid(),
    )
    record.__dict__[FIELDS] = line
    if heard := on_log_line.get():
        heard()
    return (record,), {}


class _LazyLine:
    """The line for people, put together when a handler asks for it: the one that writes files never does."""

    __slots__ = ("_fields",)

    def __init__(self, fields: EventDict) -> None:
        self._fields = fields

    def __str__(self) -> str:
        fields = dict(self._fields)
        return plain_line(str(fields.pop("message", "")), fields)


@cache
def get_logger(name: str) -> FilteringBoundLogger:
    """A structlog logger whose lines carry what `stage` bound and go through the standard logger of that name, below `fathom`.

    Handlers of the standard library see "message  key=value" and the fields themselves in `record.fathom_fields`; no line
    goes anywhere before someone attached a handler. A line that is an event of the catalogue is said whatever the level
    of the logger: status is made of events.
    """
    below = name if name == "fathom" or name.startswith("fathom.") else f"fathom.{name}"
    wrapped: FilteringBoundLogger = structlog.wrap_logger(
        _LogDispatcher(logging.getLogger(below)),
        processors=[_with_bound, _named, _without_secrets, _recorded],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        context_class=dict,
        cache_logger_on_first_use=True,
    )
    return wrapped


def emit(event: str, message: str, /, *, document: str | None = None, run: str | None = None, **figures: Any) -> None:
    """The event is on record, with its figures and what `stage` bound; lost only where no line can be written.

    Raises KeyError for a name that is not in the catalogue.
    """
    kind = BY_NAME[event]
    about = {"document": document, "run": run}
    said = {key: value for key, value in about.items() if value is not None}
    get_logger("fathom.events").info(message, event_name=kind.name, metrics=figures, **said)


@contextmanager
def stage(name: Stage, *, document: str | None = None, run: str | None = None) -> Iterator[None]:
    """Every line logged inside carries this stage, document and run."""
    with bound(stage=name, document=document, run=run):
        yield


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Every line logged inside carries these fields; None leaves what is bound already."""
    token = _bound.set({**_bound.get(), **{name: value for name, value in fields.items() if value is not None}})
    try:
        yield
    finally:
        _bound.reset(token)


def propagated_fields() -> dict[str, str]:
    """The run and the request that lines said here carry, for another process that works on the same."""
    fields = _bound.get()
    return {name: str(fields[name]) for name in ("run", "request") if fields.get(name)}


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What the line said beside its message and level; empty for a line of another library."""
    fields = getattr(record, FIELDS, None)
    return dict(fields) if isinstance(fields, dict) else {}


def plain_line(message: str, fields: dict[str, Any]) -> str:
    """Returns the line as a person reads it: document, message, figures, without what a terminal would take for a command."""
    metrics = fields.get("metrics")
    figures = dict(metrics) if isinstance(metrics, dict) else {}
    figures |= {key: value for key, value in fields.items() if key not in (*_CONTEXT, "metrics")}
    said = " ".join(f"{key}={value}" for key, value in figures.items())
    document = fields.get("document")
    about = f"{document}: {message}" if document else message  # a run may have many in hand
    return clean_text(f"{about}  {said}" if said else about)
