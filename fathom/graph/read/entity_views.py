"""Reads entities and facts with their evidence: names, mentions with document and sentence, facts."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from fathom.errors import UsageWrong
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.assertions import parse_timestamp
from fathom.knowledge.name_disambiguation import base_key
from fathom.knowledge.name_resolution import has_initial, mention_key
from fathom.knowledge.records import aliases_of
from fathom.resolution.entity_matching import keys_of_names

MAX_MENTIONS, MAX_FACTS = 50, 50  # of an entity that are shown
MAX_SENTENCE = 400  # characters

ENTITY = """
MATCH (n:Entity) WHERE n.uuid IN $uuids
RETURN n.uuid AS uuid, n.group_id AS collection, n.name AS name, labels(n) AS labels, n.summary AS summary,
n.name_key AS key, n.name_form AS form
"""
NAMED = """
MATCH (n:Entity) WHERE n.name_key = $key AND n.group_id = $group RETURN n.uuid AS uuid, n.name AS name
"""
CALLED = "MATCH (n:Entity) WHERE n.group_id = $group AND n.name = $name RETURN n.uuid AS uuid, n.name AS name"
MENTIONED = """
MATCH (:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.group_id = $group AND m.name = $name
RETURN DISTINCT n.uuid AS uuid, n.name AS name
"""
NAMES = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids AND m.name IS NOT NULL
RETURN n.uuid AS uuid, m.name AS name, m.type AS type, m.also AS also, n.name_key AS key, n.name_form AS form,
count(m) AS times
"""
MENTIONS = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity {uuid: $uuid})
RETURN p.uuid AS episode, p.source_description AS document, p.content AS content, m.name AS name, m.type AS type
ORDER BY document, episode LIMIT $most
"""
FACTS = """
MATCH (n:Entity {uuid: $uuid})-[r:RELATES_TO]-(o:Entity)
RETURN r.uuid AS uuid, startNode(r).name AS source, r.name AS relation, endNode(r).name AS target, r.fact AS fact,
r.valid_at AS valid_at, r.invalid_at AS invalid_at, r.expired_at AS expired_at, r.retired_at AS retired_at,
r.episodes AS episodes
ORDER BY uuid LIMIT $most
"""
DOCUMENTS = "MATCH (p:Episodic) WHERE p.uuid IN $uuids RETURN DISTINCT p.uuid AS uuid, p.source_description AS document"


class MentionView(BaseModel):
    """A mention of an entity, with the sentence around the name."""

    model_config = ConfigDict(frozen=True)

    episode: str
    document: str
    name: str | None
    type: str | None
    sentence: str


class FactView(BaseModel):
    """A fact with the documents that assert it."""

    model_config = ConfigDict(frozen=True)

    uuid: str
    source: str
    relation: str
    target: str
    fact: str
    valid_at: datetime | None
    invalid_at: datetime | None
    expired_at: datetime | None = Field(description="since when the record does not hold it any more")
    retired_at: datetime | None = Field(description="when a person retired it")
    documents: list[str]


class EntityView(BaseModel):
    """An entity with its evidence."""

    model_config = ConfigDict(frozen=True)

    uuid: str
    collection: str
    name: str
    types: list[str]
    summary: str
    names: dict[str, int] = Field(description="the names by which texts mention it, with the number of mentions")
    documents: list[str]
    mentions: list[MentionView] = Field(description=f"at most {MAX_MENTIONS}")
    facts: list[FactView] = Field(description=f"at most {MAX_FACTS}")


def find_entity(connection: GraphConnection, collection: str | None, text: str) -> str:
    """Returns the uuid of the entity with this uuid, name, or name in a text. Raises UsageWrong for none and for several."""
    if rows := connection.read(ENTITY, uuids=[text]):
        return str(rows[0]["uuid"])
    if collection is None:
        raise UsageWrong(f"No entity has the uuid {text}.", hint="Name the collection to find it by its name: --collection.")
    found = connection.read(NAMED, group=collection, key=base_key(mention_key(text, None).key))
    exact = [row for row in found if row["name"] == text] or connection.read(CALLED, group=collection, name=text)
    found = exact if len(exact) == 1 else found or exact or connection.read(MENTIONED, group=collection, name=text)
    if not found:
        raise UsageWrong(f"No entity of {collection} has the name {text}.")
    if len(found) > 1:
        several = ", ".join(f"{row['name']} ({row['uuid']})" for row in found[:5])
        raise UsageWrong(f"Several entities of {collection} have the name {text}: {several}.", hint="Give the uuid.")
    return str(found[0]["uuid"])


def view_entities(connection: GraphConnection, uuids: Sequence[str]) -> list[EntityView]:
    """Returns the entities with their evidence, in their order, without unknown ones. Raises GraphUnreachable."""
    stored = {row["uuid"]: row for row in connection.read(ENTITY, uuids=list(uuids))}
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for row in connection.read(NAMES, uuids=list(stored)):
        for name, _ in ((row["name"], None), *aliases_of(row)):
            names[row["uuid"]][name] += row["times"]
    return [_view(connection, stored[uuid], names[uuid]) for uuid in uuids if uuid in stored]


def keys_by_name(connection: GraphConnection, entity: str) -> dict[str, str]:
    """Returns the key of each name by which texts mention the entity, without names with an initial, which stand for others."""
    found: dict[str, str] = {}
    for row in connection.read(NAMES, uuids=[entity]):
        for name, kind in ((row["name"], row["type"]), *aliases_of(row)):
            mention = mention_key(name, kind)
            if not has_initial(mention) or mention.key == row["key"]:
                [found[name]] = keys_of_names([{**row, "name": name, "also": None}])
    return found


def own_key(connection: GraphConnection, entity: str) -> str:
    """Returns the key of the entity, with the form where texts distinguish it."""
    [row] = connection.read(ENTITY, uuids=[entity])
    return str(row["key"]) + (row["form"] or "")


def _view(connection: GraphConnection, row: dict[str, Any], names: Counter[str]) -> EntityView:
    mentions = [
        MentionView(
            episode=found["episode"],
            document=found["document"],
            name=found["name"],
            type=found["type"],
            sentence=sentence_around(found["content"] or "", found["name"] or row["name"] or ""),
        )
        for found in connection.read(MENTIONS, uuid=row["uuid"], most=MAX_MENTIONS)
    ]
    return EntityView(
        uuid=row["uuid"],
        collection=row["collection"],
        name=row["name"] or row["uuid"],
        types=sorted(label for label in row["labels"] if label != "Entity"),
        summary=row["summary"] or "",
        names=dict(names.most_common()),
        documents=sorted({mention.document for mention in mentions}),
        mentions=mentions,
        facts=read_facts(connection, FACTS, uuid=row["uuid"], most=MAX_FACTS),
    )


def read_facts(connection: GraphConnection, query: str, **parameters: Any) -> list[FactView]:
    """Returns the facts of a query for the columns of FACTS, each once."""
    return fact_views(connection, connection.read(query, **parameters))


def fact_views(connection: GraphConnection, found: Sequence[Mapping[str, Any]]) -> list[FactView]:
    """Returns the facts of rows with the columns of FACTS, each once, with the documents that assert them."""
    rows = {row["uuid"]: row for row in found}
    documents = _documents(connection, {uuid for row in rows.values() for uuid in row["episodes"] or ()})
    times = ("valid_at", "invalid_at", "expired_at", "retired_at")
    return [
        FactView(
            **{name: row[name] for name in ("uuid", "source", "relation", "target", "fact")},
            **{name: parse_timestamp(row[name]) for name in times},
            documents=sorted({documents[uuid] for uuid in row["episodes"] or () if uuid in documents}),
        )
        for row in rows.values()
    ]


def sentence_around(text: str, name: str) -> str:
    """Returns the sentence of the text with the first occurrence of the name, cut to MAX_SENTENCE; "" without it."""
    found = re.search(re.escape(name).replace(r"\ ", r"\s+"), text, re.IGNORECASE) if name else None
    if found is None:
        return ""
    begins = max(
        (text.rfind(mark, 0, found.start()) + len(mark) for mark in (". ", "! ", "? ", "\n") if mark in text[: found.start()]),
        default=0,
    )
    ends = min((at + 1 for mark in (". ", "! ", "? ", "\n") if (at := text.find(mark, found.end())) >= 0), default=len(text))
    return " ".join(text[begins:ends].split())[:MAX_SENTENCE]


def _documents(connection: GraphConnection, episodes: Collection[str]) -> dict[str, str]:
    rows = connection.read(DOCUMENTS, uuids=sorted(episodes)) if episodes else []
    return {row["uuid"]: row["document"] for row in rows}
