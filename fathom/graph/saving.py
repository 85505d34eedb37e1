"""Rows into the graph: several episodes in one transaction, joined with what is there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fathom.graph.assertions import FACT_COLUMNS, held_facts, joined
from fathom.graph.rows import EpisodeRows
from fathom.graph.settling import Rules, settle_entities, settle_facts
from fathom.language.extraction import Embedder

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

KNOWN_FACTS = f"""
MATCH (a:Entity)-[r:RELATES_TO]->(:Entity) WHERE a.uuid IN $sources AND r.uuid IN $uuids
RETURN {FACT_COLUMNS}
"""
SAVE_EPISODES = "UNWIND $rows AS row MERGE (n:Episodic {uuid: row.uuid}) SET n = row"
KNOWN_ENTITIES = "MATCH (n:Entity) WHERE n.uuid IN $uuids RETURN n.uuid AS uuid"
SAVE_ENTITIES = "UNWIND $rows AS row MERGE (n:Entity {uuid: row.uuid}) SET n = row"
SAVE_MENTIONS = """
UNWIND $rows AS row
MATCH (p:Episodic {uuid: row.source_node_uuid}) MATCH (n:Entity {uuid: row.target_node_uuid})
MERGE (p)-[m:MENTIONS {uuid: row.uuid}]->(n)
SET m.group_id = row.group_id, m.created_at = row.created_at, m.name = row.name, m.type = row.type, m.asserts = row.asserts
"""


def save_episodes(
    tx: ManagedTransaction, collection: str, batch: Sequence[EpisodeRows], rules: Rules, embedder: Embedder
) -> None:
    """The episodes, their entities, mentions and facts are in the transaction, and what follows from them for others.

    What is there already learns that these episodes name or assert it too.
    """
    entities = sorted({uuid for rows in batch for uuid in rows.entities})
    facts = joined([fact for rows in batch for fact in rows.facts.values()])
    sources = sorted({fact.source for fact in facts.values()})
    changed = dict(facts)
    before: dict[str, str] = {}
    for held in held_facts(tx, KNOWN_FACTS, uuids=list(facts), sources=sources) if facts else ():
        uuid = held.asserted.uuid
        together = held.asserted.and_also(facts[uuid].assertions)
        changed[uuid], before[uuid] = together, held.fact
        if held.complete and together == held.asserted:
            del changed[uuid]
    known = {row["uuid"] for row in tx.run(KNOWN_ENTITIES, uuids=entities)}
    tx.run(SAVE_EPISODES, rows=[rows.episode for rows in batch]).consume()
    if new := [{"uuid": uuid, "group_id": collection, "summary": ""} for uuid in entities if uuid not in known]:
        tx.run(SAVE_ENTITIES, rows=new).consume()
    tx.run(SAVE_MENTIONS, rows=[mention for rows in batch for mention in rows.mentions]).consume()
    settle_entities(tx, dict.fromkeys(entities, ()), embedder)
    settle_facts(tx, collection, changed, before, [], rules, embedder)
