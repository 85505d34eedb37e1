"""Finds entities by the words of their names, with the full-text index of Graphiti's schema."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict

from fathom.graphdb.connection import GraphConnection

MAX_WORDS = 8  # of a search
MAX_FOUND = 1_000  # that can be paged through
_COLUMNS = """
n.uuid AS uuid, n.group_id AS collection, n.name AS name, labels(n) AS labels, n.summary AS summary
"""
BY_WORDS = f"""
CALL db.index.fulltext.queryNodes('node_name_and_summary', $words, {{limit: $most}}) YIELD node AS n, score
WHERE $collection IS NULL OR n.group_id = $collection
RETURN {_COLUMNS}, score ORDER BY score DESC, uuid SKIP $skip LIMIT $limit
"""
SOME = f"MATCH (n:Entity) RETURN {_COLUMNS} LIMIT $limit"
SOME_OF_COLLECTION = f"MATCH (n:Entity) WHERE n.group_id = $collection RETURN {_COLUMNS} LIMIT $limit"


class EntitySummary(BaseModel):
    """An entity in a list."""

    model_config = ConfigDict(frozen=True)

    uuid: str
    collection: str
    name: str
    types: list[str]
    summary: str


def search_entities(
    connection: GraphConnection, text: str, *, collection: str | None, skip: int = 0, limit: int = 50
) -> list[EntitySummary]:
    """Returns entities of which the name has each word of the text, or a longer one; the best first. Raises GraphUnreachable.

    An empty text finds some entities, in no order.
    """
    words = re.findall(r"\w+", text.lower())[:MAX_WORDS]
    if not text.strip():
        query = SOME if collection is None else SOME_OF_COLLECTION  # the second reads an index
        rows = [] if skip else connection.read(query, collection=collection, limit=limit)
    elif not words:
        rows = []
    else:
        clauses = [f"name:{word}*" for word in words]
        if collection is not None:
            named = re.sub(r'["\\]', " ", collection)
            clauses.append(f'group_id:"{named}"')
        rows = connection.read(
            BY_WORDS, words=" AND ".join(clauses), collection=collection, most=MAX_FOUND, skip=skip, limit=limit
        )
    return [
        EntitySummary(
            uuid=row["uuid"],
            collection=row["collection"],
            name=row["name"] or row["uuid"],
            types=sorted(label for label in row["labels"] if label != "Entity"),
            summary=row["summary"] or "",
        )
        for row in rows
    ]
