"""Finds what is usual for documents alike: of the same file type, in the collection or, with too few, in all."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy.engine import Engine

from fathom.metrics.event_samples import file_type
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.rollup_steps import DAY_S

MIN_ALIKE = 20  # documents from which their figures count
SINCE_DAYS = 30


@dataclass(frozen=True)
class UsualFigures:
    """The medians over documents alike, for a chunk; None with fewer than MIN_ALIKE of them."""

    facts: float | None = None
    entities: float | None = None
    cost_usd: float | None = None
    seconds: float | None = None


_METRICS = {
    "facts": "facts_per_chunk",
    "entities": "entities_per_chunk",
    "cost_usd": "cost_per_chunk_usd",
    "seconds": "seconds_per_chunk",
}


def usual_figures(engine: Engine, document: str, now: float | None = None) -> UsualFigures:
    """Returns the figures of documents alike, of the last SINCE_DAYS days without the last minute."""
    now = time.time() if now is None else now
    collection, kind = document.partition("/")[0], file_type(document)
    history = MetricHistory(engine)
    found: dict[str, float | None] = {}
    for name, metric in _METRICS.items():
        found[name] = None
        for labels in ({"collection": collection, "file_type": kind}, {"file_type": kind}, {}):
            tally = history.window(metric, now - SINCE_DAYS * DAY_S, now, labels, step_s=DAY_S)
            if tally is not None and tally.count >= MIN_ALIKE:
                found[name] = tally.quantile(0.5)
                break
    return UsualFigures(**found)
