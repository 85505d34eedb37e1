"""Finds the queue position of a waiting document: the number of documents before it and in progress."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Connection, Engine

from fathom.tables import priorities, uploads
from fathom.uploads.upload import Upload, UploadState


class QueuePosition(BaseModel):
    """A position in the queue."""

    model_config = ConfigDict(frozen=True)

    position: int = Field(description="1 is the next")
    waiting_before: int = Field(description="waiting documents that come first: more urgent, or equally urgent and older")
    in_hand: int = Field(description="documents that runs work on now")
    runs_at_once: int = Field(description="concurrent runs")


def queue_position(engine: Engine, upload: Upload, runs_at_once: int) -> QueuePosition | None:
    """Returns the document's position; None if it does not wait."""
    if upload.state not in (UploadState.ACCEPTED, UploadState.SUBMITTED) or upload.accepted_at is None:
        return None
    c = uploads.c
    with engine.connect() as connection:
        before = _before(connection, upload)
        in_hand = connection.scalar(sa.select(sa.func.count()).where(c.state == UploadState.RUNNING)) or 0
    return QueuePosition(position=before + 1, waiting_before=before, in_hand=in_hand, runs_at_once=runs_at_once)


def _before(connection: Connection, upload: Upload) -> int:
    """Counts the waiting documents that come first, by an index on the order of acceptance.

    Documents with a priority are few and are joined separately.
    """
    c, p = uploads.c, priorities.c
    waiting = (UploadState.ACCEPTED, UploadState.SUBMITTED)
    at_once = sa.and_(c.accepted_at == upload.accepted_at, c.document < upload.document)
    mine = connection.scalar(sa.select(p.priority).where(p.document == upload.document)) or 0

    def counted(source: sa.FromClause, *which: sa.ColumnElement[bool]) -> int:
        return connection.scalar(sa.select(sa.func.count()).select_from(source).where(c.state.in_(waiting), *which)) or 0

    def came_first(source: sa.FromClause, *which: sa.ColumnElement[bool]) -> int:
        return counted(source, c.accepted_at < upload.accepted_at, *which) + counted(source, at_once, *which)

    # coalesce: with the bare column SQLite would scan all waiting documents by its index and look up the priority of each
    named = priorities.join(uploads, sa.func.coalesce(p.document, "") == c.document)
    first = counted(named, p.priority > mine) + came_first(named, p.priority == mine)
    if mine < 0:
        return first + counted(uploads) - counted(named)
    return first + came_first(uploads) - came_first(named) if mine == 0 else first
