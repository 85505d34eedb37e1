"""Which assertions are one fact: those of one relation and sentence, and those that were judged to say the same.

A function of what is asserted between two entities and of the verdicts that count for those who assert it. All sentences of
one fact were judged the same as each other, none by a chain or a vaguer one in the middle: so no text can make two facts one
that are not held to be so.
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
SourceLookup = Callable[[Collection[str]], Mapping[str, SourceDocument]]  # the documents of episodes


def _each_by_itself(episodes: Collection[str]) -> Mapping[str, SourceDocument]:
    return {one: SourceDocument(one, one) for one in episodes}


@dataclass(frozen=True)
class FactVerdictView:
    """What was judged of the keys of facts' sentences, in sight of which companies' words, and when."""

    judged: MatchVerdicts = NO_VERDICTS
    companies: Mapping[Pair, Collection[SourceSet]] = field(default_factory=dict[Pair, Collection[SourceSet]])
    at: Mapping[Pair, float] = field(default_factory=dict[Pair, float])
    sayers: SourceLookup = _each_by_itself

    def between(self, said: Mapping[str, Sequence[Assertion]]) -> dict[str, set[str]]:
        """The keys that each is the same as, by what counts for all who say the two here; and both may be of one time.

        Of what is the same as two which are apart, the one that fewer documents say is not, or the one that was found so later:
        no text that comes parts what is one.
        """
        near = adjacency(self.judged.same)
        pairs = [(one, other) for one in said for other in near.get(one, set()) & said.keys() if one < other]
        apart = frozenset(pair for pair in self.judged.apart if said.keys() >= {*pair})
        asked = {key for pair in pairs if pair in self.companies for key in pair} | (said.keys() if apart else set())
        episodes = {key: {one.episode for one in said[key]} for key in asked}
        documents = self.sayers(set[str]().union(*episodes.values())) if asked else {}
        by = {key: {documents[one] for one in some} for key, some in episodes.items()}
        who = VerdictScope(by, self.companies)
        same = frozenset(
            pair
            for pair in pairs
            if (pair not in self.companies or who.counts(pair))
            and may_share_start(*({one.valid_at for one in said[key]} for key in pair))
        )

        def weight(pair: Pair, keys: Collection[str]) -> tuple[float, ...]:
            return len({one for key in keys for one in by[key]}), -self.at.get(pair, 0)

        return consistent_adjacency(said.keys(), MatchVerdicts(same, apart), weight)


@dataclass
class FactClusters:
    """Facts as the verdicts leave them, and the uuid of the fact that each saying of those before is of then."""

    facts: list[AssertedFact] = field(default_factory=list[AssertedFact])
    where: dict[FactStatement, str] = field(default_factory=dict[FactStatement, str])


def cluster_facts(collection: str, facts: Iterable[AssertedFact], judged: FactVerdictView) -> FactClusters:
    """All facts between some entities, those that say the same as one.

    It has the relation of the sentence that was written first; a fact that no verdict is about stays as it is.
    """
    found, same = FactClusters(), judged.judged.keys
    between: dict[EntityPair, dict[str, list[tuple[str, Assertion]]]] = defaultdict(lambda: defaultdict(list))
    for fact in facts:
        keys = fact.keys
        if len(keys) == 1 and not keys & same:
            found.facts.append(fact)
            continue
        for one in fact.assertions:
            between[fact.source, fact.target][one.key].append((fact.uuid, one))
    for (source, target), said in between.items():
        near = judged.between({key: [one for _, one in some] for key, some in said.items()})
        written = sorted(said, key=lambda key: min((one.at, one.relation, key) for _, one in said[key]))
        # what much else is the same as comes first: none of it goes to a text that is the same as this alone
        left = dict.fromkeys(sorted(written, key=lambda key: -len(near.get(key, ()))))
        for start in list(left):
            if start not in left:
                continue
            own = [start]
            for key in left:
                if all(key in near.get(one, ()) for one in own):
                    own.append(key)
            first = min(own, key=written.index)
            of = said[first][0][1]
            uuid = fact_uuid(collection, source, of.relation, target, of.fact)
            empty = AssertedFact(uuid, source, target, of.relation, ())
            found.facts.append(empty.and_also(one for key in own for _, one in said[key]))
            for key in own:
                del left[key]
                found.where |= {(old, key): uuid for old, _ in said[key]}
    return found
