"""The history of a metric is a DataFrame with a type for each column, also without a value."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import fathom
from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.settings import Settings


def test_spans_are_rows_by_time_and_label(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    now = time.time()
    history = MetricHistory(open_database(settings.operational_url))
    for stage, value in (("docling", 2.0), ("docling", 4.0), ("chunking", 1.0)):
        history.record([MetricSample("stage_seconds", value, now - 120, {"stage": stage, "collection": "c"})])
    history.record([MetricSample("documents_done", 1, now - 120, {"collection": "c"})] * 3)
    frame = fathom.metric_values("stage_seconds", step_s=60, by=["stage"], settings=settings)
    assert frame.index.names == ["at", "stage"]
    assert frame.groupby("stage")["sum"].sum().to_dict() == {"chunking": 1.0, "docling": 6.0}
    counted = fathom.metric_values("documents_done", since=datetime.now(UTC) - timedelta(hours=1), settings=settings)
    assert (counted["value"].sum(), counted["p95"].isna().all()) == (3.0, True)
    empty = fathom.metric_values("llm_cost_usd", settings=settings)
    assert (len(empty), str(empty["sum"].dtype)) == (0, "Float64")
    with pytest.raises(UsageWrong, match="no metric nothing"):
        fathom.metric_values("nothing", settings=settings)
