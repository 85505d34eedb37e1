"""Mentions in the graph: which senses a collection has, and mentions that turn out to mean another of its entities."""

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
SENSES = """
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

# What was judged of keys, of those of some kin, and of all that hang together with them.
NameVerdictsOf = Callable[[Collection[str], Collection[str]], MatchVerdicts]
Reassignments = Mapping[tuple[str, str], MentionKey]  # by episode and the uuid of the entity it is taken to mention so far


class MentionPlan:
    """What the collection's senses are once the `new` texts came and the episodes `gone`, with their senses `lost`, went.

    `moves` are the mentions that mean another entity by that, so many at `most`.
    """

    def __init__(
        self,
        tx: ManagedTransaction,
        collection: str,
        judged_of: NameVerdictsOf,
        *,
        new: Sequence[EpisodeRows],
        lost: Collection[MentionKey] = (),
        gone: Collection[str] = (),
        most: int,
    ) -> None:
        said = {sense for rows in new for sense in rows.entities}
        keys = {sense.key for sense in (*said, *lost)}
        verdicts = judged_of(keys | {sense.name for sense in (*said, *lost)}, _initialism_keys(keys))
        keys |= set(map(base_key, verdicts.keys))
        keys |= _initialism_keys(keys)
        named = tx.run(NAMED, keys=sorted(keys), group=collection) if keys else ()
        self.known: dict[str, Mapping[str, Any]] = {row["uuid"]: row for row in named}
        by_uuid: dict[str, str] = {uuid: row["key"] for uuid, row in self.known.items()}
        judged = self._stirred(collection, new, by_uuid, verdicts) | {sense.key for sense in lost}
        if judged:
            judged |= set(map(base_key, verdicts.keys))
        kins = _initialism_keys(judged)
        judged |= kins
        near_by = {row["uuid"]: row["key"] for row in tx.run(KIN, keys=sorted(kins), group=collection)} if kins else {}
        if beyond := {*near_by.values()} - keys:  # whom an initial may stand for, and who is one with them
            more = judged_of(beyond, ())
            if far := {*map(base_key, more.keys)} - keys - beyond:
                near_by |= {row["uuid"]: row["key"] for row in tx.run(NAMED, keys=sorted(far), group=collection)}
            judged |= {*map(base_key, more.keys)}
            verdicts |= more
        near_by |= {uuid: key for uuid, key in by_uuid.items() if key in judged}
        found = list(tx.run(SENSES, uuids=sorted(near_by), gone=list(gone))) if near_by else []
        there = [(row["uuid"], row["name"], row["type"], mention_key(row["name"], row["type"])) for row in found]
        beside = {mention_key(name, kind) for row in found for name, kind in aliases_of(row)}
        told = merge_distinctions(
            *(rows.told for rows in new), *map(distinctions_of, found), _distinctions_by_documents(tx, found, new, gone)
        )
        people = {sense.key for sense in said if sense.type == PERSON} - judged
        people = {key for key in people if entity_uuid(collection, MentionKey(key, PERSON)) in by_uuid}
        known_people = {MentionKey(key, PERSON) for key in people}
        self.where = resolve_within_collection({*said, *known_people, *beside, *(sense for *_, sense in there)}, verdicts, told)
        rows = [
            {"uuid": uuid, "name": name, "type": kind or "", "to": list(self.where[sense])}
            for uuid, name, kind, sense in there
            if sense.key in judged and entity_uuid(collection, self.where[sense]) != uuid
        ]
        self.types_of: dict[str, set[str]] = defaultdict(set)  # of mentions that move, by the entity they leave
        for row in rows:
            self.types_of[str(row["uuid"])] |= {str(row["type"])} - {""}
        moved = tx.run(MOVED, rows=rows, gone=list(gone), most=most) if rows else ()
        self.moves: Reassignments = {(row["episode"], row["entity"]): MentionKey(*row["to"]) for row in moved}

    def _stirred(
        self, collection: str, new: Sequence[EpisodeRows], by_uuid: Mapping[str, str], verdicts: MatchVerdicts
    ) -> set[str]:
        """The keys of new senses of which it is not known that they change nothing, as far as that is known by their keys.

        A legal form may be another than that of the key in the same document; of a key whose names are told apart it must be
        read which.
        """
        said = {sense for rows in new for sense in rows.entities}
        told = {key for rows in new for key in rows.told} | {row["key"] for row in self.known.values() if row["form"]}
        joined = set(map(base_key, verdicts.keys))
        initials = {*by_uuid.values()} & _initialism_keys(
            sense.key for sense in said
        )  # that may not have been moved to their persons yet
        people = {sense.key for sense in said if sense.type == PERSON}
        people = {key for key in people if entity_uuid(collection, MentionKey(key, PERSON)) in by_uuid}
        return {
            sense.key
            for sense in said
            if is_initial(sense)
            or sense.key in told
            or split_form(sense.form)[1]
            or sense.key in joined
            or initialism_key(sense) in initials
            or (sense.type == PERSON and entity_uuid(collection, MentionKey(sense.key, UNTYPED)) in by_uuid)
            or (
                entity_uuid(collection, MentionKey(sense.key, sense.type)) not in by_uuid
                and not (sense.type == UNTYPED and sense.key in people)
            )
        }


def _distinctions_by_documents(
    tx: ManagedTransaction, found: Sequence[Mapping[str, Any]], new: Sequence[EpisodeRows], gone: Collection[str]
) -> Distinctions:
    """What documents tell apart by legal forms, each by all of its texts."""
    forms: dict[str, set[str]] = defaultdict(set)
    spelled: dict[str, set[str]] = defaultdict(set)
    uuids: dict[str, set[str]] = defaultdict(set)
    for row in found:
        sense = mention_key(row["name"], None)
        if legal := split_form(sense.form)[1]:
            forms[sense.key].add(legal)
            spelled[sense.key].add(row["name"])
            uuids[sense.key].add(row["uuid"])
    coming = [(str(rows.episode["source_description"]), sense) for rows in new for sense in rows.entities]
    for _, sense in coming:
        if legal := split_form(sense.form)[1]:
            forms[sense.key].add(legal)
    several = {key for key, legal in forms.items() if len(legal) > 1}
    names = sorted({name for key in several for name in spelled[key]})
    entities = sorted({uuid for key in several for uuid in uuids[key]})
    rows = tx.run(DOCUMENTS, uuids=entities, names=names, gone=list(gone)) if names else ()
    said = [(str(row["document"]), mention_key(row["name"], None)) for row in rows]
    return distinctions_in_documents((document, one.key, one.form) for document, one in (*said, *coming) if one.key in several)


def _initialism_keys(keys: Iterable[str]) -> set[str]:
    return {near for key in keys if (near := initialism_key(MentionKey(key, UNTYPED)))}


def confirms(mention: Mapping[str, Any], entity: Mapping[str, Any] | None) -> bool:
    """Whether the mention says of the entity what it is held to be already, so that no count of mentions changes it."""
    if entity is None or not (since := parse_timestamp(entity["since"])):
        return False
    labels = {one for one in entity["labels"] if one != "Entity"}
    if mention["confidence"] is not None and (entity["confidence"] is None or mention["confidence"] > entity["confidence"]):
        return False
    return mention["type"] in labels and mention["name"] == entity["name"] and mention["created_at"] >= since


def reassign_facts(
    collection: str, fact: AssertedFact, moves: Reassignments, gone: Collection[str]
) -> tuple[AssertedFact | None, list[AssertedFact]]:
    """What stays of the fact when the episodes are gone and the mentions moved, and the facts that the others assert then."""
    leaving: list[AssertedFact] = []
    for said in fact.assertions:
        source, target = (
            entity_uuid(collection, moves[said.episode, end]) if (said.episode, end) in moves else end
            for end in (fact.source, fact.target)
        )
        if said.episode not in gone and (source, target) != (fact.source, fact.target):
            uuid = fact_uuid(collection, source, said.relation, target, said.fact)
            leaving.append(AssertedFact(uuid, source, target, said.relation, (said,)))
    return fact.without({*gone, *(one.assertions[0].episode for one in leaving)}), leaving


def reassign_mentions(
    tx: ManagedTransaction, collection: str, moves: Reassignments, facts: Mapping[tuple[str, str], FactRenames]
) -> None:
    """The mentions are of what they mean, each once an episode; `facts` has what became of a fact by episode and uuid."""
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
        those = by_target[episode, entity]
        leaving = [one for one in those if one["target_node_uuid"] != entity]
        old_rows += [{"source_node_uuid": episode, "uuid": one["uuid"]} for one in leaving]
        key = moves[episode, leaving[0]["target_node_uuid"]].key if leaving else ""
        ends = {"target_node_uuid": entity, "uuid": mention_uuid(episode, entity)} if leaving else {}
        rows.append({**(_merged_mention(those, key) if leaving else those[0]), **ends})
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
    """The uuids of what an episode asserts that asserted these facts, one as often as it is said."""
    found: list[str] = []
    for fact, times in Counter(facts).items():
        those = sorted(uuid for uuid, _ in names[fact].values()) if fact in names else [fact]
        found += [*those, *those[-1:] * (times - len(those))]
    return found


def _merged_mention(mentions: Sequence[Mapping[str, Any]], key: str) -> Mapping[str, Any]:
    """What one episode says by several names of the thing that goes by the key, as one mention; what each asserts is kept."""
    names = [said for one in mentions for said in ((one["name"] or "", one["type"]), *aliases_of(one))]
    if len(names) == 1:
        return mentions[0]
    by_sense = {mention_key(name, kind): (name, kind) for name, kind in names}
    first = primary_mention(by_sense, key)
    name, kind = by_sense.pop(first)
    asserts = sorted({said for one in mentions for said in one["asserts"] or ()})
    told = sorted({said for one in mentions for said in one["apart"] or ()})
    sure = max((one["confidence"] for one in mentions if one["confidence"] is not None), default=None)
    more = {"asserts": asserts or None, "also": pack_aliases(by_sense.values()), "apart": told or None, "confidence": sure}
    return {**mentions[0], "name": name, "type": kind, **more}


def save_mentions(tx: ManagedTransaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """The mentions are in the graph; their episodes and entities are there."""
    if rows:
        tx.run(SAVE_MENTIONS, rows=list(rows)).consume()
