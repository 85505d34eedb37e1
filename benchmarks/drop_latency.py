"""From a file dropped in the inbox, or uploaded, to the first step of its run; beside the period of Dagster's sensors."""

from __future__ import annotations

import json
import os
import statistics
import time

import httpx

from benchmarks.figure import Figure
from benchmarks.material import deployment, trivial_document
from fathom.database import open_database
from fathom.observability.event_store import Events
from fathom.security.api_keys import admin_key
from fathom.settings import Settings
from fathom.uploads.intake import open_intake

DROPS, UPLOADS = 7, 15
SENSOR_PERIOD_S = 5.0  # Dagster's daemon looks at sensors no more often


def measure() -> list[Figure]:
    """The medians over single files, each dropped or uploaded when nothing else runs."""
    with deployment() as of:
        uploaded = [_upload(of, number) for number in range(UPLOADS + 2)][2:]
        taken = [_drop(of, number) for number in range(DROPS + 1)][1:]
    busy = f"load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"
    return [
        Figure(
            "file uploaded by API → first step",
            statistics.median(uploaded),
            "s",
            goal="≤ 0.7 s",
            note=f"{UPLOADS} uploads, {min(uploaded):.2f} to {max(uploaded):.2f} s; {busy}",
        ),
        Figure(
            "file dropped → first step",
            statistics.median(taken),
            "s",
            "sensor period",
            SENSOR_PERIOD_S,
            "≤ 5.6 s",
            f"{DROPS} drops, {min(taken):.1f} to {max(taken):.1f} s; {busy}",
        ),
    ]


def _drop(of: Settings, number: int) -> float:
    folder = of.inbox_path / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    intake = open_intake(of)
    start = time.perf_counter()
    (folder / f"{number}.md").write_text(trivial_document(number))
    began = None
    while time.perf_counter() - start < 120:
        row = intake.state_of(f"bench/{number}.md")
        if row and row.stage and began is None:
            began = time.perf_counter() - start
        if row and row.state == "done" and began is not None:
            return began
        time.sleep(0.02)
    raise RuntimeError(f"The document was not done in time: {row}.")


def _upload(of: Settings, number: int) -> float:
    """Seconds from the request to the moment that the first step's own line names."""
    document, events = f"bench/uploaded-{number}.md", Events(open_database(of.operational_url))
    with httpx.Client(base_url=f"http://127.0.0.1:{of.api_port}", headers={"X-API-Key": admin_key(of) or ""}) as http:
        start = time.time()
        file = {"file": (f"uploaded-{number}.md", trivial_document(1000 + number).encode())}
        http.post("/api/upload", data={"collection": "bench"}, files=file, timeout=60).raise_for_status()
        while time.time() - start < 120:
            row = open_intake(of).state_of(document)
            begun = events.last_of_each(document, start - 5.0).get("docling.begun")
            if row and row.state == "done" and begun is not None:
                return begun.at - start
            time.sleep(0.05)
    raise RuntimeError(f"{document} was not done in time.")


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
