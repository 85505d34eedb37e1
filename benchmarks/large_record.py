"""A deployment's record as it is after a long time: 100,000 documents and a million events, put straight into its tables."""

from __future__ import annotations

import json
import os
import socket
import time

import sqlalchemy as sa

from fathom.tables import events, uploads

DOCUMENTS = int(os.environ.get("BENCH_LOAD_DOCUMENTS", "100000"))
EACH = 10  # events of a document
EVENTS = DOCUMENTS * EACH
RUNNING = "many/at-work.md"
_PIECE = 5_000
# What a document says on its way: event, seconds after it was accepted, figures.
_SAID = (
    ("upload.received", 0.0, {"bytes": 4000}),
    ("upload.submitted", 0.2, {"documents": 1}),
    ("docling.begun", 0.5, {"attempt": 1}),
    ("validation.complete", 0.6, {"pages": 2}),
    ("docling.complete", 1.5, {"pages": 2, "words": 700, "seconds": 0.9}),
    ("chunking.begun", 1.6, {"attempt": 1}),
    ("chunking.created", 1.8, {"chunks": 3, "tokens": 600}),
    ("graphiti.begun", 2.0, {"attempt": 1}),
    ("graphiti.written", 2.6, {"chunk": 3, "chunks": 3, "entities": 20, "facts": 14}),
    ("graphiti.complete", 2.8, {"written": 3, "entities": 20, "facts": 14}),
)


def document_name(number: int) -> str:
    """The document of that number."""
    return f"many/folder-{number % 100}/{number}.md"


def fill(engine: sa.Engine) -> None:
    """The tables hold DOCUMENTS documents, one in ten waiting and the others done, EVENTS events, and RUNNING at work."""
    now = time.time()
    for start in range(0, DOCUMENTS, _PIECE):
        numbers = range(start, min(start + _PIECE, DOCUMENTS))
        with engine.begin() as connection:
            connection.execute(uploads.insert(), [_upload(number, now) for number in numbers])
            connection.execute(events.insert(), [row for number in numbers for row in _events(number, now)])
    with engine.begin() as connection:
        at_work = {**_upload(1, now), "document": RUNNING, "path": "at-work.md", "state": "running", "run_id": "running"}
        connection.execute(uploads.insert().values(**at_work | {"accepted_at": now - 5.0}))
        begun = [_row(RUNNING, "running", name, now - 5.0 + after, figures) for name, after, figures in _SAID[:8]]
        connection.execute(events.insert(), begun)
        connection.exec_driver_sql("ANALYZE")


def _upload(number: int, now: float) -> dict[str, object]:
    document = document_name(number)
    return {
        "document": document,
        "collection": "many",
        "path": document.partition("/")[2],
        "size": 4000,
        "mtime_ns": 1,
        "version": f"{number:064x}",
        "state": "accepted" if number % 10 == 9 else "done",
        "attempts": 0,
        "run_id": f"run-{number}",
        "accepted_at": _accepted(number, now),
        "updated_at": _accepted(number, now) + 3.0,
    }


def _events(number: int, now: float) -> list[dict[str, object]]:
    at = _accepted(number, now)
    return [_row(document_name(number), f"run-{number}", name, at + after, figures) for name, after, figures in _SAID]


def _accepted(number: int, now: float) -> float:
    return now - 60.0 - 10.0 * (DOCUMENTS - number)


def _row(document: str, run: str, name: str, at: float, figures: dict[str, float]) -> dict[str, object]:
    stage, _, sub_stage = name.partition(".")
    return {
        "at": at,
        "level": 20,
        "event": name,
        "document": document,
        "run": run,
        "stage": stage,
        "sub_stage": sub_stage,
        "message": f"{stage} {sub_stage}",
        "metrics": json.dumps(figures),
        "logger": "fathom.bench",
        "host": socket.gethostname(),
        "pid": 1,
    }
