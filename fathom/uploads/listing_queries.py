"""Documents as a person looks through them: the newest first, a page at a time, counted by state."""

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


class Place(NamedTuple):
    """Where a page starts: after this moment (seconds since 1970) and document."""

    at: float
    document: str


class Sought(NamedTuple):
    """Which documents: of one collection, in some states, with this in their id, in part; None asks for no such thing."""

    collection: str | None = None
    states: Iterable[str] | None = None
    text: str | None = None
    in_part: bool | None = None


def newest(engine: Engine, sought: Sought, *, after: Place | None, limit: int) -> list[Upload]:
    """The documents that were accepted last, those after the place."""
    query = sa.select(uploads).where(*_where(sought)).order_by(_AT.desc(), uploads.c.document.desc()).limit(limit)
    if after is not None:
        query = query.where(sa.tuple_(_AT, uploads.c.document) < sa.tuple_(sa.literal(after.at), sa.literal(after.document)))
    with engine.begin() as connection:
        return [as_upload(row) for row in connection.execute(query)]


def oldest_in_hand(engine: Engine, sought: Sought, limit: int) -> list[Upload]:
    """Documents that are worked on, then those that wait, each in the order they came."""
    c = uploads.c
    turn = sa.case({S.RUNNING: 0, S.SUBMITTED: 1}, value=c.state, else_=2)
    query = sa.select(uploads).where(*_where(sought._replace(states=IN_HAND))).order_by(turn, _AT, c.document).limit(limit)
    with engine.begin() as connection:
        return [as_upload(row) for row in connection.execute(query)]


def ended_since(engine: Engine, sought: Sought, since: float) -> list[Upload]:
    """Documents that ended at this moment (seconds since 1970) or later, in the order they did."""
    c = uploads.c
    query = sa.select(uploads).where(*_where(sought._replace(states=ENDED)), c.updated_at >= since)
    with engine.begin() as connection:
        return [as_upload(row) for row in connection.execute(query.order_by(c.updated_at, c.document))]


def place_of(upload: Upload) -> Place:
    """The place after that document."""
    return Place(upload.updated_at if upload.accepted_at is None else upload.accepted_at, upload.document)


def number_before(engine: Engine, sought: Sought, place: Place) -> int:
    """How many documents come before the page that starts there."""
    at_or_before = sa.tuple_(_AT, uploads.c.document) >= sa.tuple_(sa.literal(place.at), sa.literal(place.document))
    with engine.begin() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(uploads).where(*_where(sought), at_or_before)) or 0


def counted(engine: Engine, sought: Sought) -> dict[str, int]:
    """How many documents are in each state that has any."""
    query = sa.select(uploads.c.state, sa.func.count()).where(*_where(sought)).group_by(uploads.c.state)
    with engine.begin() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def counted_in_part(engine: Engine, sought: Sought) -> int:
    """How many of the documents are done but for chunks that were set aside."""
    query = sa.select(sa.func.count()).select_from(uploads).where(*_where(sought._replace(states=None, in_part=True)))
    with engine.begin() as connection:
        return connection.scalar(query) or 0


def collections(engine: Engine) -> list[str]:
    """The collections that have documents."""
    with engine.begin() as connection:
        return list(connection.scalars(sa.select(uploads.c.collection).distinct().order_by(uploads.c.collection)))


def _where(sought: Sought) -> list[Any]:
    c = uploads.c
    wanted: list[Any] = []
    if sought.collection is not None:
        wanted.append(c.collection == sought.collection)
    if sought.states is not None:
        wanted.append(c.state.in_(list(sought.states)))
    if sought.in_part:
        wanted.append(done_in_part)  # the reason is gone as soon as it is tried again
    if sought.text:
        wanted.append(sa.func.lower(c.document).contains(sought.text.lower(), autoescape=True))
    return wanted
