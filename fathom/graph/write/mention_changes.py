"""Writes mentions to the graph, and reassigns mentions and the assertions of their facts to other entities."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fathom.graph.write.mention_plan import Reassignments
from fathom.knowledge.assertions import AssertedFact, FactRenames, parse_timestamp, rename_asserted_facts
from fathom.knowledge.name_resolution import mention_key
from fathom.knowledge.records import aliases_of, entity_uuid, fact_uuid, mention_uuid, pack_aliases, primary_mention

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

MENTIONS = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE p.uuid IN $episodes
RETURN p.uuid AS source_node_uuid, n.uuid AS target_node_uuid, m.uuid AS uuid, m.group_id AS group_id,
m.created_at AS created_at, m.name AS name, m.type AS type, m.asserts AS asserts, m.also AS also, m.apart AS apart,
m.confidence AS confidence
"""
DELETE_MENTIONS = """
UNWIND $rows AS row MATCH (:Episodic {uuid: row.source_node_uuid})-[m:MENTIONS {uuid: row.uuid}]->(:Entity) DELETE m
"""
SAVE_MENTIONS = """
UNWIND $rows AS row
MATCH (p:Episodic {uuid: row.source_node_uuid}) MATCH (n:Entity {uuid: row.target_node_uuid})
MERGE (p)-[m:MENTIONS {uuid: row.uuid}]->(n)
SET m.group_id = row.group_id, m.created_at = row.created_at, m.name = row.name, m.type = row.type, m.asserts = row.asserts,
m.also = row.also, m.apart = row.apart, m.confidence = row.confidence
"""
CLAIMS = "MATCH (p:Episodic) WHERE p.uuid IN $episodes RETURN p.uuid AS uuid, p.entity_edges AS facts"
SAVE_CLAIMS = "UNWIND $rows AS row MATCH (p:Episodic {uuid: row.uuid}) SET p.entity_edges = row.facts"


def agrees_with(mention: Mapping[str, Any], entity: Mapping[str, Any] | None) -> bool:
    """Returns whether the mention agrees with the stored entity, so that recomputing the entity would not change it."""
    if entity is None or not (since := parse_timestamp(entity["since"])):
        return False
    labels = {label for label in entity["labels"] if label != "Entity"}
    if mention["confidence"] is not None and (entity["confidence"] is None or mention["confidence"] > entity["confidence"]):
        return False
    return mention["type"] in labels and mention["name"] == entity["name"] and mention["created_at"] >= since


def reassign_facts(
    collection: str, fact: AssertedFact, moves: Reassignments, gone: Collection[str]
) -> tuple[AssertedFact | None, list[AssertedFact]]:
    """Returns the rest of the fact after episodes are gone and mentions moved, and the facts of the moved assertions."""
    leaving: list[AssertedFact] = []
    for assertion in fact.assertions:
        source, target = (
            entity_uuid(collection, moves[assertion.episode, end]) if (assertion.episode, end) in moves else end
            for end in (fact.source, fact.target)
        )
        if assertion.episode not in gone and (source, target) != (fact.source, fact.target):
            uuid = fact_uuid(collection, source, assertion.relation, target, assertion.fact)
            leaving.append(AssertedFact(uuid, source, target, assertion.relation, (assertion,)))
    return fact.without({*gone, *(moved.assertions[0].episode for moved in leaving)}), leaving


def reassign_mentions(
    tx: ManagedTransaction, collection: str, moves: Reassignments, facts: Mapping[tuple[str, str], FactRenames]
) -> None:
    """Moves mentions to their entities, one mention an episode; `facts` has the current facts, by episode and former uuid."""
    names: dict[str, dict[str, FactRenames]] = defaultdict(dict)
    for (episode, old), new in facts.items():
        names[episode][old] = new
    episodes = sorted({episode for episode, _ in moves} | names.keys())
    by_target: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    changed: set[tuple[str, str]] = set()
    for found in tx.run(MENTIONS, episodes=episodes):
        episode, entity = found["source_node_uuid"], found["target_node_uuid"]
        to = moves.get((episode, entity))
        asserts = rename_asserted_facts(found["asserts"], names[episode])
        target = (episode, entity_uuid(collection, to) if to else entity)
        by_target[target].append({**found, "asserts": asserts})
        if to or asserts != found["asserts"]:
            changed.add(target)
    old_rows: list[Mapping[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for episode, entity in sorted(changed):
        mentions = by_target[episode, entity]
        leaving = [mention for mention in mentions if mention["target_node_uuid"] != entity]
        old_rows += [{"source_node_uuid": episode, "uuid": mention["uuid"]} for mention in leaving]
        key = moves[episode, leaving[0]["target_node_uuid"]].key if leaving else ""
        ends = {"target_node_uuid": entity, "uuid": mention_uuid(episode, entity)} if leaving else {}
        rows.append({**(_merged_mention(mentions, key) if leaving else mentions[0]), **ends})
    asserting = sorted(episode for episode in names if names[episode])
    claims = [
        {"uuid": row["uuid"], "facts": _replaced_facts(row["facts"] or (), names[row["uuid"]])}
        for row in (tx.run(CLAIMS, episodes=asserting) if asserting else ())
    ]
    tx.run(DELETE_MENTIONS, rows=old_rows).consume()
    tx.run(SAVE_MENTIONS, rows=rows).consume()
    if claims:
        tx.run(SAVE_CLAIMS, rows=claims).consume()


def _replaced_facts(facts: Sequence[str], names: Mapping[str, FactRenames]) -> list[str]:
    """Returns the current uuids of an episode's facts, each as often as the episode states it."""
    found: list[str] = []
    for fact, times in Counter(facts).items():
        current = sorted(uuid for uuid, _ in names[fact].values()) if fact in names else [fact]
        found += [*current, *current[-1:] * (times - len(current))]
    return found


def _merged_mention(mentions: Sequence[Mapping[str, Any]], key: str) -> Mapping[str, Any]:
    """Merges an episode's mentions of the same entity by several names; the assertions of all are kept."""
    names = [named for row in mentions for named in ((row["name"] or "", row["type"]), *aliases_of(row))]
    if len(names) == 1:
        return mentions[0]
    by_key = {mention_key(name, kind): (name, kind) for name, kind in names}
    first = primary_mention(by_key, key)
    name, kind = by_key.pop(first)
    asserts = sorted({packed for row in mentions for packed in row["asserts"] or ()})
    distinctions = sorted({packed for row in mentions for packed in row["apart"] or ()})
    confidence = max((row["confidence"] for row in mentions if row["confidence"] is not None), default=None)
    more = {
        "asserts": asserts or None,
        "also": pack_aliases(by_key.values()),
        "apart": distinctions or None,
        "confidence": confidence,
    }
    return {**mentions[0], "name": name, "type": kind, **more}


def save_mentions(tx: ManagedTransaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes the mentions; their episodes and entities must exist."""
    if rows:
        tx.run(SAVE_MENTIONS, rows=list(rows)).consume()
