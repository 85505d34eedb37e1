"""Which assertions are one fact: those of one relation and sentence, and those that were judged to say the same.

A function of what is asserted between two entities and of the verdicts. All sentences of one fact were judged the same as
each other, none by a chain or a vaguer one in the middle: so no text can make two facts one that are not held to be so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from fathom.graph.assertions import AssertedFact, Assertion
from fathom.graph.rows import fact_uuid
from fathom.graph.sameness import Judged, neighbours

Ends = tuple[str, str]  # uuids of a fact's source and target
Saying = tuple[str, str]  # the uuid of a fact, and the key of an assertion of it


@dataclass
class Bundled:
    """Facts as the verdicts leave them, and the uuid of the fact that each saying of those before is of then."""

    facts: list[AssertedFact] = field(default_factory=list[AssertedFact])
    where: dict[Saying, str] = field(default_factory=dict[Saying, str])


def bundled(collection: str, facts: Iterable[AssertedFact], judged: Judged) -> Bundled:
    """All facts between some entities, those that say the same as one.

    It has the relation of the sentence that was written first; a fact that no verdict is about stays as it is.
    """
    found, same = Bundled(), judged.keys
    between: dict[Ends, dict[str, list[tuple[str, Assertion]]]] = defaultdict(lambda: defaultdict(list))
    for fact in facts:
        keys = fact.keys
        if len(keys) == 1 and not keys & same:
            found.facts.append(fact)
            continue
        for one in fact.assertions:
            between[fact.source, fact.target][one.key].append((fact.uuid, one))
    for (source, target), said in between.items():
        near = neighbours(said.keys(), judged)
        left = dict.fromkeys(sorted(said, key=lambda key: min((one.at, one.relation, key) for _, one in said[key])))
        for first in list(left):
            if first not in left:
                continue
            own = [first]
            for key in left:
                if all(key in near.get(one, ()) for one in own):
                    own.append(key)
            of = said[first][0][1]
            uuid = fact_uuid(collection, source, of.relation, target, of.fact)
            empty = AssertedFact(uuid, source, target, of.relation, ())
            found.facts.append(empty.and_also(one for key in own for _, one in said[key]))
            for key in own:
                del left[key]
                found.where |= {(old, key): uuid for old, _ in said[key]}
    return found
