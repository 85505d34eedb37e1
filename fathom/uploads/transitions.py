"""State transitions of uploads, made by the run that works on them or by reconciliation after that run has ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.errors import DocumentRejected, DoneInPart, FathomError, RunCancelled, RunLost, UsageWrong
from fathom.tables import episodes, priorities, uploads
from fathom.uploads import hand_runs, repository
from fathom.uploads.hand_runs import BY_RUN_ID, RunAtStage
from fathom.uploads.upload import ENDED, ClaimedVersion, FailedTry, PlannedRun, Upload, UploadState

S = UploadState
RunState = Literal["missing", "in_progress", "ended", "cancelled"]


@dataclass
class Reconciliation:
    """The result of reconciliation: runs to request again, the number in flight, and requeued and failed documents."""

    again: list[PlannedRun] = field(default_factory=list)
    in_flight: int = 0
    requeued: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def mark_running(engine: Engine, document: str, version: str | None, run: RunAtStage, now: float) -> ClaimedVersion:
    """Marks the document as running in this run, unless another version was accepted since; returns the last version.

    `version` None means the version accepted last. Raises UsageWrong for a document without an accepted version,
    RunCancelled for a document that was cancelled while this run worked on it.
    """
    before = repository.find_upload(engine, document)
    mine = (run.run_id,) if run.by else (None, run.run_id)
    if before and before.state is S.FAILED and before.reason == RunCancelled.__name__ and before.run_id in mine:
        raise _cancelled(before)
    owned = before is None or run.owns(before)
    if owned:
        _take(engine, document, version, run, now)
    row = repository.find_upload(engine, document)
    if row is None or row.version is None or row.accepted_at is None:
        raise UsageWrong(f"No upload of {document} was accepted.", document=document, hint="Ingest it: `fathom ingest PATH`.")
    hand_runs.begin(engine, document, version or row.version, run, now)
    return ClaimedVersion(document, row.version, row.accepted_at, row.attempts, owned)


def _take(engine: Engine, document: str, version: str | None, run: RunAtStage, now: float) -> None:
    c, run_id = uploads.c, run.run_id
    planned = sa.or_(c.run_id == run_id, c.state == S.SUBMITTED, sa.and_(c.state == S.ACCEPTED, c.run_key.is_not(None)))
    wanted = c.version.is_not(None) if version is None else c.version == version
    statement = (
        uploads.update()
        .where(c.document == document, wanted)
        .values(
            state=S.RUNNING,
            run_key=sa.case((sa.and_(planned, c.run_key.is_not(None)), c.run_key), else_=run.key),
            run_id=run_id,
            stage=run.stage,
            reason=None,
            detail=None,
            updated_at=now,
        )
    )
    with engine.begin() as connection:
        connection.execute(statement)


def mark_done(engine: Engine, document: str, version: str, run_id: str | None, now: float, *, lacking: int = 0) -> bool:
    """Marks the version as done; returns False, without a change, if it is not the last version or a later run owns it."""
    c = uploads.c
    later = sa.and_(c.state == S.RUNNING, c.run_id.is_not(None), c.run_id != run_id) if run_id else sa.false()
    with engine.begin() as connection:
        statement = uploads.update().where(c.document == document, c.version == version, sa.not_(later))
        which = "1 of its chunks failed again and again and was" if lacking == 1 else f"{lacking} of its chunks failed and were"
        detail = f"{which} set aside; the others are in the graph."
        in_part = {"reason": DoneInPart.__name__, "detail": detail} if lacking else {"reason": None, "detail": None}
        values = {"state": S.DONE, "attempts": 0, "updated_at": now, **in_part}
        marked = connection.execute(statement.values(**values, **({"run_id": run_id} if run_id else {}))).rowcount == 1
        if not marked:
            _release(connection, document, version, now)
    return marked


def mark_failed(
    engine: Engine, document: str, version: str, failed: FailedTry, *, attempts: int, now: float
) -> UploadState | None:
    """Marks the version as rejected, failed, or accepted for a retry, by the error; returns the new state.

    A defect is retried too; `attempts` bounds the tries. A spent budget or a paused account requeues the document without
    counting a try. Returns None, without a change, if the version is not the last or another run owns it.
    """
    c = uploads.c
    mine = [c.document == document, c.version == version, c.state.in_((S.SUBMITTED, S.RUNNING))]
    if failed.run_id is not None:
        mine.append(sa.or_(c.run_id.is_(None), c.run_id == failed.run_id))
    cause = {"stage": failed.stage, "reason": failed.name, "detail": failed.message}
    with engine.begin() as connection:
        row = connection.execute(sa.select(c.attempts).where(*mine)).one_or_none()
        if row is None:
            _release(connection, document, version, now)
            return None
        tries = row.attempts + (not failed.waits)
        state = S.REJECTED if isinstance(failed.error, DocumentRejected) else S.FAILED
        again = failed.waits or (failed.retryable and state is S.FAILED and tries < attempts)
        after = {"state": S.ACCEPTED, "run_key": None, "run_id": None} if again else {"state": state}
        connection.execute(uploads.update().where(*mine).values(**cause, attempts=tries, updated_at=now, **after))
    return S.ACCEPTED if again else state


def cancel(engine: Engine, document: str, now: float) -> bool:
    """Marks the document as failed by cancellation, which its run notices; returns False if it had ended."""
    c = uploads.c
    going = (c.document == document, c.state.in_((S.ACCEPTED, S.SUBMITTED, S.RUNNING)))
    cause = {"reason": RunCancelled.__name__, "detail": "It was cancelled before it was done."}
    with engine.begin() as connection:
        return connection.execute(uploads.update().where(*going).values(state=S.FAILED, updated_at=now, **cause)).rowcount == 1


@dataclass(frozen=True)
class UndoneUpload:
    """A document whose last versions were taken back from the graph, with the version that is there again.

    `version` is None where the document was not in the graph before: `error` says so then. `accepted_at` is None if unknown.
    """

    document: str
    undone: Sequence[str]
    version: str | None
    accepted_at: float | None
    error: FathomError


def take_back(connection: Connection, upload: UndoneUpload, now: float) -> None:
    """Sets the document back to the version before the undone ones, within the transaction; a newer version is unchanged.

    Size and time stay those of the file in the inbox, which would be accepted again otherwise.
    """
    c = uploads.c
    same = (c.document == upload.document, c.version.in_(list(upload.undone)))
    cleared = dict.fromkeys(("stage", "run_key", "run_id"))
    values: dict[str, Any] = {"state": S.FAILED, "reason": upload.error.name, "detail": upload.error.message}
    if upload.version is not None:
        known = {} if upload.accepted_at is None else {"accepted_at": upload.accepted_at}
        values = {"state": S.DONE, "version": upload.version, "reason": None, "detail": None, **known}
    connection.execute(uploads.update().where(*same).values(updated_at=now, attempts=0, **cleared, **values))


def take_back_unwritten(engine: Engine, document: str, error: FathomError, now: float) -> bool:
    """Sets back a document whose accepted version no run has taken up; returns False for any other."""
    with engine.begin() as connection:
        waits = (uploads.c.document == document, uploads.c.state == S.ACCEPTED, uploads.c.run_key.is_(None))
        version = connection.scalar(sa.select(uploads.c.version).where(*waits))
        if version is None:
            return False
        e = episodes.c
        written = sa.select(e.version).where(e.document == document, e.state == "written").limit(1)
        take_back(connection, UndoneUpload(document, [version], connection.scalar(written), None, error), now)
    return True


def active_run_keys(engine: Engine) -> list[str]:
    """Returns the keys of the runs that own documents (submitted, running, or changed since), and of runs by hand."""
    started = {BY_RUN_ID + run.run_id for run in hand_runs.running(engine)}
    return sorted(started | set(_keys_of_uploads(engine)))


def _keys_of_uploads(engine: Engine) -> list[str]:
    c = uploads.c
    in_hand = (c.state.in_((S.ACCEPTED, S.SUBMITTED, S.RUNNING)), c.run_key.is_not(None))
    with engine.begin() as connection:
        return sorted(connection.scalars(sa.select(c.run_key).where(*in_hand).distinct()))


def reconcile(engine: Engine, run_states: Mapping[str, RunState], *, attempts: int, now: float) -> Reconciliation:
    """Requeues documents whose run ended without an outcome, up to `attempts` tries, then marks them as failed.

    A run that was never started is requested again under its key. Keys without a state count as in progress. Records of
    ended runs by hand are closed; a document that such a run did not own is unchanged.
    """
    found = Reconciliation()
    over = {key.removeprefix(BY_RUN_ID): state for key, state in run_states.items() if key.startswith(BY_RUN_ID)}
    ended = {run: state == "cancelled" for run, state in over.items() if state != "in_progress"}
    hand_runs.close_ended(engine, ended, now)
    for key in _keys_of_uploads(engine):
        with engine.begin() as connection:
            state = run_states.get(key, "in_progress")
            query = sa.select(uploads).where(uploads.c.run_key == key).order_by(uploads.c.document)
            rows = [repository.as_upload(row) for row in connection.execute(query)]
            in_hand = [row for row in rows if row.state not in ENDED]
            begun = len(in_hand) < len(rows) or any(row.run_id for row in in_hand) or key.startswith(BY_RUN_ID)
            if state == "in_progress" and in_hand:
                found.in_flight += 1
            elif state == "missing" and not begun:
                _request_again(connection, key, in_hand, found, now)
            elif in_hand:
                _settle(connection, _EndedRun(key, rows, state == "cancelled"), found, attempts=attempts, now=now)
    found.in_flight += hand_runs.in_flight(engine)
    return found


def _request_again(connection: Connection, key: str, in_hand: list[Upload], found: Reconciliation, now: float) -> None:
    planned = sorted((row for row in in_hand if row.state is S.SUBMITTED), key=lambda row: (row.accepted_at or 0, row.document))
    _free(connection, key, (row for row in in_hand if row.state is S.ACCEPTED), now)
    if planned:
        versions = tuple(row.version or "" for row in planned)
        urgency = sa.select(priorities.c.priority).where(priorities.c.document == planned[0].document)
        documents = tuple(row.document for row in planned)
        found.again.append(PlannedRun(key, planned[0].collection, documents, versions, connection.scalar(urgency) or 0))
        found.in_flight += 1


@dataclass(frozen=True)
class _EndedRun:
    """A run that ended without an outcome for some of its documents."""

    key: str
    rows: list[Upload]
    cancelled: bool

    @property
    def in_hand(self) -> list[Upload]:
        """The documents without an outcome."""
        return [row for row in self.rows if row.state in (S.SUBMITTED, S.RUNNING)]

    @property
    def blamed(self) -> set[str]:
        """The documents that the run had begun, or all of them if it had begun none."""
        begun = [row for row in self.in_hand if row.state is S.RUNNING]
        any_begun = begun or any(row.state in ENDED for row in self.rows)
        return {row.document for row in (begun if any_begun else self.in_hand)}


def _settle(connection: Connection, run: _EndedRun, found: Reconciliation, *, attempts: int, now: float) -> None:
    """Requeues or fails the documents that the run had in hand, and counts a failed try against those it blames."""
    _free(connection, run.key, (row for row in run.rows if row.state is S.ACCEPTED), now)
    blamed = run.blamed
    for row in run.in_hand:
        tries = row.attempts + (row.document in blamed)
        over = run.cancelled or tries >= attempts
        error: FathomError = _cancelled(row) if run.cancelled else _lost(row, tries)
        values = {"attempts": tries, "updated_at": now, "reason": error.name, "detail": error.message}
        if over:
            after: dict[str, Any] = {"state": S.FAILED}
        elif row.document in blamed:
            after = {"state": S.ACCEPTED, "run_key": None, "run_id": None}
        else:
            after = {"state": S.ACCEPTED, "run_key": None, "run_id": None, "reason": None, "detail": None}
        same = (uploads.c.document == row.document, uploads.c.run_key == run.key, uploads.c.state == row.state)
        if connection.execute(
            uploads.update().where(*same, uploads.c.version == row.version).values(**{**values, **after})
        ).rowcount:
            (found.failed if over else found.requeued).append(row.document)


def _free(connection: Connection, key: str, held: Iterable[Upload], now: float) -> None:
    for row in held:
        same = (uploads.c.document == row.document, uploads.c.state == S.ACCEPTED, uploads.c.run_key == key)
        connection.execute(uploads.update().where(*same).values(run_key=None, updated_at=now))


def _release(connection: Connection, document: str, version: str, now: float) -> None:
    """Clears the run key after a run on a replaced version, so that the newer version can be planned."""
    c = uploads.c
    newer = (c.document == document, c.version != version, c.state == S.ACCEPTED, c.run_key.is_not(None))
    connection.execute(uploads.update().where(*newer).values(run_key=None, updated_at=now))


def _lost(row: Upload, tries: int) -> RunLost:
    return RunLost(f"Its run ended without an outcome, {tries} times so far.", document=row.document)


def _cancelled(row: Upload) -> RunCancelled:
    return RunCancelled("Its run was cancelled before it was done.", document=row.document)
