"""Converts the extraction of a chunk to the rows of an episode: resolves its names within the text, and keeps its facts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from fathom.chunking.chunk import Chunk
from fathom.clean_text import clean_text
from fathom.extraction.model import Extraction, Fact
from fathom.ids import episode_uuid
from fathom.knowledge.assertions import Assertion, fold_case
from fathom.knowledge.fact_validity import role_by_types
from fathom.knowledge.name_disambiguation import NO_DISTINCTIONS, Distinctions, distinctions_in_text
from fathom.knowledge.name_resolution import PERSON, MentionKey, is_generic, mention_key, resolve_within_document
from fathom.knowledge.records import EpisodeRows

OF_ITSELF = "fact of a thing with itself"
OF_UNKNOWN = "fact of a name that is no entity"

_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


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
    written = reference_time.astimezone(UTC)  # servers keep time zones and sort by them, so all times have the same
    came = came_at and came_at.astimezone(UTC)
    rows = EpisodeRows(
        {
            "uuid": episode_uuid(collection, document, chunk.id),
            "name": f"{document} #{chunk.position + 1}",
            "group_id": collection,
            "source": "text",
            "source_description": document,
            "content": clean_text(chunk.embedding_text),  # chunks of older versions may not be clean
            "created_at": came or written,
            "valid_at": written,
        }
    )
    names = _names_in(found)
    keys = {folded: mention_key(name.spelling, name.type) for folded, name in names.items()}
    rows.distinctions = _distinctions(keys, found, names)
    resolved = resolve_within_document(list(keys.values()), rows.distinctions)
    mentions = {folded: resolved[key] for folded, key in keys.items()}
    _add_entities(rows, names, keys, mentions)
    _add_facts(rows, found.facts, _EndpointLookup(keys, mentions), came)
    return rows


class _NameInText(NamedTuple):
    """A name that an extraction gives an entity: its first spelling and type, and the highest confidence."""

    spelling: str
    type: str | None
    confidence: float | None = None

    def with_confidence(self, measured: float | None) -> _NameInText:
        known = [confidence for confidence in (self.confidence, measured) if confidence is not None]
        return self._replace(confidence=max(known, default=None))


def _names_in(found: Extraction) -> dict[str, _NameInText]:
    """Returns the names of the extraction's entities, by their folded spelling."""
    names: dict[str, _NameInText] = {}
    for entity in found.entities:
        folded, spelling = fold_case(entity.name), clean_text(entity.name)
        if fold_case(spelling):
            name = names.get(folded) or _NameInText(spelling, _label(entity.type))
            names[folded] = name.with_confidence(entity.confidence)
    return names


def _add_entities(
    rows: EpisodeRows,
    names: Mapping[str, _NameInText],
    keys: Mapping[str, MentionKey],
    mentions: Mapping[str, MentionKey],
) -> None:
    """Adds each mention with a name and type; `keys` and `mentions` have the key and the mention of each name."""
    spelled: dict[MentionKey, tuple[str, MentionKey]] = {}  # the spelling of each mention, and the key of that spelling
    types: dict[MentionKey, list[str | None]] = defaultdict(list)
    for folded, name in names.items():
        mention, own = mentions[folded], keys[folded]
        best = spelled.setdefault(mention, (name.spelling, own))
        if best[1].name != mention.name == own.name:
            spelled[mention] = (name.spelling, own)
        types[mention].append(name.type)
        if name.confidence is not None:
            rows.confidence[mention] = max(name.confidence, rows.confidence.get(mention, 0.0))
    for mention, (spelling, _) in spelled.items():
        rows.entities[mention] = (spelling, _type(mention, types[mention]))


def _add_facts(rows: EpisodeRows, facts: Iterable[Fact], endpoints: _EndpointLookup, came: datetime | None) -> None:
    """Adds the facts between two entities and counts the others as left out; of equal facts, the first with most confidence."""
    for fact in facts:
        source, target = endpoints.find(fact.source), endpoints.find(fact.target)
        if source is None or target is None or source == target:
            rows.left_out[OF_ITSELF if source and source == target else OF_UNKNOWN] += 1
            continue
        begins, until = (date and date.astimezone(UTC) for date in (fact.valid_at, fact.invalid_at))
        assertion = Assertion(
            rows.uuid,
            clean_text(fact.fact),
            rows.episode["valid_at"],
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
        statement = source, fact.relation, target, fold_case(fact.fact)
        first = rows.facts.setdefault(statement, assertion)
        if fact.confidence is not None and fact.confidence > (first.confidence or 0.0):
            rows.facts[statement] = replace(first, confidence=fact.confidence)


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


def _distinctions(keys: Mapping[str, MentionKey], found: Extraction, names: Mapping[str, _NameInText]) -> Distinctions:
    """Returns the distinctions that the text makes between names of the same key."""
    named = [(mention.key, mention.form, names[name].type) for name, mention in keys.items()]
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
