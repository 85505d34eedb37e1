"""Keeps Dagster's storage small: a sensor that thins or deletes old runs, a bounded number at each tick."""

from __future__ import annotations

import dagster as dg

from fathom.operations.restorable_copies import erase_expired
from fathom.orchestration.retention import apply_retention
from fathom.orchestration.warm_runs.instance_check import raise_if_other
from fathom.security.actor import acting_as, process_actor
from fathom.settings import settings

SECONDS_BETWEEN_PASSES = 600


@dg.sensor(
    name="old_runs",
    minimum_interval_seconds=SECONDS_BETWEEN_PASSES,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Runs older than FATHOM_DAGSTER_DAYS: what nobody needs of them is deleted, and the disk gets its room back.",
)
def old_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Deletes old runs, and what can no longer be undone; returns a SkipReason that counts the runs."""
    raise_if_other(settings(), context.instance)
    try:
        cursor = float(context.cursor or 0.0)
    except ValueError:
        cursor = 0.0
    done = apply_retention(settings(), context.instance, cursor=cursor)
    with acting_as(process_actor("the sensor old_runs")):
        erase_expired(settings())
    context.update_cursor(str(done.cursor))
    return dg.SkipReason(done.sentence)
