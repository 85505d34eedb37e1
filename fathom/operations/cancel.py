"""Cancels the work on a document: marks it as cancelled, then ends its run; a retry resumes it."""

from __future__ import annotations

from fathom.errors import RunCancelled
from fathom.ids import split_document_id
from fathom.observability.structured_logging import emit
from fathom.orchestration.run_reconciliation import terminate_run
from fathom.security.audit_log import audited
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
    by_hand = [run.run_id for run in intake.running_by_hand(document)]
    if before is None or not (intake.cancel(document) or by_hand):
        return False
    emit("upload.cancelled", "The work on it was cancelled", document=document, run=before.run_id, by=by)
    collection, _ = split_document_id(document)
    account = {"state": before.state, "runs": sorted({run for run in (before.run_id, *by_hand) if run})}
    with audited(intake.engine, "documents.cancel", collection=collection, document=document, account=account):
        if before.run_key is not None and before.state not in ENDED:
            terminate_run(settings, before.run_id, before.run_key, by)
        for run in by_hand:
            intake.failed_by_hand(document, run, RunCancelled("The run was cancelled.", document=document))
            if run != before.run_id:
                terminate_run(settings, run, "", by)
    return True
