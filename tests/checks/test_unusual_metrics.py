"""The checks of metrics say the value, its hour and the expected range, and what is still missing before they judge."""

from __future__ import annotations

import dagster as dg
import pytest

from checks.unusual_metrics import anomaly_check_result, anomaly_outcome, anomaly_specs, check_name, result_of_metric
from fathom.quality.metric_anomalies import WATCHED, JudgedHour, MetricJudgement

AT = 1_790_000_000.0 // 3600 * 3600


def judged(name: str, kind: str | None, value: float = 40.0) -> MetricJudgement:
    return MetricJudgement(
        name, (JudgedHour(AT - 3600, 10.0, 8.0, 12.0, None), JudgedHour(AT, value, 8.0, 12.0, kind)), 900, 48
    )


def test_there_is_a_check_for_each_watched_metric_on_the_asset_that_alerts_read() -> None:
    specs = anomaly_specs()
    assert [spec.name for spec in specs] == [check_name(name) for name in WATCHED]
    assert {spec.asset_key.to_user_string() for spec in specs} == {"quality_metrics"}


def test_an_unusual_hour_fails_with_the_expected_range() -> None:
    result = anomaly_check_result(judged("conversion_seconds", "spike"))
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    metadata = {name: value.value for name, value in result.metadata.items()}
    assert (metadata["value"], metadata["expected_low"], metadata["expected_high"], metadata["kind"]) == (
        40.0,
        8.0,
        12.0,
        "spike",
    )
    assert result.description == (
        "stage_seconds of docling: 40 s from 14:00 UTC, expected 8 s to 12 s, a spike. See /quality/metrics/stage_seconds."
    )


def test_a_usual_hour_passes_with_the_expected_range() -> None:
    result = anomaly_check_result(judged("model_cost", None, 9.0))
    assert result.passed
    assert {"expected_low", "expected_high"} <= set(result.metadata)
    assert "kind" not in result.metadata


@pytest.mark.parametrize(
    ("hours", "said"), [(12, "12 of 48 hours that are needed before it is judged."), (60, "No newer values.")]
)
def test_without_a_judgement_it_passes_and_says_why(hours: int, said: str) -> None:
    outcome = anomaly_outcome(MetricJudgement("model_cost", (), hours, 48))
    assert (outcome.passed, outcome.description) == (True, said)


def test_the_kept_result_has_the_end_of_the_range_that_was_passed() -> None:
    kept = result_of_metric(judged("facts_per_chunk", "shift", 2.0))
    assert (kept.passed, kept.severity, kept.measured, kept.threshold) == (False, "warn", 2.0, 8.0)
    none = result_of_metric(MetricJudgement("facts_per_chunk", (), 0, 48))
    assert (none.passed, none.measured, none.threshold) == (True, None, None)
