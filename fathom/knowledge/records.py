"""Defines the rows of an episode in the graph, in Graphiti's properties: episode, mentions, facts.

Every uuid follows from the content of its row, so writing a chunk again, after a crash or by another process, is idempotent. An
entity is a resolved mention key of its collection, shared by all files that mention it. Values that several episodes contribute
to are aggregated when they are saved.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fathom.ids import EPISODE_NAMESPACE
from fathom.knowledge.assertions import AssertedFact, Assertion, fold_case, rename_asserted_facts
from fathom.knowledge.name_disambiguation import NO_DISTINCTIONS, Distinctions
from fathom.knowledge.name_resolution import PERSON, MentionKey


@dataclass
class EpisodeRows:
    """The rows of a chunk before its mentions are resolved within the collection.

    `entities` has the name and type of each mention key; `confidence` the measured confidences; `distinctions` the names of the
    same key that the text distinguishes; `left_out` the number of facts that are not kept, by the reason.
    """

    episode: dict[str, Any]
    entities: dict[MentionKey, tuple[str, str | None]] = field(default_factory=dict[MentionKey, tuple[str, str | None]])
    facts: dict[tuple[MentionKey, str, MentionKey, str], Assertion] = field(
        default_factory=dict[tuple[MentionKey, str, MentionKey, str], Assertion]
    )
    confidence: dict[MentionKey, float] = field(default_factory=dict[MentionKey, float])
    distinctions: Distinctions = field(default_factory=lambda: NO_DISTINCTIONS)
    left_out: Counter[str] = field(default_factory=Counter[str])

    @property
    def uuid(self) -> str:
        """The episode's uuid."""
        return str(self.episode["uuid"])

    def resolved(self, entity_of: Mapping[MentionKey, MentionKey]) -> ResolvedRows:
        """Returns the rows with each mention assigned to its entity in the collection."""
        collection, at = self.episode["group_id"], self.episode["created_at"]
        uuids = {mention: entity_uuid(collection, entity_of.get(mention, mention)) for mention in self.entities}
        facts = [
            AssertedFact(
                fact_uuid(collection, uuids[source], relation, uuids[target], assertion.fact),
                uuids[source],
                uuids[target],
                relation,
                (assertion,),
            )
            for (source, relation, target, _), assertion in self.facts.items()
        ]
        asserts: dict[str, list[str]] = defaultdict(list)
        for fact in facts:
            asserts[fact.source] += [assertion.pack(fact.uuid) for assertion in fact.assertions]
        by_entity: dict[str, list[MentionKey]] = defaultdict(list)
        for mention, entity in uuids.items():
            by_entity[entity].append(mention)
        rows = []
        for entity, mentions in by_entity.items():
            first = primary_mention(mentions, entity_of.get(mentions[0], mentions[0]).key)
            name, kind = self.entities[first]
            asserted = asserts.get(entity)
            measured = [self.confidence[mention] for mention in mentions if mention in self.confidence]
            rows.append(
                {
                    "uuid": mention_uuid(self.uuid, entity),
                    "source_node_uuid": self.uuid,
                    "target_node_uuid": entity,
                    "group_id": collection,
                    "created_at": at,
                    "name": name,
                    "type": kind,
                    "asserts": sorted(set(asserted)) if asserted and len(mentions) > 1 else asserted,
                    "also": pack_aliases(self.entities[mention] for mention in mentions if mention != first),
                    "apart": pack_distinctions(self.distinctions, mentions),
                    "confidence": max(measured, default=None),
                }
            )
        entities = {uuids[mention]: entity_of.get(mention, mention) for mention in self.entities}
        return ResolvedRows({**self.episode, "entity_edges": [fact.uuid for fact in facts]}, entities, rows, facts)


@dataclass(frozen=True)
class ResolvedRows:
    """The rows that a chunk adds to the graph."""

    episode: dict[str, Any]
    entities: dict[str, MentionKey]
    mentions: list[dict[str, Any]]
    facts: list[AssertedFact]

    def with_fact_uuids(self, merged: Mapping[str, str]) -> ResolvedRows:
        """Returns the rows with the uuids of merged facts in place of their own, `merged` by these facts' own uuids."""
        if not any(fact.uuid in merged for fact in self.facts):
            return self
        uuids = {fact.uuid: merged.get(fact.uuid, fact.uuid) for fact in self.facts}
        renames = {
            fact.uuid: {assertion.key: (uuids[fact.uuid], assertion.relation) for assertion in fact.assertions}
            for fact in self.facts
        }
        mentions = [{**row, "asserts": rename_asserted_facts(row["asserts"], renames)} for row in self.mentions]
        edges = [uuids[fact.uuid] for fact in self.facts]
        return replace(self, episode={**self.episode, "entity_edges": edges}, mentions=mentions)


def pack_aliases(names: Iterable[tuple[str, str | None]]) -> list[str] | None:
    """Returns the other names of a mention's entity in its text, with their types, for the mention's property `also`."""
    return sorted(json.dumps([name, kind], ensure_ascii=False) for name, kind in names) or None


def aliases_of(mention: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """Returns the names and types in a mention row's `also`."""
    return [(name, kind) for name, kind in map(json.loads, mention["also"] or ())]


def pack_distinctions(distinctions: Distinctions, mentions: Iterable[MentionKey]) -> list[str] | None:
    """Returns the distinctions of the mentions' keys, for a mention's property `apart`: a key and a part each."""
    packed = {
        json.dumps([mention.key, part], ensure_ascii=False)
        for mention in mentions
        for part in distinctions.get(mention.key, ())
    }
    return sorted(packed) or None


def distinctions_of(mention: Mapping[str, Any]) -> Distinctions:
    """Returns the distinctions in a mention row's `apart`."""
    found: dict[str, set[str]] = defaultdict(set)
    for key, part in map(json.loads, mention["apart"] or ()):
        found[key].add(part)
    return {key: frozenset(parts) for key, parts in found.items()}


def primary_mention(mentions: Iterable[MentionKey], key: str) -> MentionKey:
    """Returns, of a text's several names of an entity with this key, the name that the mention row has."""
    return min(mentions, key=lambda mention: (mention.key != key, mention.type != PERSON, mention.name))


def entity_uuid(collection: str, entity: MentionKey) -> str:
    """Returns the uuid5 of an entity in a collection."""
    return _uuid("entity", collection, *(entity if entity.form else entity[:2]))


def fact_uuid(collection: str, source: str, relation: str, target: str, fact: str) -> str:
    """Returns the uuid5 of a sentence about two entities; case and white space do not count."""
    return _uuid("fact", collection, source, relation, target, fold_case(fact))


def mention_uuid(episode: str, entity: str) -> str:
    """Returns the uuid5 of an entity's mention by an episode."""
    return _uuid("mention", episode, entity)


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(EPISODE_NAMESPACE, "\0".join(parts)))
