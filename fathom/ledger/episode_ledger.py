"""The ledger of episodes: planned, extracted, written, failed, quarantined or removed, each durable before it is believed."""

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
    row_of,
)
from fathom.sql import batched, exclusive_transaction, insert_into
from fathom.tables import episodes

__all__ = ["Ledger", "PlannedEpisode", "ProducerVersions"]

_THE_ROW = episodes.c.uuid == sa.bindparam("b_uuid")


class Ledger:
    """The rows of all episodes, in SQLite or Postgres; every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def plan(self, document: str, version: str, planned: Sequence[PlannedEpisode], makers: ProducerVersions) -> None:
        """Each chunk has a row: one that is written or quarantined keeps its state, any other is planned, by these makers.

        All learn the version and their position. Nothing is written where all that is so already.
        """
        if not planned:
            return
        collection = document.partition("/")[0]
        now = time.time()
        columns = (episodes.c.uuid, episodes.c.state, episodes.c.version, episodes.c.position)
        with exclusive_transaction(self.engine) as connection:
            known = {row.uuid: row for row in _by_uuid(connection, [one.uuid for one in planned], *columns)}
            fresh, again, kept = [], [], []
            for one in planned:
                row = known.get(one.uuid)
                if row is None:
                    fresh.append({"uuid": one.uuid, "chunk": one.chunk, "position": one.position})
                elif row.state in ALLOWED_FROM["planned"]:
                    again.append({"b_uuid": one.uuid, "position": one.position})
                elif (row.version, row.position) != (version, one.position):
                    kept.append({"b_uuid": one.uuid, "position": one.position})
            same = {"document": document, "version": version, "updated_at": now}
            start = {"state": "planned", "planned_at": now, "reason": None, **vars(makers)}
            if fresh:  # another process may plan the same document at the same time
                rows = [{**one, **same, **start, "collection": collection} for one in fresh]
                connection.execute(insert_into(self.engine, episodes).on_conflict_do_nothing(index_elements=["uuid"]), rows)
            if again:
                connection.execute(episodes.update().where(_THE_ROW), [{**one, **same, **start} for one in again])
            if kept:
                connection.execute(episodes.update().where(_THE_ROW), [{**one, **same} for one in kept])

    def record(self, outcomes: Sequence[EpisodeOutcome]) -> list[str]:
        """What happened to many episodes is durable, in one transaction.

        The uuids it could not be said of, because the ledger does not know them or their state forbids it (a late failure
        does not undo what is written), are answered; what they cost is counted nevertheless. Saying again that an episode
        is written changes nothing.
        """
        refused: list[str] = []
        with exclusive_transaction(self.engine) as connection:
            found = _by_uuid(connection, [one.uuid for one in outcomes], episodes.c.uuid, episodes.c.state)
            states: dict[str, EpisodeState] = {row.uuid: row.state for row in found}
            for one in outcomes:
                state = _state_of(one)
                now = states.get(one.uuid)
                allowed = now in ALLOWED_FROM[state]
                if not allowed:
                    refused.append(one.uuid)
                if now is None or (now == "written" and isinstance(one, WriteOutcome)):
                    continue
                if allowed or isinstance(one, ExtractionOutcome):
                    values = _changes(one) | ({"state": state} if allowed else {"extracted_at": episodes.c.extracted_at})
                    row = episodes.update().where(episodes.c.uuid == one.uuid)
                    connection.execute(row.values(updated_at=time.time(), **values))
                    states[one.uuid] = state if allowed else now
        return refused

    def mark_extracted(self, uuid: str, *, tokens_in: int, tokens_out: int, cost_usd: float) -> bool:
        """The language model has answered for the episode, and that is paid; False where its state forbids it."""
        return not self.record([ExtractionOutcome(uuid, tokens_in, tokens_out, cost_usd)])

    def mark_written(self, uuid: str, *, entities: int, facts: int) -> bool:
        """The episode is in the graph; False where its state forbids it."""
        return not self.record([WriteOutcome(uuid, entities, facts)])

    def mark_failed(self, uuid: str, reason: str) -> bool:
        """This try at the episode failed; False where its state forbids it."""
        return not self.record([FailureOutcome(uuid, reason)])

    def mark_removed(self, uuids: Iterable[str], reason: str) -> None:
        """The episodes are no longer in the graph."""
        self._mark(list(uuids), "removed", reason)

    def mark_quarantined(self, uuids: Iterable[str], reason: str) -> None:
        """The episodes are not tried again by themselves."""
        self._mark(list(uuids), "quarantined", reason)

    def release(self, document: str) -> int:
        """The document's quarantined episodes are planned, and their tries count anew; answers how many there were."""
        row = episodes.update().where(episodes.c.document == document, episodes.c.state == "quarantined")
        with self.engine.begin() as connection:
            return connection.execute(row.values(state="planned", reason=None, attempts=0, updated_at=time.time())).rowcount

    def mark_again(self, uuids: Iterable[str], reason: str) -> None:
        """Episodes that were written are planned: the graph does not hold them, or not whole."""
        with self.engine.begin() as connection:
            for some in batched(uuids):
                row = episodes.update().where(episodes.c.uuid.in_(some), episodes.c.state == "written")
                connection.execute(row.values(state="planned", reason=reason, updated_at=time.time()))

    def states(self, document: str) -> dict[str, EpisodeState]:
        """The state of each episode of the document, by uuid; removed ones too."""
        query = sa.select(episodes.c.uuid, episodes.c.state).where(episodes.c.document == document)
        with self.engine.connect() as connection:
            return {row.uuid: row.state for row in connection.execute(query)}

    def documents(self, uuids: Collection[str]) -> dict[str, tuple[str, str]]:
        """The document of each of these episodes, and its version; those that are not known are left out."""
        e = episodes.c
        found: dict[str, tuple[str, str]] = {}
        with self.engine.connect() as connection:
            for some in batched(sorted(uuids)):
                for uuid, document, version in connection.execute(
                    sa.select(e.uuid, e.document, e.version).where(e.uuid.in_(some))
                ):
                    found[uuid] = document, version
        return found

    def written(self, document: str) -> set[str]:
        """The uuids of the document's episodes that are in the graph."""
        return {uuid for uuid, state in self.states(document).items() if state == "written"}

    def rows(
        self, document: str | None = None, *, collection: str | None = None, state: EpisodeState | None = None
    ) -> list[EpisodeRow]:
        """The rows of one document, collection or state, all if none is named; by document, in the order of the chunks."""
        c = episodes.c
        query = sa.select(episodes).order_by(c.document, c.position, c.planned_at, c.uuid)
        for column, value in ((c.document, document), (c.collection, collection), (c.state, state)):
            if value is not None:
                query = query.where(column == value)
        with self.engine.connect() as connection:
            return [row_of(row._asdict()) for row in connection.execute(query)]

    def summaries(self, documents: Sequence[str]) -> dict[str, DocumentSummary]:
        """Counts by state, tokens and cost of each of the documents; one without episodes is all zero."""
        c = episodes.c
        sums = [sa.func.sum(column) for column in (c.tokens_in, c.tokens_out, c.cost_usd)]
        found: dict[str, list[Any]] = {document: [] for document in documents}
        with self.engine.connect() as connection:
            for some in batched(found):
                query = sa.select(c.document, c.state, sa.func.count(), *sums).where(c.document.in_(some))
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
            for some in batched(uuids):
                connection.execute(
                    episodes.update()
                    .where(episodes.c.uuid.in_(some), episodes.c.state.in_(ALLOWED_FROM[state]))
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
    """The rows with these uuids, which nobody else changes until the transaction ends."""
    rows: list[Any] = []
    for some in batched(sorted(uuids)):  # in one order, so that two that lock rows never wait for each other
        query = sa.select(*columns).where(episodes.c.uuid.in_(some)).order_by(episodes.c.uuid)
        rows.extend(connection.execute(query.with_for_update()))
    return rows
