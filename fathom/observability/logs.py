"""Loggers whose lines say in figures what happens to which document: message, stage, sub_stage, metrics."""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal

import structlog

from fathom.observability.redaction import redacted

Stage = Literal["upload", "validation", "docling", "chunking", "graphiti", "system"]

Logger = structlog.stdlib.BoundLogger

# The attribute of a standard log record that holds the line's fields, for handlers that keep them.
FIELDS = "fathom_fields"
# Said once by who logs, or shown beside the message by everything that shows it.
_CONTEXT = ("document", "run", "stage", "sub_stage")
_PASSED_ON = ("exc_info", "stack_info", "stacklevel")


def get_logger(name: str) -> Logger:
    """A logger whose lines carry what `stage` bound and go through the standard logger of that name, put below `fathom`.

    Handlers of the standard library see "message  key=value" and the fields themselves in `record.fathom_fields`; no line
    goes anywhere before someone attached a handler.
    """
    below = name if name == "fathom" or name.startswith("fathom.") else f"fathom.{name}"
    logger: Logger = structlog.wrap_logger(
        logging.getLogger(below),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.PositionalArgumentsFormatter(),
            _as_record,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return logger


@contextmanager
def stage(name: Stage, *, document: str | None = None, run: str | None = None) -> Iterator[None]:
    """Every line logged inside carries this stage, document and run."""
    bound: dict[str, Any] = {"stage": name}
    if document is not None:
        bound["document"] = document
    if run is not None:
        bound["run"] = run
    with structlog.contextvars.bound_contextvars(**bound):
        yield


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


def _as_record(_logger: object, _method: str, event: MutableMapping[str, Any]) -> tuple[tuple[str], dict[str, Any]]:
    """structlog's last step: arguments of the standard logger's call."""
    passed = {key: event.pop(key) for key in _PASSED_ON if key in event}
    message = redacted(str(event.pop("event", "")))
    fields = redacted(dict(event))
    # "%" in a message is text: the standard library formats only where arguments are given
    return (plain_line(message, fields),), {"extra": {FIELDS: {"message": message, **fields}}, **passed}
