"""Clusters assertions into facts: equal statements of a relation, and statements that were judged to be paraphrases.

A function of the assertions between two entities and of the verdicts that apply to their sources. Clusters are
complete-linkage: every two statements of a fact were judged to match, none through a chain or a vaguer statement between them.
So no text can merge two facts that were not judged to match.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fathom.knowledge.assertions import AssertedFact, Assertion, may_share_start
from fathom.knowledge.clustering import NO_VERDICTS, MatchVerdicts, Pair, adjacency, consistent_adjacency
from fathom.knowledge.context_isolation import SourceDocument, SourceSet, VerdictScope
from fathom.knowledge.records import fact_uuid

EntityPair = tuple[str, str]  # uuids of a fact's source and target
FactStatement = tuple[str, str]  # the uuid of a fact, and the key of an assertion of it
SourceLookup = Callable[[Collection[str]], Mapping[str, SourceDocument]]  # the documents of episodes, by the episodes' uuids


def _episodes_as_sources(episodes: Collection[str]) -> Mapping[str, SourceDocument]:
    return {episode: SourceDocument(episode, episode) for episode in episodes}


@dataclass(frozen=True)
class FactVerdictView:
    """The verdicts on statement keys, the scopes of the matches, and the time of each verdict in seconds since 1970."""

    verdicts: MatchVerdicts = NO_VERDICTS
    scopes: Mapping[Pair, Collection[SourceSet]] = field(default_factory=dict[Pair, Collection[SourceSet]])
    decided_at: Mapping[Pair, float] = field(default_factory=dict[Pair, float])
    sources_of: SourceLookup = _episodes_as_sources

    def matches_between(self, statements: Mapping[str, Sequence[Assertion]]) -> dict[str, set[str]]:
        """Returns the matches of each statement key that apply to all its sources here and may start at the same time.

        Of two matches that contradict a non-match, the match that fewer documents support is dropped, then the later one: a
        new text does not split an existing cluster.
        """
        near = adjacency(self.verdicts.matches)
        pairs = [(left, right) for left in statements for right in near.get(left, set()) & statements.keys() if left < right]
        non_matches = frozenset(pair for pair in self.verdicts.non_matches if statements.keys() >= {*pair})
        looked_up = {key for pair in pairs if pair in self.scopes for key in pair} | (
            statements.keys() if non_matches else set()
        )
        episodes = {key: {assertion.episode for assertion in statements[key]} for key in looked_up}
        documents = self.sources_of(set[str]().union(*episodes.values())) if looked_up else {}
        sources = {key: {documents[uuid] for uuid in uuids} for key, uuids in episodes.items()}
        scope = VerdictScope(sources, self.scopes)
        matches = frozenset(
            pair
            for pair in pairs
            if (pair not in self.scopes or scope.applies_to(pair))
            and may_share_start(*({assertion.valid_at for assertion in statements[key]} for key in pair))
        )

        def weight(pair: Pair, keys: Collection[str]) -> tuple[float, ...]:
            return len({source for key in keys for source in sources[key]}), -self.decided_at.get(pair, 0)

        return consistent_adjacency(statements.keys(), MatchVerdicts(matches, non_matches), weight)


@dataclass
class FactClusters:
    """The clustered facts, and the uuid of the fact that each former statement belongs to."""

    facts: list[AssertedFact] = field(default_factory=list[AssertedFact])
    fact_of: dict[FactStatement, str] = field(default_factory=dict[FactStatement, str])


def cluster_facts(collection: str, facts: Iterable[AssertedFact], verdicts: FactVerdictView) -> FactClusters:
    """Merges facts between the same two entities whose statements match; facts without a verdict stay as they are.

    A merged fact has the relation of the statement that was written first.
    """
    found, matched = FactClusters(), verdicts.verdicts.matched_keys
    between: dict[EntityPair, dict[str, list[tuple[str, Assertion]]]] = defaultdict(lambda: defaultdict(list))
    for fact in facts:
        keys = fact.keys
        if len(keys) == 1 and not keys & matched:
            found.facts.append(fact)
            continue
        for assertion in fact.assertions:
            between[fact.source, fact.target][assertion.key].append((fact.uuid, assertion))
    for (source, target), statements in between.items():
        near = verdicts.matches_between({key: [assertion for _, assertion in asserted] for key, asserted in statements.items()})
        written = sorted(
            statements, key=lambda key: min((assertion.at, assertion.relation, key) for _, assertion in statements[key])
        )
        # the statements with most matches come first, so that none goes to a statement that matches it alone
        rest = dict.fromkeys(sorted(written, key=lambda key: -len(near.get(key, ()))))
        for start in list(rest):
            if start not in rest:
                continue
            cluster = [start]
            for key in rest:
                if all(key in near.get(member, ()) for member in cluster):
                    cluster.append(key)
            first = min(cluster, key=written.index)
            origin = statements[first][0][1]
            uuid = fact_uuid(collection, source, origin.relation, target, origin.fact)
            empty = AssertedFact(uuid, source, target, origin.relation, ())
            found.facts.append(empty.with_assertions(assertion for key in cluster for _, assertion in statements[key]))
            for key in cluster:
                del rest[key]
                found.fact_of |= {(old, key): uuid for old, _ in statements[key]}
    return found
