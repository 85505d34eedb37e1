"""Which facts of the graph become other ones, or none, as episodes come and go, names move, or facts are judged to be one."""

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

# What was judged of the keys of facts' sentences, and of all that hang together with them.
FactVerdictsOf = Callable[[Collection[str]], FactVerdictView]


class FactChanges:
    """What becomes of facts once `new` ones are asserted, the episodes `gone` went and mentions moved.

    `changed` are those to be written, `gone` and `were` what those that go and those that change claimed before; `before`
    has the sentences of what is held, `said_by` the facts that say what new ones do, by these ones' own uuids, and
    `renamed` what became of an episode's facts.
    """

    def __init__(
        self,
        tx: ManagedTransaction,
        collection: str,
        judged_of: FactVerdictsOf,
        *,
        new: Sequence[AssertedFact],
        gone: Collection[str],
        moves: Reassignments,
        restated: Collection[EntityPair],
    ) -> None:
        self._held: dict[str, StoredFact] = {}
        if gone:
            self._hold(stored_facts(tx.run, THEIR_FACTS, asserted_by={*gone}, uuids=list(gone)))
        if moves:
            movers, around = ({pair[end] for pair in moves} for end in (0, 1))
            self._hold(stored_facts(tx.run, FACTS_AROUND, entities=sorted(around), episodes=sorted(movers)))
        if restated:
            self._hold(stored_facts(tx.run, FACTS_BETWEEN, ends=_rows(restated)))
        touched = {uuid: one.asserted for uuid, one in self._held.items()}
        stays: dict[str, AssertedFact] = {}
        left: list[tuple[str, AssertedFact]] = []  # each with the uuid of the fact that its episode asserted so far
        for uuid, fact in touched.items():
            stay, leaving = reassign_facts(collection, fact, moves, gone)
            if stay:
                stays[uuid] = stay
            left += [(uuid, one) for one in leaving]
        incoming = merge_by_uuid([*new, *(fact for _, fact in left)])
        judged, ends = self._judged(tx, judged_of, [*incoming.values(), *touched.values()])
        if unseen := sorted(incoming.keys() - self._held.keys()):
            sources = sorted({incoming[uuid].source for uuid in unseen})
            self._hold(stored_facts(tx.run, KNOWN_FACTS, uuids=unseen, sources=sources))
        stays |= {uuid: one.asserted for uuid, one in self._held.items() if uuid not in touched}
        whole = dict(stays)
        for uuid, fact in incoming.items():
            whole[uuid] = whole[uuid].and_also(fact.assertions) if uuid in whole else fact
        some = cluster_facts(collection, [fact for fact in whole.values() if (fact.source, fact.target) in ends], judged)
        whole = {uuid: fact for uuid, fact in whole.items() if (fact.source, fact.target) not in ends}
        whole |= {fact.uuid: fact for fact in some.facts}

        self.before = {uuid: one.fact for uuid, one in self._held.items()}
        self.said_by = {
            fact.uuid: some.where[fact.uuid, key] for fact in new for key in fact.keys if (fact.uuid, key) in some.where
        }
        self.renamed = _renamed(stays.values(), left, some.where)
        self.changed: dict[str, AssertedFact] = {}
        self.were: list[Claim] = []
        for uuid, fact in whole.items():
            one = self._held.get(uuid)
            if one is None or not one.complete or fact != one.asserted:
                self.changed[uuid] = fact
                self.were += [one.asserted.claim()] if one else []
        self.gone = [one.asserted.claim() for uuid, one in self._held.items() if uuid not in whole]

    def _hold(self, facts: Iterable[StoredFact]) -> None:
        for one in facts:
            self._held.setdefault(one.asserted.uuid, one)

    def _judged(
        self, tx: ManagedTransaction, judged_of: FactVerdictsOf, touched: Sequence[AssertedFact]
    ) -> tuple[FactVerdictView, set[EntityPair]]:
        """What was judged of these and of all between the entities of those that are the same as others; and these entities."""
        judged = judged_of(_keys(touched))
        same = judged.judged.keys
        ends = {(fact.source, fact.target) for fact in touched if fact.keys & same}
        if not ends:
            return judged, ends
        self._hold(stored_facts(tx.run, FACTS_BETWEEN, ends=_rows(ends)))
        return judged_of(_keys([*touched, *(one.asserted for one in self._held.values())])), ends


def _keys(facts: Iterable[AssertedFact]) -> set[str]:
    return {key for fact in facts for key in fact.keys}


def _rows(ends: Iterable[EntityPair]) -> list[list[str]]:
    return [list(pair) for pair in sorted(ends)]


def _renamed(
    stays: Iterable[AssertedFact], left: Iterable[tuple[str, AssertedFact]], where: Mapping[FactStatement, str]
) -> dict[tuple[str, str], FactRenames]:
    """What became of an episode's fact, by both their uuids, where anything did."""
    found: dict[tuple[str, str], dict[str, tuple[str, str]]] = defaultdict(dict)
    for fact in stays:
        if any(where.get((fact.uuid, key), fact.uuid) != fact.uuid for key in fact.keys):
            for one in fact.assertions:
                found[one.episode, fact.uuid][one.key] = where.get((fact.uuid, one.key), fact.uuid), one.relation
    for old, fact in left:
        (one,) = fact.assertions
        found[one.episode, old][one.key] = where.get((fact.uuid, one.key), fact.uuid), one.relation
    return dict(found)
