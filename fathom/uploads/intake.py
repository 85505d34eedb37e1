"""The intake: from a file in the inbox to a run that is requested once, and what became of it."""

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
from fathom.uploads.attachments_of_mails import Attached, Kin, Piece, accept_attachments, kin_of
from fathom.uploads.budget_gate import affordable, let_go
from fathom.uploads.content_store import UploadStore, open_store
from fathom.uploads.hand_runs import HandRun, StartedBy
from fathom.uploads.inbox.acceptance import Acceptance, IntakeReport, Sleep
from fathom.uploads.inbox.inbox_scan import FoundFile, Identity
from fathom.uploads.inbox.inbox_writer import Placed
from fathom.uploads.inbox.safe_open import seen_again
from fathom.uploads.paused_collections import pause_of, paused
from fathom.uploads.provider_accounts import with_account
from fathom.uploads.scheduler import URGENT_RUNS, choose
from fathom.uploads.transitions import AtWork, Reconciled, RunState
from fathom.uploads.upload import InHand, PlannedRun, Upload, UploadState

log = get_logger(__name__)
_MB = 1024 * 1024


class Intake:
    """Uploads from the inbox to their outcome; all state is in the database and the store, none in this object.

    Every method may be called by several processes at once, and killed anywhere: what it had not yet written is done by
    the next call. Raises StoreFull and DatabaseUnreachable where the database cannot be written or does not answer.
    """

    def __init__(self, engine: Engine, store: UploadStore, settings: Settings, *, sleep: Sleep = time.sleep) -> None:
        self.engine = engine
        self.store = store
        self._settings = settings
        self._acceptance = Acceptance(engine, store, settings.inbox_path, settings.max_file_mb * _MB, sleep)

    def look(self, now: float | None = None) -> IntakeReport:
        """Whole new and changed files of the inbox are accepted."""
        self.store.sweep()
        return self._acceptance.look(_time(now))

    def take(self, placed: Placed, now: float | None = None) -> IntakeReport:
        """The file that was just put into the inbox is accepted, with no look at the others. Raises StoreFull, StoreFailed."""
        collection, _ = split_document_id(placed.document)
        found = seen_again(
            self._settings.inbox_path, FoundFile(placed.document, collection, placed.parts, Identity(0, 0, 0, 0))
        )
        return self._acceptance.take(found, _time(now)) if found else IntakeReport()

    def accept_attachments(self, mail: str, version: str, pieces: Sequence[Piece], now: float | None = None) -> list[Attached]:
        """What came with this version of the mail is accepted, each as a document of its own, or listed as rejected by name.

        Those that were accepted before stay as they are. Raises StoreFull, StoreFailed.
        """
        most = self._settings.max_file_mb * _MB
        return accept_attachments(self.engine, self.store, mail, version, pieces, max_bytes=most, now=_time(now))

    def kin_of(self, document: str) -> Kin:
        """The mail that the document came with, and the documents that came with it."""
        return kin_of(self.engine, document)

    def keys_in_hand(self) -> list[str]:
        """The run keys whose runs `reconcile` wants to know the states of; few, however many documents there are."""
        return transitions.keys_in_hand(self.engine)

    def reconcile(self, run_states: Mapping[str, RunState], now: float | None = None) -> Reconciled:
        """Documents whose run ended without an outcome are accepted again, or failed by name after `settings.attempts`.

        Runs that were planned and never started come back, to be requested again under the key they have.
        """
        found = transitions.reconcile(self.engine, run_states, attempts=self._settings.attempts, now=_time(now))
        if found.requeued or found.failed:
            if not self._settings.llm_batch:  # what is in a batch is answered for whoever asks next
                let_go(self.engine, [*found.requeued, *found.failed], _time(now))
            counts = {"again": len(found.requeued), "failed": len(found.failed)}
            log.warning("Runs ended without an outcome for their documents", sub_stage="reconciled", metrics=counts)
        return found

    def plan_runs(self, runs_in_flight: int, now: float | None = None) -> list[PlannedRun]:
        """Runs to request now, their keys on record first; none while `settings.runs_at_once` are in flight.

        But a document with a priority above 0 waits for no backlog run to end: for such, URGENT_RUNS more may be in flight.
        """
        settings, now = self._settings, _time(now)
        slots, full = settings.runs_at_once - runs_in_flight, runs_in_flight >= settings.runs_at_once
        slots += URGENT_RUNS if full else 0
        if slots <= 0:
            return []
        held = paused(self.engine)
        due = [one for one in repository.waiting(self.engine) if one.due(now) and not pause_of(one.collection, held)]
        due = affordable(self.engine, settings, [one for one in due if one.priority > 0 or not full], now)
        due = with_account(self.engine, settings, due, now)
        if not due:
            return []
        served = repository.served(self.engine)
        choices = choose(due, served, slots=slots, batch=settings.batch_documents, attempts=settings.attempts)
        return list(filter(None, map(partial(repository.assign, self.engine, now=now), choices)))

    def mark_running(
        self,
        document: str,
        version: str | None = None,
        *,
        run_id: str,
        stage: str | None = None,
        by: StartedBy | None = None,
        now: float | None = None,
    ) -> InHand:
        """The run has this version (None: the last) in hand; answers the last one, which may be newer.

        One that was started by hand, as `by` says, takes only a document that is not done and that no other run has.
        Raises UsageWrong for a document of which nothing was accepted.
        """
        return transitions.mark_running(self.engine, document, version, AtWork(run_id, stage, by), _time(now))

    def made_by_hand(self, document: str, run_id: str, asset: str, now: float | None = None) -> None:
        """Records that a run which was started by hand has made the asset of the document."""
        hand_runs.made(self.engine, document, run_id, asset, _time(now))

    def failed_by_hand(
        self, document: str, run_id: str, error: Exception, *, stage: str | None = None, now: float | None = None
    ) -> None:
        """Records what a run which was started by hand failed by; the document stays as it was."""
        hand_runs.fail(self.engine, document, run_id, error, _time(now), stage=stage)

    def running_by_hand(self, document: str | None = None) -> list[HandRun]:
        """Returns the runs at work that were started by hand, of all documents or of one."""
        return hand_runs.running(self.engine, document)

    def runs_in_flight(self) -> int:
        """Counts the runs that have documents in hand, those started by hand among them."""
        return sum(one.in_flight for one in repository.served(self.engine).values()) + hand_runs.in_flight(self.engine)

    def mark_done(
        self, document: str, version: str, *, run_id: str | None = None, lacking: int = 0, now: float | None = None
    ) -> bool:
        """The version is done, in part where it is `lacking` chunks.

        False where a newer one was accepted since or a later run has it in hand.
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
        """The version is rejected (DocumentRejected), to be tried again, or failed; None where another run decides."""
        return transitions.mark_failed(
            self.engine, document, version, error, run_id=run_id, stage=stage, attempts=self._settings.attempts, now=_time(now)
        )

    def retry(self, document: str, now: float | None = None) -> bool:
        """A document that failed, was rejected or done in part is accepted once more; False for any other."""
        return repository.retry(self.engine, document, _time(now))

    def again(self, documents: Sequence[str], now: float | None = None) -> list[str]:
        """Those of the documents that were done are accepted once more, to write what they lack; answers which."""
        return repository.again(self.engine, documents, _time(now))

    def cancel(self, document: str, now: float | None = None) -> bool:
        """Nothing more is done for the document until it is tried again; False where it had ended."""
        return transitions.cancel(self.engine, document, _time(now))

    def state_of(self, document: str) -> Upload | None:
        """The document's row; None for a document that was never seen."""
        return repository.one(self.engine, document)

    def list(
        self,
        *,
        states: Iterable[str] | None = None,
        collection: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[Upload]:
        """Documents in the order of their ids; `after` the last id of the page before."""
        return repository.listed(self.engine, states=states, collection=collection, after=after, limit=limit)

    def counts(self) -> dict[str, int]:
        """How many documents are in each state that has any."""
        return repository.counted(self.engine)


def open_intake(settings: Settings) -> Intake:
    """The intake of this deployment. Raises DatabaseUnreachable."""
    return Intake(open_database(settings.operational_url), open_store(settings), settings)


def _time(now: float | None) -> float:
    return time.time() if now is None else now
