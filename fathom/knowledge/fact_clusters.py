"""Which assertions are one fact: those of one relation and sentence, and those that were judged to say the same.

A function of what is asserted between two entities and of the verdicts that count for those who assert it. All sentences of
one fact were judged the same as each other, none by a chain or a vaguer one in the middle: so no text can make two facts one
that are not held to be so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fathom.knowledge.assertions import AssertedFact, Assertion, may_be_of_one_time
from fathom.knowledge.clustering import NOTHING_JUDGED, Judged, Pair, beside, neighbours
from fathom.knowledge.context_isolation import Company, Said, Sayer
from fathom.knowledge.records import fact_uuid

Ends = tuple[str, str]  # uuids of a fact's source and target
Saying = tuple[str, str]  # the uuid of a fact, and the key of an assertion of it
SayersOf = Callable[[Collection[str]], Mapping[str, Sayer]]  # the documents of episodes


def _each_by_itself(episodes: Collection[str]) -> Mapping[str, Sayer]:
    return {one: Sayer(one, one) for one in episodes}


@dataclass(frozen=True)
class JudgedFacts:
    """What was judged of the keys of facts' sentences, in sight of which companies' words, and when."""

    judged: Judged = NOTHING_JUDGED
    companies: Mapping[Pair, Collection[Company]] = field(default_factory=dict[Pair, Collection[Company]])
    at: Mapping[Pair, float] = field(default_factory=dict[Pair, float])
    sayers: SayersOf = _each_by_itself

    def between(self, said: Mapping[str, Sequence[Assertion]]) -> dict[str, set[str]]:
        """The keys that each is the same as, by what counts for all who say the two here; and both may be of one time.

        Of what is the same as two which are apart, the one that fewer documents say is not, or the one that was found so later:
        no text that comes parts what is one.
        """
        near = beside(self.judged.same)
        pairs = [(one, other) for one in said for other in near.get(one, set()) & said.keys() if one < other]
        apart = frozenset(pair for pair in self.judged.apart if said.keys() >= {*pair})
        asked = {key for pair in pairs if pair in self.companies for key in pair} | (said.keys() if apart else set())
        episodes = {key: {one.episode for one in said[key]} for key in asked}
        documents = self.sayers(set[str]().union(*episodes.values())) if asked else {}
        by = {key: {documents[one] for one in some} for key, some in episodes.items()}
        who = Said(by, self.companies)
        same = frozenset(
            pair
            for pair in pairs
            if (pair not in self.companies or who.counts(pair))
            and may_be_of_one_time(*({one.valid_at for one in said[key]} for key in pair))
        )

        def weight(pair: Pair, keys: Collection[str]) -> tuple[float, ...]:
            return len({one for key in keys for one in by[key]}), -self.at.get(pair, 0)

        return neighbours(said.keys(), Judged(same, apart), weight)


@dataclass
class Bundled:
    """Facts as the verdicts leave them, and the uuid of the fact that each saying of those before is of then."""

    facts: list[AssertedFact] = field(default_factory=list[AssertedFact])
    where: dict[Saying, str] = field(default_factory=dict[Saying, str])


def bundled(collection: str, facts: Iterable[AssertedFact], judged: JudgedFacts) -> Bundled:
    """All facts between some entities, those that say the same as one.

    It has the relation of the sentence that was written first; a fact that no verdict is about stays as it is.
    """
    found, same = Bundled(), judged.judged.keys
    between: dict[Ends, dict[str, list[tuple[str, Assertion]]]] = defaultdict(lambda: defaultdict(list))
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
