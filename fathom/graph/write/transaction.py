"""Adds episodes to the graph and removes them, each in a transaction with all consequences for other episodes.

Large changes are split over several transactions. Entities and facts in the graph are a function of its episodes and their
assertions, so the order of writes does not matter. A transaction reads everything before it writes anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fathom.embedding.embedder import Embedder
from fathom.graph.write.aggregates import FactRules, Rules, read_votes, recompute_entities, recompute_facts, type_labels
from fathom.graph.write.fact_changes import (
    AssertionChanges,
    FactChanges,
    FactVerdictsOf,
    plan_fact_changes,
    read_concerned_facts,
)
from fathom.graph.write.mention_changes import agrees_with, reassign_mentions, save_mentions
from fathom.graph.write.mention_plan import (
    MentionPlan,
    NameVerdictsOf,
    Reassignments,
    plan_mentions,
    read_concerned_mentions,
    read_reassignments,
)
from fathom.graph.write.summaries import recompute_summaries
from fathom.graphdb.change_journal import report_touched
from fathom.knowledge.assertions import FACT_COLUMNS, stored_facts
from fathom.knowledge.curation_overrides import NO_OVERRIDES, CurationOverrides
from fathom.knowledge.fact_clusters import EntityPair
from fathom.knowledge.name_disambiguation import base_key
from fathom.knowledge.name_resolution import UNTYPED, MentionKey, initial_key, mention_key
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
MAX_REASSIGNMENTS = 100  # mentions a transaction: each brings its facts, and servers have limits


@dataclass(frozen=True)
class CollectionContext:
    """A collection with its rules for functional relations, the lookups of verdicts on names and facts, and the embedder.

    `overrides` are the names and retired facts that people decided.
    """

    collection: str
    rules: Rules
    name_verdicts_of: NameVerdictsOf
    fact_verdicts_of: FactVerdictsOf
    embedder: Embedder
    overrides: CurationOverrides = NO_OVERRIDES

    @property
    def fact_rules(self) -> FactRules:
        """The rules and decisions that the validity of facts follows from."""
        return FactRules(self.collection, self.rules, self.overrides)


@dataclass(frozen=True)
class CollectionChange:
    """A change of a collection: episodes that come and go, and the names and facts whose verdicts changed.

    `unresolved` are mentions to resolve again; `reclustered` the entities between which facts are clustered again.
    """

    new: Sequence[EpisodeRows] = ()
    gone: Sequence[str] = ()
    unresolved: Collection[MentionKey] = ()
    reclustered: Collection[EntityPair] = ()


def save_episodes(tx: ManagedTransaction, context: CollectionContext, batch: Sequence[EpisodeRows]) -> list[str] | None:
    """Writes the episodes, their entities, mentions and facts, and updates everything that depends on them.

    Returns None where more than MAX_REASSIGNMENTS mentions must move and only some have: call it again.
    """
    return _change(tx, context, CollectionChange(new=batch))


def remove_episodes(tx: ManagedTransaction, context: CollectionContext, uuids: Sequence[str]) -> list[str] | None:
    """Removes the episodes, the facts that only they asserted, and entities without another mention.

    Returns the uuids of the entities they mentioned. Facts that other episodes assert stay, recomputed from these; facts that
    only removed episodes had ended hold again; names that were ambiguous through them are resolved again. Returns None as
    `save_episodes` does, with the episodes still present.
    """
    return _change(tx, context, CollectionChange(gone=uuids))


def join_names(tx: ManagedTransaction, context: CollectionContext, keys: Collection[str]) -> list[str] | None:
    """Moves mentions with names of these keys to the entities that the verdicts imply; None as above."""
    return _change(tx, context, CollectionChange(unresolved={MentionKey(base_key(key), UNTYPED) for key in keys}))


def join_facts(tx: ManagedTransaction, context: CollectionContext, entity_pairs: Collection[EntityPair]) -> list[str] | None:
    """Merges and splits the facts between each of these entity pairs as the verdicts imply."""
    return _change(tx, context, CollectionChange(reclustered=entity_pairs))


def restore_entities(tx: ManagedTransaction, context: CollectionContext, uuids: Collection[str]) -> list[str]:
    """Recomputes the entities from their mentions and facts; drops types and summaries that these do not give."""
    stored = read_votes(tx.run, uuids)
    types = {uuid: type_labels(votes) for uuid, votes in stored.items()}
    recompute_entities(tx, types, context.embedder, context.overrides)
    recompute_summaries(tx, stored, lost=list(stored))
    return []


def recompute_fact_dates(tx: ManagedTransaction, context: CollectionContext, sources: Collection[str]) -> list[str]:
    """Recomputes the dates of the facts of these sources all of whose assertions are stored."""
    stored = [fact for fact in stored_facts(tx.run, FACTS_OF, sources=list(sources)) if fact.complete]
    changed = {fact.asserted.uuid: fact.asserted for fact in stored}
    before = {fact.asserted.uuid: fact.fact for fact in stored}
    recompute_facts(tx, context.fact_rules, FactChanges(changed, before), context.embedder, {})
    return []


def _change(tx: ManagedTransaction, context: CollectionContext, change: CollectionChange) -> list[str] | None:
    """Applies the change, or a first part of it as `save_episodes` says; returns the entities that lost mentions."""
    left: dict[str, set[str]] = defaultdict(set)  # entities that lose mentions, with the types these gave them
    lost = {*change.unresolved}
    for row in tx.run(THEIR_ENTITIES, uuids=list(change.gone)) if change.gone else ():
        left[row["uuid"]] |= {row["type"]} - {None}
        if row["name"] is not None:
            lost |= {mention_key(name, kind) for name, kind in ((row["name"], row["type"]), *aliases_of(row))}
    verdicts_of, new, gone = context.name_verdicts_of, change.new, change.gone
    concerned = read_concerned_mentions(tx, context.collection, verdicts_of, new=new, lost=lost, gone=gone)
    plan = plan_mentions(context.collection, new, concerned)
    moves = read_reassignments(tx, plan, gone, limit=MAX_REASSIGNMENTS + 1)
    if len(moves) > MAX_REASSIGNMENTS:  # new episodes are written first, so that the entities exist to which mentions move
        _write(tx, context, CollectionChange(new=new), plan, dict(sorted(moves.items())[:MAX_REASSIGNMENTS]), {})
        return None
    _write(tx, context, change, plan, moves, left)
    return list(left)


def _write(
    tx: ManagedTransaction,
    context: CollectionContext,
    change: CollectionChange,
    plan: MentionPlan,
    moves: Reassignments,
    left: Mapping[str, set[str]],
) -> None:
    """Writes the change with these moves; `left` has the entities that lose mentions, with the types these gave them."""
    collection, gone = context.collection, change.gone
    resolved = [rows.resolved(plan.entity_of) for rows in change.new]
    asserted = [fact for rows in resolved for fact in rows.facts]
    causes = AssertionChanges(asserted, gone, moves, change.reclustered)
    facts = plan_fact_changes(collection, asserted, read_concerned_facts(tx, collection, context.fact_verdicts_of, causes))
    resolved = [rows.with_fact_uuids(facts.merged_into) for rows in resolved]
    entities = {uuid: mention for rows in resolved for uuid, mention in rows.entities.items()}
    entities |= {entity_uuid(collection, mention): mention for mention in moves.values()}
    vectors = _vectors(tx, facts)

    if facts.gone:
        tx.run(DELETE_FACTS, rows=[{"uuid": claim.uuid, "source": claim.source} for claim in facts.gone]).consume()
    if gone:
        tx.run(DELETE_EPISODES, uuids=list(gone)).consume()
    if resolved:
        tx.run(SAVE_EPISODES, rows=[rows.episode for rows in resolved]).consume()
    if rows := [_entity(collection, uuid, entities[uuid]) for uuid in sorted(entities.keys() - plan.entities.keys())]:
        tx.run(SAVE_ENTITIES, rows=rows).consume()
    if moves or facts.renamed:
        reassign_mentions(tx, collection, moves, facts.renamed)
    mentions = [mention for rows in resolved for mention in rows.mentions]
    save_mentions(tx, mentions)

    touched = {uuid: set(types) for uuid, types in left.items()}
    for _, entity in moves:
        touched.setdefault(entity, set()).update(plan.types_leaving(entity))
    if touched:
        tx.run(DELETE_ALONE, uuids=list(touched)).consume()
    named = [(mention, mention["target_node_uuid"]) for mention in mentions]
    affected = {entity for mention, entity in named if not agrees_with(mention, plan.entities.get(entity))}
    affected |= {entity_uuid(collection, mention) for mention in moves.values()}
    changed = {**{uuid: set[str]() for uuid in affected}, **touched}
    recompute_entities(tx, changed, context.embedder, context.overrides)
    recompute_facts(tx, context.fact_rules, facts, context.embedder, vectors)
    ends = [(fact.source, fact.target) for fact in facts.changed.values()] + [(fact.source, fact.target) for fact in facts.gone]
    recompute_summaries(tx, {entity for pair in ends for entity in pair}, lost=list(left))
    report_touched({*gone, *(rows.episode["uuid"] for rows in resolved), *left, *changed, *entities})
    report_touched(uuid for pair in (*moves, *ends, *((episode, old) for episode, old in facts.renamed)) for uuid in pair)


def _vectors(tx: ManagedTransaction, facts: FactChanges) -> dict[str, list[float]]:
    """Returns the vectors of sentences whose facts change their uuid, so that none is computed again."""
    old = sorted({uuid for _, uuid in facts.renamed})
    if not old:
        return {}
    sources = sorted({claim.source for claim in (*facts.gone, *facts.previous)})
    return {row["fact"]: row["vector"] for row in tx.run(VECTORS, uuids=old, sources=sources) if row["vector"]}


def _entity(collection: str, uuid: str, mention: MentionKey) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "group_id": collection,
        "name_key": mention.key,
        "name_kin": initial_key(MentionKey(mention.key, UNTYPED)),
        "name_form": mention.form or None,
    }
