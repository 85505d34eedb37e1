"""Queries behind listings of documents: pages with the newest first, and counts by state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.tables import done_in_part, uploads
from fathom.uploads.repository import as_upload
from fathom.uploads.upload import ENDED, Upload
from fathom.uploads.upload import UploadState as S

IN_HAND = (S.ACCEPTED, S.SUBMITTED, S.RUNNING)

_AT = sa.func.coalesce(uploads.c.accepted_at, uploads.c.updated_at)


class PageCursor(NamedTuple):
    """A pagination cursor: the page starts after this moment (seconds since 1970) and document."""

    at: float
    document: str


class DocumentFilter(NamedTuple):
    """Selects documents by collection, states, text in their id, and being done in part; None does not restrict."""

    collection: str | None = None
    states: Iterable[str] | None = None
    text: str | None = None
    in_part: bool | None = None


def newest(engine: Engine, wanted: DocumentFilter, *, after: PageCursor | None, limit: int) -> list[Upload]:
    """Returns the documents after the cursor, those accepted last first."""
    query = sa.select(uploads).where(*_where(wanted)).order_by(_AT.desc(), uploads.c.document.desc()).limit(limit)
    if after is not None:
        query = query.where(sa.tuple_(_AT, uploads.c.document) < sa.tuple_(sa.literal(after.at), sa.literal(after.document)))
    with engine.begin() as connection:
        return [as_upload(row) for row in connection.execute(query)]


def oldest_in_hand(engine: Engine, wanted: DocumentFilter, limit: int) -> list[Upload]:
    """Returns running documents, then waiting ones, each in the order of acceptance."""
    c = uploads.c
    turn = sa.case({S.RUNNING: 0, S.SUBMITTED: 1}, value=c.state, else_=2)
    query = sa.select(uploads).where(*_where(wanted._replace(states=IN_HAND))).order_by(turn, _AT, c.document).limit(limit)
    with engine.begin() as connection:
        return [as_upload(row) for row in connection.execute(query)]


def ended_since(engine: Engine, wanted: DocumentFilter, since: float) -> list[Upload]:
    """Returns the documents that ended at this moment (seconds since 1970) or later, in the order of their end."""
    c = uploads.c
    query = sa.select(uploads).where(*_where(wanted._replace(states=ENDED)), c.updated_at >= since)
    with engine.begin() as connection:
        return [as_upload(row) for row in connection.execute(query.order_by(c.updated_at, c.document))]


def cursor_after(upload: Upload) -> PageCursor:
    """Returns the cursor of the page that starts after the document."""
    return PageCursor(upload.updated_at if upload.accepted_at is None else upload.accepted_at, upload.document)


def number_before(engine: Engine, wanted: DocumentFilter, cursor: PageCursor) -> int:
    """Counts the documents before the page that starts at the cursor."""
    at_or_before = sa.tuple_(_AT, uploads.c.document) >= sa.tuple_(sa.literal(cursor.at), sa.literal(cursor.document))
    with engine.begin() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(uploads).where(*_where(wanted), at_or_before)) or 0


def count_by_state(engine: Engine, wanted: DocumentFilter) -> dict[str, int]:
    """Counts the documents by state."""
    query = sa.select(uploads.c.state, sa.func.count()).where(*_where(wanted)).group_by(uploads.c.state)
    with engine.begin() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def count_in_part(engine: Engine, wanted: DocumentFilter) -> int:
    """Counts the documents that are done except for quarantined chunks."""
    query = sa.select(sa.func.count()).select_from(uploads).where(*_where(wanted._replace(states=None, in_part=True)))
    with engine.begin() as connection:
        return connection.scalar(query) or 0


def collections(engine: Engine) -> list[str]:
    """Returns the collections that have documents."""
    with engine.begin() as connection:
        return list(connection.scalars(sa.select(uploads.c.collection).distinct().order_by(uploads.c.collection)))


def _where(wanted: DocumentFilter) -> list[Any]:
    c = uploads.c
    conditions: list[Any] = []
    if wanted.collection is not None:
        conditions.append(c.collection == wanted.collection)
    if wanted.states is not None:
        conditions.append(c.state.in_(list(wanted.states)))
    if wanted.in_part:
        conditions.append(done_in_part)  # the reason is cleared by a retry
    if wanted.text:
        conditions.append(sa.func.lower(c.document).contains(wanted.text.lower(), autoescape=True))
    return conditions
