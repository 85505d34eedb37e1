"""Plans the facts that change as episodes come and go, mentions move, or facts are merged: reads, then decides without I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fathom.graph.write.mention_changes import reassign_facts
from fathom.graph.write.mention_plan import Reassignments
from fathom.knowledge.assertions import FACT_COLUMNS, AssertedFact, FactRenames, StoredFact, merge_by_uuid, stored_facts
from fathom.knowledge.fact_clusters import EntityPair, FactStatement, FactVerdictView, cluster_facts
from fathom.knowledge.fact_validity import Claim
from fathom.knowledge.name_resolution import MentionKey

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

THEIR_FACTS = f"""
MATCH (p:Episodic)-[:MENTIONS]->(:Entity)-[r:RELATES_TO]->(:Entity) WHERE p.uuid IN $uuids
RETURN DISTINCT {FACT_COLUMNS}
"""
FACTS_AROUND = f"""
MATCH (n:Entity)-[r:RELATES_TO]-(:Entity) WHERE n.uuid IN $entities AND any(one IN r.episodes WHERE one IN $episodes)
RETURN DISTINCT {FACT_COLUMNS}
"""
FACTS_BETWEEN = f"""
UNWIND $ends AS ends MATCH (a:Entity {{uuid: ends[0]}}) MATCH (b:Entity {{uuid: ends[1]}}) MATCH (a)-[r:RELATES_TO]->(b)
RETURN {FACT_COLUMNS}
"""
KNOWN_FACTS = f"""
MATCH (a:Entity)-[r:RELATES_TO]->(:Entity) WHERE a.uuid IN $sources AND r.uuid IN $uuids
RETURN {FACT_COLUMNS}
"""

# Returns the verdicts on statement keys and their connected components.
FactVerdictsOf = Callable[[Collection[str]], FactVerdictView]


@dataclass(frozen=True)
class AssertionChanges:
    """The causes of changes of facts: new assertions, episodes that are gone, mentions that move, facts to cluster again.

    `moves` has the entity to which each mention moves; `reclustered` the entities between which verdicts changed.
    """

    new: Sequence[AssertedFact] = ()
    gone: Collection[str] = ()
    moves: Reassignments = field(default_factory=dict[tuple[str, str], MentionKey])
    reclustered: Collection[EntityPair] = ()


@dataclass(frozen=True)
class ReassignedFacts:
    """Stored facts after episodes are gone and mentions moved: the rest of each, and the facts of the moved assertions.

    `rest` is by uuid, None where no assertion remains; `moved` has with each fact the uuid of its episode's former fact.
    """

    rest: Mapping[str, AssertedFact | None]
    moved: Sequence[tuple[str, AssertedFact]]


@dataclass(frozen=True)
class ConcernedFacts:
    """The facts in the graph that a change concerns, by uuid, with the verdicts on their statements.

    `clustered` are the entities between which facts may have to be merged or split.
    """

    stored: Mapping[str, StoredFact]
    reassigned: ReassignedFacts
    verdicts: FactVerdictView
    clustered: Collection[EntityPair]


@dataclass(frozen=True)
class FactChanges:
    """The changes of facts in the graph.

    `changed` has the facts to write; `gone` and `previous` the former claims of facts to delete and to change; `before` the
    sentences of stored facts; `merged_into` the uuids of the facts that new facts are merged into, by their own uuids;
    `renamed` the current facts of each episode's former facts.
    """

    changed: Mapping[str, AssertedFact]
    before: Mapping[str, str]
    previous: Sequence[Claim] = ()
    gone: Sequence[Claim] = ()
    merged_into: Mapping[str, str] = field(default_factory=dict[str, str])
    renamed: Mapping[tuple[str, str], FactRenames] = field(default_factory=dict[tuple[str, str], FactRenames])


def read_concerned_facts(
    tx: ManagedTransaction, collection: str, verdicts_of: FactVerdictsOf, changes: AssertionChanges
) -> ConcernedFacts:
    """Reads the facts that the changes concern, and all facts between the entities of a fact with a match."""
    stored = _read_touched(tx, changes)
    touched = [fact.asserted for fact in stored.values()]
    reassigned = _reassign(collection, touched, changes)
    incoming = _incoming(changes.new, reassigned)
    concerned = [*incoming.values(), *touched]
    verdicts = verdicts_of(_keys(concerned))
    matched = verdicts.verdicts.matched_keys
    if clustered := {(fact.source, fact.target) for fact in concerned if fact.keys & matched}:
        _add(stored, stored_facts(tx.run, FACTS_BETWEEN, ends=_rows(clustered)))
        verdicts = verdicts_of(_keys([*concerned, *(fact.asserted for fact in stored.values())]))
    if unseen := sorted(incoming.keys() - stored.keys()):
        sources = sorted({incoming[uuid].source for uuid in unseen})
        _add(stored, stored_facts(tx.run, KNOWN_FACTS, uuids=unseen, sources=sources))
    return ConcernedFacts(stored, reassigned, verdicts, clustered)


def plan_fact_changes(collection: str, new: Sequence[AssertedFact], concerned: ConcernedFacts) -> FactChanges:
    """Returns the changes when `new` facts are asserted and the reassigned facts take the place of the stored ones."""
    stored, reassigned = concerned.stored, concerned.reassigned
    stays = {uuid: fact for uuid, fact in reassigned.rest.items() if fact}
    stays |= {uuid: fact.asserted for uuid, fact in stored.items() if uuid not in reassigned.rest}
    whole = dict(stays)
    for uuid, fact in _incoming(new, reassigned).items():
        whole[uuid] = whole[uuid].with_assertions(fact.assertions) if uuid in whole else fact
    of_clusters = [fact for fact in whole.values() if (fact.source, fact.target) in concerned.clustered]
    clusters = cluster_facts(collection, of_clusters, concerned.verdicts)
    whole = {uuid: fact for uuid, fact in whole.items() if (fact.source, fact.target) not in concerned.clustered}
    whole |= {fact.uuid: fact for fact in clusters.facts}
    changed = {uuid: fact for uuid, fact in whole.items() if not _holds_already(stored.get(uuid), fact)}
    return FactChanges(
        changed,
        before={uuid: fact.fact for uuid, fact in stored.items()},
        previous=[stored[uuid].asserted.claim() for uuid in changed if uuid in stored],
        gone=[fact.asserted.claim() for uuid, fact in stored.items() if uuid not in whole],
        merged_into={
            fact.uuid: clusters.fact_of[fact.uuid, key]
            for fact in new
            for key in fact.keys
            if (fact.uuid, key) in clusters.fact_of
        },
        renamed=_renamed(stays.values(), reassigned.moved, clusters.fact_of),
    )


def _read_touched(tx: ManagedTransaction, changes: AssertionChanges) -> dict[str, StoredFact]:
    """Reads the facts that lose assertions or are clustered again."""
    found: dict[str, StoredFact] = {}
    if changes.gone:
        _add(found, stored_facts(tx.run, THEIR_FACTS, asserted_by={*changes.gone}, uuids=list(changes.gone)))
    if changes.moves:
        movers, around = ({pair[end] for pair in changes.moves} for end in (0, 1))
        _add(found, stored_facts(tx.run, FACTS_AROUND, entities=sorted(around), episodes=sorted(movers)))
    if changes.reclustered:
        _add(found, stored_facts(tx.run, FACTS_BETWEEN, ends=_rows(changes.reclustered)))
    return found


def _add(stored: dict[str, StoredFact], facts: Iterable[StoredFact]) -> None:
    for fact in facts:
        stored.setdefault(fact.asserted.uuid, fact)


def _reassign(collection: str, touched: Sequence[AssertedFact], changes: AssertionChanges) -> ReassignedFacts:
    rest: dict[str, AssertedFact | None] = {}
    moved: list[tuple[str, AssertedFact]] = []
    for fact in touched:
        rest[fact.uuid], leaving = reassign_facts(collection, fact, changes.moves, changes.gone)
        moved += [(fact.uuid, other) for other in leaving]
    return ReassignedFacts(rest, moved)


def _incoming(new: Sequence[AssertedFact], reassigned: ReassignedFacts) -> dict[str, AssertedFact]:
    """Returns the new facts and those of moved assertions, each once."""
    return merge_by_uuid([*new, *(fact for _, fact in reassigned.moved)])


def _holds_already(stored: StoredFact | None, fact: AssertedFact) -> bool:
    """Returns whether the stored fact has all of these assertions, and no other, in full."""
    return stored is not None and stored.complete and fact == stored.asserted


def _keys(facts: Iterable[AssertedFact]) -> set[str]:
    return {key for fact in facts for key in fact.keys}


def _rows(ends: Iterable[EntityPair]) -> list[list[str]]:
    return [list(pair) for pair in sorted(ends)]


def _renamed(
    stays: Iterable[AssertedFact], moved: Iterable[tuple[str, AssertedFact]], fact_of: Mapping[FactStatement, str]
) -> dict[tuple[str, str], FactRenames]:
    """Returns the current facts of episodes' former facts, by episode and former uuid, where they changed."""
    found: dict[tuple[str, str], dict[str, tuple[str, str]]] = defaultdict(dict)
    for fact in stays:
        if any(fact_of.get((fact.uuid, key), fact.uuid) != fact.uuid for key in fact.keys):
            for assertion in fact.assertions:
                found[assertion.episode, fact.uuid][assertion.key] = (
                    fact_of.get((fact.uuid, assertion.key), fact.uuid),
                    assertion.relation,
                )
    for old, fact in moved:
        (assertion,) = fact.assertions
        found[assertion.episode, old][assertion.key] = fact_of.get((fact.uuid, assertion.key), fact.uuid), assertion.relation
    return dict(found)
