"""Loggers whose lines say in figures what happens to which document: message, stage, sub_stage, metrics."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Literal

from fathom.observability.events import BY_NAME, event_name
from fathom.observability.redaction import redacted

Stage = Literal["upload", "validation", "docling", "chunking", "graphiti", "system"]

# The attribute of a standard log record that holds the line's fields, for handlers that keep them.
FIELDS = "fathom_fields"
# Said once by who logs, or shown beside the message by everything that shows it.
_CONTEXT = ("document", "run", "request", "stage", "sub_stage", "event")

_bound: ContextVar[Mapping[str, Any]] = ContextVar("fathom_bound", default={})  # noqa: B039  never changed, only replaced


class Logger:
    """Says lines that carry what `stage` bound, through the standard logger of that name.

    A line that is an event of the catalogue is said whatever the level of the logger: status is made of events.
    """

    __slots__ = ("_logger",)

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def debug(self, message: str, /, **fields: Any) -> None:
        """Said at the level DEBUG."""
        self.log(logging.DEBUG, message, **fields)

    def info(self, message: str, /, **fields: Any) -> None:
        """Said at the level INFO."""
        self.log(logging.INFO, message, **fields)

    def warning(self, message: str, /, **fields: Any) -> None:
        """Said at the level WARNING."""
        self.log(logging.WARNING, message, **fields)

    def error(self, message: str, /, **fields: Any) -> None:
        """Said at the level ERROR."""
        self.log(logging.ERROR, message, **fields)

    def exception(self, message: str, /, **fields: Any) -> None:
        """Said at the level ERROR, with the trace of the exception in hand."""
        self.log(logging.ERROR, message, exc_info=True, **fields)

    def log(self, level: int, message: str, /, *, exc_info: bool = False, **fields: Any) -> None:
        """The line is said, secrets hidden; `metrics` are its figures, `sub_stage` where in its stage it is."""
        said = {**_bound.get(), **fields}
        if "event" not in said and (name := event_name(said.get("stage"), said.get("sub_stage"))):
            said["event"] = name
        if "event" not in said and not self._logger.isEnabledFor(level):
            return
        said = redacted({"message": message, **said})
        trace = sys.exc_info() if exc_info else None
        name = self._logger.name
        # made here and not by the standard logger, which would look for the line of code that called it each time
        record = logging.LogRecord(name, level, "", 0, _Plain(said), (), trace)
        record.__dict__[FIELDS] = said
        self._logger.handle(record)


class _Plain:
    """The line for people, put together when a handler asks for it: the one that writes files never does."""

    __slots__ = ("_fields",)

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def __str__(self) -> str:
        fields = dict(self._fields)
        return plain_line(str(fields.pop("message", "")), fields)


@cache
def get_logger(name: str) -> Logger:
    """A logger whose lines carry what `stage` bound and go through the standard logger of that name, put below `fathom`.

    Handlers of the standard library see "message  key=value" and the fields themselves in `record.fathom_fields`; no line
    goes anywhere before someone attached a handler.
    """
    below = name if name == "fathom" or name.startswith("fathom.") else f"fathom.{name}"
    return Logger(logging.getLogger(below))


def emit(event: str, message: str, /, *, document: str | None = None, run: str | None = None, **figures: Any) -> None:
    """The event is on record, with its figures and what `stage` bound; lost only where no line can be written.

    Raises KeyError for a name that is not in the catalogue.
    """
    kind = BY_NAME[event]
    about = {"document": document, "run": run}
    said = {key: value for key, value in about.items() if value is not None}
    get_logger("fathom.events").info(message, event=kind.name, metrics=figures, **said)


@contextmanager
def stage(name: Stage, *, document: str | None = None, run: str | None = None) -> Iterator[None]:
    """Every line logged inside carries this stage, document and run."""
    with bound(stage=name, document=document, run=run):
        yield


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Every line logged inside carries these fields; None leaves what is bound already."""
    before = _bound.get()
    token = _bound.set({**before, **{name: value for name, value in fields.items() if value is not None}})
    try:
        yield
    finally:
        _reset(token, before)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What the line said beside its message and level; empty for a line of another library."""
    fields = getattr(record, FIELDS, None)
    return dict(fields) if isinstance(fields, dict) else {}


def plain_line(message: str, fields: dict[str, Any]) -> str:
    """The line as a person reads it: the document, the message, the figures; run and stage are said around it."""
    metrics = fields.get("metrics")
    figures = dict(metrics) if isinstance(metrics, dict) else {}
    figures |= {key: value for key, value in fields.items() if key not in (*_CONTEXT, "metrics")}
    said = " ".join(f"{key}={value}" for key, value in figures.items())
    document = fields.get("document")
    about = f"{document}: {message}" if document else message  # a run may have many in hand
    return f"{about}  {said}" if said else about


def _reset(token: Any, before: Mapping[str, Any]) -> None:
    try:
        _bound.reset(token)
    except ValueError:  # a generator that was left by another context than it was entered in
        _bound.set(before)
