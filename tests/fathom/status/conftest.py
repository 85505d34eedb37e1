"""A home with uploads in any state and events as runs would have said them, and no run at all."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from fathom.database import open_database
from fathom.settings import Settings
from fathom.status.document_status import DocumentStatus, status_of
from fathom.tables import events, uploads


@dataclass
class Record:
    """What a test puts on record; times are seconds before `now`."""

    settings: Settings
    now: float

    @property
    def engine(self) -> sa.Engine:
        return open_database(self.settings.operational_url)

    def upload(self, document: str, state: str, *, ago: float = 100.0, **values: object) -> None:
        row = {
            "document": document,
            "collection": document.partition("/")[0],
            "path": document,
            "size": 1000,
            "mtime_ns": 1,
            "version": "v1",
            "state": state,
            "attempts": 0,
            "accepted_at": self.now - ago,
            "updated_at": self.now,
            **values,
        }
        with self.engine.begin() as connection:
            connection.execute(uploads.insert().values(**row))

    def said(
        self, document: str, event: str, ago: float, *, run: str = "r1", pid: int | None = None, **metrics: object
    ) -> None:
        stage, _, sub_stage = event.partition(".")
        row = {
            "at": self.now - ago,
            "level": 20,
            "event": event,
            "document": document,
            "run": run,
            "stage": stage,
            "sub_stage": sub_stage,
            "message": event.replace(".", " ").capitalize(),
            "metrics": json.dumps(metrics),
            "host": socket.gethostname(),
            "pid": 1 if pid is None else pid,  # a process that was there before
        }
        with self.engine.begin() as connection:
            connection.execute(events.insert().values(**row))

    def finished(
        self, document: str, ago: float, *, docling: float, graphiti: float, pages: int, chunks: int, run: str
    ) -> None:
        """A document that was begun and done."""
        end, middle = ago, ago + graphiti
        start = middle + 1.0 + docling
        self.upload(document, "done", ago=start + 1)
        self.said(document, "docling.begun", start, run=run)
        self.said(document, "docling.complete", middle + 1.1, run=run, pages=pages)
        self.said(document, "chunking.begun", middle + 1.0, run=run)
        self.said(document, "chunking.created", middle + 0.5, run=run, chunks=chunks)
        self.said(document, "graphiti.begun", middle, run=run)
        self.said(document, "graphiti.complete", end, run=run, written=chunks)

    def status(self, document: str, later: float = 0.0) -> DocumentStatus:
        found = status_of(self.settings, document, self.now + later)
        assert found is not None
        return found


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def record(request: pytest.FixtureRequest, home_settings: Settings) -> Iterator[Record]:
    """Beside a graph that takes connections, which is all it is asked for."""
    if request.param == "postgres":
        url = SecretStr(request.getfixturevalue("postgres_database"))
        home_settings = home_settings.model_copy(update={"database_url": url})
    with socket.create_server(("127.0.0.1", 0)) as graph:
        uri = f"bolt://127.0.0.1:{graph.getsockname()[1]}"
        yield Record(home_settings.model_copy(update={"graph_uri": uri}), time.time())
