"""Reconciles the runs of documents with Dagster: finds their states, fails runs whose process died, and terminates runs.

While a document is worked on, the sensor does so every five seconds and the API every second; the first to find a dead run
requeues its documents.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fathom.database import ChangeWatch
from fathom.orchestration.run_submission import open_instance, submission_lock
from fathom.orchestration.warm_runs.run_origin import BACKLOG_JOB, RUN_KEY_TAG
from fathom.orchestration.warm_runs.worker_tags import worker_is_dead
from fathom.settings import Settings
from fathom.uploads.hand_runs import BY_RUN_ID
from fathom.uploads.intake import open_intake
from fathom.uploads.transitions import RunState

if TYPE_CHECKING:
    import dagster as dg

START_LIMIT_S = 300.0  # a launched run that has not started by then has no process


class DeadRunWatch:
    """Looks for dead runs; while none is at work it only asks whether the database has changed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._changes = ChangeWatch(settings.operational_url)
        self._at_work = True

    def look(self) -> list[str]:
        """Requeues or fails the documents of runs whose process is gone; returns these documents.

        Runs that are alive or not started yet are left to the sensor. Raises DagsterUnreachable, DatabaseUnreachable.
        """
        changed = self._changes.changed()
        if not self._at_work and not changed:
            return []
        self._at_work = True  # also after an error
        intake = open_intake(self._settings)
        keys = intake.active_run_keys()
        self._at_work = bool(keys)
        if not keys:
            return []
        instance = open_instance(self._settings)
        over = [key for key in keys if any(_is_over(record) for record in _records(instance, key))]
        if not over:
            return []
        with submission_lock(self._settings):
            states = run_states(instance, over)
            found = intake.reconcile({key: state for key, state in states.items() if state in ("ended", "cancelled")})
        return [*found.requeued, *found.failed]


def run_states(instance: dg.DagsterInstance, keys: Iterable[str]) -> dict[str, RunState]:
    """Returns the state of the run of each key, and reports runs whose process died to Dagster as failed."""
    return {key: _state(instance, _records(instance, key)) for key in keys}


def terminate_run(settings: Settings, run_id: str | None, run_key: str, by: str) -> None:
    """Ends the run with this id, or the runs with this key, unless they work on several documents; `by` is kept as a tag.

    Raises DagsterUnreachable.
    """
    import dagster as dg

    instance = open_instance(settings)
    wanted = dg.RunsFilter(run_ids=[run_id]) if run_id else dg.RunsFilter(tags={RUN_KEY_TAG: run_key})
    for run in instance.get_runs(wanted):
        alone = "1" if run.job_name != BACKLOG_JOB else ""  # a backlog run started by hand has no tag with its number
        if run.is_finished or run.tags.get("fathom/documents", alone) != "1":
            continue
        instance.add_run_tags(run.run_id, {"fathom/cancelled_by": by})
        instance.run_coordinator.cancel_run(run.run_id)  # also while it is still queued


def _records(instance: dg.DagsterInstance, key: str) -> Sequence[dg.RunRecord]:
    import dagster as dg

    if key.startswith(BY_RUN_ID):
        return instance.get_run_records(dg.RunsFilter(run_ids=[key.removeprefix(BY_RUN_ID)]))
    return instance.get_run_records(dg.RunsFilter(tags={RUN_KEY_TAG: key}))


def _is_over(record: dg.RunRecord) -> bool:
    """Returns whether the run is over, even if Dagster does not know that its process is gone."""
    run = record.dagster_run
    return bool(run.is_finished) or worker_is_dead(run.tags)


def _state(instance: dg.DagsterInstance, records: Sequence[dg.RunRecord]) -> RunState:
    from dagster import DagsterRunStatus as Status

    ended = (Status.SUCCESS, Status.FAILURE, Status.CANCELED)
    statuses = [_living_status(instance, record) for record in records]
    if any(status not in (*ended, Status.NOT_STARTED) for status in statuses):
        return "in_progress"
    if not any(status in ended for status in statuses):
        return "missing"  # NOT_STARTED too: requested again, Dagster launches the run it has
    return "cancelled" if statuses[0] is Status.CANCELED else "ended"


def _living_status(instance: dg.DagsterInstance, record: dg.RunRecord) -> dg.DagsterRunStatus:
    """Returns the run's status, after reporting to Dagster if its process is gone."""
    from dagster import DagsterRunStatus as Status

    run = record.dagster_run
    stuck = run.status is Status.STARTING and time.time() - record.update_timestamp.timestamp() > START_LIMIT_S
    if stuck:
        instance.report_run_failed(run, f"The run was launched and did not start within {START_LIMIT_S:.0f} s.")
        return Status.FAILURE
    if run.status in (Status.STARTING, Status.STARTED, Status.CANCELING) and worker_is_dead(run.tags):
        if run.status is Status.CANCELING:
            instance.report_run_canceled(run, "Its process is gone.")
            return Status.CANCELED
        instance.report_run_failed(run, "Its process was killed or died; its documents without an outcome are tried again.")
        return Status.FAILURE
    return run.status
