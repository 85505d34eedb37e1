"""How long a tick of the uploads sensor takes over 10,000 known files, beside one with an empty inbox; and taking 1,000 in."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure, median_seconds

KNOWN = 10_000
DROPPED = 1_000


def measure() -> list[Figure]:
    """Seconds of a tick, and files a second, in a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["FATHOM_HOME"] = home
        import dagster as dg

        from fathom.settings import settings
        from fathom.uploads.intake import open_intake
        from ingestion_assets.partitions import documents_by_id
        from sensors.uploads import new_uploads

        for noisy in ("dagster", "fathom"):
            logging.getLogger(noisy).setLevel(logging.ERROR)
        intake = open_intake(settings())

        with dg.DagsterInstance.local_temp(home) as instance, dg.build_sensor_context(instance=instance) as context:

            def tick() -> None:
                new_uploads(context)

            empty = median_seconds(tick)
            _drop(settings().inbox_path, 0, KNOWN)
            while intake.look().left:
                pass
            keys = [row.document for row in intake.list()]
            instance.add_dynamic_partitions(documents_by_id.name or "", keys)
            for run in intake.plan_runs(-KNOWN):
                for document, version in zip(run.documents, run.versions, strict=True):
                    intake.mark_done(document, version)
            known = median_seconds(tick)
            _drop(settings().inbox_path, KNOWN, DROPPED)
            start = time.perf_counter()
            intake.look()
            taken_in = time.perf_counter() - start
    note = f"{len(keys):,} known files, {len(keys):,} partitions"
    return [
        Figure("sensor tick, nothing new", known, "s", "empty inbox", empty, "< 1 s", note),
        Figure("files taken in", DROPPED / taken_in, "files/s", note=f"{DROPPED:,} dropped at once"),
    ]


def _drop(inbox: Path, first: int, count: int) -> None:
    for n in range(first, first + count):
        place = inbox / f"c{n % 3}" / f"folder {n // 100}" / f"document {n}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"document {n}")
        os.utime(place, (1e9, 1e9))


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
