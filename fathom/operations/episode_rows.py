"""Lists the ledger's episodes for `fathom episodes`, and verifies the ledger against the graph."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from fathom.database import open_database
from fathom.graph.reconciliation.diff import Differences, find_differences, list_collections
from fathom.graph.reconciliation.written_episodes import written_episodes
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
    """Returns the rows of a document in the order of its chunks, including those of removed chunks."""
    return Ledger(open_database(settings.operational_url)).rows(document)


def episode_counts(settings: Settings) -> list[EpisodeCounts]:
    """Counts the episodes by collection and state."""
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
    """Compares ledger and graph for the given collection, or for all known ones. Raises GraphUnreachable."""
    engine = open_database(settings.operational_url)
    connection = open_graph(settings)
    try:
        found = []
        for name in known_collections(settings, connection) if collection is None else [collection]:
            found.append(find_differences(connection, name, written_episodes(engine, name)))
        return found
    finally:
        connection.close()


def known_collections(settings: Settings, connection: GraphConnection) -> list[str]:
    """Returns the collections in the ledger or the graph. Raises GraphUnreachable."""
    return sorted({*list_collections(connection), *(counts.collection for counts in episode_counts(settings))})
