"""The ledger's rows as `fathom episodes` lists them, and against the graph."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from fathom.database import open_database
from fathom.graph.reconciliation.diff import Differences, collections, differences
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.ledger.episode import EpisodeRow
from fathom.ledger.episode_ledger import Ledger
from fathom.settings import Settings
from fathom.tables import episodes


class EpisodeCounts(BaseModel):
    """A collection's episodes by state."""

    model_config = ConfigDict(frozen=True)

    collection: str
    state: str
    documents: int
    episodes: int
    tokens: int
    cost_usd: float


def episode_rows(settings: Settings, document: str) -> list[EpisodeRow]:
    """The rows of one document, in the order of its chunks; those of chunks that are gone too."""
    return Ledger(open_database(settings.operational_url)).rows(document)


def episode_counts(settings: Settings) -> list[EpisodeCounts]:
    """How many episodes each collection has in each state."""
    c = episodes.c
    query = (
        sa.select(
            c.collection,
            c.state,
            sa.func.count(sa.distinct(c.document)).label("documents"),
            sa.func.count().label("episodes"),
            sa.func.sum(c.tokens_in + c.tokens_out).label("tokens"),
            sa.func.sum(c.cost_usd).label("cost_usd"),
        )
        .group_by(c.collection, c.state)
        .order_by(c.collection, c.state)
    )
    with open_database(settings.operational_url).connect() as connection:
        return [EpisodeCounts.model_validate(dict(row._mapping)) for row in connection.execute(query)]


def verify_collections(settings: Settings, collection: str | None = None) -> list[Differences]:
    """Ledger against graph, a collection each: the one named, or all that either knows. Raises GraphUnreachable."""
    ledger = Ledger(open_database(settings.operational_url))
    connection = open_graph(settings)
    try:
        found = []
        for name in known_collections(settings, connection) if collection is None else [collection]:
            written = {row.uuid: row for row in ledger.rows(collection=name, state="written")}
            found.append(differences(connection, name, written))
        return found
    finally:
        connection.close()


def known_collections(settings: Settings, connection: GraphConnection) -> list[str]:
    """All that ledger or graph know. Raises GraphUnreachable."""
    return sorted({*collections(connection), *(one.collection for one in episode_counts(settings))})
