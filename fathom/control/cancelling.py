"""Cancelling the work on a document: on the record first, then its process; resumed by trying it again."""

from __future__ import annotations

from fathom.control.launching import open_instance
from fathom.observability.logs import emit
from fathom.settings import Settings
from fathom.uploads.intake import open_intake


def cancel(settings: Settings, document: str, *, by: str) -> bool:
    """Nothing more is done for the document until it is tried again; False where it had ended.

    A run of its own is ended within two seconds; one that has others in hand too leaves this one out at its next step.
    The ledger keeps what was written. Raises DagsterUnreachable, DatabaseUnreachable.
    """
    intake = open_intake(settings)
    before = intake.state_of(document)
    if before is None or not intake.cancel(document):
        return False
    emit("upload.cancelled", "The work on it was cancelled", document=document, run=before.run_id, by=by)
    if before.run_key is not None:
        _end_run(settings, before.run_id, before.run_key, by)
    return True


def _end_run(settings: Settings, run_id: str | None, run_key: str, by: str) -> None:
    import dagster as dg

    instance = open_instance(settings)
    wanted = dg.RunsFilter(run_ids=[run_id]) if run_id else dg.RunsFilter(tags={"dagster/run_key": run_key})
    for run in instance.get_runs(wanted):
        if run.is_finished or run.tags.get("fathom/documents", "1") != "1":
            continue
        instance.add_run_tags(run.run_id, {"fathom/cancelled_by": by})
        instance.run_launcher.terminate(run.run_id)
