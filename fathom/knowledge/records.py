"""Converts an extraction to rows of the graph, in Graphiti's properties: episode, mentions, facts.

Every uuid follows from the content of its row, so writing a chunk again, after a crash or by another process, is idempotent. An
entity is a resolved mention key of its collection, shared by all files that mention it. Values that several episodes contribute
to are aggregated when they are saved.
"""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from fathom.chunking.chunk import Chunk
from fathom.clean_text import clean_text
from fathom.extraction.model import Extraction
from fathom.ids import EPISODE_NAMESPACE, episode_uuid
from fathom.knowledge.assertions import AssertedFact, Assertion, fold_case, rename_asserted_facts
from fathom.knowledge.fact_validity import role_by_types
from fathom.knowledge.name_disambiguation import NO_DISTINCTIONS, Distinctions, distinctions_in_text
from fathom.knowledge.name_resolution import PERSON, MentionKey, is_generic, mention_key, resolve_within_document

OF_ITSELF = "fact of a thing with itself"
OF_UNKNOWN = "fact of a name that is no entity"

_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


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


def episode_rows(
    collection: str,
    document: str,
    chunk: Chunk,
    found: Extraction,
    reference_time: datetime,
    came_at: datetime | None = None,
) -> EpisodeRows:
    """Returns the rows of a chunk; a fact without a date of its own holds from `reference_time`.

    `came_at` is the time at which the document arrived, where `reference_time` is a date of the document itself.
    """
    episode = episode_uuid(collection, document, chunk.id)
    written = reference_time.astimezone(UTC)  # servers keep time zones and sort by them, so all times have the same
    came = came_at and came_at.astimezone(UTC)
    rows = EpisodeRows(
        {
            "uuid": episode,
            "name": f"{document} #{chunk.position + 1}",
            "group_id": collection,
            "source": "text",
            "source_description": document,
            "content": clean_text(chunk.embedding_text),  # chunks of older versions may not be clean
            "created_at": came or written,
            "valid_at": written,
        }
    )
    confidence: dict[str, float] = {}
    kinds: dict[str, tuple[str, str | None]] = {}  # the first spelling and type of each name, by its folded spelling
    for entity in found.entities:
        if fold_case(clean_text(entity.name)):
            kinds.setdefault(fold_case(entity.name), (clean_text(entity.name), _label(entity.type)))
            if entity.confidence is not None:
                folded = fold_case(entity.name)
                confidence[folded] = max(entity.confidence, confidence.get(folded, 0.0))
    keys = {folded: mention_key(*named) for folded, named in kinds.items()}
    rows.distinctions = _distinctions(keys, found, kinds)
    resolved = resolve_within_document(list(keys.values()), rows.distinctions)
    mentions = {folded: resolved[key] for folded, key in keys.items()}
    spelled: dict[MentionKey, tuple[str, MentionKey]] = {}  # the spelling of each mention, and the key of that spelling
    types: dict[MentionKey, list[str | None]] = defaultdict(list)
    for folded, (name, kind) in kinds.items():
        mention, own = mentions[folded], keys[folded]
        best = spelled.setdefault(mention, (name, own))
        if best[1].name != mention.name == own.name:
            spelled[mention] = (name, own)
        types[mention].append(kind)
        if folded in confidence:
            rows.confidence[mention] = max(confidence[folded], rows.confidence.get(mention, 0.0))
    for mention, (name, _) in spelled.items():
        rows.entities[mention] = (name, _type(mention, types[mention]))
    endpoints = _EndpointLookup(keys, mentions)
    for fact in found.facts:
        source, target = endpoints.find(fact.source), endpoints.find(fact.target)
        if source is None or target is None or source == target:
            rows.left_out[OF_ITSELF if source and source == target else OF_UNKNOWN] += 1
            continue
        begins, until = (date and date.astimezone(UTC) for date in (fact.valid_at, fact.invalid_at))
        assertion = Assertion(
            episode,
            clean_text(fact.fact),
            written,
            begins,
            until,
            fact.one_at_a_time,
            fact.relation,
            fact.valid_at_said,
            fact.invalid_at_said,
            came,
            role_by_types(fact.relation, rows.entities[source][1], rows.entities[target][1]),
            fact.property,
            fact.confidence,
        )
        first = rows.facts.setdefault((source, fact.relation, target, fold_case(fact.fact)), assertion)
        if fact.confidence is not None and fact.confidence > (first.confidence or 0.0):
            rows.facts[source, fact.relation, target, fold_case(fact.fact)] = replace(first, confidence=fact.confidence)
    return rows


class _EndpointLookup:
    """Finds the entity of a fact's endpoint: by its name as written, by its mention key, or by a key of a single entity."""

    def __init__(self, keys: Mapping[str, MentionKey], mentions: Mapping[str, MentionKey]) -> None:
        self._mentions = mentions
        self._by_name = {keys[name].name: mention for name, mention in reversed(list(mentions.items()))}
        self._by_key: dict[str, set[MentionKey]] = defaultdict(set)
        for name, mention in mentions.items():
            self._by_key[keys[name].key].add(mention)

    def find(self, name: str) -> MentionKey | None:
        """Returns the entity of the name; None where it names none or is ambiguous."""
        if mention := self._mentions.get(fold_case(name)):
            return mention
        own = mention_key(name, None)
        of_key = self._by_key.get(own.key, ())
        return self._by_name.get(own.name) or (next(iter(of_key)) if len(of_key) == 1 else None)


def _distinctions(
    keys: Mapping[str, MentionKey], found: Extraction, kinds: Mapping[str, tuple[str, str | None]]
) -> Distinctions:
    """Returns the distinctions that the text makes between names of the same key."""
    named = [(mention.key, mention.form, kinds[name][1]) for name, mention in keys.items()]
    if len({key for key, _, _ in named}) == len(named):
        return NO_DISTINCTIONS
    related = [(keys.get(fold_case(fact.source)), keys.get(fold_case(fact.target))) for fact in found.facts]
    of_same_key = [
        (source.key, source.form, target.form) for source, target in related if source and target and source.key == target.key
    ]
    return distinctions_in_text(named, of_same_key)


def _type(mention: MentionKey, given: Sequence[str | None]) -> str | None:
    """Returns the first informative type of those given that the mention allows: PERSON for a person, no PERSON for others."""
    if mention.type == PERSON:
        return PERSON
    allowed = [kind for kind in given if kind != PERSON]
    return next((kind for kind in allowed if not is_generic(kind)), allowed[0] if allowed else None)


def _label(kind: str) -> str | None:
    return kind if _LABEL.fullmatch(kind) and kind != "Entity" else None


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(EPISODE_NAMESPACE, "\0".join(parts)))
