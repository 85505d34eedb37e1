"""Computes the facts that change as episodes come and go, mentions move, or facts are merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from fathom.graph.write.mention_changes import Reassignments, reassign_facts
from fathom.knowledge.assertions import FACT_COLUMNS, AssertedFact, FactRenames, StoredFact, merge_by_uuid, stored_facts
from fathom.knowledge.fact_clusters import EntityPair, FactStatement, FactVerdictView, cluster_facts
from fathom.knowledge.fact_validity import Claim

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


class FactChanges:
    """The changes of facts when `new` facts are asserted, the episodes `gone` are removed, and mentions are reassigned.

    `changed` has the facts to write; `gone` and `previous` the former claims of facts to delete and to change; `before` the
    sentences of stored facts; `merged_into` the uuids of the facts that new facts are merged into, by their own uuids;
    `renamed` the current facts of each episode's former facts.
    """

    def __init__(
        self,
        tx: ManagedTransaction,
        collection: str,
        verdicts_of: FactVerdictsOf,
        *,
        new: Sequence[AssertedFact],
        gone: Collection[str],
        moves: Reassignments,
        reclustered: Collection[EntityPair],
    ) -> None:
        self._stored: dict[str, StoredFact] = {}
        if gone:
            self._add(stored_facts(tx.run, THEIR_FACTS, asserted_by={*gone}, uuids=list(gone)))
        if moves:
            movers, around = ({pair[end] for pair in moves} for end in (0, 1))
            self._add(stored_facts(tx.run, FACTS_AROUND, entities=sorted(around), episodes=sorted(movers)))
        if reclustered:
            self._add(stored_facts(tx.run, FACTS_BETWEEN, ends=_rows(reclustered)))
        touched = {uuid: stored.asserted for uuid, stored in self._stored.items()}
        stays: dict[str, AssertedFact] = {}
        left: list[tuple[str, AssertedFact]] = []  # each with the uuid of its episode's former fact
        for uuid, fact in touched.items():
            stay, leaving = reassign_facts(collection, fact, moves, gone)
            if stay:
                stays[uuid] = stay
            left += [(uuid, moved) for moved in leaving]
        incoming = merge_by_uuid([*new, *(fact for _, fact in left)])
        verdicts, ends = self._verdicts(tx, verdicts_of, [*incoming.values(), *touched.values()])
        if unseen := sorted(incoming.keys() - self._stored.keys()):
            sources = sorted({incoming[uuid].source for uuid in unseen})
            self._add(stored_facts(tx.run, KNOWN_FACTS, uuids=unseen, sources=sources))
        stays |= {uuid: stored.asserted for uuid, stored in self._stored.items() if uuid not in touched}
        whole = dict(stays)
        for uuid, fact in incoming.items():
            whole[uuid] = whole[uuid].with_assertions(fact.assertions) if uuid in whole else fact
        clusters = cluster_facts(collection, [fact for fact in whole.values() if (fact.source, fact.target) in ends], verdicts)
        whole = {uuid: fact for uuid, fact in whole.items() if (fact.source, fact.target) not in ends}
        whole |= {fact.uuid: fact for fact in clusters.facts}

        self.before = {uuid: stored.fact for uuid, stored in self._stored.items()}
        self.merged_into = {
            fact.uuid: clusters.fact_of[fact.uuid, key]
            for fact in new
            for key in fact.keys
            if (fact.uuid, key) in clusters.fact_of
        }
        self.renamed = _renamed(stays.values(), left, clusters.fact_of)
        self.changed: dict[str, AssertedFact] = {}
        self.previous: list[Claim] = []
        for uuid, fact in whole.items():
            stored = self._stored.get(uuid)
            if stored is None or not stored.complete or fact != stored.asserted:
                self.changed[uuid] = fact
                self.previous += [stored.asserted.claim()] if stored else []
        self.gone = [stored.asserted.claim() for uuid, stored in self._stored.items() if uuid not in whole]

    def _add(self, facts: Iterable[StoredFact]) -> None:
        for stored in facts:
            self._stored.setdefault(stored.asserted.uuid, stored)

    def _verdicts(
        self, tx: ManagedTransaction, verdicts_of: FactVerdictsOf, touched: Sequence[AssertedFact]
    ) -> tuple[FactVerdictView, set[EntityPair]]:
        """Returns the verdicts on these facts and on all others between the entities of a matched fact; and these entities."""
        verdicts = verdicts_of(_keys(touched))
        matched = verdicts.verdicts.matched_keys
        ends = {(fact.source, fact.target) for fact in touched if fact.keys & matched}
        if not ends:
            return verdicts, ends
        self._add(stored_facts(tx.run, FACTS_BETWEEN, ends=_rows(ends)))
        return verdicts_of(_keys([*touched, *(stored.asserted for stored in self._stored.values())])), ends


def _keys(facts: Iterable[AssertedFact]) -> set[str]:
    return {key for fact in facts for key in fact.keys}


def _rows(ends: Iterable[EntityPair]) -> list[list[str]]:
    return [list(pair) for pair in sorted(ends)]


def _renamed(
    stays: Iterable[AssertedFact], left: Iterable[tuple[str, AssertedFact]], fact_of: Mapping[FactStatement, str]
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
    for old, fact in left:
        (assertion,) = fact.assertions
        found[assertion.episode, old][assertion.key] = fact_of.get((fact.uuid, assertion.key), fact.uuid), assertion.relation
    return dict(found)
