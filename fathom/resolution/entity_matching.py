"""Matches the names of a document with those of its collection: finds candidates, judges them, applies the matches.

Runs once for each document, while its last batch is written, and once for each name. Only candidate pairs that nothing else
decides are judged, many in one request. Verdicts are durable before the graph reflects them, so a killed process pays for no
pair twice.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, LiteralString

from fathom.extraction.match_prompts.entity_match import PROMPT
from fathom.extraction.model import DescribedName, NameJudge, Usage
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.clustering import MatchVerdicts, Pair, unjudged_pairs
from fathom.knowledge.name_disambiguation import base_key, split_form
from fathom.knowledge.name_resolution import (
    UNTYPED,
    MentionKey,
    distinguished_pairs,
    initial_key,
    mention_key,
    with_distinctions,
)
from fathom.knowledge.records import EpisodeRows, aliases_of
from fathom.observability.structured_logging import get_logger
from fathom.resolution.entity_candidates import block, candidate_pairs
from fathom.resolution.pair_judge import judge_pairs, until_stopped
from fathom.resolution.store.verdict_store import NameVerdictStore, VerdictWriter

MAX_NAMES = 100_000  # of a collection that a name is compared with, the latest
MAX_RELATED = 4  # names of related entities that describe an entity

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
class NameMatching:
    """The collection whose names are matched: its graph, the verdicts on its names, and the model that judges them.

    `sign_bits` returns the sign bits of names' vectors.
    """

    connection: GraphConnection
    verdicts: NameVerdictStore
    collection: str
    judge: NameJudge
    sign_bits: Callable[[Sequence[str]], list[bytes]]

    def read(self, query: LiteralString, **parameters: Any) -> list[dict[str, Any]]:
        """Returns the rows of a query about the collection. Raises GraphUnreachable."""
        return self.connection.read(query, group=self.collection, **parameters)

    def closure_of(self, keys: Collection[str]) -> tuple[frozenset[Pair], frozenset[Pair]]:
        """Returns matches and non-matches of these keys; see `NameVerdictStore.closure_of`."""
        return self.verdicts.closure_of(self.collection, keys)


@dataclass(frozen=True)
class ComparedNames:
    """Names of a document with their candidates in the collection; `described` has the candidate pairs to judge."""

    fresh: frozenset[str]
    sign_bits: Mapping[str, bytes]
    candidates: int
    names: Mapping[str, _NamedEntity]
    described: Mapping[Pair, tuple[DescribedName, DescribedName]] = field(
        default_factory=dict[Pair, tuple[DescribedName, DescribedName]]
    )


def find_candidates(
    matching: NameMatching, episodes: Sequence[str], batch: Sequence[EpisodeRows] = (), skip: Collection[str] = ()
) -> ComparedNames | None:
    """Finds candidates for the names of these episodes, and of a batch that is not in the graph yet.

    Returns None where all names were compared before, or are in `skip`. Names of the batch whose entity is known only after
    writing, since texts distinguish them from others of their key, are left for then. Raises GraphUnreachable.
    """
    collection, verdicts = matching.collection, matching.verdicts
    ambiguous = _ambiguous_keys(matching, batch)
    in_batch = {key: entity for key, entity in _entities_of_batch(batch).items() if key not in ambiguous}
    in_graph = keys_of_names(matching.connection.read(NAMES_IN, uuids=list(episodes))) if episodes else set[str]()
    fresh = verdicts.uncompared(collection, in_graph | in_batch.keys()) - {*skip}
    if not fresh:
        return None
    names = {key: entity for key, entity in in_batch.items() if key in fresh} | _entities(matching, fresh)
    own = dict(zip(names, matching.sign_bits([entity.name for entity in names.values()]), strict=True))
    candidates = block(own, verdicts.compared_names(collection, limit=MAX_NAMES) | own)
    near = {key for keys in candidates.values() for key in keys}
    names |= _known(matching, near - names.keys())
    # a name whose last mention this write removed is in the graph again once the batch is written
    names |= {key: entity for key, entity in in_batch.items() if key in near - names.keys()}
    pairs = candidate_pairs(candidates, {key: entity.types for key, entity in names.items()})
    known = verdicts.of(collection, pairs)
    unknown = [pair for pair in pairs if pair not in known]
    described = _described(matching, unknown, names)
    return ComparedNames(frozenset(fresh), own, len(pairs), names, described)


def judge_candidates(matching: NameMatching, compared: ComparedNames, stop: threading.Event) -> Usage:
    """Judges the candidate pairs, records the verdicts, and returns the LLM usage; pairs the model cannot judge do not match.

    Also judges the other pairs of each connected component, since clusters need a match of every pair. Raises
    GraphUnreachable, LanguageModelUnreachable, BudgetSpent; CancelledError after `stop`.
    """
    writer = VerdictWriter(matching.verdicts, matching.collection, matching.judge.name, PROMPT.version)
    judge = until_stopped(matching.judge.same_things, stop)
    used = judge_pairs(judge, compared.described, writer, _name_only)
    while described := _unjudged_in_components(matching, compared):
        used = used.and_also(judge_pairs(judge, described, writer, _name_only))
    return used


def _unjudged_in_components(matching: NameMatching, compared: ComparedNames) -> dict[Pair, tuple[DescribedName, DescribedName]]:
    """Returns the pairs without a verdict in the connected components of the compared names."""
    judged = MatchVerdicts(*matching.closure_of(compared.fresh))
    rest = unjudged_pairs(judged | MatchVerdicts(non_matches=frozenset(distinguished_pairs(judged.matched_keys))))
    keys = {key for pair in rest for key in pair} - compared.names.keys()
    names = {**compared.names, **_known(matching, keys)}
    return _described(matching, [pair for pair in rest if names.keys() >= {*pair}], names)


def apply_matches(matching: NameMatching, compared: ComparedNames, join: Callable[[Collection[str]], object]) -> set[str]:
    """Merges the entities of matched names, which are in the graph, and returns the matched keys.

    `join` moves the mentions of names with the given keys to the entities that the verdicts imply. Raises GraphUnreachable.
    """
    matches, non_matches = matching.closure_of(compared.fresh)
    keys = {key for pair in matches for key in pair}
    names = _entities(matching, keys)
    unmerged = [pair for pair in matches if names.keys() >= {*pair}]  # both keys still have an entity
    if unmerged or non_matches:  # mentions written before all pairs were judged may have merged names that do not match
        join(keys)
        metrics = {"alike": compared.candidates, "same": len(unmerged)}
        log.info("Entities merged", sub_stage="names", metrics=metrics)
    return keys


def mark_compared(matching: NameMatching, compared: ComparedNames) -> None:
    """Marks the names as compared, once the graph reflects their verdicts."""
    names = {key: (initial_key(MentionKey(base_key(key), UNTYPED)), compared.sign_bits.get(key)) for key in compared.fresh}
    matching.verdicts.mark_compared(matching.collection, names)


def _name_only(described: DescribedName) -> DescribedName:
    """Returns the description without related names, which may come from other documents."""
    return replace(described, related=())


def keys_of_names(mentions: Iterable[Mapping[str, Any]]) -> set[str]:
    """Returns the keys of all names in the mention rows, with the form of the entity where texts distinguish it."""
    return {_key_of(name, row) for row in mentions for name, _ in ((row["name"], None), *aliases_of(row))}


def _key_of(name: str, mention: Mapping[str, Any]) -> str:
    key = mention_key(name, None).key
    return key + (mention["form"] or "") if key == mention["key"] else key


@dataclass(frozen=True)
class _NamedEntity:
    name: str
    types: tuple[str, ...]
    related: tuple[str, ...] = ()

    def described(self, related: tuple[str, ...]) -> DescribedName:
        return DescribedName(self.name, ", ".join(self.types) or "Thing", related or self.related)


def _entities_of_batch(batch: Sequence[EpisodeRows]) -> dict[str, _NamedEntity]:
    """Returns the entities that a batch names, by key, with their related names in the batch."""
    names: dict[str, str] = {}
    types: dict[str, set[str]] = defaultdict(set)
    related: dict[str, Counter[str]] = defaultdict(Counter)
    for rows in batch:
        keys = {mention: with_distinctions(mention, rows.distinctions).name for mention in rows.entities}
        for mention, (name, kind) in rows.entities.items():
            names.setdefault(keys[mention], name)
            types[keys[mention]].update([kind] if kind else ())
        for source, _, target, _ in rows.facts:
            for mention, other in ((source, target), (target, source)):
                related[keys[mention]][rows.entities[other][0]] += 1
    return {
        key: _NamedEntity(name, tuple(sorted(types[key])), tuple(name for name, _ in related[key].most_common(MAX_RELATED)))
        for key, name in names.items()
    }


def _ambiguous_keys(matching: NameMatching, batch: Sequence[EpisodeRows]) -> set[str]:
    """Returns the keys of names in the batch that texts distinguish, or may distinguish now, so that their entity is open."""
    legal: dict[str, set[str]] = defaultdict(set)
    for rows in batch:
        for mention in rows.entities:
            if mention.form and mention.key not in rows.distinctions:
                legal[mention.key].add(split_form(mention.form)[1])
    found: set[str] = set()
    for row in matching.read(SPELLED, keys=sorted(legal)) if legal else ():
        legal[row["key"]].add(split_form(mention_key(row["name"], None).form)[1])
        found |= {row["key"]} if row["form"] else set()
    return found | {key for key, forms in legal.items() if len(forms - {""}) > 1}


def _entities(matching: NameMatching, keys: Collection[str]) -> dict[str, _NamedEntity]:
    """Returns the entities of these keys, by key; a key that is only an alias has none."""
    rows = matching.read(ENTITIES, keys=_base_keys(keys)) if keys else []
    found = {row["key"] + (row["form"] or ""): row for row in rows if row["name"]}
    return {key: _NamedEntity(row["name"], _types(row["labels"])) for key, row in found.items() if key in keys}


def _base_keys(keys: Collection[str]) -> list[str]:
    return sorted({*map(base_key, keys)})


def _types(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(label for label in labels if label != "Entity"))


def _known(matching: NameMatching, keys: Collection[str]) -> dict[str, _NamedEntity]:
    """Returns the entities of these keys; for a key that is only an alias, its entity under the spelling of the alias."""
    found = _entities(matching, keys)
    absent = keys - found.keys()
    if not absent:
        return found
    matches, _ = matching.closure_of(absent)
    matched = sorted({key for pair in matches for key in pair})
    for row in matching.read(SPELLED, keys=_base_keys(matched)) if matched else ():
        for name, _ in ((row["name"], None), *aliases_of(row)):
            if (key := _key_of(name, row)) in absent:
                found[key] = _NamedEntity(min(name, found[key].name) if key in found else name, _types(row["labels"]))
    return found


def _described(
    matching: NameMatching, pairs: Sequence[Pair], names: Mapping[str, _NamedEntity]
) -> dict[Pair, tuple[DescribedName, DescribedName]]:
    if not pairs:
        return {}
    keys = {key for pair in pairs for key in pair}
    found = matching.read(RELATIONS, keys=_base_keys(keys), most=MAX_RELATED)
    related = {row["key"]: tuple(row["names"]) for row in found}
    descriptions = {key: names[key].described(related.get(key, ())) for key in keys}
    return {(left, right): (descriptions[left], descriptions[right]) for left, right in pairs}
