"""Episodes out of the graph, with everything that nothing else supports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

THEIR_FACTS = """
MATCH (p:Episodic)-[:MENTIONS]->(:Entity)-[r:RELATES_TO]->(b:Entity) WHERE p.uuid IN $uuids
RETURN DISTINCT r.uuid AS uuid, startNode(r).uuid AS source, r.episodes AS episodes
"""
THEIR_ENTITIES = "MATCH (p:Episodic)-[:MENTIONS]->(n:Entity) WHERE p.uuid IN $uuids RETURN DISTINCT n.uuid AS uuid"
DELETE_FACTS = """
UNWIND $rows AS row MATCH (:Entity {uuid: row.source})-[r:RELATES_TO {uuid: row.uuid}]->(:Entity) DELETE r
"""
KEEP_FACTS = """
UNWIND $rows AS row MATCH (:Entity {uuid: row.source})-[r:RELATES_TO {uuid: row.uuid}]->(:Entity)
SET r.episodes = row.episodes
"""
DELETE_EPISODES = "MATCH (p:Episodic) WHERE p.uuid IN $uuids DETACH DELETE p"
DELETE_ALONE = """
MATCH (n:Entity) WHERE n.uuid IN $uuids AND NOT (n)<-[:MENTIONS]-(:Episodic) AND NOT (n)-[:RELATES_TO]-(:Entity) DELETE n
"""


def remove_episodes(tx: ManagedTransaction, uuids: Sequence[str]) -> list[str]:
    """The episodes are gone, with the facts only they asserted and the entities nobody names any more.

    Answers the uuids of the entities they mentioned. Facts that other episodes assert stay with those.
    """
    gone = set(uuids)
    entities = [str(row["uuid"]) for row in tx.run(THEIR_ENTITIES, uuids=list(uuids))]
    facts = [row for row in tx.run(THEIR_FACTS, uuids=list(uuids)) if gone & set(row["episodes"] or ())]
    left = [
        {"uuid": row["uuid"], "source": row["source"], "episodes": [one for one in row["episodes"] if one not in gone]}
        for row in facts
    ]
    if unsupported := [row for row in left if not row["episodes"]]:
        tx.run(DELETE_FACTS, rows=unsupported).consume()
    if kept := [row for row in left if row["episodes"]]:
        tx.run(KEEP_FACTS, rows=kept).consume()
    tx.run(DELETE_EPISODES, uuids=list(uuids)).consume()
    tx.run(DELETE_ALONE, uuids=entities).consume()
    return entities
