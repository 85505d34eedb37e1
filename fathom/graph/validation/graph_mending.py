"""Repairs the faults of a collection that need no person, in bounded transactions of its only writer.

Episodes and verdicts are what the graph is computed from: where they are whole, values are computed again; where they are not,
the episode is removed and written again from its document. Each transaction leaves a graph that another repair can go on with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from fathom.embedding.embedder import Embedder
from fathom.graph.content.record_writer import quoted
from fathom.graph.read.uuid_set import UuidSet
from fathom.graph.reconciliation.graph_repair import repair
from fathom.graph.validation.collection_pages import InspectedCollection
from fathom.graph.validation.entity_faults import find_entity_faults
from fathom.graph.validation.episode_faults import find_episode_faults
from fathom.graph.validation.fact_faults import find_fact_faults
from fathom.graph.validation.fault_classes import Fault, FaultClass, Relationship
from fathom.graph.write.aggregates import embed
from fathom.graph.write.collection_changes import CollectionChanges
from fathom.ledger.episode_ledger import Ledger
from fathom.sql import batched

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

MAX_MENDED = 100  # records a transaction
MAX_ROUNDS = 3
NO_EMBEDDING = (FaultClass.MISSING_EMBEDDING, FaultClass.WRONG_SIZE_EMBEDDING)
WRITTEN_AGAIN = (FaultClass.EPISODE_WITHOUT_CONTENT, FaultClass.MENTION_ASSERTS_MISSING_FACT)
WHY = "it was not whole in the graph"

EDGE = """
UNWIND $rows AS row MATCH (n:{start} {{uuid: row.source}})-[r:{type}]->(m:{label} {{uuid: row.target}})
WHERE coalesce(r.uuid, '') = row.uuid {change}
"""
NAMES = "MATCH (n:Entity) WHERE n.uuid IN $uuids AND n.name <> '' RETURN n.uuid AS uuid, n.name AS text"
SAVE_NAMES = "UNWIND $rows AS row MATCH (n:Entity {uuid: row.uuid}) SET n.name_embedding = row.vector"
SENTENCES = """
MATCH (n:Entity)-[r:RELATES_TO]->(:Entity) WHERE n.uuid IN $sources AND r.uuid IN $uuids AND r.fact <> ''
RETURN r.uuid AS uuid, n.uuid AS source, r.fact AS text
"""
SAVE_SENTENCES = """
UNWIND $rows AS row MATCH (:Entity {uuid: row.source})-[r:RELATES_TO {uuid: row.uuid}]->() SET r.fact_embedding = row.vector
"""
DROP_ENDS = """
MATCH (n:Entity)-[r:RELATES_TO]->() WHERE n.uuid IN $sources AND r.valid_at > r.invalid_at
SET r.invalid_at = null, r.expired_at = null
"""


class CollectionMender:
    """Repairs a collection; all methods are for the holder of `changes.exclusive`.

    Raises GraphUnreachable, LeaseLost, DatabaseUnreachable.
    """

    def __init__(self, collection: InspectedCollection, changes: CollectionChanges, ledger: Ledger, embedder: Embedder) -> None:
        self._collection = collection
        self._changes = changes
        self._ledger = ledger
        self._embedder = embedder

    def mend(self) -> None:
        """Repairs all faults that need no person; what other faults hid is left to another call."""
        name = self._collection.name
        self._changes.resolver.mark_for_pruning(name)  # the graph may have lost anything
        self._mend(find_fact_faults(self._collection, UuidSet()), (FaultClass.SELF_LOOP,), self._delete_edges)
        for find in (find_fact_faults, find_episode_faults):
            self._mend(find(self._collection, UuidSet()), (FaultClass.WRONG_GROUP,), self._mend_groups)
        self._write_again()
        repair(self._collection.connection, self._ledger, name, partial(self._changes.remove, name))
        self._mend(find_entity_faults(self._collection), (FaultClass.ENTITY_CHANGED_BY_HAND,), self._recompute_entities)
        self._mend(find_entity_faults(self._collection), NO_EMBEDDING, self._embed_names)
        self._mend(find_fact_faults(self._collection, UuidSet()), NO_EMBEDDING, self._embed_sentences)
        reversed_dates = (FaultClass.VALID_AT_AFTER_INVALID_AT,)
        self._mend(find_fact_faults(self._collection, UuidSet()), reversed_dates, self._recompute_dates)
        self._changes.resolver.prune(name)

    def _mend(
        self, faults: Iterable[Fault], kinds: Collection[FaultClass], mend_batch: Callable[[list[Fault]], object]
    ) -> None:
        for batch in batched((fault for fault in faults if fault.kind in kinds), MAX_MENDED):
            mend_batch(batch)

    def _mend_groups(self, faults: list[Fault]) -> None:
        name = self._collection.name
        self._delete_edges([fault for fault in faults if fault.edge and fault.edge.target_group != name])
        self._change_edges(faults, "SET r.group_id = $group", group=name)

    def _delete_edges(self, faults: Sequence[Fault]) -> None:
        self._change_edges(faults, "DELETE r")

    def _change_edges(self, faults: Sequence[Fault], change: str, **parameters: Any) -> None:
        """Changes the relationships of the faults; those that lead to a node of another client's label stay."""
        kinds: dict[tuple[str, str, str], list[dict[str, str]]] = defaultdict(list)
        for edge in (fault.edge for fault in faults):
            if edge is not None and edge.label is not None:
                kinds[edge.start, edge.type, edge.label].append(_row(edge))
        for (start, kind, label), rows in kinds.items():
            cypher = EDGE.format(start=start, type=quoted(kind), label=label, change=change)
            self._write(cypher, rows=rows, **parameters)

    def _write_again(self) -> None:
        """Removes episodes whose content is not whole, and plans them again."""
        facts = UuidSet()
        for _ in find_fact_faults(self._collection, facts):
            pass
        broken = {fault.uuid: None for fault in find_episode_faults(self._collection, facts) if fault.kind in WRITTEN_AGAIN}
        for batch in batched(broken, MAX_MENDED):
            self._changes.remove(self._collection.name, batch)
            self._ledger.mark_again(batch, WHY)

    def _recompute_entities(self, faults: list[Fault]) -> None:
        self._changes.recompute_entities(self._collection.name, [fault.uuid for fault in faults])

    def _recompute_dates(self, faults: list[Fault]) -> None:
        sources = sorted({fault.edge.source for fault in faults if fault.edge})
        self._changes.recompute_dates(self._collection.name, sources)
        self._write(DROP_ENDS, sources=sources)

    def _embed_names(self, faults: list[Fault]) -> None:
        self._embed(NAMES, SAVE_NAMES, uuids=[fault.uuid for fault in faults])

    def _embed_sentences(self, faults: list[Fault]) -> None:
        sources = sorted({fault.edge.source for fault in faults if fault.edge})
        self._embed(SENTENCES, SAVE_SENTENCES, uuids=[fault.uuid for fault in faults], sources=sources)

    def _embed(self, read: str, save: str, **parameters: Any) -> None:
        rows = self._collection.connection.read(read, **parameters)
        embed(rows, "text", "vector", self._embedder)
        if rows:
            self._write(save, rows=rows)

    def _write(self, cypher: str, **parameters: Any) -> None:
        def change(tx: ManagedTransaction) -> None:
            tx.run(cypher, **parameters).consume()

        self._collection.connection.write(change)


def _row(edge: Relationship) -> dict[str, str]:
    return {"source": edge.source, "target": edge.target, "uuid": edge.uuid or ""}
