"""Translates Graphiti's Cypher to the dialect of the embedded server where the two differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

CypherStatement = tuple[str, dict[str, Any]]

_VECTOR_PROPERTY = re.compile(
    r"""CALL\s+db\.create\.set(?:Node|Relationship)VectorProperty\((\w+),\s*["'](\w+)["'],\s*([^)]+)\)"""
)
_COSINE = re.compile(r"vector\.similarity\.cosine\(([^()]*)\)")
_FOUND_AGAIN = re.compile(
    r"YIELD\s+relationship\s+AS\s+rel,\s*score\s+MATCH\s+\(n:Entity\)-\[e:RELATES_TO\s*\{uuid:\s*rel\.uuid\}\]->\(m:Entity\)"
)
_FOUND = "YIELD relationship AS rel, score WITH rel AS e, score, startNode(rel) AS n, endNode(rel) AS m"
_BY_UUID = re.compile(r"MATCH\s+\(n:Entity\)-\[e:RELATES_TO\s*\{uuid:\s*(\$\w+)\}\]->\(m:Entity\)")
_BY_UUIDS = re.compile(r"MATCH\s+\(n:Entity\)-\[e:RELATES_TO\]->\(m:Entity\)\s+WHERE\s+e\.uuid\s+IN\s+(\$\w+)")
_DYNAMIC_LABELS = re.compile(r"SET\s+(\w+):\$\(\w+\.labels\)")
_UNWOUND = re.compile(r"UNWIND\s+\$(\w+)\s+AS")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def translate_cypher(cypher: str, parameters: Mapping[str, Any]) -> list[CypherStatement]:
    """Returns the equivalent statements for the embedded server, to be run in order in a single transaction.

    The server has no procedure that sets a vector, returns the cosine where Neo4j returns (1 + cosine) / 2, and silently
    ignores labels that are not literal. It uses the index of a relationship's uuid only where its ends have no label and the
    uuid is a condition, so results of full-text search are not matched again. Raises ValueError for a label that is not an
    identifier.
    """
    cypher = _VECTOR_PROPERTY.sub(r"SET \1.\2 = \3", cypher)
    cypher = _COSINE.sub(r"((1 + vector.similarity.cosine(\1)) / 2)", cypher)
    cypher = _FOUND_AGAIN.sub(_FOUND, cypher)
    cypher = _BY_UUID.sub(r"MATCH (n)-[e:RELATES_TO]->(m) WHERE e.uuid = \1", cypher)
    cypher = _BY_UUIDS.sub(r"MATCH (n)-[e:RELATES_TO]->(m) WHERE e.uuid IN \1", cypher)
    dynamic = _DYNAMIC_LABELS.search(cypher)
    unwound = _UNWOUND.search(cypher)
    if dynamic is None or unwound is None:
        return [(cypher, dict(parameters))]
    rows = unwound[1]
    by_labels: dict[str, list[Any]] = defaultdict(list)
    for row in parameters[rows]:
        by_labels[_labels(row["labels"])].append(row)
    return [
        (_DYNAMIC_LABELS.sub(rf"SET \1:{labels}", cypher), {**parameters, rows: batch})
        for labels, batch in (by_labels or {"Entity": []}).items()
    ]


def _labels(labels: list[str]) -> str:
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise ValueError(f"{label!r} is no label.")
    return ":".join(sorted(set(labels))) or "Entity"
