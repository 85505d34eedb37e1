"""Structured log lines: one JSON object a line, with document, run, stage, sub_stage and metrics."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import structlog

Stage = Literal["upload", "validation", "docling", "chunking", "graphiti", "system"]

Logger = structlog.stdlib.BoundLogger


def get_logger(name: str) -> Logger:
    """A logger whose lines carry what `stage` bound and go through the standard logger of that name (below `fathom`)."""
    logger: Logger = structlog.stdlib.get_logger(name)
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


def configure_structlog() -> None:
    """structlog hands its lines to the standard library, where handlers (files, Dagster) take them."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.getLogger("fathom").setLevel(logging.INFO)
