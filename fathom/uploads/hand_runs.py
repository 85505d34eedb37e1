"""Records runs that were started by hand in Dagster, beside the document's own state.

A finished document stays done whatever the outcome of such a run, and a run over some of the assets starts no other run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.errors import DoneInPart, FathomError, RunCancelled, RunLost
from fathom.sql import batched
from fathom.tables import episodes, hand_runs, uploads
from fathom.uploads.upload import FailedTry, Upload, UploadState

Origin = Literal["hand", "backfill", "re-execution"]
HandState = Literal["running", "done", "failed", "cancelled"]

LAST_ASSET = "graph_episodes"  # a document with this asset is in the graph
MAX_KEPT = 20  # recorded runs of a document
BY_RUN_ID = "run:"  # a run started by hand has no key: this prefix and its id are used instead
_NOT_IN_GRAPH = ("planned", "extracted", "failed", "quarantined")  # states of episodes in the ledger


@dataclass(frozen=True)
class RunStart:
    """The origin of a run that Fathom did not plan, and the assets it makes."""

    origin: Origin
    assets: tuple[str, ...]

    @property
    def reaches_graph(self) -> bool:
        """Whether the run, if it succeeds, writes the document to the graph."""
        return LAST_ASSET in self.assets


@dataclass(frozen=True)
class RunAtStage:
    """A run at a stage; `by` is set if Fathom did not plan it."""

    run_id: str
    stage: str | None = None
    by: RunStart | None = None

    @property
    def key(self) -> str:
        """The key of a run that has no planned key."""
        return BY_RUN_ID + self.run_id

    def owns(self, row: Upload) -> bool:
        """Returns whether the run owns the state of the document.

        A run started by hand owns only a document that is neither done nor in another run, and only if it writes to
        the graph.
        """
        if self.by is None or row.run_key == self.key:
            return True
        waits = row.state is UploadState.ACCEPTED and row.run_key is None
        return self.by.reaches_graph and (waits or row.state in (UploadState.FAILED, UploadState.REJECTED))


@dataclass(frozen=True, slots=True)
class HandRun:
    """A run over a document that was started by hand; times in seconds since 1970."""

    document: str
    run_id: str
    version: str | None
    origin: Origin
    assets: tuple[str, ...]
    made: tuple[str, ...]
    state: HandState
    stage: str | None
    reason: str | None
    detail: str | None
    started_at: float
    updated_at: float


def begin(engine: Engine, document: str, version: str, run: RunAtStage, now: float) -> None:
    """Records that the run works on the document, unless Fathom planned it; a run on record moves to the stage."""
    if run.by is None:
        return
    mine = (hand_runs.c.document == document, hand_runs.c.run_id == run.run_id)
    values = {"state": "running", "stage": run.stage, "version": version, "reason": None, "detail": None, "updated_at": now}
    with engine.begin() as connection:
        if connection.execute(hand_runs.update().where(*mine).values(**values)).rowcount:
            return
        _drop_oldest(connection, document)
        fixed = {"document": document, "run_id": run.run_id, "origin": run.by.origin, "started_at": now, "made": "[]"}
        connection.execute(hand_runs.insert().values(**fixed, **values, assets=json.dumps(list(run.by.assets))))


def record_asset(engine: Engine, document: str, run_id: str, asset: str, now: float) -> None:
    """Records that the run has made the asset of the document; with the last of its assets it is done."""
    mine = (hand_runs.c.document == document, hand_runs.c.run_id == run_id, hand_runs.c.state == "running")
    with engine.begin() as connection:
        row = connection.execute(sa.select(hand_runs).where(*mine)).one_or_none()
        if row is None:
            return
        done = sorted({*json.loads(row.made), asset})
        state = "done" if set(done) >= set(json.loads(row.assets)) else "running"
        connection.execute(hand_runs.update().where(*mine).values(made=json.dumps(done), state=state, updated_at=now))


def fail(engine: Engine, document: str, run_id: str, error: Exception, now: float, *, stage: str | None = None) -> None:
    """Records the failure of the run over the document, whose own state is unchanged.

    A finished document that lost chunks by the run becomes done in part.
    """
    failed = FailedTry(error, run_id, stage)
    mine = (hand_runs.c.document == document, hand_runs.c.run_id == run_id, hand_runs.c.state == "running")
    values: dict[str, Any] = {"state": "cancelled" if isinstance(error, RunCancelled) else "failed", "updated_at": now}
    values |= {"reason": failed.name, "detail": failed.message} | ({"stage": stage} if stage else {})
    with engine.begin() as connection:
        if connection.execute(hand_runs.update().where(*mine).values(**values)).rowcount:
            _mark_lacking(connection, document, run_id, now)


def running(engine: Engine, document: str | None = None) -> list[HandRun]:
    """Returns the runs recorded as running, of all documents or of the given document."""
    query = sa.select(hand_runs).where(hand_runs.c.state == "running").order_by(hand_runs.c.started_at, hand_runs.c.document)
    with engine.begin() as connection:
        rows = connection.execute(query if document is None else query.where(hand_runs.c.document == document))
        return [_as_run(row) for row in rows]


def in_flight(engine: Engine) -> int:
    """Counts the running runs that own no upload row, so that no plan counts them."""
    held = sa.select(uploads.c.document).where(
        uploads.c.run_id == hand_runs.c.run_id, uploads.c.state.in_((UploadState.SUBMITTED, UploadState.RUNNING))
    )
    query = sa.select(sa.func.count(hand_runs.c.run_id.distinct())).where(hand_runs.c.state == "running", ~held.exists())
    with engine.begin() as connection:
        return int(connection.scalar(query) or 0)


def close_ended(engine: Engine, ended: Mapping[str, bool], now: float) -> list[str]:
    """Marks runs as failed that ended without an outcome; `ended` maps a run id to whether it was cancelled.

    Returns the documents of these runs.
    """
    found: list[str] = []
    for run in running(engine):
        if run.run_id not in ended:
            continue
        error: FathomError = (
            RunCancelled("The run was cancelled before it had made its assets.", document=run.document)
            if ended[run.run_id]
            else RunLost("The run ended without an outcome for the document.", document=run.document)
        )
        fail(engine, run.document, run.run_id, error, now)
        found.append(run.document)
    return found


def newest(engine: Engine, documents: Sequence[str]) -> dict[str, HandRun]:
    """Returns the last run by hand of each document, for those that have such a run."""
    found: dict[str, HandRun] = {}
    with engine.begin() as connection:
        for page in batched(documents):
            query = sa.select(hand_runs).where(hand_runs.c.document.in_(page)).order_by(hand_runs.c.started_at)
            found |= {row.document: _as_run(row) for row in connection.execute(query)}
    return found


def _mark_lacking(connection: Connection, document: str, run_id: str, now: float) -> None:
    c = episodes.c
    query = sa.select(sa.func.count()).select_from(episodes).where(c.document == document, c.state.in_(_NOT_IN_GRAPH))
    lacking = connection.scalar(query) or 0
    if not lacking:
        return
    which = "1 of its chunks is" if lacking == 1 else f"{lacking} of its chunks are"
    detail = f"{which} not in the graph since run {run_id[:8]}, which was started by hand, ended early."
    done = (uploads.c.document == document, uploads.c.state == UploadState.DONE, uploads.c.reason.is_(None))
    values = {"reason": DoneInPart.__name__, "detail": detail, "updated_at": now}
    connection.execute(uploads.update().where(*done).values(**values))


def _drop_oldest(connection: Connection, document: str) -> None:
    c = hand_runs.c
    query = sa.select(c.run_id).where(c.document == document, c.state != "running").order_by(c.started_at.desc())
    old = list(connection.scalars(query.offset(MAX_KEPT - 1)))
    if old:
        connection.execute(hand_runs.delete().where(c.document == document, c.run_id.in_(old)))


def _as_run(row: Any) -> HandRun:
    values = {**row._mapping, "assets": tuple(json.loads(row.assets)), "made": tuple(json.loads(row.made))}
    return HandRun(**values)
