"""Reads from the ledger what the graph must hold of each written episode, without the rest of its row."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.tables import episodes


class WrittenEpisode(NamedTuple):
    """The document of a written episode, and the numbers of its entities and facts."""

    document: str
    entities: int
    facts: int


def written_episodes(engine: Engine, collection: str) -> dict[str, WrittenEpisode]:
    """Returns the written episodes of the collection by uuid."""
    c = episodes.c
    query = sa.select(c.uuid, c.document, c.entities, c.facts).where(c.collection == collection, c.state == "written")
    with engine.connect() as connection:
        rows = connection.execution_options(yield_per=5000).execute(query)
        return {uuid: WrittenEpisode(*values) for uuid, *values in rows}
