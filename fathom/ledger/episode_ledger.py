"""The ledger of episodes: planned, extracted, written, failed, quarantined or removed."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.ledger.episode import (
    ALLOWED_FROM,
    DocumentSummary,
    EpisodeOutcome,
    EpisodeRow,
    EpisodeState,
    ExtractionOutcome,
    FailureOutcome,
    PlannedEpisode,
    ProducerVersions,
    WriteOutcome,
    parse_row,
)
from fathom.sql import batched, exclusive_transaction, insert_into
from fathom.tables import episodes

__all__ = ["Ledger", "PlannedEpisode", "ProducerVersions"]

_THE_ROW = episodes.c.uuid == sa.bindparam("b_uuid")


class Ledger:
    """The rows of all episodes, in SQLite or Postgres; every method is a single transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def plan(self, document: str, version: str, planned: Sequence[PlannedEpisode], makers: ProducerVersions) -> None:
        """Plans each chunk that is neither written nor quarantined, and updates version and position of all.

        Writes nothing where nothing changes. `makers` is stored with planned rows.
        """
        if not planned:
            return
        collection = document.partition("/")[0]
        now = time.time()
        columns = (episodes.c.uuid, episodes.c.state, episodes.c.version, episodes.c.position)
        with exclusive_transaction(self.engine) as connection:
            known = {row.uuid: row for row in _by_uuid(connection, [episode.uuid for episode in planned], *columns)}
            fresh, again, kept = [], [], []
            for episode in planned:
                row = known.get(episode.uuid)
                if row is None:
                    fresh.append({"uuid": episode.uuid, "chunk": episode.chunk, "position": episode.position})
                elif row.state in ALLOWED_FROM["planned"]:
                    again.append({"b_uuid": episode.uuid, "position": episode.position})
                elif (row.version, row.position) != (version, episode.position):
                    kept.append({"b_uuid": episode.uuid, "position": episode.position})
            same = {"document": document, "version": version, "updated_at": now}
            start = {"state": "planned", "planned_at": now, "reason": None, **vars(makers)}
            if fresh:  # another process may plan the same document at the same time
                rows = [{**row, **same, **start, "collection": collection} for row in fresh]
                connection.execute(insert_into(self.engine, episodes).on_conflict_do_nothing(index_elements=["uuid"]), rows)
            if again:
                connection.execute(episodes.update().where(_THE_ROW), [{**row, **same, **start} for row in again])
            if kept:
                connection.execute(episodes.update().where(_THE_ROW), [{**row, **same} for row in kept])

    def record(self, outcomes: Sequence[EpisodeOutcome]) -> list[str]:
        """Records the outcomes of many episodes in a single transaction, and returns the uuids of rejected outcomes.

        An outcome is rejected where the ledger does not know the episode or its state forbids the transition (a late failure
        does not undo a written episode); its cost is counted nevertheless. Recording `written` again is idempotent.
        """
        rejected: list[str] = []
        with exclusive_transaction(self.engine) as connection:
            found = _by_uuid(connection, [outcome.uuid for outcome in outcomes], episodes.c.uuid, episodes.c.state)
            states: dict[str, EpisodeState] = {row.uuid: row.state for row in found}
            for outcome in outcomes:
                state = _state_of(outcome)
                now = states.get(outcome.uuid)
                allowed = now in ALLOWED_FROM[state]
                if not allowed:
                    rejected.append(outcome.uuid)
                if now is None or (now == "written" and isinstance(outcome, WriteOutcome)):
                    continue
                if allowed or isinstance(outcome, ExtractionOutcome):
                    values = _changes(outcome) | ({"state": state} if allowed else {"extracted_at": episodes.c.extracted_at})
                    row = episodes.update().where(episodes.c.uuid == outcome.uuid)
                    connection.execute(row.values(updated_at=time.time(), **values))
                    states[outcome.uuid] = state if allowed else now
        return rejected

    def mark_extracted(self, uuid: str, *, tokens_in: int, tokens_out: int, cost_usd: float) -> bool:
        """Records an extraction and its usage; returns False where the episode's state forbids it."""
        return not self.record([ExtractionOutcome(uuid, tokens_in, tokens_out, cost_usd)])

    def mark_written(self, uuid: str, *, entities: int, facts: int) -> bool:
        """Records that the episode was written; returns False where its state forbids it."""
        return not self.record([WriteOutcome(uuid, entities, facts)])

    def mark_failed(self, uuid: str, reason: str) -> bool:
        """Records a failed attempt; returns False where the episode's state forbids it."""
        return not self.record([FailureOutcome(uuid, reason)])

    def mark_removed(self, uuids: Iterable[str], reason: str) -> None:
        """Marks the episodes as removed from the graph."""
        self._mark(list(uuids), "removed", reason)

    def reinstate(self, episodes_of_version: Sequence[PlannedEpisode], version: str) -> None:
        """Marks removed and written episodes as written by this version, at these positions: an undo brought them back."""
        values = {"state": "written", "reason": None, "version": version, "updated_at": time.time()}
        rows = [{"b_uuid": episode.uuid, "position": episode.position} for episode in episodes_of_version]
        if rows:
            with self.engine.begin() as connection:
                there = sa.or_(episodes.c.state == "removed", episodes.c.state == "written")
                connection.execute(episodes.update().where(_THE_ROW, there).values(**values), rows)

    def mark_quarantined(self, uuids: Iterable[str], reason: str) -> None:
        """Quarantines the episodes: they are not retried automatically."""
        self._mark(list(uuids), "quarantined", reason)

    def release(self, document: str) -> int:
        """Plans the document's quarantined episodes with no attempts counted, and returns their number."""
        row = episodes.update().where(episodes.c.document == document, episodes.c.state == "quarantined")
        with self.engine.begin() as connection:
            return connection.execute(row.values(state="planned", reason=None, attempts=0, updated_at=time.time())).rowcount

    def mark_again(self, uuids: Iterable[str], reason: str) -> None:
        """Plans written episodes again, which are missing or incomplete in the graph."""
        with self.engine.begin() as connection:
            for batch in batched(uuids):
                row = episodes.update().where(episodes.c.uuid.in_(batch), episodes.c.state == "written")
                connection.execute(row.values(state="planned", reason=reason, updated_at=time.time()))

    def states(self, document: str) -> dict[str, EpisodeState]:
        """Returns the state of each episode of the document, removed episodes too, by uuid."""
        query = sa.select(episodes.c.uuid, episodes.c.state).where(episodes.c.document == document)
        with self.engine.connect() as connection:
            return {row.uuid: row.state for row in connection.execute(query)}

    def documents(self, uuids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Returns the document and version of each of these episodes, without unknown episodes."""
        e = episodes.c
        found: dict[str, tuple[str, str]] = {}
        with self.engine.connect() as connection:
            for batch in batched(sorted(uuids)):
                for uuid, document, version in connection.execute(
                    sa.select(e.uuid, e.document, e.version).where(e.uuid.in_(batch))
                ):
                    found[uuid] = document, version
        return found

    def written(self, document: str) -> set[str]:
        """Returns the uuids of the document's written episodes."""
        return {uuid for uuid, state in self.states(document).items() if state == "written"}

    def rows(
        self, document: str | None = None, *, collection: str | None = None, state: EpisodeState | None = None
    ) -> list[EpisodeRow]:
        """Returns the rows of a document, collection or state, all by default; sorted by document and position."""
        c = episodes.c
        query = sa.select(episodes).order_by(c.document, c.position, c.planned_at, c.uuid)
        for column, value in ((c.document, document), (c.collection, collection), (c.state, state)):
            if value is not None:
                query = query.where(column == value)
        with self.engine.connect() as connection:
            return [parse_row(row._asdict()) for row in connection.execute(query)]

    def summaries(self, documents: Sequence[str]) -> dict[str, DocumentSummary]:
        """Returns counts by state, tokens and cost of each document; all zero for a document without episodes."""
        c = episodes.c
        sums = [sa.func.sum(column) for column in (c.tokens_in, c.tokens_out, c.cost_usd)]
        found: dict[str, list[Any]] = {document: [] for document in documents}
        with self.engine.connect() as connection:
            for batch in batched(found):
                query = sa.select(c.document, c.state, sa.func.count(), *sums).where(c.document.in_(batch))
                for row in connection.execute(query.group_by(c.document, c.state)):
                    found[row[0]].append(row)
        return {
            document: DocumentSummary(
                document,
                {row[1]: row[2] for row in rows},
                tokens_in=sum(int(row[3]) for row in rows),
                tokens_out=sum(int(row[4]) for row in rows),
                cost_usd=sum(float(row[5]) for row in rows),
            )
            for document, rows in found.items()
        }

    def _mark(self, uuids: Sequence[str], state: EpisodeState, reason: str) -> None:
        with self.engine.begin() as connection:
            for batch in batched(uuids):
                connection.execute(
                    episodes.update()
                    .where(episodes.c.uuid.in_(batch), episodes.c.state.in_(ALLOWED_FROM[state]))
                    .values(state=state, reason=reason, updated_at=time.time())
                )


def _state_of(outcome: EpisodeOutcome) -> EpisodeState:
    match outcome:
        case ExtractionOutcome():
            return "extracted"
        case WriteOutcome():
            return "written"
        case FailureOutcome():
            return "failed"


def _changes(outcome: EpisodeOutcome) -> dict[str, Any]:
    c = episodes.c
    match outcome:
        case ExtractionOutcome():
            return {
                "extracted_at": time.time(),
                "tokens_in": c.tokens_in + outcome.tokens_in,
                "tokens_out": c.tokens_out + outcome.tokens_out,
                "cost_usd": c.cost_usd + outcome.cost_usd,
                **({} if outcome.left_out is None else {"left_out": json.dumps(dict(outcome.left_out))}),
            }
        case WriteOutcome():
            counts = {"entities": outcome.entities, "facts": outcome.facts}
            return {"written_at": time.time(), "reason": None, "attempts": c.attempts + 1, **counts}
        case FailureOutcome():
            return {"reason": outcome.reason, "attempts": c.attempts + 1}


def _by_uuid(connection: sa.Connection, uuids: Sequence[str], *columns: sa.Column[Any]) -> list[Any]:
    """Returns the rows with these uuids, locked until the transaction ends."""
    rows: list[Any] = []
    for batch in batched(sorted(uuids)):  # a fixed order avoids deadlocks
        query = sa.select(*columns).where(episodes.c.uuid.in_(batch)).order_by(episodes.c.uuid)
        rows.extend(connection.execute(query.with_for_update()))
    return rows
