"""The sensor that evaluates the rules of alerts, and delivers the notices."""

from __future__ import annotations

import time

import dagster as dg

from fathom.operations.alerting import ping, watch_over
from fathom.orchestration.warm_runs.instance_check import raise_if_other
from fathom.settings import settings

SECONDS_BETWEEN_LOOKS = 5
METRICS_EVERY_S = 30.0  # rules on metrics look at minutes; those on checks and documents at each tick
PING_EVERY_S = 60.0


@dg.sensor(
    name="alerts",
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Rules on checks, documents, runs, metrics, money and components: what is wrong is told once, with its cause.",
)
def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Makes a pass over the rules; the cursor holds when metrics were last looked at, and when the switch was last pinged."""
    raise_if_other(settings(), context.instance)
    now = time.time()
    measured, pinged = _read(context.cursor)
    with_metrics = not 0 <= now - measured < METRICS_EVERY_S
    report, delivered = watch_over(settings(), metrics=with_metrics)
    if not 0 <= now - pinged < PING_EVERY_S:
        ping(settings())
        pinged = now
    context.update_cursor(f"{now if with_metrics else measured} {pinged}")
    for incident, kind in report.notices:
        context.log.info(f"{kind}: {incident.severity}: {incident.rule}: {incident.cause}")
    return dg.SkipReason(f"{report.open} incidents open, {delivered.sent} notices sent, {delivered.failed} not taken.")


def _read(cursor: str | None) -> tuple[float, float]:
    """Returns the two times of the cursor; 0 for one that cannot be read."""
    try:
        measured, pinged = map(float, (cursor or "").split())
    except ValueError:
        return 0.0, 0.0
    return measured, pinged
