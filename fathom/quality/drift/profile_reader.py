"""Reads the profiles of documents from ledger and graph, from a sample of each document's episodes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.chunking.languages import language_of
from fathom.graph.read.episode_contents import contents_of
from fathom.graphdb.connection import GraphConnection
from fathom.quality.drift.document_profile import DocumentProfile, file_type
from fathom.sql import batched
from fathom.tables import episodes

SAMPLED_EPISODES = 4  # of a document, evenly spaced: a book weighs as much as a letter
EPISODES_A_QUERY = 100
FILE_TYPES, LANGUAGES, ENTITY_TYPES, RELATIONS = "file_types", "languages", "entity_types", "relations"
CHUNKS, ENTITIES_A_CHUNK, FACTS_A_CHUNK = "chunks", "entities_per_chunk", "facts_per_chunk"
EMBEDDINGS = "embeddings"
TEXTS = "MATCH (p:Episodic) WHERE p.uuid IN $uuids RETURN p.uuid AS episode, substring(p.content, 0, 300) AS text"
VECTORS = """
MATCH (p:Episodic)-[:MENTIONS]->(n:Entity) WHERE p.uuid IN $uuids AND n.name_embedding IS NOT NULL
RETURN DISTINCT p.uuid AS episode, n.uuid AS entity, n.name_embedding AS vector
"""


class WrittenDocument(NamedTuple):
    """A document in the graph, and when its first episode was written, in seconds since 1970."""

    document: str
    written_at: float


@dataclass(frozen=True)
class _LedgerFigures:
    """A document's figures in the ledger, and the episodes of its sample."""

    figures: Mapping[str, float]
    sample: Sequence[str]


def written_documents(
    engine: Engine, collection: str, *, after: float | None = None, newest: bool = False, limit: int
) -> list[WrittenDocument]:
    """Returns documents of the collection in the order in which they were written first.

    Args:
        engine: the operational database.
        collection: the collection.
        after: only documents that were written first after this time, in seconds since 1970.
        newest: takes the newest instead of the oldest.
        limit: number of documents.
    """
    c = episodes.c
    first = sa.func.min(c.written_at)
    query = sa.select(c.document, first).where(c.collection == collection, c.state == "written", c.written_at.is_not(None))
    query = query.group_by(c.document)
    if after is not None:
        query = query.having(first > after)
    order = (first.desc(), c.document.desc()) if newest else (first, c.document)
    with engine.connect() as connection:
        found = [WrittenDocument(row[0], float(row[1])) for row in connection.execute(query.order_by(*order).limit(limit))]
    return sorted(found, key=lambda one: (one.written_at, one.document))


def read_profiles(connection: GraphConnection, engine: Engine, documents: Sequence[str]) -> list[DocumentProfile]:
    """Returns the profile of each document that has written episodes. Raises GraphUnreachable."""
    ledger = _ledger_figures(engine, documents)
    owner = {episode: document for document, found in ledger.items() for episode in found.sample}
    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    vectors: dict[str, list[Sequence[float]]] = defaultdict(list)
    for batch in batched(sorted(owner), EPISODES_A_QUERY):
        for episode, name, category in _categories(connection, batch):
            counts[owner[episode]][name][category] += 1
        for row in connection.read(VECTORS, uuids=batch):
            vectors[owner[row["episode"]]].append(row["vector"])
    return [
        DocumentProfile(
            document,
            {FILE_TYPES: {file_type(document): 1}, **{name: counts[document][name] for name in _COUNTED}},
            ledger[document].figures,
            np.mean(np.array(vectors[document], dtype=np.float64), axis=0) if vectors[document] else None,
        )
        for document in documents
        if document in ledger
    ]


_COUNTED = (LANGUAGES, ENTITY_TYPES, RELATIONS)


def _categories(connection: GraphConnection, sample: Sequence[str]) -> Iterable[tuple[str, str, str]]:
    """Yields the episode, metric and category of each text, entity and fact of the episodes."""
    for row in connection.read(TEXTS, uuids=list(sample)):
        if language := language_of(row["text"] or ""):
            yield row["episode"], LANGUAGES, language
    for episode, content in contents_of(connection, sample).items():
        yield from ((episode, ENTITY_TYPES, entity.type) for entity in content.entities)
        yield from ((episode, RELATIONS, fact.relation) for fact in content.facts)


def _ledger_figures(engine: Engine, documents: Sequence[str]) -> dict[str, _LedgerFigures]:
    c = episodes.c
    rows: dict[str, list[Any]] = defaultdict(list)
    with engine.connect() as connection:
        for batch in batched(documents):
            query = sa.select(c.document, c.uuid, c.entities, c.facts).where(c.document.in_(batch), c.state == "written")
            for row in connection.execute(query.order_by(c.document, c.position)):
                rows[row.document].append(row)
    return {
        document: _LedgerFigures(
            {
                CHUNKS: float(len(found)),
                ENTITIES_A_CHUNK: sum(row.entities for row in found) / len(found),
                FACTS_A_CHUNK: sum(row.facts for row in found) / len(found),
            },
            [found[place].uuid for place in sorted({round(place) for place in _spaced(len(found))})],
        )
        for document, found in rows.items()
    }


def _spaced(count: int) -> Iterable[float]:
    """Yields evenly spaced places among so many episodes, with the first and the last."""
    return (float(place) for place in np.linspace(0, count - 1, min(SAMPLED_EPISODES, count)))
