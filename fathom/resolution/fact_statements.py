"""Reads the statements of facts that deduplication compares: of episodes, around merged names, between two entities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fathom.extraction.model import StatedFact
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.assertions import FACT_COLUMNS, Assertion, statement_key, stored_facts, unpack
from fathom.knowledge.fact_clusters import EntityPair
from fathom.knowledge.name_disambiguation import base_key
from fathom.resolution.store.fact_verdict_store import ComparedStatement

MAX_FACTS_PER_PAIR = 200  # facts between two entities that are compared, the latest
MAX_ENTITY_PAIRS = 1_000  # around merged names, whose facts are compared again
MAX_SENTENCE = 400  # characters; a longer sentence is not shown to the model, nor cut

ASSERTIONS_OF = """
MATCH (p:Episodic)-[m:MENTIONS]->(a:Entity) WHERE p.uuid IN $uuids AND m.asserts IS NOT NULL
RETURN a.uuid AS source, m.asserts AS asserts
"""
TARGETS = """
MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE a.uuid IN $sources AND r.uuid IN $facts
RETURN r.uuid AS fact, r.name AS relation, b.uuid AS target
"""
AROUND = tuple(
    f"""
MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE {end}.name_key IN $keys AND {end}.group_id = $group
AND {end}.name_key + coalesce({end}.name_form, '') IN $named
WITH a.uuid AS source, b.uuid AS target, count(r) AS facts WHERE facts > 1 RETURN source, target LIMIT $most
"""
    for end in "ab"
)
BETWEEN = f"""
UNWIND $ends AS ends MATCH (a:Entity {{uuid: ends[0]}}) MATCH (b:Entity {{uuid: ends[1]}}) MATCH (a)-[r:RELATES_TO]->(b)
WITH a, b, r ORDER BY r.created_at DESC WITH a, b, collect(r) AS some WHERE size(some) > 1 UNWIND some[0..$most] AS r
RETURN {FACT_COLUMNS}
"""


@dataclass(frozen=True)
class AttestedStatement:
    """A sentence between two entities, with all episodes that state it."""

    relation: str
    fact: str
    since: frozenset[datetime | None]
    episodes: frozenset[str]

    def stated(self) -> StatedFact:
        """Returns the statement as the language model is shown it, with its earliest stated start."""
        return StatedFact(self.relation, self.fact, min((date for date in self.since if date), default=None))


Statements = Mapping[str, AttestedStatement]  # between two entities, by key


def statements_by(connection: GraphConnection, episodes: Sequence[str]) -> set[ComparedStatement]:
    """Returns the statements of the episodes, without those whose sentence is longer than MAX_SENTENCE."""
    assertions = connection.read(ASSERTIONS_OF, uuids=list(episodes))
    rows = [(row["source"], unpack(packed)) for row in assertions for packed in row["asserts"]]
    wanted = {"sources": sorted({source for source, _ in rows}), "facts": sorted({fact for _, (fact, _) in rows})}
    known = {row["fact"]: row for row in connection.read(TARGETS, **wanted)} if rows else {}
    return {
        (
            statement_key(assertion.relation or known[fact]["relation"], assertion.fact),
            assertion.valid_at,
            source,
            known[fact]["target"],
        )
        for source, (fact, assertion) in rows
        if fact in known and len(assertion.fact) <= MAX_SENTENCE
    }


def statements_in(between: Mapping[EntityPair, Statements]) -> set[ComparedStatement]:
    """Returns the statements between these entities, once for each start."""
    return {
        (key, since, *ends)
        for ends, statements in between.items()
        for key, statement in statements.items()
        for since in statement.since
    }


def entity_pairs_around(connection: GraphConnection, collection: str, keys: Collection[str]) -> set[EntityPair]:
    """Returns the entities of these keys, each with the entities with which it has several facts."""
    if not keys:
        return set()
    wanted = {
        "group": collection,
        "keys": sorted({*map(base_key, keys)}),
        "named": sorted(keys),
        "most": MAX_ENTITY_PAIRS,
    }
    return {(row["source"], row["target"]) for query in AROUND for row in connection.read(query, **wanted)}


def statements_between(
    connection: GraphConnection, entity_pairs: Collection[EntityPair]
) -> dict[EntityPair, dict[str, AttestedStatement]]:
    """Returns the statements between these entities, by key; only for entity pairs with several facts."""
    found: dict[EntityPair, dict[str, list[Assertion]]] = defaultdict(lambda: defaultdict(list))
    ends = [list(pair) for pair in sorted(entity_pairs)]
    for stored in stored_facts(connection.read, BETWEEN, ends=ends, most=MAX_FACTS_PER_PAIR) if ends else ():
        for assertion in stored.asserted.assertions:
            if len(assertion.fact) <= MAX_SENTENCE:
                found[stored.asserted.source, stored.asserted.target][assertion.key].append(assertion)
    return {pair: {key: _attested(assertion) for key, assertion in by_key.items()} for pair, by_key in found.items()}


def _attested(assertions: Sequence[Assertion]) -> AttestedStatement:
    first = min(assertions, key=lambda assertion: (assertion.at, assertion.fact))
    since = frozenset(assertion.valid_at for assertion in assertions)
    return AttestedStatement(first.relation, first.fact, since, frozenset(assertion.episode for assertion in assertions))
