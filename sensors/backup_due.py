"""The sensor that requests backups, and their check where a planned backup is missing."""

from __future__ import annotations

import time

import dagster as dg

from fathom.orchestration.warm_runs.instance_check import raise_if_other
from fathom.settings import settings
from ingestion_assets.graph_backup import back_up_graph_job, check_backups_job

SECONDS_BETWEEN_LOOKS = 3600
HOUR_S = 3600.0


@dg.sensor(
    name="graph_backup_due",
    jobs=[back_up_graph_job, check_backups_job],
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="All collections are backed up each FATHOM_BACKUP_EVERY_HOURS; a missing backup turns its check red.",
)
def graph_backup_due(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Requests a backup when the newest of all collections is too old, and its check where a requested one did not come.

    The cursor is the time of the last request; the first is after one interval.
    """
    from fathom.operations.graph.graph_backups import open_catalog

    raise_if_other(settings(), context.instance)
    every = settings().backup_every_hours * HOUR_S
    if not every:
        return dg.SkipReason("FATHOM_BACKUP_EVERY_HOURS is 0.")
    now = time.time()
    newest = max((found.created_at for found in open_catalog(settings()).backups() if found.scope is None), default=0.0)
    requested = float(context.cursor or 0.0)
    if not requested:
        context.update_cursor(str(now))
        return dg.SkipReason(f"The first backup is in {every / HOUR_S:g} hours.")
    if now - max(newest, requested) < every:
        if newest < requested < now - HOUR_S:  # the requested backup did not come
            return dg.RunRequest(run_key=f"check-{requested:.0f}", job_name=check_backups_job.name)
        return dg.SkipReason(
            f"The last backup was {(now - newest) / HOUR_S:.0f} hours ago." if newest else "A backup is planned."
        )
    context.update_cursor(str(now))
    return dg.RunRequest(run_key=f"backup-{now:.0f}", job_name=back_up_graph_job.name)
