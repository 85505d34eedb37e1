"""Detects duplicate facts (paraphrases): finds candidate statements, judges them, merges the matches.

Runs once for each document, after its names are matched, and once for each statement, date and entity pair. A statement is
compared only with facts between the same two entities that may start at the same time, whichever was written first. When
another document states it word for word, it is compared again if the verdict does not apply to that document (see
fathom/knowledge/context_isolation.py). Verdicts are durable before the graph reflects them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import combinations

from fathom.extraction.match_prompts.fact_match import PROMPT
from fathom.extraction.model import FactJudge, StatedFact, Usage
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.assertions import FACT_COLUMNS, Assertion, may_share_start, statement_key, stored_facts, unpack
from fathom.knowledge.clustering import MatchVerdicts, Pair, adjacency, connected_components, consistent_adjacency, pair_of
from fathom.knowledge.context_isolation import SourceDocument, VerdictScope
from fathom.knowledge.fact_clusters import EntityPair, SourceLookup
from fathom.knowledge.name_disambiguation import base_key
from fathom.observability.structured_logging import get_logger
from fathom.resolution.pair_judge import judge_pairs
from fathom.resolution.relation_matching import RelationMatcher
from fathom.resolution.store.fact_verdict_store import ComparedStatement, FactVerdictStore
from fathom.resolution.store.verdict_store import VerdictWriter

MAX_FACTS_PER_PAIR = 200  # facts between two entities that are compared, the latest
MAX_ENTITY_PAIRS = 1_000  # around merged names, whose facts are compared again
ENTITY_PAIRS_PER_TRANSACTION = 50
MAX_CANDIDATE_FACTS = 20  # facts that a statement is compared with, the nearest by sign bits
MAX_HAMMING = 92  # of 384 sign bits, a cosine of .73; measured in tests/fathom/resolution/test_fact_matching.py
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

log = get_logger(__name__)


@dataclass(frozen=True)
class _Statement:
    """A sentence between two entities, with all episodes that state it."""

    relation: str
    fact: str
    since: frozenset[datetime | None]
    episodes: frozenset[str]

    def stated(self) -> StatedFact:
        return StatedFact(self.relation, self.fact, min((date for date in self.since if date), default=None))


Statements = Mapping[str, _Statement]  # between two entities, by key


def deduplicate_facts(
    connection: GraphConnection,
    verdicts: FactVerdictStore,
    judge: FactJudge,
    collection: str,
    episodes: Sequence[str],
    join: Callable[[Collection[EntityPair]], object],
    sign_bits: Callable[[Sequence[str]], list[bytes]],
    sources_of: SourceLookup,
    *,
    joined: Collection[str],
    model: str,
) -> Usage:
    """Merges duplicate facts of these episodes and returns the LLM usage.

    Args:
        connection: the graph, which holds the episodes.
        verdicts: the store of verdicts.
        judge: the model that judges pairs of facts.
        collection: the episodes' collection.
        episodes: uuids.
        join: merges or splits the facts between some entities as the verdicts imply.
        sign_bits: returns the sign bits of sentences' vectors.
        sources_of: returns the documents of episodes.
        joined: keys of names whose entities were merged; facts around these are compared too.
        model: the model's name, kept with the verdicts.

    Raises GraphUnreachable, LanguageModelUnreachable, BudgetSpent; the same call again continues from there. Facts that the
    model cannot judge are not merged.
    """
    around = _between(connection, _entity_pairs_around(connection, collection, joined))
    stated = _stated_by(connection, episodes) | {
        (key, since, *ends)
        for ends, statements in around.items()
        for key, statement in statements.items()
        for since in statement.since
    }
    reopen_verdicts(connection, verdicts, collection, stated, sources_of)
    fresh: dict[EntityPair, set[str]] = defaultdict(set)
    uncompared = verdicts.uncompared(collection, stated)
    for key, _, source, target in uncompared:
        fresh[source, target].add(key)
    if not fresh:
        return Usage()
    between = {**around, **_between(connection, fresh.keys() - around.keys())}
    compared = {ends: between[ends] for ends in fresh.keys() & between.keys()}
    scoped = verdicts.scopes(collection, {key for keys in fresh.values() for key in keys})
    pairs = _pairs_to_compare(verdicts, collection, compared, fresh, scoped, sign_bits)
    judge_all = partial(_judge, verdicts, judge, collection, between, sources_of=sources_of, model=model)
    used = judge_all([*pairs])
    while rest := (in_components := _pairs_in_components(verdicts, collection, compared, fresh)).keys() - pairs:
        used = used.and_also(judge_all([*rest]))
        pairs |= in_components
    decided = verdicts.of(collection, [*pairs])
    matches = [pair for pair in pairs if decided.get(pair)]
    changed = [*matches, *(pair for pair in scoped if decided.get(pair) is False)]
    _join(join, {ends for pair in changed for ends in pairs[pair]} | verdicts.entity_pairs_of(collection, changed))
    if changed:
        metrics = {"alike": len(pairs), "same": len(matches), "parted": len(changed) - len(matches)}
        log.info("Facts merged", sub_stage="facts", metrics=metrics)
    verdicts.mark_compared(collection, uncompared)
    return used


def _join(join: Callable[[Collection[EntityPair]], object], entity_pairs: Collection[EntityPair]) -> None:
    ordered = sorted(entity_pairs)
    for start in range(0, len(ordered), ENTITY_PAIRS_PER_TRANSACTION):
        join(ordered[start : start + ENTITY_PAIRS_PER_TRANSACTION])


def reopen_verdicts(
    connection: GraphConnection,
    verdicts: FactVerdictStore,
    collection: str,
    stated: Collection[ComparedStatement],
    sources_of: SourceLookup,
) -> None:
    """Marks statements to be compared again where a verdict does not apply to all documents that state them."""
    scopes = verdicts.scopes(collection, {key for key, _, _, _ in stated})
    near = adjacency(scopes)
    between = _between(connection, {(source, target) for key, _, source, target in stated if key in near})
    reopened: set[tuple[str, EntityPair]] = set()
    for ends, statements in between.items():
        present = statements.keys()
        pairs = {pair_of(key, other) for key in present & near.keys() for other in near[key] & present}
        sources = _sources({ends: statements}, {key for pair in pairs for key in pair}, sources_of)
        scope = VerdictScope(sources, scopes)
        reopened |= {(key, ends) for pair in pairs if not scope.applies_to(pair) for key in pair}
    again = [statement for statement in stated if (statement[0], (statement[2], statement[3])) in reopened]
    verdicts.mark_uncompared(collection, again)


def _sources(
    between: Mapping[EntityPair, Statements], keys: Collection[str], sources_of: SourceLookup
) -> dict[str, set[SourceDocument]]:
    """Returns the documents that state each of the keys, between any of these entities."""
    episodes: dict[str, set[str]] = defaultdict(set)
    for statements in between.values():
        for key in statements.keys() & {*keys}:
            episodes[key] |= statements[key].episodes
    documents = sources_of(set[str]().union(*episodes.values())) if episodes else {}
    return {key: {documents[uuid] for uuid in uuids} for key, uuids in episodes.items()}


def _pairs_to_compare(
    verdicts: FactVerdictStore,
    collection: str,
    compared: Mapping[EntityPair, Statements],
    fresh: Mapping[EntityPair, set[str]],
    scoped: Iterable[Pair],
    sign_bits: Callable[[Sequence[str]], list[bytes]],
) -> dict[Pair, set[EntityPair]]:
    """Returns the candidate pairs of fresh statements, and their scoped matches, each with the entities between which it is."""
    facts = _fact_numbers(verdicts, collection, {key for statements in compared.values() for key in statements})
    by_vector = [statements for statements in compared.values() if _need_vectors(statements)]
    sign_bits([statement.fact for statements in by_vector for statement in statements.values()])  # embeds all in one batch
    near = adjacency(scoped)
    pairs: dict[Pair, set[EntityPair]] = defaultdict(set)
    for ends, statements in compared.items():
        present = statements.keys()
        again = {pair_of(key, other) for key in fresh[ends] & present for other in near.get(key, set()) & present}
        for pair in again | _candidate_pairs(statements, fresh[ends], facts, sign_bits):
            pairs[pair].add(ends)
    return pairs


def _judge(
    verdicts: FactVerdictStore,
    judge: FactJudge,
    collection: str,
    between: Mapping[EntityPair, Statements],
    pairs: Sequence[Pair],
    *,
    sources_of: SourceLookup,
    model: str,
) -> Usage:
    """Judges the pairs that have no verdict, or none that applies to all documents that state them between these entities."""
    known = verdicts.of(collection, pairs)
    keys = {key for pair in pairs for key in pair}
    scopes = verdicts.scopes(collection, keys)
    doubtful = [pair for pair in pairs if pair not in known or (known[pair] and pair in scopes)]
    if not doubtful:
        return Usage()
    matches, non_matches = verdicts.closure_of(collection, keys)
    keys |= {key for pair in matches for key in pair}
    scopes |= verdicts.scopes(collection, keys)
    scope = VerdictScope(_sources(between, keys, sources_of), scopes)
    unknown = sorted(pair for pair in doubtful if pair not in known or not scope.applies_to(pair))
    by_key = {key: statement for statements in between.values() for key, statement in statements.items()}
    described = {(left, right): (by_key[left].stated(), by_key[right].stated()) for left, right in unknown}
    writer = VerdictWriter(verdicts, collection, model, PROMPT.version)
    relations = RelationMatcher(judge, replace(writer, store=verdicts.relations), described)
    different = relations.non_matches([pair for pair in unknown if pair not in known])
    writer.record(dict.fromkeys(different, False))
    rest = [pair for pair in unknown if pair not in {*different}]
    # only matches that apply to all these documents may corroborate others
    applicable = frozenset(pair for pair in matches if pair not in scopes or scope.applies_to(pair))
    corroborating = MatchVerdicts(applicable, non_matches)
    use = judge_pairs(judge.same_facts, rest, described, writer, scope=scope, known=corroborating, allowed=relations.matches)
    return use.and_also(relations.used)


def _fact_numbers(verdicts: FactVerdictStore, collection: str, keys: Collection[str]) -> dict[str, int]:
    """Returns the number of the connected component of each matched key."""
    matches, _ = verdicts.closure_of(collection, keys)
    components = connected_components(adjacency(matches))
    return {key: number for number, component in enumerate(components) for key in component}


def _pairs_in_components(
    verdicts: FactVerdictStore,
    collection: str,
    compared: Mapping[EntityPair, Statements],
    fresh: Mapping[EntityPair, set[str]],
) -> dict[Pair, set[EntityPair]]:
    """Returns the pairs in connected components of fresh statements, of those that may start at the same time."""
    found: dict[Pair, set[EntityPair]] = defaultdict(set)
    keys = {key for statements in compared.values() for key in statements}
    judged = MatchVerdicts(*verdicts.closure_of(collection, keys))
    for ends, statements in compared.items():
        for component in connected_components(consistent_adjacency(statements.keys(), judged)):
            for left, right in combinations(sorted(component), 2) if component & fresh[ends] else ():
                if may_share_start(statements[left].since, statements[right].since):
                    found[left, right].add(ends)
    return found


def _stated_by(connection: GraphConnection, episodes: Sequence[str]) -> set[ComparedStatement]:
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


def _entity_pairs_around(connection: GraphConnection, collection: str, keys: Collection[str]) -> set[EntityPair]:
    """Returns the entities of these keys, each with the entities with which it has several facts."""
    if not keys:
        return set()
    wanted = {"group": collection, "keys": sorted({*map(base_key, keys)}), "named": sorted(keys), "most": MAX_ENTITY_PAIRS}
    return {(row["source"], row["target"]) for query in AROUND for row in connection.read(query, **wanted)}


def _between(connection: GraphConnection, entity_pairs: Collection[EntityPair]) -> dict[EntityPair, dict[str, _Statement]]:
    """Returns the statements between these entities, by key; only for entity pairs with several facts."""
    found: dict[EntityPair, dict[str, list[Assertion]]] = defaultdict(lambda: defaultdict(list))
    ends = [list(pair) for pair in sorted(entity_pairs)]
    for stored in stored_facts(connection.read, BETWEEN, ends=ends, most=MAX_FACTS_PER_PAIR) if ends else ():
        for assertion in stored.asserted.assertions:
            if len(assertion.fact) <= MAX_SENTENCE:
                found[stored.asserted.source, stored.asserted.target][assertion.key].append(assertion)
    return {pair: {key: _statement(assertion) for key, assertion in by_key.items()} for pair, by_key in found.items()}


def _statement(assertions: Sequence[Assertion]) -> _Statement:
    first = min(assertions, key=lambda assertion: (assertion.at, assertion.fact))
    since = frozenset(assertion.valid_at for assertion in assertions)
    return _Statement(first.relation, first.fact, since, frozenset(assertion.episode for assertion in assertions))


def _candidate_pairs(
    statements: Statements,
    fresh: Collection[str],
    facts: Mapping[str, int],
    sign_bits: Callable[[Sequence[str]], list[bytes]],
) -> set[Pair]:
    """Returns each fresh statement with those that may start at the same time, of the nearest MAX_CANDIDATE_FACTS facts.

    Facts of another relation count only within MAX_HAMMING.
    """
    found: set[Pair] = set()
    for key in sorted(fresh & statements.keys()):
        own = statements[key]
        others = [
            other for other, statement in statements.items() if other != key and may_share_start(own.since, statement.since)
        ]
        of_other_relation = {other for other in others if statements[other].relation != own.relation}
        distances = dict.fromkeys(others, 0)
        if _need_vectors(statements):
            sentences = [own.fact, *(statements[other].fact for other in others)]
            own_bits, *other_bits = (int.from_bytes(bits) for bits in sign_bits(sentences))
            distances = {other: (own_bits ^ bits).bit_count() for other, bits in zip(others, other_bits, strict=True)}
        near = sorted(
            (bits, other) for other, bits in distances.items() if bits <= MAX_HAMMING or other not in of_other_relation
        )
        nearest = {*list(dict.fromkeys(facts.get(other, other) for _, other in near))[:MAX_CANDIDATE_FACTS]}
        found |= {pair_of(key, other) for other in others if facts.get(other, other) in nearest}
    return found


def _need_vectors(statements: Statements) -> bool:
    """Returns whether candidates are selected by vectors: the statements are many, or of several relations."""
    relations = {statement.relation for statement in statements.values()}
    return len(statements) > MAX_CANDIDATE_FACTS or len(relations) > 1
