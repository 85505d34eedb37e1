"""Rows into the graph: several episodes in one transaction, joined with what is there already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fathom.graph.rows import EpisodeRows
from fathom.language.extraction import Embedder

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

KNOWN_ENTITIES = "MATCH (n:Entity) WHERE n.uuid IN $uuids RETURN n.uuid AS uuid"
KNOWN_FACTS = """
MATCH (a:Entity)-[r:RELATES_TO]->(:Entity) WHERE a.uuid IN $sources AND r.uuid IN $uuids
RETURN r.uuid AS uuid, r.episodes AS episodes
"""
SAVE_EPISODES = "UNWIND $rows AS row MERGE (n:Episodic {uuid: row.uuid}) SET n = row"
SAVE_ENTITIES = "UNWIND $rows AS row MERGE (n:Entity {uuid: row.uuid}) SET n = row"
SAVE_LABEL = "UNWIND $uuids AS one MATCH (n:Entity {{uuid: one}}) SET n:{label}"
SAVE_MENTIONS = """
UNWIND $rows AS row
MATCH (p:Episodic {uuid: row.source_node_uuid}) MATCH (n:Entity {uuid: row.target_node_uuid})
MERGE (p)-[m:MENTIONS {uuid: row.uuid}]->(n) SET m.group_id = row.group_id, m.created_at = row.created_at
"""
SAVE_FACTS = """
UNWIND $rows AS row
MATCH (a:Entity {uuid: row.source_node_uuid}) MATCH (b:Entity {uuid: row.target_node_uuid})
MERGE (a)-[r:RELATES_TO {uuid: row.uuid}]->(b) SET r = row
"""
ASSERT_AGAIN = """
UNWIND $rows AS row
MATCH (a:Entity {uuid: row.source_node_uuid})-[r:RELATES_TO {uuid: row.uuid}]->(:Entity) SET r.episodes = row.episodes
"""


def save_episodes(tx: ManagedTransaction, batch: Sequence[EpisodeRows], embedder: Embedder) -> None:
    """The episodes, their entities, mentions and facts are in the transaction; what was there keeps its own properties.

    A fact that is there already learns that these episodes assert it too.
    """
    entities = {uuid: row for rows in batch for uuid, row in reversed(rows.entities.items())}
    labels = {uuid: label for rows in reversed(batch) for uuid, label in rows.labels.items()}
    facts = _joined_facts(batch)
    known = {row["uuid"] for row in tx.run(KNOWN_ENTITIES, uuids=list(entities))}
    asserted = {
        row["uuid"]: row["episodes"]
        for row in tx.run(KNOWN_FACTS, uuids=list(facts), sources=list({row["source_node_uuid"] for row in facts.values()}))
    }
    new_entities = [row for uuid, row in entities.items() if uuid not in known]
    new_facts = [row for uuid, row in facts.items() if uuid not in asserted]
    _embed(new_entities, "name", "name_embedding", embedder)
    _embed(new_facts, "fact", "fact_embedding", embedder)
    tx.run(SAVE_EPISODES, rows=[rows.episode for rows in batch]).consume()
    if new_entities:
        tx.run(SAVE_ENTITIES, rows=new_entities).consume()
    by_label: dict[str, list[str]] = defaultdict(list)
    for row in new_entities:
        if label := labels.get(row["uuid"]):
            by_label[label].append(row["uuid"])
    for label, uuids in sorted(by_label.items()):
        tx.run(SAVE_LABEL.format(label=label), uuids=uuids).consume()
    tx.run(SAVE_MENTIONS, rows=[mention for rows in batch for mention in rows.mentions]).consume()
    if new_facts:
        tx.run(SAVE_FACTS, rows=new_facts).consume()
    again = [
        {**_ends(facts[uuid]), "episodes": sorted({*before, *facts[uuid]["episodes"]})}
        for uuid, before in asserted.items()
        if not set(facts[uuid]["episodes"]) <= set(before)
    ]
    if again:
        tx.run(ASSERT_AGAIN, rows=again).consume()


def _joined_facts(batch: Sequence[EpisodeRows]) -> dict[str, dict[str, Any]]:
    """The facts of the batch by uuid, each with all episodes of the batch that assert it."""
    facts: dict[str, dict[str, Any]] = {}
    for rows in batch:
        for uuid, row in rows.facts.items():
            joined = facts.setdefault(uuid, {**row, "episodes": []})
            joined["episodes"] = [*joined["episodes"], *row["episodes"]]
    return facts


def _ends(fact: dict[str, Any]) -> dict[str, Any]:
    return {"uuid": fact["uuid"], "source_node_uuid": fact["source_node_uuid"]}


def _embed(rows: Sequence[dict[str, Any]], source: str, target: str, embedder: Embedder) -> None:
    for row, vector in zip(rows, embedder.embed([row[source] for row in rows]) if rows else [], strict=True):
        row[target] = vector
