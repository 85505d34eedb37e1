"""The intake: accepts files of the inbox, plans their runs, and records the outcomes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.ids import split_document_id
from fathom.observability.structured_logging import get_logger
from fathom.settings import Settings
from fathom.uploads import hand_runs, repository, transitions
from fathom.uploads.attachments_of_mails import AttachmentIntake, AttachmentOutcome, MailAttachment, MailLinks, mail_links_of
from fathom.uploads.budget_gate import release_reservations, within_budget
from fathom.uploads.content_store import UploadStore, open_store
from fathom.uploads.hand_runs import HandRun, RunAtStage, RunStart
from fathom.uploads.inbox.acceptance import Acceptance, IntakeReport, Sleep
from fathom.uploads.inbox.inbox_scan import FoundFile, Identity
from fathom.uploads.inbox.inbox_writer import PlacedFile
from fathom.uploads.inbox.safe_open import seen_again
from fathom.uploads.paused_collections import pause_of, paused
from fathom.uploads.provider_accounts import with_usable_account
from fathom.uploads.scheduler import URGENT_RUNS, schedule_runs
from fathom.uploads.transitions import Reconciliation, RunState
from fathom.uploads.upload import ClaimedVersion, FailedTry, PlannedRun, Upload, UploadState

log = get_logger(__name__)
_MB = 1024 * 1024


class Intake:
    """Manages uploads from the inbox to their outcome; all state is in the database and the store.

    Every method is safe to call from several processes and to kill at any point: the next call does the rest.
    Raises StoreFull and DatabaseUnreachable if the database cannot be written or does not respond.
    """

    def __init__(self, engine: Engine, store: UploadStore, settings: Settings, *, sleep: Sleep = time.sleep) -> None:
        self.engine = engine
        self.store = store
        self._settings = settings
        self._acceptance = Acceptance(engine, store, settings.inbox_path, settings.max_file_mb * _MB, sleep)

    def look(self, now: float | None = None) -> IntakeReport:
        """Scans the inbox and accepts complete new and changed files."""
        self.store.sweep()
        return self._acceptance.look(_time(now))

    def take(self, placed: PlacedFile, now: float | None = None) -> IntakeReport:
        """Accepts the file that was just put into the inbox, without a scan. Raises StoreFull, StoreFailed."""
        collection, _ = split_document_id(placed.document)
        found = seen_again(
            self._settings.inbox_path, FoundFile(placed.document, collection, placed.parts, Identity(0, 0, 0, 0))
        )
        return self._acceptance.take(found, _time(now)) if found else IntakeReport()

    def accept_attachments(
        self, mail: str, version: str, pieces: Sequence[MailAttachment], now: float | None = None
    ) -> list[AttachmentOutcome]:
        """Accepts the attachments of this version of the mail, each as a document of its own, or lists them as rejected.

        Those accepted before are unchanged. Raises StoreFull, StoreFailed.
        """
        attachments = AttachmentIntake(self.engine, self.store, self._settings.max_file_mb * _MB)
        return attachments.accept(mail, version, pieces, _time(now))

    def mail_links_of(self, document: str) -> MailLinks:
        """Returns the mail that the document came with, and its own attachments."""
        return mail_links_of(self.engine, document)

    def active_run_keys(self) -> list[str]:
        """Returns the keys of the runs whose states `reconcile` needs; few, however many documents there are."""
        return transitions.active_run_keys(self.engine)

    def reconcile(self, run_states: Mapping[str, RunState], now: float | None = None) -> Reconciliation:
        """Requeues documents whose run ended without an outcome, or marks them as failed after `settings.attempts` tries.

        Returns runs that were planned and never started too, to be requested again under their key.
        """
        found = transitions.reconcile(self.engine, run_states, attempts=self._settings.attempts, now=_time(now))
        if found.requeued or found.failed:
            if not self._settings.llm_batch:  # the answer of a batch is used by the next try
                release_reservations(self.engine, [*found.requeued, *found.failed], _time(now))
            counts = {"again": len(found.requeued), "failed": len(found.failed)}
            log.warning("Runs ended without an outcome for their documents", sub_stage="reconciled", metrics=counts)
        return found

    def plan_runs(self, runs_in_flight: int, now: float | None = None) -> list[PlannedRun]:
        """Plans the runs to request now, and records their keys first; none while `settings.runs_at_once` are in flight.

        For documents with a priority above 0, URGENT_RUNS more may be in flight, so that they wait for no backlog run.
        """
        settings, now = self._settings, _time(now)
        slots, full = settings.runs_at_once - runs_in_flight, runs_in_flight >= settings.runs_at_once
        slots += URGENT_RUNS if full else 0
        if slots <= 0:
            return []
        held = paused(self.engine)
        due = [row for row in repository.waiting(self.engine) if row.due(now) and not pause_of(row.collection, held)]
        due = within_budget(self.engine, settings, [row for row in due if row.priority > 0 or not full], now)
        due = with_usable_account(self.engine, settings, due, now)
        if not due:
            return []
        served = repository.collection_loads(self.engine)
        choices = schedule_runs(due, served, slots=slots, batch=settings.batch_documents, attempts=settings.attempts)
        return list(filter(None, map(partial(repository.assign, self.engine, now=now), choices)))

    def mark_running(
        self,
        document: str,
        version: str | None = None,
        *,
        run_id: str,
        stage: str | None = None,
        by: RunStart | None = None,
        now: float | None = None,
    ) -> ClaimedVersion:
        """Records that the run works on this version (None: the last); returns the last version, which may be newer.

        A run started by hand (`by`) owns only a document that is not done and that no other run works on.
        Raises UsageWrong for a document without an accepted version.
        """
        return transitions.mark_running(self.engine, document, version, RunAtStage(run_id, stage, by), _time(now))

    def made_by_hand(self, document: str, run_id: str, asset: str, now: float | None = None) -> None:
        """Records that a run started by hand has made the asset of the document."""
        hand_runs.record_asset(self.engine, document, run_id, asset, _time(now))

    def failed_by_hand(
        self, document: str, run_id: str, error: Exception, *, stage: str | None = None, now: float | None = None
    ) -> None:
        """Records the failure of a run started by hand; the document's own state is unchanged."""
        hand_runs.fail(self.engine, document, run_id, error, _time(now), stage=stage)

    def running_by_hand(self, document: str | None = None) -> list[HandRun]:
        """Returns the running runs that were started by hand, of all documents or of the given document."""
        return hand_runs.running(self.engine, document)

    def runs_in_flight(self) -> int:
        """Counts the runs that work on documents, including those started by hand."""
        return sum(load.in_flight for load in repository.collection_loads(self.engine).values()) + hand_runs.in_flight(
            self.engine
        )

    def mark_done(
        self, document: str, version: str, *, run_id: str | None = None, lacking: int = 0, now: float | None = None
    ) -> bool:
        """Marks the version as done, or as done in part if `lacking` chunks are missing.

        Returns False if a newer version was accepted since or a later run works on it.
        """
        return transitions.mark_done(self.engine, document, version, run_id, _time(now), lacking=lacking)

    def mark_failed(
        self,
        document: str,
        version: str,
        *,
        error: Exception,
        run_id: str | None = None,
        stage: str | None = None,
        now: float | None = None,
    ) -> UploadState | None:
        """Marks the version as rejected, to be retried, or failed, by the error; returns None if another run owns it."""
        failed, attempts = FailedTry(error, run_id, stage), self._settings.attempts
        return transitions.mark_failed(self.engine, document, version, failed, attempts=attempts, now=_time(now))

    def retry(self, document: str, now: float | None = None) -> bool:
        """Requeues a document that failed, was rejected or is done in part; returns False for any other."""
        return repository.retry(self.engine, document, _time(now))

    def requeue_done(self, documents: Sequence[str], now: float | None = None) -> list[str]:
        """Requeues those of the documents that are done, to write their missing parts; returns their ids."""
        return repository.requeue_done(self.engine, documents, _time(now))

    def cancel(self, document: str, now: float | None = None) -> bool:
        """Cancels the document until it is retried; returns False if it had ended."""
        return transitions.cancel(self.engine, document, _time(now))

    def state_of(self, document: str) -> Upload | None:
        """Returns the document's row; None for an unknown document."""
        return repository.find_upload(self.engine, document)

    def list(
        self,
        *,
        states: Iterable[str] | None = None,
        collection: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[Upload]:
        """Returns documents in the order of their ids; `after` is the last id of the previous page."""
        return repository.list_uploads(self.engine, states=states, collection=collection, after=after, limit=limit)

    def counts(self) -> dict[str, int]:
        """Returns the number of documents by state."""
        return repository.count_by_state(self.engine)


def open_intake(settings: Settings) -> Intake:
    """Opens the intake of this deployment. Raises DatabaseUnreachable."""
    return Intake(open_database(settings.operational_url), open_store(settings), settings)


def _time(now: float | None) -> float:
    return time.time() if now is None else now
