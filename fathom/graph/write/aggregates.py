"""What entities and facts are once all that assert them are counted; the same whatever was written first.

Works in the transaction that changed who asserts what, so that no reader and no crash sees one without the other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fathom.embedding.embedder import Embedder
from fathom.knowledge.assertions import FACT_COLUMNS, AssertedFact, StoredFact, parse_timestamp, stored_facts
from fathom.knowledge.fact_validity import (
    Claim,
    ExclusiveGroup,
    FunctionalRelation,
    Validity,
    compute_validity,
    exclusive_groups,
    relations_of,
)
from fathom.knowledge.name_disambiguation import parts_in, reduce_form
from fathom.knowledge.name_resolution import is_generic, mention_key
from fathom.knowledge.stated_endings import SIGNS

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

VOTES = """
MATCH (:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids
WITH n, m.name AS name, m.type AS type, count(m) AS votes, min(m.created_at) AS first, max(m.confidence) AS surest
RETURN n.uuid AS uuid, n.name AS held, n.name_key AS key, n.name_form AS form, labels(n) AS labels, n.created_at AS since,
n.confidence AS sure, name, type, votes, first, surest
"""
NAME_ENTITIES = "UNWIND $rows AS row MATCH (n:Entity {uuid: row.uuid}) SET n += row"
SET_LABEL = "UNWIND $uuids AS one MATCH (n:Entity {{uuid: one}}) SET n:{label}"
REMOVE_LABEL = "UNWIND $uuids AS one MATCH (n:Entity {{uuid: one}}) REMOVE n:{label}"
SAME_GROUPS = f"""
MATCH (n:Entity)-[r:RELATES_TO]-(:Entity) WHERE n.uuid IN $entities AND r.name IN $relations
RETURN DISTINCT {FACT_COLUMNS}
"""
BETWEEN = "UNWIND $ends AS ends MATCH (a:Entity {uuid: ends[0]}) MATCH (b:Entity {uuid: ends[1]}) MATCH (a)-[r:RELATES_TO]->(b)"
FACTS_BETWEEN = f"{BETWEEN} RETURN {FACT_COLUMNS}"
ENDS_BETWEEN = f"""
{BETWEEN} WHERE r.invalid_at IS NOT NULL OR any(sign IN $signs WHERE r.name CONTAINS sign) RETURN {FACT_COLUMNS}
"""
SAVE_FACTS = """
UNWIND $rows AS row
MATCH (a:Entity {uuid: row.source_node_uuid}) MATCH (b:Entity {uuid: row.target_node_uuid})
MERGE (a)-[r:RELATES_TO {uuid: row.uuid}]->(b) SET r += row
"""
DATE_FACTS = """
UNWIND $rows AS row MATCH (:Entity {uuid: row.source})-[r:RELATES_TO {uuid: row.uuid}]->(:Entity)
SET r.valid_at = row.valid_at, r.invalid_at = row.invalid_at, r.expired_at = row.expired_at
"""

Rules = Mapping[str, FunctionalRelation]


def recompute_entities(tx: ManagedTransaction, uuids: Mapping[str, Collection[str]], embedder: Embedder) -> None:
    """Each has the name and the type that most of its mentions give it, the date of the first and the highest confidence.

    A mention by another key, an initial, gives it no name where one by its own does; one that leaves the type open gives it
    none where others do.
    With each uuid come the types that mentions gave it which are gone; labels that no mention ever gave stay.
    """
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in tx.run(VOTES, uuids=list(uuids)) if uuids else ():
        found[row["uuid"]].append(row)
    rows: list[dict[str, Any]] = []
    renamed: list[dict[str, Any]] = []
    wrong: dict[str, list[str]] = defaultdict(list)
    right: dict[str, list[str]] = defaultdict(list)
    for uuid, votes in sorted(found.items()):
        held = votes[0]
        labels = {label for label in held["labels"] if label != "Entity"}
        names = _names(votes)
        types: Counter[str] = Counter()
        for row in votes:
            # mentions were without a name before the vote was
            for kind in [row["type"]] if row["name"] is not None else labels:
                types[kind] += row["votes"]
        given = set(types)
        types = Counter({kind: count for kind, count in types.items() if not is_generic(kind)}) or types
        del types[None]
        name, since = _spelling(names), min(first for row in votes if (first := parse_timestamp(row["first"])))
        sure = max((row["surest"] for row in votes if row["surest"] is not None), default=None)
        if (name, since, sure) != (held["held"], parse_timestamp(held["since"]), held["sure"]):
            rows.append({"uuid": uuid, "name": name, "created_at": since, "confidence": sure})
            renamed += rows[-1:] if name != held["held"] else []
        wanted = {_winner(types)} if types else set[str]()
        for label in (labels & {*given, *uuids[uuid]}) - wanted:
            wrong[label].append(uuid)
        for label in wanted - labels:
            right[label].append(uuid)
    embed(renamed, "name", "name_embedding", embedder)
    for query, by_label in ((REMOVE_LABEL, wrong), (SET_LABEL, right)):
        for label, those in sorted(by_label.items()):
            tx.run(query.format(label=label), uuids=those).consume()
    if rows:
        tx.run(NAME_ENTITIES, rows=rows).consume()


def recompute_facts(
    tx: ManagedTransaction,
    collection: str,
    changed: Mapping[str, AssertedFact],
    before: Mapping[str, str],
    gone: Sequence[Claim],
    rules: Rules,
    embedder: Embedder,
    vectors: Mapping[str, Sequence[float]],
) -> None:
    """The changed facts are in the graph; they and all that they, or those that are gone, can contradict end where they must.

    `before` has the sentence of each changed fact that is in the graph already; `gone` has what they claimed before, too;
    `vectors` those of some sentences.
    """
    claims = {uuid: fact.claim() for uuid, fact in changed.items()}
    moved = [*claims.values(), *gone]
    known = {*claims, *(claim.uuid for claim in gone)}
    near = {group for claim in moved for group in exclusive_groups(claim, rules)}
    held = _members(tx, near, rules, known)
    held |= _between(tx, FACTS_BETWEEN, [claim for claim in moved if claim.is_end], known)
    neighbours = {uuid: one.asserted.claim() for uuid, one in held.items()}
    far = {group for claim in neighbours.values() for group in exclusive_groups(claim, rules)} - near
    beyond = _members(tx, far, rules, {*known, *held})
    beyond |= _between(tx, ENDS_BETWEEN, [*claims.values(), *neighbours.values()], {*known, *held})
    weighed = compute_validity(
        [*claims.values(), *neighbours.values(), *(one.asserted.claim() for one in beyond.values())], rules
    )
    rows = [_row(collection, fact, claims[uuid], weighed[uuid]) for uuid, fact in sorted(changed.items())]
    fresh = [row for row in rows if row["fact"] != before.get(row["uuid"])]
    for row in fresh:
        row["fact_embedding"] = vectors.get(row["fact"])
    embed([row for row in fresh if row["fact_embedding"] is None], "fact", "fact_embedding", embedder)
    if rows:
        tx.run(SAVE_FACTS, rows=rows).consume()
    dated = [
        {
            "uuid": uuid,
            "source": one.asserted.source,
            "valid_at": neighbours[uuid].begins if (weighed[uuid] if one.complete else one.validity).begun else None,
            "invalid_at": weighed[uuid].invalid_at,
            "expired_at": weighed[uuid].expired_at,
        }
        for uuid, one in sorted(held.items())
        if weighed[uuid] != (one.validity if one.complete else replace(one.validity, begun=weighed[uuid].begun))
    ]
    if dated:
        tx.run(DATE_FACTS, rows=dated).consume()


def embed(rows: Sequence[dict[str, Any]], source: str, target: str, embedder: Embedder) -> None:
    """Each row has the vector of its `source` as its `target`."""
    for row, vector in zip(rows, embedder.embed([row[source] for row in rows]) if rows else [], strict=True):
        row[target] = vector


def _members(
    tx: ManagedTransaction, groups: Collection[ExclusiveGroup], rules: Rules, known: Collection[str]
) -> dict[str, StoredFact]:
    """The facts of the groups that are in the graph, without the known ones."""
    if not groups:
        return {}
    relations = relations_of({slot for slot, _ in groups}, rules)
    entities = sorted({entity for _, entity in groups})
    return {
        held.asserted.uuid: held
        for held in stored_facts(tx.run, SAME_GROUPS, entities=entities, relations=relations)
        if held.asserted.uuid not in known and any(group in groups for group in exclusive_groups(held.asserted.claim(), rules))
    }


def _between(tx: ManagedTransaction, query: str, claims: Collection[Claim], known: Collection[str]) -> dict[str, StoredFact]:
    """The facts that the query finds between the two of each claim, in either direction, without the known ones."""
    ends = {pair for claim in claims for pair in ((claim.source, claim.target), (claim.target, claim.source))}
    if not ends:
        return {}
    found = stored_facts(tx.run, query, ends=[list(pair) for pair in sorted(ends)], signs=list(SIGNS))
    return {one.asserted.uuid: one for one in found if one.asserted.uuid not in known}


def _row(collection: str, fact: AssertedFact, claim: Claim, holds: Validity) -> dict[str, Any]:
    begins = claim.begins if holds.begun else None
    since, until = fact.dates_said(begins, holds.invalid_at)
    return {
        "uuid": fact.uuid,
        "source_node_uuid": fact.source,
        "target_node_uuid": fact.target,
        "name": fact.relation,
        "fact": fact.words(),
        "group_id": collection,
        "episodes": fact.episodes,
        "created_at": claim.known,
        "reference_time": fact.at,
        "valid_at": begins,
        "invalid_at": holds.invalid_at,
        "expired_at": holds.expired_at,
        "valid_at_said": since,
        "invalid_at_said": until,
        "property": fact.wikidata,
        "confidence": fact.confidence,
    }


def _names(votes: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """How often each name is given, of those that come nearest to what the entity goes by: its key and form, its key, neither.

    There is always one: where no mention has a name, the one that it has, or its key.
    """
    by_nearness: dict[int, Counter[str]] = defaultdict(Counter)
    for row in votes:
        name = row["held"] if row["name"] is None else row["name"]
        if name:
            sense, form = mention_key(name, None), row["form"] or ""
            of_key = row["name"] is None or sense.key == row["key"]
            by_nearness[of_key + (of_key and reduce_form(sense.form, parts_in(form)) == form)][name] += row["votes"]
    return by_nearness[max(by_nearness)] if by_nearness else Counter({votes[0]["key"] or votes[0]["uuid"]: 1})


def _spelling(votes: Mapping[str, int]) -> str:
    return min(votes, key=lambda one: (-votes[one], one.isupper() or one.islower(), len(one), one))


def _winner(votes: Mapping[str, int]) -> str:
    return min(votes, key=lambda one: (-votes[one], one))
