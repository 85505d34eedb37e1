"""Reads the graph as of a time for the command line and the API."""

from __future__ import annotations

from contextlib import closing

from fathom.errors import UsageWrong
from fathom.graph.read.entity_views import find_entity
from fathom.graph.read.graph_at_time import GraphAtTime, Moment, read_graph_at
from fathom.graphdb.connection import open_graph
from fathom.settings import Settings
from fathom.uploads.document_dates import given_date


def parse_moment(text: str, *, recorded: bool) -> Moment:
    """Returns the time of a text as 2021-05-04 or 2021-05-04T10:00:00Z, of the record with `recorded`. Raises UsageWrong."""
    try:
        return Moment(given_date(text).at, "recorded" if recorded else "valid")
    except UsageWrong as error:
        raise UsageWrong(f"{text[:60]!r} is no time.", hint=error.what_to_do) from error


def graph_at(
    settings: Settings, moment: Moment, *, collection: str | None = None, entity: str | None = None, limit: int = 100
) -> GraphAtTime:
    """Returns entities and facts as of the moment; `entity` is a uuid, or a name in the collection.

    Raises UsageWrong for an unknown entity, GraphUnreachable.
    """
    with closing(open_graph(settings)) as connection:
        uuid = find_entity(connection, collection, entity) if entity is not None else None
        return read_graph_at(connection, moment, collection=collection, entity=uuid, limit=limit)
