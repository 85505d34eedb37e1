"""Plans how the mentions of a collection resolve after a change: reads what the change concerns, then decides without I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fathom.knowledge.clustering import NO_VERDICTS, MatchVerdicts
from fathom.knowledge.name_disambiguation import base_key, distinctions_in_documents, merge_distinctions, split_form
from fathom.knowledge.name_resolution import (
    PERSON,
    UNTYPED,
    MentionKey,
    has_initial,
    initial_key,
    mention_key,
    resolve_within_collection,
)
from fathom.knowledge.records import EpisodeRows, aliases_of, distinctions_of, entity_uuid

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

NAMED = """
MATCH (n:Entity) WHERE n.name_key IN $keys AND n.group_id = $group
RETURN n.uuid AS uuid, n.name_key AS key, n.name_form AS form, n.name AS name, labels(n) AS labels, n.created_at AS since,
n.confidence AS confidence
"""
KIN = "MATCH (n:Entity) WHERE n.name_kin IN $keys AND n.group_id = $group RETURN n.uuid AS uuid, n.name_key AS key"
MENTION_NAMES = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids AND m.name IS NOT NULL AND NOT p.uuid IN $gone
RETURN DISTINCT n.uuid AS uuid, m.name AS name, m.type AS type, m.also AS also, m.apart AS apart
"""
DOCUMENTS = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids AND m.name IN $names AND NOT p.uuid IN $gone
RETURN DISTINCT p.source_description AS document, m.name AS name
"""
MOVED = """
UNWIND $rows AS row MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity {uuid: row.uuid})
WHERE m.name = row.name AND coalesce(m.type, '') = row.type AND NOT p.uuid IN $gone
RETURN p.uuid AS episode, n.uuid AS entity, row.to AS to LIMIT $most
"""

# Returns the verdicts on keys and initial keys, and on their connected components.
NameVerdictsOf = Callable[[Collection[str], Collection[str]], MatchVerdicts]
Reassignments = Mapping[tuple[str, str], MentionKey]  # by episode and the uuid of the entity that the mention leaves


@dataclass(frozen=True)
class ConcernedMentions:
    """The mentions in the graph that a change may resolve differently, and what decides it.

    `entities` has the rows of entities by uuid, `mentions` the distinct names and types of entities, `documents` the document
    and name of mentions of keys with several legal forms, `affected` the keys whose mentions may move.
    """

    entities: Mapping[str, Mapping[str, Any]]
    mentions: Sequence[Mapping[str, Any]] = ()
    documents: Sequence[tuple[str, str]] = ()
    affected: frozenset[str] = frozenset()
    verdicts: MatchVerdicts = NO_VERDICTS


@dataclass(frozen=True)
class MovingName:
    """A name and type by which an entity is mentioned, and the entity to which these mentions must move."""

    uuid: str
    name: str
    type: str  # "" for none
    to: MentionKey


@dataclass(frozen=True)
class MentionPlan:
    """The entity of each mention, and the names in the graph whose mentions must move to another entity.

    `entities` has the rows of entities in the graph that are concerned, by uuid.
    """

    entity_of: Mapping[MentionKey, MentionKey]
    moving: Sequence[MovingName]
    entities: Mapping[str, Mapping[str, Any]]

    def types_leaving(self, entity: str) -> set[str]:
        """Returns the types of the mentions that move from this entity."""
        return {name.type for name in self.moving if name.uuid == entity} - {""}


def read_concerned_mentions(
    tx: ManagedTransaction,
    collection: str,
    verdicts_of: NameVerdictsOf,
    *,
    new: Sequence[EpisodeRows],
    lost: Collection[MentionKey] = (),
    gone: Collection[str] = (),
) -> ConcernedMentions:
    """Reads the mentions that may resolve differently once `new` texts come and episodes `gone` lose the mentions `lost`."""
    added = _mentions_in(new)
    keys = {mention.key for mention in (*added, *lost)}
    verdicts = verdicts_of(keys | {mention.name for mention in (*added, *lost)}, _initial_keys(keys))
    keys |= _base_keys(verdicts)
    keys |= _initial_keys(keys)
    named = tx.run(NAMED, keys=sorted(keys), group=collection) if keys else ()
    entities: dict[str, Mapping[str, Any]] = {row["uuid"]: row for row in named}
    affected = keys_to_resolve(collection, new, entities, verdicts) | {mention.key for mention in lost}
    if affected:
        affected |= _base_keys(verdicts)
    initial_keys = _initial_keys(affected)
    affected |= initial_keys
    kin = tx.run(KIN, keys=sorted(initial_keys), group=collection) if initial_keys else ()
    candidates: dict[str, str] = {row["uuid"]: row["key"] for row in kin}
    if beyond := {*candidates.values()} - keys:  # people for whom an initial may stand, and their matches
        more = verdicts_of(beyond, ())
        if far := _base_keys(more) - keys - beyond:
            candidates |= {row["uuid"]: row["key"] for row in tx.run(NAMED, keys=sorted(far), group=collection)}
        affected |= _base_keys(more)
        verdicts |= more
    candidates |= {uuid: row["key"] for uuid, row in entities.items() if row["key"] in affected}
    mentions = list(tx.run(MENTION_NAMES, uuids=sorted(candidates), gone=list(gone))) if candidates else []
    documents = _read_documents(tx, mentions, added, gone)
    return ConcernedMentions(entities, mentions, documents, frozenset(affected), verdicts)


def plan_mentions(collection: str, new: Sequence[EpisodeRows], concerned: ConcernedMentions) -> MentionPlan:
    """Resolves the mentions of the `new` texts together with those in the graph."""
    added = _mentions_in(new)
    stored = [(row, mention_key(row["name"], row["type"])) for row in concerned.mentions]
    aliases = {mention_key(name, kind) for row in concerned.mentions for name, kind in aliases_of(row)}
    people = _known_people(collection, added, concerned.entities) - concerned.affected
    distinctions = merge_distinctions(
        *(rows.distinctions for rows in new),
        *map(distinctions_of, concerned.mentions),
        _distinctions_by_document(new, concerned),
    )
    mentions = {*added, *(MentionKey(key, PERSON) for key in people), *aliases, *(mention for _, mention in stored)}
    entity_of = resolve_within_collection(mentions, concerned.verdicts, distinctions)
    moving = [
        MovingName(row["uuid"], row["name"], row["type"] or "", entity_of[mention])
        for row, mention in stored
        if mention.key in concerned.affected and entity_uuid(collection, entity_of[mention]) != row["uuid"]
    ]
    return MentionPlan(entity_of, moving, concerned.entities)


def read_reassignments(tx: ManagedTransaction, plan: MentionPlan, gone: Collection[str], *, limit: int) -> Reassignments:
    """Reads at most `limit` mentions of the moving names, each with the entity that it moves to; without episodes `gone`."""
    rows = [{"uuid": name.uuid, "name": name.name, "type": name.type, "to": list(name.to)} for name in plan.moving]
    found = tx.run(MOVED, rows=rows, gone=list(gone), most=limit) if rows else ()
    return {(row["episode"], row["entity"]): MentionKey(*row["to"]) for row in found}


def keys_to_resolve(
    collection: str, new: Sequence[EpisodeRows], entities: Mapping[str, Mapping[str, Any]], verdicts: MatchVerdicts
) -> set[str]:
    """Returns the keys of new mentions that may change how other mentions are resolved; `entities` are in the graph, by uuid.

    A legal form may differ from that of the same key in the same document; mentions of a key with distinctions must be
    read to tell which entity they are of.
    """
    added = _mentions_in(new)
    distinct = {key for rows in new for key in rows.distinctions}
    distinct |= {row["key"] for row in entities.values() if row["form"]}
    matched = _base_keys(verdicts)
    # maybe not moved to their persons yet
    initials = {row["key"] for row in entities.values()} & _initial_keys(mention.key for mention in added)
    people = _known_people(collection, added, entities)
    return {
        mention.key
        for mention in added
        if has_initial(mention)
        or mention.key in distinct
        or split_form(mention.form)[1]
        or mention.key in matched
        or initial_key(mention) in initials
        or (mention.type == PERSON and entity_uuid(collection, MentionKey(mention.key, UNTYPED)) in entities)
        or (
            entity_uuid(collection, MentionKey(mention.key, mention.type)) not in entities
            and not (mention.type == UNTYPED and mention.key in people)
        )
    }


def _mentions_in(new: Sequence[EpisodeRows]) -> set[MentionKey]:
    return {mention for rows in new for mention in rows.entities}


def _base_keys(verdicts: MatchVerdicts) -> set[str]:
    """Returns the keys of names with a match, without their forms."""
    return {*map(base_key, verdicts.matched_keys)}


def _initial_keys(keys: Iterable[str]) -> set[str]:
    return {initial for key in keys if (initial := initial_key(MentionKey(key, UNTYPED)))}


def _known_people(collection: str, mentions: Iterable[MentionKey], entities: Collection[str]) -> set[str]:
    """Returns the keys of the people among the mentions whose entity is in the graph."""
    people = {mention.key for mention in mentions if mention.type == PERSON}
    return {key for key in people if entity_uuid(collection, MentionKey(key, PERSON)) in entities}


def _read_documents(
    tx: ManagedTransaction, mentions: Sequence[Mapping[str, Any]], added: Collection[MentionKey], gone: Collection[str]
) -> list[tuple[str, str]]:
    """Reads document and name of the mentions whose key has several legal forms."""
    spelled = [(row, mention_key(row["name"], None)) for row in mentions]
    several = _of_several_legal_forms([*added, *(mention for _, mention in spelled)])
    rows = [row for row, mention in spelled if mention.key in several and split_form(mention.form)[1]]
    names, uuids = (sorted({row[column] for row in rows}) for column in ("name", "uuid"))
    found = tx.run(DOCUMENTS, uuids=uuids, names=names, gone=list(gone)) if names else ()
    return [(str(row["document"]), row["name"]) for row in found]


def _of_several_legal_forms(mentions: Iterable[MentionKey]) -> set[str]:
    forms: dict[str, set[str]] = defaultdict(set)
    for mention in mentions:
        if legal := split_form(mention.form)[1]:
            forms[mention.key].add(legal)
    return {key for key, legal in forms.items() if len(legal) > 1}


def _distinctions_by_document(new: Sequence[EpisodeRows], concerned: ConcernedMentions) -> Mapping[str, frozenset[str]]:
    """Returns the distinctions by legal form that each document makes in all of its texts."""
    stored = [(document, mention_key(name, None)) for document, name in concerned.documents]
    added = [(str(rows.episode["source_description"]), mention) for rows in new for mention in rows.entities]
    return distinctions_in_documents((document, mention.key, mention.form) for document, mention in (*stored, *added))
