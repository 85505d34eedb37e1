"""The sensor that requests a look at the metrics of each complete hour."""

from __future__ import annotations

import time

import dagster as dg

from fathom.metrics.rollup_steps import HOUR_S, floor_to
from fathom.orchestration.warm_runs.instance_check import raise_if_other
from fathom.quality.metric_anomalies import SETTLED_S
from fathom.settings import settings
from ingestion_assets.quality_metrics import watch_metrics_job

SECONDS_BETWEEN_LOOKS = 300


@dg.sensor(
    name="quality_metrics_due",
    job=watch_metrics_job,
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="The main metrics are looked at when an hour is complete: figures, trends, and a check of each for anomalies.",
)
def quality_metrics_due(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Requests a look at the newest complete hour, once; hours that passed while the daemon was away are not made up for.

    The cursor is the end of the newest hour that was requested.
    """
    raise_if_other(settings(), context.instance)
    end = floor_to(time.time() - SETTLED_S, HOUR_S)
    try:
        last = float(context.cursor or 0.0)
    except ValueError:
        last = 0.0
    if end <= last <= time.time():
        return dg.SkipReason("The newest complete hour was looked at.")
    context.update_cursor(str(end))
    return dg.RunRequest(run_key=f"metrics-{end}")
