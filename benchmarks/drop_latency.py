"""From a file dropped in the inbox to the first step of its run, on a running deployment, beside the sensor's own period."""

from __future__ import annotations

import json
import statistics
import time

from benchmarks.figure import Figure
from benchmarks.material import deployment, trivial_document
from fathom.settings import Settings
from fathom.uploads.intake import open_intake

DROPS = 7
SENSOR_PERIOD_S = 5.0  # Dagster's daemon looks at sensors no more often


def measure() -> list[Figure]:
    """The median over single files, each dropped when nothing else runs."""
    with deployment() as of:
        taken = [_drop(of, number) for number in range(DROPS + 1)][1:]
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


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
