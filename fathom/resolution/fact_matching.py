"""Detects duplicate facts (paraphrases): finds candidate statements, judges them, merges the matches.

Runs once for each document, after its names are matched, and once for each statement, date and entity pair. A statement is
compared only with facts between the same two entities that may start at the same time, whichever was written first. When
another document states it word for word, it is compared again if the verdict does not apply to that document (see
fathom/knowledge/context_isolation.py). Verdicts are durable before the graph reflects them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations

from fathom.extraction.match_prompts.fact_match import PROMPT
from fathom.extraction.model import FactJudge, Usage
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.assertions import may_share_start
from fathom.knowledge.clustering import MatchVerdicts, Pair, adjacency, connected_components, consistent_adjacency, pair_of
from fathom.knowledge.context_isolation import SourceDocument, SourceSet, VerdictScope
from fathom.knowledge.fact_clusters import EntityPair, SourceLookup
from fathom.observability.structured_logging import get_logger
from fathom.resolution.fact_statements import (
    Statements,
    entity_pairs_around,
    statements_between,
    statements_by,
    statements_in,
)
from fathom.resolution.pair_judge import Evidence, judge_pairs
from fathom.resolution.relation_matching import RelationMatcher
from fathom.resolution.store.fact_verdict_store import ComparedStatement, FactVerdictStore
from fathom.resolution.store.verdict_store import VerdictWriter

ENTITY_PAIRS_PER_TRANSACTION = 50
MAX_CANDIDATE_FACTS = 20  # facts that a statement is compared with, the nearest by sign bits
MAX_HAMMING = 92  # of 384 sign bits, a cosine of .73; measured in tests/fathom/resolution/test_fact_matching.py

log = get_logger(__name__)


@dataclass(frozen=True)
class FactMatching:
    """The collection whose facts are matched: its graph, the verdicts on its facts, and the model that judges them.

    `sign_bits` returns the sign bits of sentences' vectors, `sources_of` the documents of episodes.
    """

    connection: GraphConnection
    verdicts: FactVerdictStore
    collection: str
    judge: FactJudge
    sign_bits: Callable[[Sequence[str]], list[bytes]]
    sources_of: SourceLookup

    def scopes(self, keys: Collection[str]) -> dict[Pair, list[SourceSet]]:
        """Returns the source sets of scoped matches; see `VerdictStore.scopes`."""
        return self.verdicts.scopes(self.collection, keys)

    def decided(self, pairs: Sequence[Pair]) -> dict[Pair, bool]:
        """Returns, for each of the pairs that has a verdict, whether it is a match."""
        return self.verdicts.of(self.collection, pairs)

    def closure_of(self, keys: Collection[str]) -> tuple[frozenset[Pair], frozenset[Pair]]:
        """Returns matches and non-matches of these keys; see `VerdictStore.closure_of`."""
        return self.verdicts.closure_of(self.collection, keys)


@dataclass(frozen=True)
class _Comparison:
    """The statements between entities, by key, and the keys of those that were not compared yet."""

    between: Mapping[EntityPair, Statements]
    fresh: Mapping[EntityPair, Set[str]]

    @property
    def compared(self) -> dict[EntityPair, Statements]:
        """The statements between the entities that have fresh ones."""
        return {ends: self.between[ends] for ends in self.fresh.keys() & self.between.keys()}


def deduplicate_facts(
    matching: FactMatching,
    episodes: Sequence[str],
    join: Callable[[Collection[EntityPair]], object],
    *,
    joined: Collection[str],
) -> Usage:
    """Merges duplicate facts of these episodes, which the graph holds, and returns the LLM usage.

    Args:
        matching: the collection of the episodes.
        episodes: uuids.
        join: merges or splits the facts between some entities as the verdicts imply.
        joined: keys of names whose entities were merged; facts around these are compared too.

    Raises GraphUnreachable, LanguageModelUnreachable, BudgetSpent; the same call again continues from there. Facts that the
    model cannot judge are not merged.
    """
    around = statements_between(matching.connection, entity_pairs_around(matching.connection, matching.collection, joined))
    stated = statements_by(matching.connection, episodes) | statements_in(around)
    reopen_verdicts(matching, stated)
    uncompared = matching.verdicts.uncompared(matching.collection, stated)
    if not uncompared:
        return Usage()
    fresh: dict[EntityPair, set[str]] = defaultdict(set)
    for key, _, source, target in uncompared:
        fresh[source, target].add(key)
    comparison = _Comparison({**around, **statements_between(matching.connection, fresh.keys() - around.keys())}, fresh)
    scoped = matching.scopes({key for keys in fresh.values() for key in keys})
    pairs = _pairs_to_compare(matching, comparison, scoped)
    used = _judge(matching, comparison, [*pairs])
    while rest := (in_components := _pairs_in_components(matching, comparison)).keys() - pairs:
        used = used.and_also(_judge(matching, comparison, [*rest]))
        pairs |= in_components
    _apply_verdicts(matching, pairs, scoped, join)
    matching.verdicts.mark_compared(matching.collection, uncompared)
    return used


def _apply_verdicts(
    matching: FactMatching,
    pairs: Mapping[Pair, Collection[EntityPair]],
    scoped: Collection[Pair],
    join: Callable[[Collection[EntityPair]], object],
) -> None:
    """Merges the facts of the pairs that match, and splits those of `scoped` matches that were overturned."""
    decided = matching.decided([*pairs])
    matches = [pair for pair in pairs if decided.get(pair)]
    changed = [*matches, *(pair for pair in scoped if decided.get(pair) is False)]
    stored = matching.verdicts.entity_pairs_of(matching.collection, changed)
    _join(join, {ends for pair in changed for ends in pairs[pair]} | stored)
    if changed:
        metrics = {"alike": len(pairs), "same": len(matches), "parted": len(changed) - len(matches)}
        log.info("Facts merged", sub_stage="facts", metrics=metrics)


def _join(join: Callable[[Collection[EntityPair]], object], entity_pairs: Collection[EntityPair]) -> None:
    ordered = sorted(entity_pairs)
    for start in range(0, len(ordered), ENTITY_PAIRS_PER_TRANSACTION):
        join(ordered[start : start + ENTITY_PAIRS_PER_TRANSACTION])


def reopen_verdicts(matching: FactMatching, stated: Collection[ComparedStatement]) -> None:
    """Marks statements to be compared again where a verdict does not apply to all documents that state them."""
    scopes = matching.scopes({key for key, _, _, _ in stated})
    near = adjacency(scopes)
    between = statements_between(matching.connection, {(source, target) for key, _, source, target in stated if key in near})
    reopened: set[tuple[str, EntityPair]] = set()
    for ends, statements in between.items():
        present = statements.keys()
        pairs = {pair_of(key, other) for key in present & near.keys() for other in near[key] & present}
        sources = _sources({ends: statements}, {key for pair in pairs for key in pair}, matching.sources_of)
        scope = VerdictScope(sources, scopes)
        reopened |= {(key, ends) for pair in pairs if not scope.applies_to(pair) for key in pair}
    again = [statement for statement in stated if (statement[0], (statement[2], statement[3])) in reopened]
    matching.verdicts.mark_uncompared(matching.collection, again)


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


def _pairs_to_compare(matching: FactMatching, comparison: _Comparison, scoped: Iterable[Pair]) -> dict[Pair, set[EntityPair]]:
    """Returns the candidate pairs of fresh statements, and their scoped matches, each with the entities between which it is."""
    compared, fresh, sign_bits = comparison.compared, comparison.fresh, matching.sign_bits
    facts = _fact_numbers(matching, {key for statements in compared.values() for key in statements})
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


def _judge(matching: FactMatching, comparison: _Comparison, pairs: Sequence[Pair]) -> Usage:
    """Judges the pairs that have no verdict, or none that applies to all documents that state them between these entities."""
    known = matching.decided(pairs)
    keys = {key for pair in pairs for key in pair}
    scopes = matching.scopes(keys)
    doubtful = [pair for pair in pairs if pair not in known or (known[pair] and pair in scopes)]
    if not doubtful:
        return Usage()
    matches, non_matches = matching.closure_of(keys)
    keys |= {key for pair in matches for key in pair}
    scope = VerdictScope(_sources(comparison.between, keys, matching.sources_of), scopes | matching.scopes(keys))
    unknown = sorted(pair for pair in doubtful if pair not in known or not scope.applies_to(pair))
    by_key = {key: statement for statements in comparison.between.values() for key, statement in statements.items()}
    described = {(left, right): (by_key[left].stated(), by_key[right].stated()) for left, right in unknown}
    verdicts, judge = matching.verdicts, matching.judge
    writer = VerdictWriter(verdicts, matching.collection, judge.name, PROMPT.version)
    relations = RelationMatcher(judge, replace(writer, store=verdicts.relations), described)
    different = {*relations.non_matches([pair for pair in unknown if pair not in known])}
    writer.record(dict.fromkeys(different, False))
    rest = {pair: sides for pair, sides in described.items() if pair not in different}
    # only matches that apply to all these documents may corroborate others
    applicable = frozenset(pair for pair in matches if pair not in scope.scopes or scope.applies_to(pair))
    evidence = Evidence(scope, MatchVerdicts(applicable, non_matches))
    use = judge_pairs(judge.same_facts, rest, writer, evidence=evidence, allowed=relations.matches)
    return use.and_also(relations.used)


def _fact_numbers(matching: FactMatching, keys: Collection[str]) -> dict[str, int]:
    """Returns the number of the connected component of each matched key."""
    matches, _ = matching.closure_of(keys)
    components = connected_components(adjacency(matches))
    return {key: number for number, component in enumerate(components) for key in component}


def _pairs_in_components(matching: FactMatching, comparison: _Comparison) -> dict[Pair, set[EntityPair]]:
    """Returns the pairs in connected components of fresh statements, of those that may start at the same time."""
    found: dict[Pair, set[EntityPair]] = defaultdict(set)
    compared, fresh = comparison.compared, comparison.fresh
    judged = MatchVerdicts(*matching.closure_of({key for statements in compared.values() for key in statements}))
    for ends, statements in compared.items():
        for component in connected_components(consistent_adjacency(statements.keys(), judged)):
            for left, right in combinations(sorted(component), 2) if component & fresh[ends] else ():
                if may_share_start(statements[left].since, statements[right].since):
                    found[left, right].add(ends)
    return found


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
