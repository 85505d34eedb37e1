"""How well documents are forecast: 100 real ones of mixed kind and size through a deployment, asked as a user does.

A forecast is read from the status when work on a document begins and at later shares of its time; what it said is then held
against when the document was done. Documents before there is any history have no forecast and count in no figure.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.figure import Figure
from benchmarks.material import deployment
from fathom.api.routes.document_paths import encoded
from fathom.security.api_keys import admin_key
from fathom.settings import PROJECT_ROOT, Settings
from fathom.status.document_status import DocumentStatus, status_of
from fathom.status.liveness import OVER

CORPORA = PROJECT_ROOT.parent / "shared" / "corpora"
WARM_UP, MEASURED = 30, 100  # a deployment has finished some documents before its forecasts are judged
MOST_BYTES = 1_500_000
AT_ONCE = 2
LONGEST_S = 2100.0  # on a host that others use too
PIECES = (0.0, 0.25, 0.5)


@dataclass
class Watched:
    """One document on its way: (when, p50, p90) of each look since work began, and when it was done."""

    document: str
    looks: list[tuple[float, float | None, float | None]] = field(
        default_factory=list[tuple[float, float | None, float | None]]
    )
    began: float | None = None
    ended: float | None = None
    load: float = 0.0  # of the host as it was done: what others do beside it

    def saw(self, status: DocumentStatus) -> None:
        """One more look."""
        p50, p90 = status.estimated_completion, status.estimated_completion_p90
        if status.started_at is not None and status.state not in ("queued", *OVER):
            self.began = self.began or status.started_at.timestamp()
            self.looks.append((time.time(), p50 and p50.timestamp(), p90 and p90.timestamp()))
        if status.state == "complete":
            self.began = self.began or (status.started_at and status.started_at.timestamp())
            self.load = os.getloadavg()[0]
            self.ended = status.finished_at and status.finished_at.timestamp()

    def at(self, share: float) -> tuple[float, float, float] | None:
        """(seconds left in truth, by the p50, by the p90) at the first look after that share of its time."""
        if self.began is None or self.ended is None:
            return None
        for when, p50, p90 in self.looks:
            if when >= self.began + share * (self.ended - self.began) and p50 and p90 and self.ended > when:
                return self.ended - when, p50 - when, p90 - when
        return None


def documents(count: int) -> list[Path]:
    """So many real documents, every kind and size mixed, always the same."""
    rows = [json.loads(line) for line in (CORPORA / "MANIFEST.jsonl").read_text().splitlines()]
    fit = [
        row
        for row in rows
        if row["path"].startswith("documents/")
        and row["set"] != "documents/ocrmypdf-scans"
        and row.get("kind", "text") == "text"
        and 200 < row["bytes"] <= MOST_BYTES
    ]
    fit.sort(key=lambda row: row["sha256"])
    return [CORPORA / row["path"] for row in fit[:count]]


def measure() -> list[Figure]:
    """Median error and coverage, at the begin of the work and later."""
    with deployment() as of:
        watched = _through(of, documents(2 * (WARM_UP + MEASURED)))
        if record := os.environ.get("BENCH_RECORD"):
            _kept(of, Path(record))
    done = [one for one in watched if one.ended is not None][WARM_UP:]
    return [figure for share in PIECES for figure in _figures(done, share)]


def _through(of: Settings, paths: list[Path]) -> list[Watched]:
    """The documents uploaded one after another, a few at once, each watched to its end; until enough are done."""
    waiting, moving, ended = list(paths), list[Watched](), list[Watched]()
    began = time.monotonic()
    with httpx.Client(
        base_url=f"http://127.0.0.1:{of.api_port}", headers={"X-API-Key": admin_key(of) or ""}, timeout=60
    ) as http:
        while (waiting or moving) and time.monotonic() - began < LONGEST_S:
            if sum(one.ended is not None for one in ended) >= WARM_UP + MEASURED:
                break
            while waiting and len(moving) < AT_ONCE:
                path = waiting.pop(0)
                name = f"{len(paths) - len(waiting)}-{path.name}"
                answer = http.post(
                    "/api/upload",
                    data={"collection": f"eta{len(waiting) % AT_ONCE}"},
                    files={"file": (name, path.read_bytes())},
                )
                if answer.status_code == 202:
                    moving.append(Watched(answer.json()["upload_id"]))
            for one in list(moving):
                status = status_of(of, one.document)
                if status is not None:
                    one.saw(status)
                if status is None or status.state in OVER:
                    if status is not None and status.state == "failed":
                        http.post(f"/api/documents/{encoded(one.document)}/cancel")
                    moving.remove(one)
                    ended.append(one)
            time.sleep(0.2)
    return ended


def _kept(of: Settings, file: Path) -> None:
    """The run's record of events and uploads is in the file, for `replay` to forecast from again."""
    with closing(sqlite3.connect(of.home / "fathom.db")) as recorded, closing(sqlite3.connect(file)) as kept:
        recorded.backup(kept)


def _figures(done: list[Watched], share: float) -> list[Figure]:
    found = [left for one in done if (left := one.at(share)) is not None]
    errors = sorted(abs(p50 - truth) / truth for truth, p50, _ in found)
    covered = [truth <= p90 for truth, _, p90 in found]
    when = "as work begins" if share == 0 else f"after {share:.0%} of its time"
    lengths = sorted(truth for truth, _, _ in found)
    note = f"{len(found)} documents, {lengths[0]:.1f} to {lengths[-1]:.1f} s" if found else "none"
    note += f"; load {statistics.median(one.load for one in done):.0f} on {os.cpu_count()} cores"
    goal = ("≤ 20 %", "85-95 %") if share == 0 else (None, None)
    return [
        Figure(f"ETA error, {when}", 100 * statistics.median(errors), "% median", goal=goal[0], note=note),
        Figure(f"done by the p90, {when}", 100 * statistics.mean(covered), "%", goal=goal[1], note=note),
    ]


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
