"""The asset has the figures of a day and a week, pictures that Dagster shows, and keeps the results of its checks."""

from __future__ import annotations

import base64
import logging
import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import dagster as dg
import pytest

from fathom.database import open_database
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.observability.json_lines_handler import keep_logs
from fathom.operations.quality_reports import quality_report
from fathom.quality import metric_anomalies
from fathom.quality.metric_anomalies import WATCHED, JudgedHour, MetricJudgement
from fathom.settings import Settings
from ingestion_assets.metric_metadata import trend_pictures
from ingestion_assets.quality_metrics import PICTURED, quality_metrics

MAX_BYTES = 40_000  # of the pictures of an hour, in Dagster's event log


def record(settings: Settings) -> None:
    now = time.time()
    samples = [MetricSample(name, 2.0, now - 3600 * hour, {"collection": "a"}) for name in PICTURED for hour in range(1, 100)]
    MetricHistory(open_database(settings.operational_url)).record(samples)


@pytest.fixture
def logged(home_settings: Settings) -> Iterator[None]:
    """The events of the test are written to the logs of its home."""
    root, fathom = logging.getLogger(), logging.getLogger("fathom")
    before, level = list(root.handlers), fathom.level
    keep_logs(home_settings, "runs")
    yield
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()
    fathom.setLevel(level)


def made_by(done: dg.ExecuteInProcessResult) -> dict[str, object]:
    (made,) = done.asset_materializations_for_node("quality_metrics")
    return {name: value.value for name, value in made.metadata.items()}


def test_the_figures_of_a_day_and_a_week_are_a_table_and_plotted(home_settings: Settings) -> None:
    record(home_settings)
    done = dg.materialize([quality_metrics])
    metadata = made_by(done)
    figures = done.asset_materializations_for_node("quality_metrics")[0].metadata["figures"]
    assert isinstance(figures, dg.TableMetadataValue)
    assert (metadata["documents_done_of_day"], metadata["stage_seconds_of_day"], metadata["unusual"]) == (48.0, 2.0, "none")
    rows = {record.data["metric"]: record.data for record in figures.records}
    assert set(rows) == set(PICTURED)
    assert (rows["documents_done"]["day"], rows["documents_done"]["week"]) == (48.0, 198.0)


def test_the_trends_are_pictures_within_the_metadata_and_not_large(home_settings: Settings) -> None:
    record(home_settings)
    trends = str(made_by(dg.materialize([quality_metrics]))["trends"])
    pictures = re.findall(r"!\[(.*?)\]\(data:image/svg\+xml;base64,([\w+/=]+)\)", trends)
    assert [words.split()[0] for words, _ in pictures] == list(PICTURED)
    assert all(ET.fromstring(base64.b64decode(picture)).get("viewBox") for _, picture in pictures)
    assert len(trends) < MAX_BYTES


def test_without_values_there_are_no_pictures_and_every_check_passes(home_settings: Settings) -> None:
    done = dg.materialize([quality_metrics])
    assert made_by(done)["trends"] == trend_pictures([]).value == "*No values.*"
    checks = {check.check_name: check.passed for check in done.get_asset_check_evaluations()}
    assert checks.pop("deployment_is_healthy") is False  # nothing of this home runs
    assert checks == {f"no_anomaly_of_{name}": True for name in WATCHED}


@pytest.mark.usefixtures("logged")
def test_an_anomaly_fails_its_check_in_dagster_and_in_fathom(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [MetricJudgement("model_cost", (JudgedHour(time.time() - 4000, 9.0, 0.0, 1.0, "spike"),), 900, 48)]
    found += [MetricJudgement(name, (), 0, 48) for name in WATCHED if name != "model_cost"]
    monkeypatch.setattr(metric_anomalies, "judge_metrics", lambda engine, now: found)
    done = dg.materialize([quality_metrics])
    assert made_by(done)["unusual"] == "model_cost"
    failed = {check.check_name for check in done.get_asset_check_evaluations() if not check.passed}
    assert failed == {"no_anomaly_of_model_cost", "deployment_is_healthy"}
    (kept,) = (one for one in quality_report(home_settings, failed=True).checks if one.check != "deployment_is_healthy")
    assert (kept.asset, kept.check, kept.measured, kept.threshold) == ("quality_metrics", "no_anomaly_of_model_cost", 9.0, 1.0)
