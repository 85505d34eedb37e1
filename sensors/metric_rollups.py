"""Keeps the history of metrics small: a sensor that rolls minutes up, and deletes what is older than its retention."""

from __future__ import annotations

import dagster as dg

from fathom.orchestration.warm_runs.instance_check import raise_if_other
from fathom.settings import settings

SECONDS_BETWEEN_PASSES = 300


@dg.sensor(
    name="metric_rollups",
    minimum_interval_seconds=SECONDS_BETWEEN_PASSES,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="The history of metrics: minutes are rolled up into longer spans, and deleted after their retention.",
)
def metric_rollups(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Rolls up what is new; returns a SkipReason that counts the spans."""
    from fathom.metrics.rollups import roll_up
    from fathom.operations.quality_reports import refresh_metrics

    raise_if_other(settings(), context.instance)
    done = roll_up(refresh_metrics(settings()))
    return dg.SkipReason(f"{done.rolled} spans rolled up, {done.deleted} deleted.")
