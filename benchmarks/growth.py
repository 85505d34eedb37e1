"""Measures the bytes a small document takes in Dagster's storage (before and after retention), the database and the graph.

Documents are uploaded one after another, so that each has a run of its own; a backlog shares one, and leaves less.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import httpx

from benchmarks.figure import Figure
from benchmarks.material import deployment, trivial_document
from fathom.orchestration.retention import DAY_S, apply_retention
from fathom.orchestration.run_submission import open_instance
from fathom.security.api_keys import admin_key
from fathom.settings import Settings
from fathom.uploads.intake import open_intake

DOCUMENTS = 200
FIRST = 10  # what is made once, such as tables, is there after these
AT_ONCE = 2
DONE_WITHIN_S = 300.0


def measure(documents: int = DOCUMENTS) -> list[Figure]:
    """Bytes a document, without what the first ones needed."""
    with deployment() as of:
        empty = _sizes(of)
        _ingest(of, 0, FIRST)
        before = _sizes(of)
        _ingest(of, FIRST, documents)
        young = _sizes(of)
        instance, cursor = open_instance(of), 0.0
        while (done := apply_retention(of, instance, cursor=cursor, now=time.time() + (of.dagster_days + 1) * DAY_S)).looked_at:
            cursor = done.cursor
            if not cursor:
                break
        old = _sizes(of)

    def figure(name: str, bytes_of_all: int, count: int, goal: str | None = None) -> Figure:
        return Figure(name, bytes_of_all / count / 1000, "kB", goal=goal, note=f"{count} uploads of one short text each")

    return [
        figure("Dagster's storage a document", young["dagster"] - before["dagster"], documents, "≤ 40 kB"),
        figure(f"the same after {of.dagster_days} days", old["dagster"] - empty["dagster"], documents + FIRST, "≤ 40 kB"),
        figure("operational database a document", young["database"] - before["database"], documents),
        figure("graph a document", young["graph"] - before["graph"], documents),
    ]


def _ingest(of: Settings, first: int, count: int) -> None:
    """The documents are in the graph, never more than AT_ONCE in work, so that none has to share a run."""
    intake = open_intake(of)
    with httpx.Client(base_url=f"http://127.0.0.1:{of.api_port}", headers={"X-API-Key": admin_key(of) or ""}) as http:
        for number in range(first, first + count):
            file = {"file": (f"{number}.md", trivial_document(number).encode())}
            http.post("/api/upload", data={"collection": "bench"}, files=file, timeout=60).raise_for_status()
            _until_done(of, at_least=number + 2 - AT_ONCE)
    _until_done(of, at_least=first + count)
    assert intake.counts() == {"done": first + count}


def _until_done(of: Settings, *, at_least: int) -> None:
    intake, deadline = open_intake(of), time.monotonic() + DONE_WITHIN_S
    while intake.counts().get("done", 0) < at_least:
        if time.monotonic() > deadline:
            raise RuntimeError(f"Only {intake.counts()} of {at_least} documents are done.")
        time.sleep(0.05)


def _sizes(of: Settings) -> dict[str, int]:
    """Bytes on the disk, once every database has taken up its log."""
    time.sleep(2.0)  # the last run ends after its document
    for file in (*of.home.glob("*.db"), *of.dagster_home.rglob("*.db")):
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(file, timeout=5)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return {
        "dagster": _allocated(of.dagster_home),
        "database": sum(file.stat().st_size for file in of.home.glob("fathom.db*")),
        "graph": _allocated(of.home / "graph", without="txlog_*.wal"),  # at most two, of 64 MB, whatever is in the graph
    }


def _allocated(folder: Path, without: str = "") -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += 0 if path.match(without or "/") else 512 * path.stat().st_blocks
    return total


if __name__ == "__main__":
    print(json.dumps([one.as_dict() for one in measure(*map(int, sys.argv[1:2]))]))
