"""Facts of a document that may say again, in other words, what its collection has already: compared, judged, joined.

Once for all of a document, when its names are compared, and once a sentence and two entities: only with facts between these
that hold at the same time, and whichever of them came first. What is judged is durable before the graph follows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import combinations

from fathom.graph.assertions import FACT_COLUMNS, Assertion, held_facts, saying_key, unpacked
from fathom.graph.company import Said
from fathom.graph.connection import GraphConnection
from fathom.graph.judging import judge
from fathom.graph.paraphrases import Ends
from fathom.graph.relations import Relations
from fathom.graph.sameness import Judged, Pair, hanging_together, neighbours, pair_of
from fathom.language.extraction import FactJudge, Stated, Usage
from fathom.language.same_facts import PROMPT
from fathom.ledger.verdicts import Company, FactVerdicts, Sayer, Saying, Sheet
from fathom.observability.logs import get_logger

MOST_BETWEEN = 200  # facts between two entities, the latest, among which others of one are looked for
MOST_AROUND = 1_000  # pairs of entities, of names that are one, whose facts are looked at again
AT_ONCE = 50  # pairs of entities whose facts are joined in one transaction
MOST_ALIKE = 20  # facts that one is held against, the nearest by their sentences' vectors
NEAR = 92  # bits of 384 in which the signs of two vectors differ, .73 as a cosine; tests/fathom/graph/test_restating.py
LONGEST = 400  # characters of a sentence that is shown whole or not at all

SAID = """
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
WITH a.uuid AS source, b.uuid AS target, count(r) AS facts WHERE facts > 1 RETURN source, target LIMIT $most
"""
    for end in "ab"
)
BETWEEN = f"""
UNWIND $ends AS ends MATCH (a:Entity {{uuid: ends[0]}}) MATCH (b:Entity {{uuid: ends[1]}}) MATCH (a)-[r:RELATES_TO]->(b)
WITH a, b, r ORDER BY r.created_at DESC WITH a, b, collect(r) AS some WHERE size(some) >= $least UNWIND some[0..$most] AS r
RETURN {FACT_COLUMNS}
"""

log = get_logger(__name__)


@dataclass(frozen=True)
class _Saying:
    """A sentence between two entities, whoever says it."""

    relation: str
    fact: str
    since: datetime | None
    episodes: frozenset[str]

    def stated(self) -> Stated:
        return Stated(self.relation, self.fact, self.since)


def restate(
    connection: GraphConnection,
    verdicts: FactVerdicts,
    asked: FactJudge,
    collection: str,
    episodes: Sequence[str],
    join: Callable[[Collection[Ends]], object],
    signs: Callable[[Sequence[str]], list[bytes]],
    sayers: Callable[[Collection[str]], Mapping[str, Sayer]],
    *,
    joined: Collection[str],
    model: str,
) -> Usage:
    """No fact of these episodes stands apart from one that it was judged to say again; answers what that used.

    Nor do those that came together because names of the keys `joined` are one. `join` makes the facts between some entities
    what the verdicts leave, `signs` gives those of sentences' vectors, `sayers` the documents of episodes. Raises
    GraphUnreachable, LanguageModelUnreachable, BudgetSpent; the same call again goes on from there. A question that the model
    cannot answer as asked leaves its facts apart.
    """
    moved = _between(connection, _around(connection, collection, joined))
    sayings = _said(connection, episodes) | {(key, *ends) for ends, said in moved.items() for key in said}
    fresh: dict[Ends, set[str]] = defaultdict(set)
    for key, source, target in verdicts.unjudged(collection, sayings):
        fresh[source, target].add(key)
    companies = verdicts.companies(collection, {key for key, _, _ in sayings})
    beside: dict[str, list[str]] = defaultdict(list)
    for one, other in companies:
        beside[one].append(other)
    partners = {key for pair in companies for key in pair}
    again = {(source, target) for key, source, target in sayings if key in partners}
    if not fresh and not again:
        return Usage()
    between = {**moved, **_between(connection, fresh.keys() - moved.keys()), **_between(connection, again, least=1)}
    compared = {ends: between[ends] for ends in fresh.keys() & between.keys()}
    facts = _facts(verdicts, collection, {key for said in compared.values() for key in said})
    signs([one.fact for said in compared.values() if _by_nearness(said) for one in said.values()])  # all at once
    pairs: dict[Pair, list[Ends]] = defaultdict(list)
    held: dict[Pair, list[Ends]] = defaultdict(list)
    for ends, said in between.items():
        for pair in _alike(said, fresh[ends], facts, signs):
            pairs[pair].append(ends)
        for one in said.keys() & beside.keys():
            for other in said.keys() & beside[one]:
                held[one, other].append(ends)
    asking = partial(_judge, verdicts, asked, collection, between, companies=companies, sayers=sayers, model=model)
    used = asking([*{**pairs, **held}])
    while more := _hanging_together(verdicts, collection, between, fresh):
        used = used.and_also(asking([*more]))
        pairs |= more
    told = verdicts.of(collection, [*pairs, *held])
    same = [pair for pair in pairs if told[pair]]
    two = [pair for pair in held if not told[pair]]
    where = sorted({ends for pair in same for ends in pairs[pair]} | {ends for pair in two for ends in held[pair]})
    for start in range(0, len(where), AT_ONCE):
        join(where[start : start + AT_ONCE])
    if where:
        log.info("Facts were found to say one thing", sub_stage="facts", metrics={"alike": len(pairs), "same": len(same)})
    verdicts.parted(collection, two)
    verdicts.mark_judged(collection, [(key, *ends) for ends, keys in fresh.items() for key in keys])
    return used


def _judge(
    verdicts: FactVerdicts,
    asked: FactJudge,
    collection: str,
    between: Mapping[Ends, Mapping[str, _Saying]],
    pairs: Sequence[Pair],
    *,
    companies: Mapping[Pair, Collection[Company]],
    sayers: Callable[[Collection[str]], Mapping[str, Sayer]],
    model: str,
) -> Usage:
    """Each of the pairs has a verdict that counts for all who say its sentences between these entities."""
    known = verdicts.of(collection, pairs)
    looked_at = [pair for pair in sorted(pairs) if pair not in known or (known[pair] and pair in companies)]
    keys = {key for pair in looked_at for key in pair}
    said: dict[str, list[_Saying]] = defaultdict(list)
    for sayings in between.values():
        for key in keys & sayings.keys():
            said[key].append(sayings[key])
    documents = sayers({episode for some in said.values() for one in some for episode in one.episodes}) if said else {}
    by = {key: {documents[episode] for one in some for episode in one.episodes} for key, some in said.items()}
    who = Said(by, {pair: companies[pair] for pair in looked_at if pair in known}, *verdicts.about(collection, keys))
    unknown = [pair for pair in looked_at if pair not in known or not who.counts(pair)]
    described = {(one, other): (said[one][0].stated(), said[other][0].stated()) for one, other in unknown}
    sheet = Sheet(verdicts, collection, model, PROMPT.version)
    relations = Relations(asked, replace(sheet, verdicts=verdicts.relations), described)
    others = relations.apart([pair for pair in unknown if pair not in known])
    sheet.record(dict.fromkeys(others, False))
    left = sorted({*unknown} - {*others})
    use = judge(asked.same_facts, left, described, sheet, _as_it_is, said=who, allowed=relations.allowed)
    return use.and_also(relations.used)


def _facts(verdicts: FactVerdicts, collection: str, keys: Collection[str]) -> dict[str, int]:
    """The number of the fact that each key is of, by what is known of it; of those that no other is the same as, none."""
    same, _ = verdicts.about(collection, keys)
    groups = hanging_together(neighbours({key for pair in same for key in pair}, Judged(same)))
    return {key: number for number, group in enumerate(groups) for key in group}


def _hanging_together(
    verdicts: FactVerdicts,
    collection: str,
    between: Mapping[Ends, Mapping[str, _Saying]],
    fresh: Mapping[Ends, set[str]],
) -> dict[Pair, list[Ends]]:
    """The pairs without a verdict of what hangs together with a fresh one between the same two, and may be of one time."""
    found: dict[Pair, list[Ends]] = defaultdict(list)
    compared = {ends: between[ends] for ends in fresh.keys() & between.keys()}
    judged = Judged(*verdicts.about(collection, {key for said in compared.values() for key in said}))
    for ends, said in compared.items():
        for group in hanging_together(neighbours(said.keys(), judged)):
            for one, other in combinations(sorted(group), 2) if group & fresh[ends] else ():
                if _at_one_time(said[one].since, said[other].since):
                    found[one, other].append(ends)
    known = verdicts.of(collection, list(found))
    return {pair: where for pair, where in found.items() if pair not in known}


def _said(connection: GraphConnection, episodes: Sequence[str]) -> set[Saying]:
    """What the episodes say, by the keys of their sentences and the entities between which they say it."""
    rows = [(row["source"], unpacked(one)) for row in connection.read(SAID, uuids=list(episodes)) for one in row["asserts"]]
    asked = {"sources": sorted({source for source, _ in rows}), "facts": sorted({fact for _, (fact, _) in rows})}
    known = {row["fact"]: row for row in connection.read(TARGETS, **asked)} if rows else {}
    return {
        (saying_key(one.relation or known[fact]["relation"], one.fact), source, known[fact]["target"])
        for source, (fact, one) in rows
        if fact in known and len(one.fact) <= LONGEST
    }


def _around(connection: GraphConnection, collection: str, keys: Collection[str]) -> set[Ends]:
    """The entities of these keys with each that they have several facts with."""
    if not keys:
        return set()
    asked = {"group": collection, "keys": sorted(keys), "most": MOST_AROUND}
    return {(row["source"], row["target"]) for query in AROUND for row in connection.read(query, **asked)}


def _between(connection: GraphConnection, ends: Collection[Ends], least: int = 2) -> dict[Ends, dict[str, _Saying]]:
    """All that is said between these entities, by its key; only of those that have so many facts."""
    found: dict[Ends, dict[str, list[Assertion]]] = defaultdict(lambda: defaultdict(list))
    asked = [list(pair) for pair in sorted(ends)]
    for held in held_facts(connection.read, BETWEEN, ends=asked, most=MOST_BETWEEN, least=least) if ends else ():
        for one in held.asserted.assertions:
            if len(one.fact) <= LONGEST:
                found[held.asserted.source, held.asserted.target][one.key].append(one)
    return {pair: {key: _saying(said) for key, said in sayings.items()} for pair, sayings in found.items()}


def _saying(assertions: Sequence[Assertion]) -> _Saying:
    first = min(assertions, key=lambda one: (one.at, one.fact))
    since = min((one.valid_at for one in assertions if one.valid_at), default=None)
    return _Saying(first.relation, first.fact, since, frozenset(one.episode for one in assertions))


def _alike(
    sayings: Mapping[str, _Saying],
    fresh: Collection[str],
    facts: Mapping[str, int],
    signs: Callable[[Sequence[str]], list[bytes]],
) -> set[Pair]:
    """Each fresh one with those that may hold at the same time, of the nearest facts with its relation or near it."""
    found: set[Pair] = set()
    for key in sorted(fresh & sayings.keys()):
        own = sayings[key]
        others = [other for other, one in sayings.items() if other != key and _at_one_time(own.since, one.since)]
        of_others = {other for other in others if sayings[other].relation != own.relation}
        apart = dict.fromkeys(others, 0)
        if _by_nearness(sayings):
            mine, *theirs = (int.from_bytes(bits) for bits in signs([own.fact, *(sayings[other].fact for other in others)]))
            apart = {other: (mine ^ bits).bit_count() for other, bits in zip(others, theirs, strict=True)}
        near = sorted((bits, other) for other, bits in apart.items() if bits <= NEAR or other not in of_others)
        nearest = {*list(dict.fromkeys(facts.get(other, other) for _, other in near))[:MOST_ALIKE]}
        found |= {pair_of(key, other) for other in others if facts.get(other, other) in nearest}
    return found


def _by_nearness(sayings: Mapping[str, _Saying]) -> bool:
    """Whether it takes their sentences' vectors to tell which of them are alike: they are many, or of several relations."""
    return len(sayings) > MOST_ALIKE or len({one.relation for one in sayings.values()}) > 1


def _at_one_time(one: datetime | None, other: datetime | None) -> bool:
    """Whether two beginnings may be one: one of them is not said, or only the year of it."""
    if one is None or other is None or one == other:
        return True
    return one.year == other.year and any((date.month, date.day) == (1, 1) for date in (one, other))


def _as_it_is(one: Stated) -> Stated:
    return one
