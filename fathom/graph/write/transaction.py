"""Episodes into and out of the graph, in one transaction, with all that follows for what others wrote.

Where that is more than a transaction should take, some of it goes in transactions before.

What the graph holds of entities and facts is a function of the episodes in it and of what each says, so it is the same
in whatever order they came and went. Everything is read before anything is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fathom.embedding.embedder import Embedder
from fathom.graph.write.aggregates import Rules, recompute_entities, recompute_facts
from fathom.graph.write.fact_changes import FactChanges, FactVerdictsOf
from fathom.graph.write.mention_changes import (
    MentionPlan,
    NameVerdictsOf,
    Reassignments,
    confirms,
    reassign_mentions,
    save_mentions,
)
from fathom.graph.write.summaries import recompute_summaries
from fathom.knowledge.assertions import FACT_COLUMNS, stored_facts
from fathom.knowledge.fact_clusters import EntityPair
from fathom.knowledge.name_disambiguation import base_key
from fathom.knowledge.name_resolution import UNTYPED, MentionKey, initialism_key, mention_key
from fathom.knowledge.records import EpisodeRows, aliases_of, entity_uuid

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

THEIR_ENTITIES = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE p.uuid IN $uuids
RETURN DISTINCT n.uuid AS uuid, m.name AS name, m.type AS type, m.also AS also
"""
SAVE_EPISODES = "UNWIND $rows AS row MERGE (n:Episodic {uuid: row.uuid}) SET n = row"
SAVE_ENTITIES = """
UNWIND $rows AS row MERGE (n:Entity {uuid: row.uuid})
SET n.group_id = row.group_id, n.name_key = row.name_key, n.name_kin = row.name_kin, n.name_form = row.name_form,
n.summary = coalesce(n.summary, '')
"""
VECTORS = """
MATCH (a:Entity)-[r:RELATES_TO]->(:Entity) WHERE a.uuid IN $sources AND r.uuid IN $uuids
RETURN r.uuid AS uuid, r.fact AS fact, r.fact_embedding AS vector
"""
DELETE_FACTS = """
UNWIND $rows AS row MATCH (:Entity {uuid: row.source})-[r:RELATES_TO {uuid: row.uuid}]->(:Entity) DELETE r
"""
DELETE_EPISODES = "MATCH (p:Episodic) WHERE p.uuid IN $uuids DETACH DELETE p"
DELETE_ALONE = """
MATCH (n:Entity) WHERE n.uuid IN $uuids AND NOT (n)<-[:MENTIONS]-(:Episodic) AND NOT (n)-[:RELATES_TO]-(:Entity) DELETE n
"""


FACTS_OF = f"MATCH (a:Entity)-[r:RELATES_TO]->(:Entity) WHERE a.uuid IN $sources RETURN {FACT_COLUMNS}"
MAX_REASSIGNMENTS = 100  # mentions that a transaction takes to another entity: each brings its facts, and a server has bounds


@dataclass(frozen=True)
class CollectionContext:
    """A collection with what holds in it: relations that hold one at a time, what was judged of names and facts, who embeds."""

    collection: str
    rules: Rules
    judged_of: NameVerdictsOf
    judged_facts_of: FactVerdictsOf
    embedder: Embedder


def save_episodes(tx: ManagedTransaction, terms: CollectionContext, batch: Sequence[EpisodeRows]) -> list[str] | None:
    """The episodes, their entities, mentions and facts are in the transaction, and what follows from them for others.

    None where so many mentions turn out to mean another entity that only some of them do by now: call it again.
    """
    return _change(tx, terms, new=batch)


def remove_episodes(tx: ManagedTransaction, terms: CollectionContext, uuids: Sequence[str]) -> list[str] | None:
    """The episodes are gone, with the facts only they asserted and the entities nobody names any more.

    Answers the uuids of the entities they mentioned. Facts that other episodes assert stay with those, and are what
    those say; facts that only what is gone had ended hold again; names that had two readings by it have one again. None
    as for `save_episodes`, while they are there still.
    """
    return _change(tx, terms, gone=uuids)


def join_names(tx: ManagedTransaction, terms: CollectionContext, keys: Collection[str]) -> list[str] | None:
    """Names of these keys are where the verdicts about them say, with all that was said of them; None as above."""
    return _change(tx, terms, stirred={MentionKey(base_key(key), UNTYPED) for key in keys})


def join_facts(tx: ManagedTransaction, terms: CollectionContext, ends: Collection[EntityPair]) -> list[str] | None:
    """Facts between each two of these entities are those that the verdicts about them leave."""
    return _change(tx, terms, restated=ends)


def recompute_fact_dates(tx: ManagedTransaction, terms: CollectionContext, sources: Collection[str]) -> list[str]:
    """The facts of these sources of which all that is asserted was kept have the dates that follow from it."""
    held = [one for one in stored_facts(tx.run, FACTS_OF, sources=list(sources)) if one.complete]
    changed = {one.asserted.uuid: one.asserted for one in held}
    before = {one.asserted.uuid: one.fact for one in held}
    recompute_facts(tx, terms.collection, changed, before, [], terms.rules, terms.embedder, {})
    return []


def _change(
    tx: ManagedTransaction,
    terms: CollectionContext,
    *,
    gone: Sequence[str] = (),
    new: Sequence[EpisodeRows] = (),
    stirred: Collection[MentionKey] = (),
    restated: Collection[EntityPair] = (),
) -> list[str] | None:
    left: dict[str, set[str]] = defaultdict(set)  # entities that lose mentions, with the types these gave them
    lost: set[MentionKey] = {*stirred}
    for row in tx.run(THEIR_ENTITIES, uuids=list(gone)) if gone else ():
        left[row["uuid"]] |= {row["type"]} - {None}
        if row["name"] is not None:
            lost |= {mention_key(name, kind) for name, kind in ((row["name"], row["type"]), *aliases_of(row))}
    senses = MentionPlan(tx, terms.collection, terms.judged_of, new=new, lost=lost, gone=gone, most=MAX_REASSIGNMENTS + 1)
    if len(senses.moves) > MAX_REASSIGNMENTS:  # what is new comes first, so that what moves to its names finds them
        _write(tx, terms, senses, dict(sorted(senses.moves.items())[:MAX_REASSIGNMENTS]), new=new)
        return None
    _write(tx, terms, senses, senses.moves, gone=gone, new=new, left=left, restated=restated)
    return list(left)


def _write(
    tx: ManagedTransaction,
    terms: CollectionContext,
    senses: MentionPlan,
    moves: Reassignments,
    *,
    gone: Sequence[str] = (),
    new: Sequence[EpisodeRows] = (),
    left: Mapping[str, set[str]] = MappingProxyType({}),
    restated: Collection[EntityPair] = (),
) -> None:
    collection, rules, embedder = terms.collection, terms.rules, terms.embedder
    placed = [rows.placed(senses.where) for rows in new]
    said = [fact for rows in placed for fact in rows.facts]
    facts = FactChanges(tx, collection, terms.judged_facts_of, new=said, gone=gone, moves=moves, restated=restated)
    placed = [rows.asserting(facts.said_by) for rows in placed]
    entities = {uuid: sense for rows in placed for uuid, sense in rows.entities.items()}
    entities |= {entity_uuid(collection, sense): sense for sense in moves.values()}
    vectors = _vectors(tx, facts)

    if facts.gone:
        tx.run(DELETE_FACTS, rows=[{"uuid": one.uuid, "source": one.source} for one in facts.gone]).consume()
    if gone:
        tx.run(DELETE_EPISODES, uuids=list(gone)).consume()
    if placed:
        tx.run(SAVE_EPISODES, rows=[rows.episode for rows in placed]).consume()
    if rows := [_entity(collection, uuid, entities[uuid]) for uuid in sorted(entities.keys() - senses.known.keys())]:
        tx.run(SAVE_ENTITIES, rows=rows).consume()
    if moves or facts.renamed:
        reassign_mentions(tx, collection, moves, facts.renamed)
    save_mentions(tx, [mention for rows in placed for mention in rows.mentions])
    touched = {uuid: set(types) for uuid, types in left.items()}
    for _, entity in moves:
        touched.setdefault(entity, set()).update(senses.types_of[entity])
    if touched:
        tx.run(DELETE_ALONE, uuids=list(touched)).consume()
    told = {
        mention["target_node_uuid"]
        for rows in placed
        for mention in rows.mentions
        if not confirms(mention, senses.known.get(mention["target_node_uuid"]))
    }
    told |= {entity_uuid(collection, sense) for sense in moves.values()}
    recompute_entities(tx, {**{uuid: set[str]() for uuid in told}, **touched}, embedder)
    recompute_facts(tx, collection, facts.changed, facts.before, [*facts.gone, *facts.were], rules, embedder, vectors)
    ends = [(fact.source, fact.target) for fact in facts.changed.values()] + [(fact.source, fact.target) for fact in facts.gone]
    recompute_summaries(tx, {entity for pair in ends for entity in pair}, lost=list(left))


def _vectors(tx: ManagedTransaction, facts: FactChanges) -> dict[str, list[float]]:
    """The vectors of the sentences of facts that are other ones, so that none is made again."""
    old = sorted({uuid for _, uuid in facts.renamed})
    if not old:
        return {}
    sources = sorted({one.source for one in facts.gone} | {one.source for one in facts.were})
    return {row["fact"]: row["vector"] for row in tx.run(VECTORS, uuids=old, sources=sources) if row["vector"]}


def _entity(collection: str, uuid: str, sense: MentionKey) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "group_id": collection,
        "name_key": sense.key,
        "name_kin": initialism_key(MentionKey(sense.key, UNTYPED)),
        "name_form": sense.form or None,
    }
