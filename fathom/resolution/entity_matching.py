"""Names of a document that may be other names of what its collection has already: compared, judged, joined.

Once for all of a document, while the last of it is written, and once a name: only pairs that are alike and that nothing else
decides are asked about, many in one question. What is judged is durable before the graph follows it, so whoever is killed
in between asks nothing twice.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fathom.extraction.match_prompts.entity_match import PROMPT
from fathom.extraction.model import DescribedName, NameJudge, Usage
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.clustering import MatchVerdicts, Pair, unjudged_pairs
from fathom.knowledge.name_disambiguation import base_key, split_form
from fathom.knowledge.name_resolution import (
    UNTYPED,
    MentionKey,
    distinguished_pairs,
    initialism_key,
    mention_key,
    with_distinctions,
)
from fathom.knowledge.records import EpisodeRows, aliases_of
from fathom.observability.structured_logging import get_logger
from fathom.resolution.entity_candidates import block, candidate_pairs
from fathom.resolution.pair_judge import judge_pairs
from fathom.resolution.store.verdict_store import NameVerdictStore, VerdictWriter

MAX_NAMES = 100_000  # of a collection that a name is compared with, the latest
MAX_RELATED = 4  # names of what a thing is related to that tell who it is

NAMES_IN = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE p.uuid IN $uuids AND m.name IS NOT NULL
RETURN DISTINCT m.name AS name, m.type AS type, m.also AS also, n.name_key AS key, n.name_form AS form
"""
ENTITIES = """
MATCH (n:Entity) WHERE n.name_key IN $keys AND n.group_id = $group
RETURN n.name_key AS key, n.name_form AS form, n.name AS name, labels(n) AS labels
"""
SPELLED = """
MATCH (n:Entity)<-[m:MENTIONS]-(:Episodic) WHERE n.name_key IN $keys AND n.group_id = $group AND m.name IS NOT NULL
RETURN DISTINCT m.name AS name, m.also AS also, labels(n) AS labels, n.name_key AS key, n.name_form AS form
"""
RELATIONS = """
MATCH (n:Entity)-[r:RELATES_TO]-(o:Entity) WHERE n.name_key IN $keys AND n.group_id = $group
WITH n.name_key + coalesce(n.name_form, '') AS key, o.name AS name, count(r) AS times ORDER BY times DESC, name
RETURN key, collect(name)[0..$most] AS names
"""

log = get_logger(__name__)


@dataclass(frozen=True)
class ComparedNames:
    """Names that were held against those of their collection: `unknown` are the pairs that are to be judged."""

    fresh: frozenset[str]
    signs: Mapping[str, bytes]
    candidate_pairs: int
    names: Mapping[str, _Entity]
    unknown: Sequence[Pair] = ()
    described: Mapping[Pair, tuple[DescribedName, DescribedName]] = field(
        default_factory=dict[Pair, tuple[DescribedName, DescribedName]]
    )


def find_candidates(
    connection: GraphConnection,
    verdicts: NameVerdictStore,
    collection: str,
    episodes: Sequence[str],
    signs: Callable[[Sequence[str]], list[bytes]],
    batch: Sequence[EpisodeRows] = (),
    but: Collection[str] = (),
) -> ComparedNames | None:
    """The names of these episodes, and of a batch that is not in the graph yet, beside those that were compared before.

    None where all were, or are among `but`. Names of the batch whose entity is known only when it is written, since texts tell
    them from others of their key, are left for then. `signs` gives those of names' vectors. Raises GraphUnreachable.
    """
    parting = _parting(connection, collection, batch)
    said = {key: one for key, one in _said(batch).items() if key not in parting}
    named = keys_of_names(connection.read(NAMES_IN, uuids=list(episodes))) if episodes else set[str]()
    fresh = verdicts.unjudged(collection, named | said.keys()) - {*but}
    if not fresh:
        return None
    names = {key: one for key, one in said.items() if key in fresh} | _entities(connection, collection, fresh)
    own = dict(zip(names, signs([one.name for one in names.values()]), strict=True))
    candidates = block(own, verdicts.judged(collection, most=MAX_NAMES) | own)
    names |= _known(connection, verdicts, collection, {key for keys in candidates.values() for key in keys} - names.keys())
    pairs = candidate_pairs(candidates, {key: one.types for key, one in names.items()})
    known = verdicts.of(collection, pairs)
    unknown = [pair for pair in pairs if pair not in known]
    return ComparedNames(frozenset(fresh), own, len(pairs), names, unknown, _described(connection, collection, unknown, names))


def judge_candidates(
    connection: GraphConnection,
    verdicts: NameVerdictStore,
    asked: NameJudge,
    collection: str,
    compared: ComparedNames,
    stop: threading.Event,
    *,
    model: str,
) -> Usage:
    """The pairs are judged, and that is durable; what the model cannot answer as asked is two.

    So is each pair of what hangs together by them: names of one thing are all called the same as each other. Raises
    GraphUnreachable, LanguageModelUnreachable, BudgetSpent; CancelledError after `stop`.
    """
    sheet = VerdictWriter(verdicts, collection, model, PROMPT.version)
    used = judge_pairs(asked.same_things, compared.unknown, compared.described, sheet, _by_name, stop=stop)
    while described := _hanging_together(connection, verdicts, collection, compared):
        used = used.and_also(judge_pairs(asked.same_things, sorted(described), described, sheet, _by_name, stop=stop))
    return used


def _hanging_together(
    connection: GraphConnection, verdicts: NameVerdictStore, collection: str, compared: ComparedNames
) -> dict[Pair, tuple[DescribedName, DescribedName]]:
    """The pairs without a verdict of names that hang together with those that were compared."""
    judged = MatchVerdicts(*verdicts.about(collection, compared.fresh))
    left = unjudged_pairs(judged | MatchVerdicts(apart=frozenset(distinguished_pairs(judged.keys))))
    keys = {key for pair in left for key in pair} - compared.names.keys()
    names = {**compared.names, **_known(connection, verdicts, collection, keys)}
    return _described(connection, collection, [pair for pair in left if names.keys() >= {*pair}], names)


def apply_matches(
    connection: GraphConnection,
    verdicts: NameVerdictStore,
    collection: str,
    compared: ComparedNames,
    join: Callable[[Collection[str]], object],
) -> set[str]:
    """None of the names, which are in the graph, stands apart from one that it was judged to be the same as.

    Answers the keys of those that are the same as another. `join` moves what is said by names of the keys to where the
    verdicts say. Raises GraphUnreachable.
    """
    same, apart = verdicts.about(collection, compared.fresh)
    names = _entities(connection, collection, {key for pair in same for key in pair})
    joined = [pair for pair in same if names.keys() >= {*pair}]  # both are entities still
    keys = {key for pair in same for key in pair}
    if joined or apart:  # what was written before all was judged may have joined what is apart
        join(keys)
        told = {"alike": compared.alike, "same": len(joined)}
        log.info("Names were found to mean one thing", sub_stage="names", metrics=told)
    return keys


def mark_compared(verdicts: NameVerdictStore, collection: str, compared: ComparedNames) -> None:
    """The names are not compared again: the graph follows all that came of it."""
    verdicts.mark_judged(
        collection,
        {key: (initialism_key(MentionKey(base_key(key), UNTYPED)), compared.signs.get(key)) for key in compared.fresh},
    )


def _by_name(one: DescribedName) -> DescribedName:
    """Without what it is related to: names of other documents, too."""
    return replace(one, related=())


def keys_of_names(mentions: Iterable[Mapping[str, Any]]) -> set[str]:
    """The keys of all names that the mentions have, each with the form of its entity where texts tell that from others."""
    return {_key_of(name, row) for row in mentions for name, _ in ((row["name"], None), *aliases_of(row))}


def _key_of(name: str, mention: Mapping[str, Any]) -> str:
    key = mention_key(name, None).key
    return key + (mention["form"] or "") if key == mention["key"] else key


@dataclass(frozen=True)
class _Entity:
    name: str
    types: tuple[str, ...]
    related: tuple[str, ...] = ()

    def described(self, related: tuple[str, ...]) -> DescribedName:
        return DescribedName(self.name, ", ".join(self.types) or "Thing", related or self.related)


def _said(batch: Sequence[EpisodeRows]) -> dict[str, _Entity]:
    """What is named in a batch, by key, with what it is related to there."""
    names: dict[str, str] = {}
    types: dict[str, set[str]] = defaultdict(set)
    related: dict[str, Counter[str]] = defaultdict(Counter)
    for rows in batch:
        keys = {sense: with_distinctions(sense, rows.told).name for sense in rows.entities}
        for sense, (name, kind) in rows.entities.items():
            names.setdefault(keys[sense], name)
            types[keys[sense]].update([kind] if kind else ())
        for source, _, target, _ in rows.facts:
            for one, other in ((source, target), (target, source)):
                related[keys[one]][rows.entities[other][0]] += 1
    return {
        key: _Entity(name, tuple(sorted(types[key])), tuple(name for name, _ in related[key].most_common(MAX_RELATED)))
        for key, name in names.items()
    }


def _parting(connection: GraphConnection, collection: str, batch: Sequence[EpisodeRows]) -> set[str]:
    """The keys of the batch's names that may go to another entity than that of the key: some are told apart, or may be now."""
    legal: dict[str, set[str]] = defaultdict(set)
    for rows in batch:
        for sense in rows.entities:
            if sense.form and sense.key not in rows.told:
                legal[sense.key].add(split_form(sense.form)[1])
    found: set[str] = set()
    for row in connection.read(SPELLED, group=collection, keys=sorted(legal)) if legal else ():
        legal[row["key"]].add(split_form(mention_key(row["name"], None).form)[1])
        found |= {row["key"]} if row["form"] else set()
    return found | {key for key, forms in legal.items() if len(forms - {""}) > 1}


def _entities(connection: GraphConnection, collection: str, keys: Collection[str]) -> dict[str, _Entity]:
    """The entities of these keys, by key; a key that is only another name of one has none."""
    rows = connection.read(ENTITIES, group=collection, keys=_alone(keys)) if keys else []
    found = {row["key"] + (row["form"] or ""): row for row in rows if row["name"]}
    return {key: _Entity(row["name"], _types(row["labels"])) for key, row in found.items() if key in keys}


def _alone(keys: Collection[str]) -> list[str]:
    return sorted({*map(base_key, keys)})


def _types(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(label for label in labels if label != "Entity"))


def _known(
    connection: GraphConnection, verdicts: NameVerdictStore, collection: str, keys: Collection[str]
) -> dict[str, _Entity]:
    """The entities of these keys, and for a key that is only another name of one that, as it is spelled."""
    found = _entities(connection, collection, keys)
    absent = keys - found.keys()
    if not absent:
        return found
    same, _ = verdicts.about(collection, absent)
    of = sorted({key for pair in same for key in pair})
    for row in connection.read(SPELLED, group=collection, keys=_alone(of)) if of else ():
        for name, _ in ((row["name"], None), *aliases_of(row)):
            if (key := _key_of(name, row)) in absent:
                found[key] = _Entity(min(name, found[key].name) if key in found else name, _types(row["labels"]))
    return found


def _described(
    connection: GraphConnection, collection: str, pairs: Sequence[Pair], names: Mapping[str, _Entity]
) -> dict[Pair, tuple[DescribedName, DescribedName]]:
    if not pairs:
        return {}
    keys = {key for pair in pairs for key in pair}
    found = connection.read(RELATIONS, group=collection, keys=_alone(keys), most=MAX_RELATED)
    related = {row["key"]: tuple(row["names"]) for row in found}
    of = {key: names[key].described(related.get(key, ())) for key in keys}
    return {(one, other): (of[one], of[other]) for one, other in pairs}
