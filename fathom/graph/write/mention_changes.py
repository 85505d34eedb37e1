"""Resolves the mentions of a collection, and reassigns mentions in the graph to other entities."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fathom.knowledge.assertions import AssertedFact, FactRenames, parse_timestamp, rename_asserted_facts
from fathom.knowledge.clustering import MatchVerdicts
from fathom.knowledge.name_disambiguation import (
    Distinctions,
    base_key,
    distinctions_in_documents,
    merge_distinctions,
    split_form,
)
from fathom.knowledge.name_resolution import (
    PERSON,
    UNTYPED,
    MentionKey,
    initialism_key,
    is_initial,
    mention_key,
    resolve_within_collection,
)
from fathom.knowledge.records import (
    EpisodeRows,
    aliases_of,
    distinctions_of,
    entity_uuid,
    fact_uuid,
    mention_uuid,
    pack_aliases,
    primary_mention,
)

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
MENTIONS = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE p.uuid IN $episodes
RETURN p.uuid AS source_node_uuid, n.uuid AS target_node_uuid, m.uuid AS uuid, m.group_id AS group_id,
m.created_at AS created_at, m.name AS name, m.type AS type, m.asserts AS asserts, m.also AS also, m.apart AS apart,
m.confidence AS confidence
"""
DELETE_MENTIONS = """
UNWIND $rows AS row MATCH (:Episodic {uuid: row.source_node_uuid})-[m:MENTIONS {uuid: row.uuid}]->(:Entity) DELETE m
"""
SAVE_MENTIONS = """
UNWIND $rows AS row
MATCH (p:Episodic {uuid: row.source_node_uuid}) MATCH (n:Entity {uuid: row.target_node_uuid})
MERGE (p)-[m:MENTIONS {uuid: row.uuid}]->(n)
SET m.group_id = row.group_id, m.created_at = row.created_at, m.name = row.name, m.type = row.type, m.asserts = row.asserts,
m.also = row.also, m.apart = row.apart, m.confidence = row.confidence
"""
CLAIMS = "MATCH (p:Episodic) WHERE p.uuid IN $episodes RETURN p.uuid AS uuid, p.entity_edges AS facts"
SAVE_CLAIMS = "UNWIND $rows AS row MATCH (p:Episodic {uuid: row.uuid}) SET p.entity_edges = row.facts"

# Returns the verdicts on keys and initialisms, and on their connected components.
NameVerdictsOf = Callable[[Collection[str], Collection[str]], MatchVerdicts]
Reassignments = Mapping[tuple[str, str], MentionKey]  # by episode and the uuid of the entity that the mention leaves


class MentionPlan:
    """Resolves the mentions of a collection after `new` texts came, and after the episodes `gone` lost the mentions `lost`.

    `entity_of` has the entity of each mention; `known` the rows of entities by uuid; `moves` at most `limit` mentions in the
    graph that must move to another entity; `types_of` the types of moving mentions, by the entity they leave.
    """

    def __init__(
        self,
        tx: ManagedTransaction,
        collection: str,
        verdicts_of: NameVerdictsOf,
        *,
        new: Sequence[EpisodeRows],
        lost: Collection[MentionKey] = (),
        gone: Collection[str] = (),
        limit: int,
    ) -> None:
        added = {mention for rows in new for mention in rows.entities}
        keys = {mention.key for mention in (*added, *lost)}
        verdicts = verdicts_of(keys | {mention.name for mention in (*added, *lost)}, _initialism_keys(keys))
        keys |= set(map(base_key, verdicts.matched_keys))
        keys |= _initialism_keys(keys)
        named = tx.run(NAMED, keys=sorted(keys), group=collection) if keys else ()
        self.known: dict[str, Mapping[str, Any]] = {row["uuid"]: row for row in named}
        key_of: dict[str, str] = {uuid: row["key"] for uuid, row in self.known.items()}
        affected = self._unresolved(collection, new, key_of, verdicts) | {mention.key for mention in lost}
        if affected:
            affected |= set(map(base_key, verdicts.matched_keys))
        initialisms = _initialism_keys(affected)
        affected |= initialisms
        candidates = (
            {row["uuid"]: row["key"] for row in tx.run(KIN, keys=sorted(initialisms), group=collection)} if initialisms else {}
        )
        if beyond := {*candidates.values()} - keys:  # people for whom an initial may stand, and their matches
            more = verdicts_of(beyond, ())
            if far := {*map(base_key, more.matched_keys)} - keys - beyond:
                candidates |= {row["uuid"]: row["key"] for row in tx.run(NAMED, keys=sorted(far), group=collection)}
            affected |= {*map(base_key, more.matched_keys)}
            verdicts |= more
        candidates |= {uuid: key for uuid, key in key_of.items() if key in affected}
        found = list(tx.run(MENTION_NAMES, uuids=sorted(candidates), gone=list(gone))) if candidates else []
        stored = [(row["uuid"], row["name"], row["type"], mention_key(row["name"], row["type"])) for row in found]
        aliases = {mention_key(name, kind) for row in found for name, kind in aliases_of(row)}
        distinctions = merge_distinctions(
            *(rows.distinctions for rows in new),
            *map(distinctions_of, found),
            _distinctions_by_documents(tx, found, new, gone),
        )
        people = {mention.key for mention in added if mention.type == PERSON} - affected
        people = {key for key in people if entity_uuid(collection, MentionKey(key, PERSON)) in key_of}
        known_people = {MentionKey(key, PERSON) for key in people}
        mentions = {*added, *known_people, *aliases, *(mention for *_, mention in stored)}
        self.entity_of = resolve_within_collection(mentions, verdicts, distinctions)
        rows = [
            {"uuid": uuid, "name": name, "type": kind or "", "to": list(self.entity_of[mention])}
            for uuid, name, kind, mention in stored
            if mention.key in affected and entity_uuid(collection, self.entity_of[mention]) != uuid
        ]
        self.types_of: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            self.types_of[str(row["uuid"])] |= {str(row["type"])} - {""}
        moved = tx.run(MOVED, rows=rows, gone=list(gone), most=limit) if rows else ()
        self.moves: Reassignments = {(row["episode"], row["entity"]): MentionKey(*row["to"]) for row in moved}

    def _unresolved(
        self, collection: str, new: Sequence[EpisodeRows], key_of: Mapping[str, str], verdicts: MatchVerdicts
    ) -> set[str]:
        """Returns the keys of new mentions that may change how other mentions are resolved.

        A legal form may differ from that of the same key in the same document; mentions of a key with distinctions must be
        read to tell which entity they are of.
        """
        added = {mention for rows in new for mention in rows.entities}
        distinct = {key for rows in new for key in rows.distinctions}
        distinct |= {row["key"] for row in self.known.values() if row["form"]}
        matched = set(map(base_key, verdicts.matched_keys))
        initials = {*key_of.values()} & _initialism_keys(
            mention.key for mention in added
        )  # maybe not moved to their persons yet
        people = {mention.key for mention in added if mention.type == PERSON}
        people = {key for key in people if entity_uuid(collection, MentionKey(key, PERSON)) in key_of}
        return {
            mention.key
            for mention in added
            if is_initial(mention)
            or mention.key in distinct
            or split_form(mention.form)[1]
            or mention.key in matched
            or initialism_key(mention) in initials
            or (mention.type == PERSON and entity_uuid(collection, MentionKey(mention.key, UNTYPED)) in key_of)
            or (
                entity_uuid(collection, MentionKey(mention.key, mention.type)) not in key_of
                and not (mention.type == UNTYPED and mention.key in people)
            )
        }


def _distinctions_by_documents(
    tx: ManagedTransaction, found: Sequence[Mapping[str, Any]], new: Sequence[EpisodeRows], gone: Collection[str]
) -> Distinctions:
    """Returns the distinctions by legal form that each document makes in all of its texts."""
    forms: dict[str, set[str]] = defaultdict(set)
    spelled: dict[str, set[str]] = defaultdict(set)
    uuids: dict[str, set[str]] = defaultdict(set)
    for row in found:
        mention = mention_key(row["name"], None)
        if legal := split_form(mention.form)[1]:
            forms[mention.key].add(legal)
            spelled[mention.key].add(row["name"])
            uuids[mention.key].add(row["uuid"])
    added = [(str(rows.episode["source_description"]), mention) for rows in new for mention in rows.entities]
    for _, mention in added:
        if legal := split_form(mention.form)[1]:
            forms[mention.key].add(legal)
    several = {key for key, legal in forms.items() if len(legal) > 1}
    names = sorted({name for key in several for name in spelled[key]})
    entities = sorted({uuid for key in several for uuid in uuids[key]})
    rows = tx.run(DOCUMENTS, uuids=entities, names=names, gone=list(gone)) if names else ()
    stored = [(str(row["document"]), mention_key(row["name"], None)) for row in rows]
    return distinctions_in_documents(
        (document, mention.key, mention.form) for document, mention in (*stored, *added) if mention.key in several
    )


def _initialism_keys(keys: Iterable[str]) -> set[str]:
    return {initial for key in keys if (initial := initialism_key(MentionKey(key, UNTYPED)))}


def agrees_with(mention: Mapping[str, Any], entity: Mapping[str, Any] | None) -> bool:
    """Returns whether the mention agrees with the stored entity, so that recomputing the entity would not change it."""
    if entity is None or not (since := parse_timestamp(entity["since"])):
        return False
    labels = {label for label in entity["labels"] if label != "Entity"}
    if mention["confidence"] is not None and (entity["confidence"] is None or mention["confidence"] > entity["confidence"]):
        return False
    return mention["type"] in labels and mention["name"] == entity["name"] and mention["created_at"] >= since


def reassign_facts(
    collection: str, fact: AssertedFact, moves: Reassignments, gone: Collection[str]
) -> tuple[AssertedFact | None, list[AssertedFact]]:
    """Returns the rest of the fact after episodes are gone and mentions moved, and the facts of the moved assertions."""
    leaving: list[AssertedFact] = []
    for assertion in fact.assertions:
        source, target = (
            entity_uuid(collection, moves[assertion.episode, end]) if (assertion.episode, end) in moves else end
            for end in (fact.source, fact.target)
        )
        if assertion.episode not in gone and (source, target) != (fact.source, fact.target):
            uuid = fact_uuid(collection, source, assertion.relation, target, assertion.fact)
            leaving.append(AssertedFact(uuid, source, target, assertion.relation, (assertion,)))
    return fact.without({*gone, *(moved.assertions[0].episode for moved in leaving)}), leaving


def reassign_mentions(
    tx: ManagedTransaction, collection: str, moves: Reassignments, facts: Mapping[tuple[str, str], FactRenames]
) -> None:
    """Moves mentions to their entities, one mention an episode; `facts` has the current facts, by episode and former uuid."""
    names: dict[str, dict[str, FactRenames]] = defaultdict(dict)
    for (episode, old), new in facts.items():
        names[episode][old] = new
    episodes = sorted({episode for episode, _ in moves} | names.keys())
    by_target: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    changed: set[tuple[str, str]] = set()
    for found in tx.run(MENTIONS, episodes=episodes):
        episode, entity = found["source_node_uuid"], found["target_node_uuid"]
        to = moves.get((episode, entity))
        asserts = rename_asserted_facts(found["asserts"], names[episode])
        target = (episode, entity_uuid(collection, to) if to else entity)
        by_target[target].append({**found, "asserts": asserts})
        if to or asserts != found["asserts"]:
            changed.add(target)
    old_rows: list[Mapping[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for episode, entity in sorted(changed):
        mentions = by_target[episode, entity]
        leaving = [mention for mention in mentions if mention["target_node_uuid"] != entity]
        old_rows += [{"source_node_uuid": episode, "uuid": mention["uuid"]} for mention in leaving]
        key = moves[episode, leaving[0]["target_node_uuid"]].key if leaving else ""
        ends = {"target_node_uuid": entity, "uuid": mention_uuid(episode, entity)} if leaving else {}
        rows.append({**(_merged_mention(mentions, key) if leaving else mentions[0]), **ends})
    asserting = sorted(episode for episode in names if names[episode])
    claims = [
        {"uuid": row["uuid"], "facts": _replaced_facts(row["facts"] or (), names[row["uuid"]])}
        for row in (tx.run(CLAIMS, episodes=asserting) if asserting else ())
    ]
    tx.run(DELETE_MENTIONS, rows=old_rows).consume()
    tx.run(SAVE_MENTIONS, rows=rows).consume()
    if claims:
        tx.run(SAVE_CLAIMS, rows=claims).consume()


def _replaced_facts(facts: Sequence[str], names: Mapping[str, FactRenames]) -> list[str]:
    """Returns the current uuids of an episode's facts, each as often as the episode states it."""
    found: list[str] = []
    for fact, times in Counter(facts).items():
        current = sorted(uuid for uuid, _ in names[fact].values()) if fact in names else [fact]
        found += [*current, *current[-1:] * (times - len(current))]
    return found


def _merged_mention(mentions: Sequence[Mapping[str, Any]], key: str) -> Mapping[str, Any]:
    """Merges an episode's mentions of the same entity by several names; the assertions of all are kept."""
    names = [named for row in mentions for named in ((row["name"] or "", row["type"]), *aliases_of(row))]
    if len(names) == 1:
        return mentions[0]
    by_key = {mention_key(name, kind): (name, kind) for name, kind in names}
    first = primary_mention(by_key, key)
    name, kind = by_key.pop(first)
    asserts = sorted({packed for row in mentions for packed in row["asserts"] or ()})
    distinctions = sorted({packed for row in mentions for packed in row["apart"] or ()})
    confidence = max((row["confidence"] for row in mentions if row["confidence"] is not None), default=None)
    more = {
        "asserts": asserts or None,
        "also": pack_aliases(by_key.values()),
        "apart": distinctions or None,
        "confidence": confidence,
    }
    return {**mentions[0], "name": name, "type": kind, **more}


def save_mentions(tx: ManagedTransaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes the mentions; their episodes and entities must exist."""
    if rows:
        tx.run(SAVE_MENTIONS, rows=list(rows)).consume()
