"""Mentions in the graph: which senses a collection has, and mentions that turn out to mean another of its entities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fathom.graph.assertions import AssertedFact, moment, renamed
from fathom.graph.resolving import OPEN, PERSON, Sense, is_initial, kin, one_collection, sense_of
from fathom.graph.rows import entity_uuid, fact_uuid, mention_uuid

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

NAMED = """
MATCH (n:Entity) WHERE n.name_key IN $keys AND n.group_id = $group
RETURN n.uuid AS uuid, n.name_key AS key, n.name AS name, labels(n) AS labels, n.created_at AS since
"""
KIN = "MATCH (n:Entity) WHERE n.name_kin IN $keys AND n.group_id = $group RETURN n.uuid AS uuid, n.name_key AS key"
SENSES = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids AND m.name IS NOT NULL AND NOT p.uuid IN $gone
RETURN DISTINCT n.uuid AS uuid, m.name AS name, m.type AS type
"""
MOVED = """
UNWIND $rows AS row MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity {uuid: row.uuid})
WHERE m.name = row.name AND coalesce(m.type, '') = row.type AND NOT p.uuid IN $gone
RETURN p.uuid AS episode, n.uuid AS entity, row.to AS to
"""
MENTIONS = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE p.uuid IN $episodes
RETURN p.uuid AS source_node_uuid, n.uuid AS target_node_uuid, m.uuid AS uuid, m.group_id AS group_id,
m.created_at AS created_at, m.name AS name, m.type AS type, m.asserts AS asserts
"""
DELETE_MENTIONS = """
UNWIND $rows AS row MATCH (:Episodic {uuid: row.source_node_uuid})-[m:MENTIONS {uuid: row.uuid}]->(:Entity) DELETE m
"""
SAVE_MENTIONS = """
UNWIND $rows AS row
MATCH (p:Episodic {uuid: row.source_node_uuid}) MATCH (n:Entity {uuid: row.target_node_uuid})
MERGE (p)-[m:MENTIONS {uuid: row.uuid}]->(n)
SET m.group_id = row.group_id, m.created_at = row.created_at, m.name = row.name, m.type = row.type, m.asserts = row.asserts
"""
CLAIMS = "MATCH (p:Episodic) WHERE p.uuid IN $episodes RETURN p.uuid AS uuid, p.entity_edges AS facts"
SAVE_CLAIMS = "UNWIND $rows AS row MATCH (p:Episodic {uuid: row.uuid}) SET p.entity_edges = row.facts"

Moves = Mapping[tuple[str, str], Sense]  # by episode and the uuid of the entity it is taken to mention so far


class Senses:
    """What the collection's senses are once `new` ones came and the episodes `gone`, with their senses `lost`, went."""

    def __init__(
        self,
        tx: ManagedTransaction,
        collection: str,
        *,
        new: Collection[Sense],
        lost: Collection[Sense] = (),
        gone: Collection[str] = (),
    ) -> None:
        kins = {near for sense in (*new, *lost) if (near := kin(sense))}
        keys = {sense.key for sense in (*new, *lost)} | kins
        named = tx.run(NAMED, keys=sorted(keys), group=collection) if keys else ()
        self.known: dict[str, Mapping[str, Any]] = {row["uuid"]: row for row in named}
        by_uuid: dict[str, str] = {uuid: row["key"] for uuid, row in self.known.items()}
        people = {sense.key: Sense(sense.key, PERSON) for sense in new}
        people = {key: person for key, person in people.items() if entity_uuid(collection, person) in by_uuid}
        stirring = {
            sense
            for sense in new
            if is_initial(sense)
            or (entity_uuid(collection, sense) not in by_uuid and not (sense.type == OPEN and sense.key in people))
        } | {*lost}
        kins = {near for sense in stirring if (near := kin(sense))}
        near_by = {row["uuid"]: row["key"] for row in tx.run(KIN, keys=sorted(kins), group=collection)} if kins else {}
        judged = {sense.key for sense in stirring} | kins
        near_by |= {uuid: key for uuid, key in by_uuid.items() if key in judged}
        found = list(tx.run(SENSES, uuids=sorted(near_by), gone=list(gone))) if near_by else []
        there = [(row["uuid"], row["name"], row["type"], sense_of(row["name"], row["type"])) for row in found]
        known_people = {person for key, person in people.items() if key not in judged}
        self.where = one_collection({*new, *known_people, *(sense for *_, sense in there)})
        rows = [
            {"uuid": uuid, "name": name, "type": kind or "", "to": list(self.where[sense])}
            for uuid, name, kind, sense in there
            if sense.key in judged and entity_uuid(collection, self.where[sense]) != uuid
        ]
        self.types_of: dict[str, set[str]] = defaultdict(set)  # of mentions that move, by the entity they leave
        for row in rows:
            self.types_of[str(row["uuid"])] |= {str(row["type"])} - {""}
        moved = tx.run(MOVED, rows=rows, gone=list(gone)) if rows else ()
        self.moves: Moves = {(row["episode"], row["entity"]): Sense(*row["to"]) for row in moved}


def confirms(mention: Mapping[str, Any], entity: Mapping[str, Any] | None) -> bool:
    """Whether the mention says of the entity what it is held to be already, so that no count of mentions changes it."""
    if entity is None or not (since := moment(entity["since"])):
        return False
    labels = {one for one in entity["labels"] if one != "Entity"}
    return mention["type"] in labels and mention["name"] == entity["name"] and mention["created_at"] >= since


def moved_facts(
    collection: str, fact: AssertedFact, moves: Moves, gone: Collection[str]
) -> tuple[AssertedFact | None, list[AssertedFact]]:
    """What stays of the fact when the episodes are gone and the mentions moved, and the facts that the others assert then."""
    leaving: list[AssertedFact] = []
    for said in fact.assertions:
        source, target = (
            entity_uuid(collection, moves[said.episode, end]) if (said.episode, end) in moves else end
            for end in (fact.source, fact.target)
        )
        if said.episode not in gone and (source, target) != (fact.source, fact.target):
            uuid = fact_uuid(collection, source, fact.relation, target, said.fact)
            leaving.append(AssertedFact(uuid, source, target, fact.relation, (said,)))
    return fact.without({*gone, *(one.assertions[0].episode for one in leaving)}), leaving


def move_mentions(tx: ManagedTransaction, collection: str, moves: Moves, facts: Mapping[tuple[str, str], str]) -> None:
    """The mentions are of the entities they mean; `facts` has the new uuid of a fact by episode and old uuid."""
    episodes = sorted({episode for episode, _ in moves})
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for (episode, old), new in facts.items():
        names[episode][old] = new
    old_rows: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for found in tx.run(MENTIONS, episodes=episodes):
        row = dict(found)
        episode, entity = row["source_node_uuid"], row["target_node_uuid"]
        row["asserts"] = renamed(row["asserts"], names[episode])
        if (episode, entity) in moves:
            old_rows.append({"source_node_uuid": episode, "uuid": row["uuid"]})
            row["target_node_uuid"] = entity_uuid(collection, moves[episode, entity])
            row["uuid"] = mention_uuid(episode, row["target_node_uuid"])
        if row != dict(found):
            rows.append(row)
    claims = [
        {"uuid": row["uuid"], "facts": [names[row["uuid"]].get(one, one) for one in row["facts"] or ()]}
        for row in tx.run(CLAIMS, episodes=sorted(names))
    ]
    tx.run(DELETE_MENTIONS, rows=old_rows).consume()
    tx.run(SAVE_MENTIONS, rows=rows).consume()
    if claims:
        tx.run(SAVE_CLAIMS, rows=claims).consume()


def save_mentions(tx: ManagedTransaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """The mentions are in the graph; their episodes and entities are there."""
    if rows:
        tx.run(SAVE_MENTIONS, rows=list(rows)).consume()
