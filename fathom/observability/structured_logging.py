"""Structured loggers: each line has a message, document, stage, sub_stage and metrics."""

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

# The attribute of a standard log record that holds the line's fields, for handlers that store them.
FIELDS = "fathom_fields"
# Fields of the context, which views show beside the message.
_CONTEXT = ("document", "run", "request", "stage", "sub_stage", "event")

# Called for each line logged in the context, to measure how long the work is silent.
on_log_line: ContextVar[Callable[[], None] | None] = ContextVar("on_log_line", default=None)

_LEVELS = {name.lower(): level for name, level in logging.getLevelNamesMapping().items()}
# The bound fields: an immutable mapping that is replaced, so that lines need not copy it.
_bound: ContextVar[Mapping[str, Any]] = ContextVar("bound", default=MappingProxyType({}))
_ATTRIBUTES = logging.LogRecord("", 0, "", 0, "", (), None).__dict__  # the attributes of any record in this version of Python
_LOADED = time.time() - _ATTRIBUTES["relativeCreated"] / 1000


_dagster_sampler = DagsterLogSampler()


class _LogDispatcher:
    """Receives lines of all levels from structlog: passes them to the standard logger's handlers, or to Dagster if sampled."""

    __slots__ = ("critical", "debug", "error", "info", "standard", "warning")

    def __init__(self, standard: logging.Logger) -> None:
        self.standard = standard
        self.debug = self.info = self.warning = self.error = self.critical = self._handle

    def _handle(self, record: logging.LogRecord) -> None:
        if _dagster_sampler.takes(record.levelno, record.__dict__[FIELDS].get("event")):
            _dagster_sampler.handle(record)  # this logger is below `fathom`, so that handlers there get the line too
        else:
            self.standard.handle(record)


def _with_bound(_handlers: _LogDispatcher, _level: str, line: EventDict) -> EventDict:
    return {**_bound.get(), **line}


def _named(handlers: _LogDispatcher, level: str, line: EventDict) -> EventDict:
    """Adds the event's name to the line, if it is an event. Raises DropEvent for other lines below the logger's level."""
    line["message"] = line.pop("event")  # structlog's name for the message
    if name := line.pop("event_name", None) or event_name(line.get("stage"), line.get("sub_stage")):
        line["event"] = name
    elif not handlers.standard.isEnabledFor(_LEVELS[level]):
        raise structlog.DropEvent
    return line


def _without_secrets(_handlers: _LogDispatcher, _level: str, line: EventDict) -> EventDict:
    return redact(line)


def _recorded(handlers: _LogDispatcher, level: str, line: EventDict) -> tuple[tuple[logging.LogRecord], dict[str, Any]]:
    """Builds the standard record without the standard logger, which would search for the calling code each time."""
    trace = sys.exc_info() if line.pop("exc_info", None) else None
    record = logging.LogRecord.__new__(logging.LogRecord)  # __init__ computes fields that no line uses
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
    if notify := on_log_line.get():
        notify()
    return (record,), {}


class _LazyLine:
    """The plain-text line, built only when a handler needs it: the file handler never does."""

    __slots__ = ("_fields",)

    def __init__(self, fields: EventDict) -> None:
        self._fields = fields

    def __str__(self) -> str:
        fields = dict(self._fields)
        return plain_line(str(fields.pop("message", "")), fields)


@cache
def get_logger(name: str) -> FilteringBoundLogger:
    """Returns a structlog logger whose lines carry the bound fields and go through the standard logger below `fathom`.

    Standard handlers see "message  key=value", and the fields in `record.fathom_fields`; without a handler no line is
    written. Events of the catalogue are logged whatever the logger's level, since the status is derived from them.
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
    """Logs the event with its metrics and the bound fields; it is lost only if no line can be written.

    Raises KeyError for a name outside the catalogue.
    """
    kind = BY_NAME[event]
    about = {"document": document, "run": run}
    fields = {key: value for key, value in about.items() if value is not None}
    get_logger("fathom.events").info(message, event_name=kind.name, metrics=figures, **fields)


@contextmanager
def stage(name: Stage, *, document: str | None = None, run: str | None = None) -> Iterator[None]:
    """Binds stage, document and run to every line logged in the context."""
    with bound(stage=name, document=document, run=run):
        yield


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Binds fields to every line logged in the context; None keeps the bound value."""
    token = _bound.set({**_bound.get(), **{name: value for name, value in fields.items() if value is not None}})
    try:
        yield
    finally:
        _bound.reset(token)


def propagated_fields() -> dict[str, str]:
    """Returns the bound run and request, to propagate them to another process."""
    fields = _bound.get()
    return {name: str(fields[name]) for name in ("run", "request") if fields.get(name)}


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Returns the fields of a record; empty for a line of another library."""
    fields = getattr(record, FIELDS, None)
    return dict(fields) if isinstance(fields, dict) else {}


def plain_line(message: str, fields: dict[str, Any]) -> str:
    """Returns the line as plain text: document, message, metrics, without terminal control sequences."""
    metrics = fields.get("metrics")
    figures = dict(metrics) if isinstance(metrics, dict) else {}
    figures |= {key: value for key, value in fields.items() if key not in (*_CONTEXT, "metrics")}
    pairs = " ".join(f"{key}={value}" for key, value in figures.items())
    document = fields.get("document")
    about = f"{document}: {message}" if document else message  # a run may work on several documents
    return clean_text(f"{about}  {pairs}" if pairs else about)
