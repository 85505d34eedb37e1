"""Recomputes entities and facts from all their mentions and assertions (materialized aggregates).

The result does not depend on the order of writes. It is computed in the transaction that changes the assertions, so that no
reader and no crash sees one without the other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fathom.embedding.embedder import Embedder
from fathom.graph.write.fact_changes import FactChanges
from fathom.knowledge.assertions import FACT_COLUMNS, AssertedFact, RunQuery, StoredFact, parse_timestamp, stored_facts
from fathom.knowledge.curation_overrides import NO_OVERRIDES, CurationOverrides
from fathom.knowledge.fact_validity import (
    Claim,
    ExclusiveGroup,
    FactValidity,
    FunctionalRelation,
    compute_validity,
    exclusive_groups,
    relations_of,
)
from fathom.knowledge.name_disambiguation import parts_in, reduce_form
from fathom.knowledge.name_resolution import is_generic, mention_key
from fathom.knowledge.stated_endings import SIGNS
from fathom.resolution.entity_matching import keys_of_names

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

VOTES = """
MATCH (:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids
WITH n, m.name AS name, m.type AS type, count(m) AS votes, min(m.created_at) AS first, max(m.confidence) AS surest
RETURN n.uuid AS uuid, n.name AS held, n.name_key AS key, n.name_form AS form, labels(n) AS labels, n.created_at AS since,
n.confidence AS sure, name, type, votes, first, surest
"""
NAMES_OF = """
MATCH (:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids AND m.name IS NOT NULL
RETURN DISTINCT n.uuid AS uuid, m.name AS name, m.also AS also, n.name_key AS key, n.name_form AS form
"""
NAME_ENTITIES = "UNWIND $rows AS row MATCH (n:Entity {uuid: row.uuid}) SET n += row"
SET_LABEL = "UNWIND $uuids AS uuid MATCH (n:Entity {{uuid: uuid}}) SET n:{label}"
REMOVE_LABEL = "UNWIND $uuids AS uuid MATCH (n:Entity {{uuid: uuid}}) REMOVE n:{label}"
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


@dataclass(frozen=True)
class ElectedEntity:
    """Values of an entity by its mentions: name and type by majority, the first date, the highest confidence.

    `given` has the types that any mention gives; `type` is None where no mention gives one.
    """

    name: str
    type: str | None
    since: datetime | None
    confidence: float | None
    given: frozenset[str]


def read_votes(run: RunQuery, uuids: Collection[str]) -> dict[str, list[Mapping[str, Any]]]:
    """Returns the votes of mentions for each of the entities, by uuid; each vote has the entity's stored values as well."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in run(VOTES, uuids=list(uuids)) if uuids else ():
        found[row["uuid"]].append(row)
    return found


def elect(votes: Sequence[Mapping[str, Any]], overrides: CurationOverrides = NO_OVERRIDES) -> ElectedEntity:
    """Returns what the votes for an entity give it; a name that a person decided goes before all votes.

    A mention by another key, as an initial, does not vote on the name where a mention by the entity's own key does; a mention
    without a type does not vote on the type where others do.
    """
    labels = type_labels(votes)
    types: Counter[str] = Counter()
    for row in votes:
        # mentions of older versions have no name, and vote for the present labels
        for kind in [row["type"]] if row["name"] is not None else labels:
            types[kind] += row["votes"]
    given = frozenset(types)
    dates = [first for row in votes if (first := parse_timestamp(row["first"]))]
    types = Counter({kind: count for kind, count in types.items() if not is_generic(kind)}) or types
    del types[None]
    return ElectedEntity(
        name=_decided_name(votes, overrides) or _spelling(_names(votes)),
        type=_winner(types) if types else None,
        since=min(dates, default=parse_timestamp(votes[0]["since"])),
        confidence=max((row["surest"] for row in votes if row["surest"] is not None), default=None),
        given=given,
    )


def _decided_name(votes: Sequence[Mapping[str, Any]], overrides: CurationOverrides) -> str | None:
    if not overrides.names:
        return None
    return overrides.name_of(keys_of_names({**row, "also": None} for row in votes if row["name"] is not None))


def type_labels(votes: Sequence[Mapping[str, Any]]) -> set[str]:
    """Returns the stored types of the entity of these votes."""
    return {label for label in votes[0]["labels"] if label != "Entity"}


@dataclass(frozen=True)
class FactRules:
    """A collection with its rules for functional relations, and the decisions of people on its facts."""

    collection: str
    rules: Rules
    overrides: CurationOverrides = NO_OVERRIDES


def recompute_entities(
    tx: ManagedTransaction,
    uuids: Mapping[str, Collection[str]],
    embedder: Embedder,
    overrides: CurationOverrides = NO_OVERRIDES,
) -> None:
    """Recomputes name, type, date and confidence of the entities from their mentions.

    `uuids` has for each entity the types of its deleted mentions; labels that no mention ever gave stay.
    """
    rows: list[dict[str, Any]] = []
    renamed: list[dict[str, Any]] = []
    wrong: dict[str, list[str]] = defaultdict(list)
    right: dict[str, list[str]] = defaultdict(list)
    for uuid, votes in sorted(read_votes(tx.run, uuids).items()):
        stored, labels, elected = votes[0], type_labels(votes), elect(votes, overrides)
        values = (elected.name, elected.since, elected.confidence)
        if values != (stored["held"], parse_timestamp(stored["since"]), stored["sure"]):
            rows.append({"uuid": uuid, "name": elected.name, "created_at": elected.since, "confidence": elected.confidence})
            renamed += rows[-1:] if elected.name != stored["held"] else []
        wanted = {elected.type} if elected.type else set[str]()
        for label in (labels & {*elected.given, *uuids[uuid]}) - wanted:
            wrong[label].append(uuid)
        for label in wanted - labels:
            right[label].append(uuid)
    embed(renamed, "name", "name_embedding", embedder)
    for query, by_label in ((REMOVE_LABEL, wrong), (SET_LABEL, right)):
        for label, entities in sorted(by_label.items()):
            tx.run(query.format(label=label), uuids=entities).consume()
    if rows:
        tx.run(NAME_ENTITIES, rows=rows).consume()


def recompute_facts(
    tx: ManagedTransaction,
    by: FactRules,
    changes: FactChanges,
    embedder: Embedder,
    vectors: Mapping[str, Sequence[float]],
) -> None:
    """Writes the changed facts, and recomputes the validity of all facts that these, or deleted facts, can exclude.

    A retired fact excludes none, and ends in the record when it was retired. `vectors` has known vectors of sentences.
    """
    rules = by.rules
    claims = {uuid: fact.claim() for uuid, fact in changes.changed.items()}
    former = [*changes.gone, *changes.previous]
    moved = [*claims.values(), *former]
    known = {*claims, *(claim.uuid for claim in former)}
    near = {group for claim in moved for group in exclusive_groups(claim, rules)}
    stored = _members(tx, near, rules, known)
    stored |= _between(tx, FACTS_BETWEEN, [claim for claim in moved if claim.is_end], known)
    neighbours = {uuid: fact.asserted.claim() for uuid, fact in stored.items()}
    far = {group for claim in neighbours.values() for group in exclusive_groups(claim, rules)} - near
    beyond = _members(tx, far, rules, {*known, *stored})
    beyond |= _between(tx, ENDS_BETWEEN, [*claims.values(), *neighbours.values()], {*known, *stored})
    asserted = [*changes.changed.values(), *(fact.asserted for fact in (*stored.values(), *beyond.values()))]
    retired = retired_among(tx.run, asserted, by.overrides)
    validity_of = compute_validity([fact.claim() for fact in asserted if fact.uuid not in retired], rules)
    validity_of |= {
        uuid: replace(compute_validity([claims[uuid]], rules)[uuid], expired_at=at)
        for uuid, at in retired.items()
        if uuid in claims
    }
    stored = {uuid: fact for uuid, fact in stored.items() if uuid not in retired}
    rows = [
        {**_row(by.collection, fact, claims[uuid], validity_of[uuid]), "retired_at": retired.get(uuid)}
        for uuid, fact in sorted(changes.changed.items())
    ]
    fresh = [row for row in rows if row["fact"] != changes.before.get(row["uuid"])]
    for row in fresh:
        row["fact_embedding"] = vectors.get(row["fact"])
    embed([row for row in fresh if row["fact_embedding"] is None], "fact", "fact_embedding", embedder)
    if rows:
        tx.run(SAVE_FACTS, rows=rows).consume()
    dated = [
        {
            "uuid": uuid,
            "source": fact.asserted.source,
            "valid_at": neighbours[uuid].begins if (validity_of[uuid] if fact.complete else fact.validity).begun else None,
            "invalid_at": validity_of[uuid].invalid_at,
            "expired_at": validity_of[uuid].expired_at,
        }
        for uuid, fact in sorted(stored.items())
        if validity_of[uuid] != (fact.validity if fact.complete else replace(fact.validity, begun=validity_of[uuid].begun))
    ]
    if dated:
        tx.run(DATE_FACTS, rows=dated).consume()


def retired_among(run: RunQuery, facts: Collection[AssertedFact], overrides: CurationOverrides) -> dict[str, datetime]:
    """Returns since when each of the facts that people retired is retired, by uuid."""
    maybe = [fact for fact in facts if fact.keys & overrides.retired_statements]
    if not maybe:
        return {}
    names: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in run(NAMES_OF, uuids=sorted({end for fact in maybe for end in (fact.source, fact.target)})):
        names[row["uuid"]].append(row)
    keys = {uuid: keys_of_names(rows) for uuid, rows in names.items()}
    found = {fact.uuid: overrides.retired_at(fact.keys, keys.get(fact.source, ()), keys.get(fact.target, ())) for fact in maybe}
    return {uuid: at for uuid, at in found.items() if at is not None}


def embed(rows: Sequence[dict[str, Any]], source: str, target: str, embedder: Embedder) -> None:
    """Sets the `target` of each row to the vector of its `source`."""
    for row, vector in zip(rows, embedder.embed([row[source] for row in rows]) if rows else [], strict=True):
        row[target] = vector


def _members(
    tx: ManagedTransaction, groups: Collection[ExclusiveGroup], rules: Rules, known: Collection[str]
) -> dict[str, StoredFact]:
    """Returns the stored facts of the groups, without the known facts."""
    if not groups:
        return {}
    relations = relations_of({role for role, _ in groups}, rules)
    entities = sorted({entity for _, entity in groups})
    return {
        fact.asserted.uuid: fact
        for fact in stored_facts(tx.run, SAME_GROUPS, entities=entities, relations=relations)
        if fact.asserted.uuid not in known and any(group in groups for group in exclusive_groups(fact.asserted.claim(), rules))
    }


def _between(tx: ManagedTransaction, query: str, claims: Collection[Claim], known: Collection[str]) -> dict[str, StoredFact]:
    """Returns the facts of the query between the entities of each claim, in either direction, without the known facts."""
    ends = {pair for claim in claims for pair in ((claim.source, claim.target), (claim.target, claim.source))}
    if not ends:
        return {}
    found = stored_facts(tx.run, query, ends=[list(pair) for pair in sorted(ends)], signs=list(SIGNS))
    return {fact.asserted.uuid: fact for fact in found if fact.asserted.uuid not in known}


def _row(collection: str, fact: AssertedFact, claim: Claim, holds: FactValidity) -> dict[str, Any]:
    begins = claim.begins if holds.begun else None
    since, until = fact.date_phrases(begins, holds.invalid_at)
    return {
        "uuid": fact.uuid,
        "source_node_uuid": fact.source,
        "target_node_uuid": fact.target,
        "name": fact.relation,
        "fact": fact.most_common_wording(),
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
    """Counts the names that are nearest to the entity's own: of its key and form, else of its key, else of neither.

    Never empty: where no mention has a name, it has the stored name, or the key.
    """
    by_nearness: dict[int, Counter[str]] = defaultdict(Counter)
    for row in votes:
        name = row["held"] if row["name"] is None else row["name"]
        if name:
            mention, form = mention_key(name, None), row["form"] or ""
            of_key = row["name"] is None or mention.key == row["key"]
            by_nearness[of_key + (of_key and reduce_form(mention.form, parts_in(form)) == form)][name] += row["votes"]
    return by_nearness[max(by_nearness)] if by_nearness else Counter({votes[0]["key"] or votes[0]["uuid"]: 1})


def _spelling(votes: Mapping[str, int]) -> str:
    return min(votes, key=lambda name: (-votes[name], name.isupper() or name.islower(), len(name), name))


def _winner(votes: Mapping[str, int]) -> str:
    return min(votes, key=lambda kind: (-votes[kind], kind))
