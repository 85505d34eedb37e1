"""Metrics: the cost of a sample, the error of a month's quantiles from roll-ups, and questions over a year of 100 series."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import Engine

from benchmarks.figure import Figure
from fathom.database import open_database
from fathom.metrics.metric_collection import collect_metrics
from fathom.metrics.metric_history import MetricHistory, put_rollups
from fathom.metrics.rollup_steps import DAY_S, FIVE_MINUTES_S, HOUR_S, MINUTE_S, STEPS_S, rolled_to
from fathom.metrics.value_tally import ValueTally
from fathom.sql import insert_into
from fathom.tables import events, metric_cursors, metric_series

SERIES, QUESTIONS = 100, 40
VALUES = 200_000
EVENTS = 20_000
SEED = 20


def measure() -> list[Figure]:
    """Returns the figures."""
    with TemporaryDirectory() as folder:
        return [*_collected(Path(folder) / "events.db"), *_quantiles(), *_year(Path(folder) / "year.db")]


def _collected(path: Path) -> Iterator[Figure]:
    engine = open_database(f"sqlite:///{path}")
    now = time.time() - 600
    with engine.begin() as connection:
        connection.execute(events.insert(), [_event(number, now) for number in range(EVENTS)])
    began, cpu = time.perf_counter(), time.process_time()
    count = collect_metrics(engine)
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    yield Figure(
        "CPU of a sample",
        used / count * 1e6,
        "µs",
        goal="≤ 20 µs",
        note=f"{count:,} samples of {EVENTS:,} events, {wall:.1f} s",
    )
    a_document = used / EVENTS * 4
    note = "four events with samples a document, beside 2.7 s of CPU that a document takes at the least"
    yield Figure("CPU of the metrics of a document", a_document * 1000, "ms", note=note)
    engine.dispose()


def _event(number: int, now: float) -> dict[str, object]:
    metrics = {"written": 4, "failed": 0, "unchanged": 0, "entities": 12, "facts": 6, "seconds": 1.5, "cost_usd": 0.01}
    names = ("docling.complete", "chunking.created", "graphiti.complete", "upload.done")
    row = {"event": names[number % 4], "document": f"c{number % 5}/{number}.pdf", "at": now + number / 100, "level": 20}
    return row | {"message": "", "host": "h", "stage": names[number % 4].partition(".")[0], "metrics": json.dumps(metrics)}


def _quantiles() -> Iterator[Figure]:
    rng = random.Random(SEED)
    values = [rng.lognormvariate(0, 1) for _ in range(VALUES)]
    began = time.perf_counter()
    month = ValueTally()
    for hour in range(720):
        month.merge(ValueTally.of(values[hour::720]))
    taken = time.perf_counter() - began
    ordered = sorted(values)
    for share in (0.5, 0.95, 0.99):
        error = abs(month.quantile(share) / ordered[int(share * VALUES)] - 1) * 100
        yield Figure(f"error of a month's p{share * 100:.0f}", error, "%", goal="≤ 1 %", note=f"{VALUES:,} values in 720 hours")
    yield Figure("tally and merge of a value", taken / VALUES * 1e6, "µs", goal="≤ 1 µs")


def _year(path: Path) -> Iterator[Figure]:
    engine = open_database(f"sqlite:///{path}")
    now = time.time()
    _fill(engine, now)
    history, rng = MetricHistory(engine), random.Random(SEED)
    for name, days, by in (("a year", 365, ()), ("a year by label", 365, ("collection",)), ("a week", 7, ())):
        taken = []
        for _ in range(QUESTIONS):
            labels = {"file_type": "pdf"} if rng.random() < 0.5 else {}
            began = time.perf_counter()
            history.series("upload_bytes", now - days * DAY_S, now, labels=labels, by=by)
            taken.append(time.perf_counter() - began)
        p95 = statistics.quantiles(taken, n=20)[-1] * 1000
        yield Figure(
            f"history of {name}, p95",
            p95,
            "ms",
            goal="≤ 200 ms",
            note=f"{SERIES} series, SQLite, {path.stat().st_size / 1e6:.0f} MB",
        )
    engine.dispose()


def _fill(engine: Engine, now: float) -> None:
    """Stores a year of roll-ups, as they are there after so long: each step as far back as it is kept."""
    keys = [{"collection": f"c{number // 2}", "file_type": ("pdf", "docx")[number % 2]} for number in range(SERIES)]
    today = int(now // DAY_S) * DAY_S
    spans = {DAY_S: 365, HOUR_S: 90, FIVE_MINUTES_S: 2, MINUTE_S: 1}  # days; the rest of the short steps is not read
    tally = ValueTally.of([float(value) for value in range(1, 40)])
    with engine.begin() as connection:
        rows = [{"id": number + 1, "name": "upload_bytes", "labels": json.dumps(labels)} for number, labels in enumerate(keys)]
        connection.execute(insert_into(engine, metric_series), rows)
        for step, days in spans.items():
            ends = range(int((today - days * DAY_S) // step) * step, int(now), step)
            for at in ends:
                put_rollups(connection, engine, step, {(number + 1, at): tally for number in range(SERIES)}, now)
        done = [{"source": rolled_to(step), "position": float(int(now // step) * step)} for step in STEPS_S[1:]]
        connection.execute(metric_cursors.insert(), done)


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
