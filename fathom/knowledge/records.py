"""An extraction as rows of the graph, in Graphiti's properties: episode, mentions, facts.

Every uuid follows from what the row says, so writing a chunk a second time, after a crash or by another process, finds
the same rows again instead of making others. An entity is the sense of its name in its collection: files that mean it
share it. What several episodes say of one entity or fact is settled when they are saved.
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
    """What one chunk says, before it is known which of its senses are one in the collection.

    `sure` is the confidence of its entities where it was measured, `told` what it tells apart of names of one key, `left_out`
    how many facts have no place in it, by the reason.
    """

    episode: dict[str, Any]
    entities: dict[MentionKey, tuple[str, str | None]] = field(default_factory=dict[MentionKey, tuple[str, str | None]])
    facts: dict[tuple[MentionKey, str, MentionKey, str], Assertion] = field(
        default_factory=dict[tuple[MentionKey, str, MentionKey, str], Assertion]
    )
    sure: dict[MentionKey, float] = field(default_factory=dict[MentionKey, float])
    told: Distinctions = field(default_factory=lambda: NO_DISTINCTIONS)
    left_out: Counter[str] = field(default_factory=Counter[str])

    @property
    def uuid(self) -> str:
        """The episode's uuid."""
        return str(self.episode["uuid"])

    def placed(self, where: Mapping[MentionKey, MentionKey]) -> ResolvedRows:
        """The rows, with each sense as what it is in the collection."""
        collection, at = self.episode["group_id"], self.episode["created_at"]
        uuids = {sense: entity_uuid(collection, where.get(sense, sense)) for sense in self.entities}
        facts = [
            AssertedFact(
                fact_uuid(collection, uuids[source], relation, uuids[target], said.fact),
                uuids[source],
                uuids[target],
                relation,
                (said,),
            )
            for (source, relation, target, _), said in self.facts.items()
        ]
        asserts: dict[str, list[str]] = defaultdict(list)
        for fact in facts:
            asserts[fact.source] += [one.packed(fact.uuid) for one in fact.assertions]
        by_entity: dict[str, list[MentionKey]] = defaultdict(list)
        for sense, entity in uuids.items():
            by_entity[entity].append(sense)
        mentions = []
        for entity, senses in by_entity.items():
            first = primary_mention(senses, where.get(senses[0], senses[0]).key)
            name, kind = self.entities[first]
            said = asserts.get(entity)
            mentions.append(
                {
                    "uuid": mention_uuid(self.uuid, entity),
                    "source_node_uuid": self.uuid,
                    "target_node_uuid": entity,
                    "group_id": collection,
                    "created_at": at,
                    "name": name,
                    "type": kind,
                    "asserts": sorted(set(said)) if said and len(senses) > 1 else said,
                    "also": pack_aliases(self.entities[one] for one in senses if one != first),
                    "apart": pack_distinctions(self.told, senses),
                    "confidence": max((self.sure[one] for one in senses if one in self.sure), default=None),
                }
            )
        entities = {uuids[sense]: where.get(sense, sense) for sense in self.entities}
        return ResolvedRows({**self.episode, "entity_edges": [fact.uuid for fact in facts]}, entities, mentions, facts)


@dataclass(frozen=True)
class ResolvedRows:
    """What one chunk adds to the graph."""

    episode: dict[str, Any]
    entities: dict[str, MentionKey]
    mentions: list[dict[str, Any]]
    facts: list[AssertedFact]

    def asserting(self, names: Mapping[str, str]) -> ResolvedRows:
        """The same, where facts of these uuids say what others say, whose uuids they have then."""
        if not any(fact.uuid in names for fact in self.facts):
            return self
        said = {fact.uuid: names.get(fact.uuid, fact.uuid) for fact in self.facts}
        of = {fact.uuid: {one.key: (said[fact.uuid], one.relation) for one in fact.assertions} for fact in self.facts}
        mentions = [{**row, "asserts": rename_asserted_facts(row["asserts"], of)} for row in self.mentions]
        edges = [said[fact.uuid] for fact in self.facts]
        return replace(self, episode={**self.episode, "entity_edges": edges}, mentions=mentions)


def pack_aliases(names: Iterable[tuple[str, str | None]]) -> list[str] | None:
    """The other names by which a text speaks of what a mention is of, with their types, as its property `pack_aliases`."""
    return sorted(json.dumps([name, kind], ensure_ascii=False) for name, kind in names) or None


def aliases_of(mention: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """The names and types of a row's `pack_aliases`."""
    return [(name, kind) for name, kind in map(json.loads, mention["pack_aliases"] or ())]


def pack_distinctions(told: Distinctions, senses: Iterable[MentionKey]) -> list[str] | None:
    """What the text tells apart of names of the keys of these, as a mention's property `pack_distinctions`: a key and a part each."""
    packed = {json.dumps([one.key, part], ensure_ascii=False) for one in senses for part in told.get(one.key, ())}
    return sorted(packed) or None


def distinctions_of(mention: Mapping[str, Any]) -> Distinctions:
    """What a row's `pack_distinctions` says."""
    found: dict[str, set[str]] = defaultdict(set)
    for key, part in map(json.loads, mention["pack_distinctions"] or ()):
        found[key].add(part)
    return {key: frozenset(parts) for key, parts in found.items()}


def primary_mention(senses: Iterable[MentionKey], key: str) -> MentionKey:
    """Of several names by which a text speaks of the one thing that goes by the key, the one its mention has."""
    return min(senses, key=lambda one: (one.key != key, one.type != PERSON, one.name))


def entity_uuid(collection: str, sense: MentionKey) -> str:
    """The uuid5 of a sense in a collection."""
    return _uuid("entity", collection, *(sense if sense.form else sense[:2]))


def fact_uuid(collection: str, source: str, relation: str, target: str, fact: str) -> str:
    """The uuid5 of a sentence about two entities; case and white space do not count."""
    return _uuid("fact", collection, source, relation, target, fold_case(fact))


def mention_uuid(episode: str, entity: str) -> str:
    """The uuid5 of an entity's mention by an episode."""
    return _uuid("mention", episode, entity)


def episode_rows(
    collection: str,
    document: str,
    chunk: Chunk,
    found: Extraction,
    reference_time: datetime,
    came_at: datetime | None = None,
) -> EpisodeRows:
    """The rows of one chunk; a fact without a date of its own holds from `reference_time`.

    `came_at` is when the document came, where `reference_time` is a date of its own.
    """
    episode = episode_uuid(collection, document, chunk.id)
    written = reference_time.astimezone(UTC)  # servers keep zones and order by them: one for all
    came = came_at and came_at.astimezone(UTC)
    rows = EpisodeRows(
        {
            "uuid": episode,
            "name": f"{document} #{chunk.position + 1}",
            "group_id": collection,
            "source": "text",
            "source_description": document,
            "content": clean_text(chunk.embedding_text),  # chunks of before may not be clean
            "created_at": came or written,
            "valid_at": written,
        }
    )
    sure: dict[str, float] = {}
    kinds: dict[str, tuple[str, str | None]] = {}  # by its folded spelling each name as it is written first
    for entity in found.entities:
        if fold_case(clean_text(entity.name)):
            kinds.setdefault(fold_case(entity.name), (clean_text(entity.name), _label(entity.type)))
            if entity.confidence is not None:
                sure[fold_case(entity.name)] = max(entity.confidence, sure.get(fold_case(entity.name), 0.0))
    said = {folded_name: mention_key(*one) for folded_name, one in kinds.items()}
    rows.told = _distinctions(said, found, kinds)
    read = resolve_within_document(list(said.values()), rows.told)
    means = {name: read[sense] for name, sense in said.items()}
    named: dict[MentionKey, tuple[str, MentionKey]] = {}  # how each is spelled, and the sense of that
    given: dict[MentionKey, list[str | None]] = defaultdict(list)
    for folded_name, (name, kind) in kinds.items():
        sense, own = means[folded_name], said[folded_name]
        best = named.setdefault(sense, (name, own))
        if best[1].name != sense.name == own.name:
            named[sense] = (name, own)
        given[sense].append(kind)
        if folded_name in sure:
            rows.sure[sense] = max(sure[folded_name], rows.sure.get(sense, 0.0))
    for sense, (name, _) in named.items():
        rows.entities[sense] = (name, _type(sense, given[sense]))
    ends = _EndpointLookup(said, means)
    for fact in found.facts:
        source, target = ends.of(fact.source), ends.of(fact.target)
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
        said_first = rows.facts.setdefault((source, fact.relation, target, fold_case(fact.fact)), assertion)
        if fact.confidence is not None and fact.confidence > (said_first.confidence or 0.0):
            rows.facts[source, fact.relation, target, fold_case(fact.fact)] = replace(said_first, confidence=fact.confidence)
    return rows


class _EndpointLookup:
    """The entities of a text by the names that facts have for them: as written, by their sense, or by a key that one has."""

    def __init__(self, said: Mapping[str, MentionKey], means: Mapping[str, MentionKey]) -> None:
        self._means = means
        self._by_name = {said[name].name: sense for name, sense in reversed(list(means.items()))}
        self._by_key: dict[str, set[MentionKey]] = defaultdict(set)
        for name, sense in means.items():
            self._by_key[said[name].key].add(sense)

    def of(self, name: str) -> MentionKey | None:
        """The entity that the name means; None for a name of none, or of several."""
        if sense := self._means.get(fold_case(name)):
            return sense
        own = mention_key(name, None)
        of_key = self._by_key.get(own.key, ())
        return self._by_name.get(own.name) or (next(iter(of_key)) if len(of_key) == 1 else None)


def _distinctions(
    said: Mapping[str, MentionKey], found: Extraction, kinds: Mapping[str, tuple[str, str | None]]
) -> Distinctions:
    """What the text tells apart of names that share a key."""
    named = [(sense.key, sense.form, kinds[name][1]) for name, sense in said.items()]
    if len({key for key, _, _ in named}) == len(named):
        return NO_DISTINCTIONS
    related = [(said.get(fold_case(fact.source)), said.get(fold_case(fact.target))) for fact in found.facts]
    of_one_key = [(one.key, one.form, other.form) for one, other in related if one and other and one.key == other.key]
    return distinctions_in_text(named, of_one_key)


def _type(sense: MentionKey, given: Sequence[str | None]) -> str | None:
    """The first type that says something, of those that the sense allows: the mention must say what it is of."""
    if sense.type == PERSON:
        return PERSON
    allowed = [kind for kind in given if kind != PERSON]
    return next((kind for kind in allowed if not is_generic(kind)), allowed[0] if allowed else None)


def _label(kind: str) -> str | None:
    return kind if _LABEL.fullmatch(kind) and kind != "Entity" else None


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(EPISODE_NAMESPACE, "\0".join(parts)))
