"""Journals the writes of versions of documents to the graph, so that each can be undone until its retention ends."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.ledger.episode import EpisodeRow, PlannedEpisode
from fathom.sql import batched, exclusive_transaction
from fathom.tables import graph_writes, upload_batches

c = graph_writes.c


@dataclass(frozen=True)
class PresentEpisode:
    """An episode that was in the graph before the first journaled write of its document."""

    uuid: str
    chunk: str
    position: int
    version: str


@dataclass(frozen=True)
class VersionDates:
    """The reference time of a version, and its time of arrival where the reference time is the document's own date."""

    reference_time: datetime
    came_at: datetime | None = None

    @property
    def accepted_at(self) -> datetime:
        """When the version was accepted."""
        return self.came_at or self.reference_time


@dataclass(frozen=True)
class GraphWrite:
    """A write of a version: the episodes before it, those it planned, and those in the graph once it ended.

    `present` is None for a write that did not end. Times in seconds since 1970.
    """

    id: str
    collection: str
    document: str
    version: str
    dates: VersionDates
    planned: tuple[PlannedEpisode, ...]
    before: tuple[PresentEpisode, ...] = ()
    present: tuple[str, ...] | None = None
    runs: tuple[str, ...] = ()
    batch: str | None = None
    began_at: float = 0.0
    ended_at: float | None = None
    undone_at: float | None = None
    planned_uuids: frozenset[str] = field(default=frozenset(), compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "planned_uuids", frozenset(episode.uuid for episode in self.planned))


class WriteJournal:
    """The journal of a database; every method is a single transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def begin(self, write: GraphWrite, rows: Sequence[EpisodeRow], run: str | None) -> str:
        """Records the beginning of a write and returns its id; a write of the same version that did not end is continued.

        `rows` are the ledger's rows of the document.
        """
        with exclusive_transaction(self.engine) as connection:
            last = _last(connection, write.document)
            if last and last.version == write.version and last.ended_at is None and last.undone_at is None:
                runs = json.dumps([*dict.fromkeys((*last.runs, *([run] if run else [])))])
                again = graph_writes.update().where(c.id == last.id)
                connection.execute(again.values(runs=runs, content=_content(write, last.before)))
                return last.id
            before = [PresentEpisode(row.uuid, row.chunk, row.position, row.version) for row in rows if row.state == "written"]
            made = uuid.uuid4().hex
            values: dict[str, Any] = {
                "id": made,
                "collection": write.collection,
                "document": write.document,
                "version": write.version,
                "runs": json.dumps([run] if run else []),
                "batch": _batch_of(connection, write.document, write.version),
                "began_at": max(time.time(), last.began_at + 1e-3 if last else 0.0),  # the order of a document's writes
                "content": _content(write, before),
            }
            connection.execute(graph_writes.insert().values(**values))
            return made

    def end(self, write: str, present: Collection[str]) -> None:
        """Records the end of a write, with the document's episodes that are now in the graph."""
        with exclusive_transaction(self.engine) as connection:
            row = connection.execute(sa.select(graph_writes).where(c.id == write)).one_or_none()
            if row is not None:
                content = json.dumps({**json.loads(row.content), "present": sorted(present)})
                connection.execute(graph_writes.update().where(c.id == write).values(ended_at=time.time(), content=content))

    def of_document(self, document: str) -> list[GraphWrite]:
        """Returns the document's writes that are not undone, in their order."""
        return self._find(c.document == document, c.undone_at.is_(None))

    def version_of(self, document: str) -> str | None:
        """Returns the version of the document that was written last, undone writes aside; None where none is known."""
        query = sa.select(c.version).where(c.document == document, c.undone_at.is_(None)).order_by(c.began_at.desc()).limit(1)
        with self.engine.connect() as connection:
            return connection.scalar(query)

    def of_run(self, run: str) -> list[GraphWrite]:
        """Returns the writes of the run that are not undone."""
        found = self._find(c.runs.contains(json.dumps(run)), c.undone_at.is_(None))
        return [write for write in found if run in write.runs]

    def of_batch(self, batch: str) -> list[GraphWrite]:
        """Returns the writes of the upload batch that are not undone."""
        return self._find(c.batch == batch, c.undone_at.is_(None))

    def _find(self, *where: Any) -> list[GraphWrite]:
        query = sa.select(graph_writes).where(*where).order_by(c.document, c.began_at)
        with self.engine.connect() as connection:
            return [_parse(row) for row in connection.execute(query)]


def rewrite(connection: Connection, write: GraphWrite, before: Sequence[PresentEpisode], present: Collection[str]) -> None:
    """Stores what was in the graph before and after a write once others are undone, within the transaction."""
    content = json.loads(_content(write, before)) | ({"present": sorted(present)} if write.present is not None else {})
    connection.execute(graph_writes.update().where(c.id == write.id).values(content=json.dumps(content)))


def mark_undone(connection: Connection, writes: Collection[str], now: float) -> None:
    """Marks the writes as undone, within the transaction."""
    for batch in batched(sorted(writes)):
        connection.execute(graph_writes.update().where(c.id.in_(batch)).values(undone_at=now))


def _last(connection: Connection, document: str) -> GraphWrite | None:
    query = sa.select(graph_writes).where(c.document == document).order_by(c.began_at.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _parse(row)


def _batch_of(connection: Connection, document: str, version: str) -> str | None:
    b = upload_batches.c
    query = sa.select(b.batch).where(b.document == document, b.version == version).order_by(b.placed_at.desc()).limit(1)
    return connection.scalar(query)


def _content(write: GraphWrite, before: Sequence[PresentEpisode]) -> str:
    came = write.dates.came_at
    return json.dumps(
        {
            "reference_time": write.dates.reference_time.isoformat(),
            "came_at": came and came.isoformat(),
            "planned": [[episode.uuid, episode.chunk, episode.position] for episode in write.planned],
            "before": [[episode.uuid, episode.chunk, episode.position, episode.version] for episode in before],
        }
    )


def _parse(row: Any) -> GraphWrite:
    content = json.loads(row.content)
    came = content["came_at"]
    present = content.get("present")
    return GraphWrite(
        id=row.id,
        collection=row.collection,
        document=row.document,
        version=row.version,
        dates=VersionDates(datetime.fromisoformat(content["reference_time"]), came and datetime.fromisoformat(came)),
        planned=tuple(PlannedEpisode(*episode) for episode in content["planned"]),
        before=tuple(PresentEpisode(*episode) for episode in content["before"]),
        present=None if present is None else tuple(present),
        runs=tuple(json.loads(row.runs)),
        batch=row.batch,
        began_at=row.began_at,
        ended_at=row.ended_at,
        undone_at=row.undone_at,
    )
