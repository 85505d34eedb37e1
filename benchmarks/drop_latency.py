"""From a file dropped in the inbox to the first step of its run, on a running deployment, beside the sensor's own period."""

from __future__ import annotations

import json
import os
import socket
import statistics
import time

from benchmarks.figure import Figure
from benchmarks.material import own_home, trivial_document
from fathom.control.parts import start_all, stop_all
from fathom.settings import settings
from fathom.uploads.intake import open_intake

DROPS = 7
SENSOR_PERIOD_S = 5.0  # Dagster's daemon looks at sensors no more often


def measure() -> list[Figure]:
    """The median over single files, each dropped when nothing else runs."""
    for name in ("DAGSTER", "API"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            os.environ[f"FATHOM_{name}_PORT"] = str(probe.getsockname()[1])
    with own_home():
        try:
            failed = [started for started in start_all(settings()) if started.error]
            if failed:
                raise RuntimeError(f"{failed[0].name}: {failed[0].error}")
            taken = [_drop(number) for number in range(DROPS + 1)][1:]
        finally:
            stop_all(settings())
    return [
        Figure(
            "file dropped → first step",
            statistics.median(taken),
            "s",
            "sensor period",
            SENSOR_PERIOD_S,
            "≤ 8 s",
            f"{DROPS} drops, {min(taken):.1f} to {max(taken):.1f} s",
        )
    ]


def _drop(number: int) -> float:
    folder = settings().inbox_path / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    intake = open_intake(settings())
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


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
