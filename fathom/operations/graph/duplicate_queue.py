"""The queue of entities that may be the same, for a person to decide: no verdict joins or separates them yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from heapq import nlargest

from pydantic import BaseModel, ConfigDict, Field

from fathom.database import open_database
from fathom.embedding.embedder import open_embedder
from fathom.graph.read.entity_views import EntityView, view_entities
from fathom.graph.reconciliation.diff import list_collections
from fathom.graph.validation.collection_pages import InspectedCollection
from fathom.graph.validation.duplicate_entities import DuplicatePair, DuplicateRules, find_duplicate_pairs
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.knowledge.name_disambiguation import base_key
from fathom.resolution.store.verdict_store import NameVerdictStore
from fathom.settings import Settings

MIN_COSINE = 0.8  # of two names' embeddings; validation lists only pairs that are nearly sure
MAX_TENTATIVE = 1_000
BY_KEY = """
MATCH (n:Entity) WHERE n.name_key IN $keys AND n.group_id = $group
RETURN n.uuid AS uuid, n.name AS name, n.name_key AS key
"""


class SuspectedDuplicate(BaseModel):
    """Two entities that may be the same, with the evidence of both."""

    model_config = ConfigDict(frozen=True)

    collection: str
    cosine: float | None = Field(description="of the embeddings of their names; null for the same name or a tentative match")
    tentative: bool = Field(description="whether the language model held them to be the same and was not asked again")
    left: EntityView
    right: EntityView


class DuplicateQueue(BaseModel):
    """The pairs that wait for a decision, the most alike first."""

    model_config = ConfigDict(frozen=True)

    total: int = Field(description="pairs found, those beyond the limit too")
    pairs: list[SuspectedDuplicate]


def suspected_duplicates(settings: Settings, collection: str | None, limit: int) -> DuplicateQueue:
    """Returns the queue of the collection, or of all. Raises GraphUnreachable."""
    verdicts = NameVerdictStore(open_database(settings.operational_url))
    dimension = open_embedder(settings).dimension
    with closing(open_graph(settings)) as connection:
        names = list_collections(connection) if collection is None else [collection]
        found = [
            (pair.cosine is None, pair.cosine or 0.0, pair.uuid, pair.other, name, tentative)
            for name in names
            for pair, tentative in _pairs(InspectedCollection(connection, name, dimension), verdicts)
        ]
        shown = nlargest(limit, found)
        views = {view.uuid: view for view in view_entities(connection, sorted({uuid for row in shown for uuid in row[2:4]}))}
    pairs = [
        SuspectedDuplicate(
            collection=name,
            cosine=None if same else round(cosine, 4),
            tentative=tentative,
            left=views[left],
            right=views[right],
        )
        for same, cosine, left, right, name, tentative in shown
        if left in views and right in views
    ]
    return DuplicateQueue(total=len(found), pairs=pairs)


def _pairs(collection: InspectedCollection, verdicts: NameVerdictStore) -> Iterator[tuple[DuplicatePair, bool]]:
    seen: set[frozenset[str]] = set()
    for pair in _tentative(collection.connection, collection.name, verdicts):
        seen.add(frozenset((pair.uuid, pair.other)))
        yield pair, True
    for pair in find_duplicate_pairs(collection, DuplicateRules(MIN_COSINE, verdicts)):
        if frozenset((pair.uuid, pair.other)) not in seen:
            seen.add(frozenset((pair.uuid, pair.other)))
            yield pair, False


def _tentative(connection: GraphConnection, collection: str, verdicts: NameVerdictStore) -> Iterator[DuplicatePair]:
    """Yields the entities of names that the language model tentatively matched."""
    pairs = sorted(verdicts.all_tentative_matches(collection))[:MAX_TENTATIVE]
    keys = sorted({base_key(key) for pair in pairs for key in pair})
    rows = {row["key"]: row for row in connection.read(BY_KEY, keys=keys, group=collection)} if keys else {}
    for left, right in pairs:
        one, other = rows.get(base_key(left)), rows.get(base_key(right))
        if one and other and one["uuid"] != other["uuid"]:
            yield DuplicatePair(one["uuid"], other["uuid"], one["name"], other["name"], None)
