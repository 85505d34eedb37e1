"""Episodes out of the graph, with everything that nothing else supports; what they had ended holds again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fathom.graph.assertions import FACT_COLUMNS, AssertedFact, held_facts
from fathom.graph.settling import Rules, settle_entities, settle_facts
from fathom.graph.validity import Claim
from fathom.language.extraction import Embedder

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

THEIR_FACTS = f"""
MATCH (p:Episodic)-[:MENTIONS]->(:Entity)-[r:RELATES_TO]->(:Entity) WHERE p.uuid IN $uuids
RETURN DISTINCT {FACT_COLUMNS}
"""
THEIR_ENTITIES = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE p.uuid IN $uuids RETURN DISTINCT n.uuid AS uuid, m.type AS type
"""
DELETE_FACTS = """
UNWIND $rows AS row MATCH (:Entity {uuid: row.source})-[r:RELATES_TO {uuid: row.uuid}]->(:Entity) DELETE r
"""
DELETE_EPISODES = "MATCH (p:Episodic) WHERE p.uuid IN $uuids DETACH DELETE p"
DELETE_ALONE = """
MATCH (n:Entity) WHERE n.uuid IN $uuids AND NOT (n)<-[:MENTIONS]-(:Episodic) AND NOT (n)-[:RELATES_TO]-(:Entity) DELETE n
"""


def remove_episodes(
    tx: ManagedTransaction, collection: str, uuids: Sequence[str], rules: Rules, embedder: Embedder
) -> list[str]:
    """The episodes are gone, with the facts only they asserted and the entities nobody names any more.

    Answers the uuids of the entities they mentioned. Facts that other episodes assert stay with those, and are what
    those say; facts that only what is gone had ended hold again.
    """
    going = set(uuids)
    entities: dict[str, set[str]] = defaultdict(set)
    for row in tx.run(THEIR_ENTITIES, uuids=list(uuids)):
        entities[row["uuid"]] |= {row["type"]} - {None}
    gone: list[Claim] = []
    kept: dict[str, AssertedFact] = {}
    before: dict[str, str] = {}
    for held in held_facts(tx, THEIR_FACTS, uuids=list(uuids), asserted_by=going):
        left = held.asserted.without(going)
        if left is None:
            gone.append(held.asserted.claim())
        elif left != held.asserted:
            kept[left.uuid], before[left.uuid] = left, held.fact
    if gone:
        tx.run(DELETE_FACTS, rows=[{"uuid": one.uuid, "source": one.source} for one in gone]).consume()
    tx.run(DELETE_EPISODES, uuids=list(uuids)).consume()
    tx.run(DELETE_ALONE, uuids=list(entities)).consume()
    settle_entities(tx, entities, embedder)
    settle_facts(tx, collection, kept, before, gone, rules, embedder)
    return list(entities)
