"""Cancelling the work on a document: on the record first, then its process; resumed by trying it again."""

from __future__ import annotations

from fathom.errors import RunCancelled
from fathom.observability.structured_logging import emit
from fathom.orchestration.run_submission import open_instance
from fathom.orchestration.warm_runs.run_origin import BACKLOG_JOB
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import ENDED


def cancel(settings: Settings, document: str, *, by: str) -> bool:
    """Stops all work on the document until it is retried; returns False if it had ended and no run is at work on it.

    A run started by hand over a finished document is terminated, and the document stays done. A run of a single document is
    terminated within two seconds; a run of several documents skips this document at its next step. The ledger keeps the
    episodes that were written. Raises DagsterUnreachable, DatabaseUnreachable.
    """
    intake = open_intake(settings)
    before = intake.state_of(document)
    by_hand = [one.run_id for one in intake.running_by_hand(document)]
    if before is None or not (intake.cancel(document) or by_hand):
        return False
    emit("upload.cancelled", "The work on it was cancelled", document=document, run=before.run_id, by=by)
    if before.run_key is not None and before.state not in ENDED:
        _end_run(settings, before.run_id, before.run_key, by)
    for run in by_hand:
        intake.failed_by_hand(document, run, RunCancelled("The run was cancelled.", document=document))
        if run != before.run_id:
            _end_run(settings, run, "", by)
    return True


def _end_run(settings: Settings, run_id: str | None, run_key: str, by: str) -> None:
    import dagster as dg

    instance = open_instance(settings)
    wanted = dg.RunsFilter(run_ids=[run_id]) if run_id else dg.RunsFilter(tags={"dagster/run_key": run_key})
    for run in instance.get_runs(wanted):
        alone = "1" if run.job_name != BACKLOG_JOB else ""  # a backlog that somebody started does not say how many it has
        if run.is_finished or run.tags.get("fathom/documents", alone) != "1":
            continue
        instance.add_run_tags(run.run_id, {"fathom/cancelled_by": by})
        instance.run_coordinator.cancel_run(run.run_id)  # also while it is still queued
