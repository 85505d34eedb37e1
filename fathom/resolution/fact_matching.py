"""Facts of a document that may say again, in other words, what its collection has already: compared, judged, joined.

Once for all of a document, when its names are compared, and once a sentence, its date and two entities: only with facts between
these that hold at the same time, and whichever of them came first. Who says it word for word later has it compared again where
a verdict does not count for it (see company.py). What is judged is durable before the graph follows it.
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

MAX_FACTS_PER_PAIR = 200  # facts between two entities, the latest, among which others of one are looked for
MAX_ENTITY_PAIRS = 1_000  # pairs of entities, of names that are one, whose facts are looked at again
ENTITY_PAIRS_PER_TRANSACTION = 50  # pairs of entities whose facts are joined in one transaction
MAX_CANDIDATE_FACTS = 20  # facts that one is held against, the nearest by their sentences' vectors
MAX_HAMMING = (
    92  # bits of 384 in which the signs of two vectors differ, .73 as a cosine; tests/fathom/resolution/test_fact_matching.py
)
MAX_SENTENCE = 400  # characters of a sentence that is shown whole or not at all

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
    """A sentence between two entities, whoever says it."""

    relation: str
    fact: str
    since: frozenset[datetime | None]
    episodes: frozenset[str]

    def stated(self) -> StatedFact:
        return StatedFact(self.relation, self.fact, min((one for one in self.since if one), default=None))


def deduplicate_facts(
    connection: GraphConnection,
    verdicts: FactVerdictStore,
    asked: FactJudge,
    collection: str,
    episodes: Sequence[str],
    join: Callable[[Collection[EntityPair]], object],
    signs: Callable[[Sequence[str]], list[bytes]],
    sayers: SourceLookup,
    *,
    joined: Collection[str],
    model: str,
) -> Usage:
    """No fact of these episodes stands apart from one that it was judged to say again, or with another; answers what that used.

    Nor do those that came together because names of the keys `joined` are one. `join` makes the facts between some entities
    what the verdicts leave, `signs` gives those of sentences' vectors, `sayers` the documents of episodes. Raises
    GraphUnreachable, LanguageModelUnreachable, BudgetSpent; the same call again goes on from there. A question that the model
    cannot answer as asked leaves its facts apart.
    """
    moved = _between(connection, _around(connection, collection, joined))
    sayings = _said(connection, episodes) | {
        (key, since, *ends) for ends, said in moved.items() for key, one in said.items() for since in one.since
    }
    reopen_verdicts(connection, verdicts, collection, sayings, sayers)
    fresh: dict[EntityPair, set[str]] = defaultdict(set)
    unjudged = verdicts.unjudged(collection, sayings)
    for key, _, source, target in unjudged:
        fresh[source, target].add(key)
    if not fresh:
        return Usage()
    between = {**moved, **_between(connection, fresh.keys() - moved.keys())}
    compared = {ends: between[ends] for ends in fresh.keys() & between.keys()}
    held = verdicts.companies(collection, {key for keys in fresh.values() for key in keys})
    pairs = _to_compare(verdicts, collection, compared, fresh, held, signs)
    asking = partial(_judge, verdicts, asked, collection, between, sayers=sayers, model=model)
    used = asking([*pairs])
    while left := (together := _hanging_together(verdicts, collection, compared, fresh)).keys() - pairs:
        used = used.and_also(asking([*left]))
        pairs |= together
    told = verdicts.of(collection, [*pairs])
    same = [pair for pair in pairs if told.get(pair)]
    changed = [*same, *(pair for pair in held if told.get(pair) is False)]
    _join(join, {ends for pair in changed for ends in pairs[pair]} | verdicts.both_said(collection, changed))
    if changed:
        metrics = {"alike": len(pairs), "same": len(same), "parted": len(changed) - len(same)}
        log.info("Facts were found to say one thing", sub_stage="facts", metrics=metrics)
    verdicts.mark_judged(collection, unjudged)
    return used


def _join(join: Callable[[Collection[EntityPair]], object], where: Collection[EntityPair]) -> None:
    ordered = sorted(where)
    for start in range(0, len(ordered), ENTITY_PAIRS_PER_TRANSACTION):
        join(ordered[start : start + ENTITY_PAIRS_PER_TRANSACTION])


def reopen_verdicts(
    connection: GraphConnection,
    verdicts: FactVerdictStore,
    collection: str,
    sayings: Collection[ComparedStatement],
    sayers: SourceLookup,
) -> None:
    """What is said here of which a verdict does not count for all who say it is to be compared again."""
    companies = verdicts.companies(collection, {key for key, _, _, _ in sayings})
    told = adjacency(companies)
    between = _between(connection, {(source, target) for key, _, source, target in sayings if key in told})
    doubted: set[tuple[str, EntityPair]] = set()
    for ends, said in between.items():
        here = {pair_of(key, other) for key in said.keys() & told.keys() for other in told[key] & said.keys()}
        who = VerdictScope(_by({ends: said}, {key for pair in here for key in pair}, sayers), companies)
        doubted |= {(key, ends) for pair in here if not who.counts(pair) for key in pair}
    verdicts.mark_unjudged(collection, [one for one in sayings if (one[0], (one[2], one[3])) in doubted])


def _by(
    between: Mapping[EntityPair, Mapping[str, _Statement]], keys: Collection[str], sayers: SourceLookup
) -> dict[str, set[SourceDocument]]:
    """Who says what has these keys, between any of these entities."""
    episodes: dict[str, set[str]] = defaultdict(set)
    for said in between.values():
        for key in said.keys() & {*keys}:
            episodes[key] |= said[key].episodes
    documents = sayers(set[str]().union(*episodes.values())) if episodes else {}
    return {key: {documents[one] for one in some} for key, some in episodes.items()}


def _to_compare(
    verdicts: FactVerdictStore,
    collection: str,
    compared: Mapping[EntityPair, Mapping[str, _Statement]],
    fresh: Mapping[EntityPair, set[str]],
    held: Iterable[Pair],
    signs: Callable[[Sequence[str]], list[bytes]],
) -> dict[Pair, set[EntityPair]]:
    """The pairs of fresh sentences with what they may say again, or are held to; and between which entities."""
    facts = _facts(verdicts, collection, {key for said in compared.values() for key in said})
    signs([one.fact for said in compared.values() if _by_nearness(said) for one in said.values()])  # all at once
    told = adjacency(held)
    pairs: dict[Pair, set[EntityPair]] = defaultdict(set)
    for ends, said in compared.items():
        again = {pair_of(key, other) for key in fresh[ends] & said.keys() for other in told.get(key, set()) & said.keys()}
        for pair in again | _candidate_pairs(said, fresh[ends], facts, signs):
            pairs[pair].add(ends)
    return pairs


def _judge(
    verdicts: FactVerdictStore,
    asked: FactJudge,
    collection: str,
    between: Mapping[EntityPair, Mapping[str, _Statement]],
    pairs: Sequence[Pair],
    *,
    sayers: SourceLookup,
    model: str,
) -> Usage:
    """Each of the pairs has a verdict that counts for all who say its sentences between these entities."""
    known = verdicts.of(collection, pairs)
    keys = {key for pair in pairs for key in pair}
    companies = verdicts.companies(collection, keys)
    looked_at = [pair for pair in pairs if pair not in known or (known[pair] and pair in companies)]
    if not looked_at:
        return Usage()
    same, apart = verdicts.about(collection, keys)
    keys |= {key for pair in same for key in pair}
    companies |= verdicts.companies(collection, keys)
    who = VerdictScope(_by(between, keys, sayers), companies)
    unknown = sorted(pair for pair in looked_at if pair not in known or not who.counts(pair))
    said = {key: one for sayings in between.values() for key, one in sayings.items()}
    described = {(one, other): (said[one].stated(), said[other].stated()) for one, other in unknown}
    sheet = VerdictWriter(verdicts, collection, model, PROMPT.version)
    relations = RelationMatcher(asked, replace(sheet, verdicts=verdicts.relations), described)
    others = relations.apart([pair for pair in unknown if pair not in known])
    sheet.record(dict.fromkeys(others, False))
    left = [pair for pair in unknown if pair not in {*others}]
    # who vouches is known to be one with both for all who say these
    witnesses = MatchVerdicts(frozenset(pair for pair in same if pair not in companies or who.counts(pair)), apart)
    use = judge_pairs(asked.same_facts, left, described, sheet, said=who, known=witnesses, allowed=relations.allowed)
    return use.and_also(relations.used)


def _facts(verdicts: FactVerdictStore, collection: str, keys: Collection[str]) -> dict[str, int]:
    """The number of the fact that each key is of, by what is known of it; of those that no other is the same as, none."""
    same, _ = verdicts.about(collection, keys)
    groups = connected_components(adjacency(same))
    return {key: number for number, group in enumerate(groups) for key in group}


def _hanging_together(
    verdicts: FactVerdictStore,
    collection: str,
    compared: Mapping[EntityPair, Mapping[str, _Statement]],
    fresh: Mapping[EntityPair, set[str]],
) -> dict[Pair, set[EntityPair]]:
    """The pairs of what hangs together with a fresh sentence between the same two, and may be of one time."""
    found: dict[Pair, set[EntityPair]] = defaultdict(set)
    judged = MatchVerdicts(*verdicts.about(collection, {key for said in compared.values() for key in said}))
    for ends, said in compared.items():
        for group in connected_components(consistent_adjacency(said.keys(), judged)):
            for one, other in combinations(sorted(group), 2) if group & fresh[ends] else ():
                if may_share_start(said[one].since, said[other].since):
                    found[one, other].add(ends)
    return found


def _said(connection: GraphConnection, episodes: Sequence[str]) -> set[ComparedStatement]:
    """What the episodes say, by the keys of their sentences, since when, and the entities between which they say it."""
    rows = [(row["source"], unpack(one)) for row in connection.read(SAID, uuids=list(episodes)) for one in row["asserts"]]
    asked = {"sources": sorted({source for source, _ in rows}), "facts": sorted({fact for _, (fact, _) in rows})}
    known = {row["fact"]: row for row in connection.read(TARGETS, **asked)} if rows else {}
    return {
        (statement_key(one.relation or known[fact]["relation"], one.fact), one.valid_at, source, known[fact]["target"])
        for source, (fact, one) in rows
        if fact in known and len(one.fact) <= MAX_SENTENCE
    }


def _around(connection: GraphConnection, collection: str, keys: Collection[str]) -> set[EntityPair]:
    """The entities of these keys with each that they have several facts with."""
    if not keys:
        return set()
    asked = {"group": collection, "keys": sorted({*map(base_key, keys)}), "named": sorted(keys), "most": MAX_ENTITY_PAIRS}
    return {(row["source"], row["target"]) for query in AROUND for row in connection.read(query, **asked)}


def _between(connection: GraphConnection, ends: Collection[EntityPair]) -> dict[EntityPair, dict[str, _Statement]]:
    """All that is said between these entities, by its key; only of those that have several facts."""
    found: dict[EntityPair, dict[str, list[Assertion]]] = defaultdict(lambda: defaultdict(list))
    asked = [list(pair) for pair in sorted(ends)]
    for held in stored_facts(connection.read, BETWEEN, ends=asked, most=MAX_FACTS_PER_PAIR) if ends else ():
        for one in held.asserted.assertions:
            if len(one.fact) <= MAX_SENTENCE:
                found[held.asserted.source, held.asserted.target][one.key].append(one)
    return {pair: {key: _statement(said) for key, said in sayings.items()} for pair, sayings in found.items()}


def _statement(assertions: Sequence[Assertion]) -> _Statement:
    first = min(assertions, key=lambda one: (one.at, one.fact))
    since = frozenset(one.valid_at for one in assertions)
    return _Statement(first.relation, first.fact, since, frozenset(one.episode for one in assertions))


def _candidate_pairs(
    sayings: Mapping[str, _Statement],
    fresh: Collection[str],
    facts: Mapping[str, int],
    signs: Callable[[Sequence[str]], list[bytes]],
) -> set[Pair]:
    """Each fresh one with those that may hold at the same time, of the nearest facts with its relation or near it."""
    found: set[Pair] = set()
    for key in sorted(fresh & sayings.keys()):
        own = sayings[key]
        others = [other for other, one in sayings.items() if other != key and may_share_start(own.since, one.since)]
        of_others = {other for other in others if sayings[other].relation != own.relation}
        apart = dict.fromkeys(others, 0)
        if _by_nearness(sayings):
            mine, *theirs = (int.from_bytes(bits) for bits in signs([own.fact, *(sayings[other].fact for other in others)]))
            apart = {other: (mine ^ bits).bit_count() for other, bits in zip(others, theirs, strict=True)}
        near = sorted((bits, other) for other, bits in apart.items() if bits <= MAX_HAMMING or other not in of_others)
        nearest = {*list(dict.fromkeys(facts.get(other, other) for _, other in near))[:MAX_CANDIDATE_FACTS]}
        found |= {pair_of(key, other) for other in others if facts.get(other, other) in nearest}
    return found


def _by_nearness(sayings: Mapping[str, _Statement]) -> bool:
    """Whether it takes their sentences' vectors to tell which of them are alike: they are many, or of several relations."""
    return len(sayings) > MAX_CANDIDATE_FACTS or len({one.relation for one in sayings.values()}) > 1
