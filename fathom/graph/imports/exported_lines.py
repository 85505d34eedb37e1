"""Reads Fathom's own export as JSON lines: as records, and as a graph to be imported into a collection with other content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from fathom.errors import GraphFileInvalid
from fathom.graph.content.graph_records import ENTITY, EPISODE, FACT, MENTION, NodeRecord, RelationshipRecord
from fathom.graph.export.json_lines import FORMAT, VERSION
from fathom.graph.imports.hand_made_files import decoded
from fathom.graph.imports.imported_graph import (
    FileProblems,
    ImportedDate,
    ImportedEdge,
    ImportedGraph,
    ImportedNode,
    ImportedText,
    field_text,
    relation_name,
    sentence,
)
from fathom.graphdb.property_values import decode_value
from fathom.knowledge.assertions import parse_timestamp

_HEAD = b'{"type":"graph"'
_PEEKED = 4096


@dataclass
class ExportedLines:
    """A complete export: its header, the collections of its nodes with their numbers, and whether all nodes have a uuid."""

    path: Path
    header: Mapping[str, Any]
    collections: Counter[str] = field(default_factory=Counter[str])
    nodes: int = 0
    relationships: int = 0
    without_uuid: int = 0

    def node_records(self) -> Iterator[NodeRecord]:
        """Yields the nodes."""
        for line in self._lines():
            if line["type"] == "node":
                yield NodeRecord(str(line["id"]), tuple(line["labels"]), decode_value(line["properties"]))

    def relationship_records(self) -> Iterator[RelationshipRecord]:
        """Yields the relationships."""
        for line in self._lines():
            if line["type"] == "relationship":
                ends = str(line["start"]), str(line["end"])
                yield RelationshipRecord(str(line["id"]), line["label"], *ends, decode_value(line["properties"]))

    def is_whole_collection(self, collection: str) -> bool:
        """Returns whether it has all of this collection and nothing else."""
        filters = self.header.get("filters") or {}
        whole = not filters.get("labels") and not filters.get("limit") and not filters.get("at")
        only = set(self.collections) == {collection} and not self.without_uuid
        return bool(whole and filters.get("embeddings", True) and only)

    def _lines(self) -> Iterator[dict[str, Any]]:
        with self.path.open("rb", 1 << 20) as stream:
            for line in stream:
                yield orjson.loads(line)


def is_export(path: Path) -> bool:
    """Returns whether the file begins as an export of Fathom."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(_PEEKED).removeprefix(b"\xef\xbb\xbf").replace(b" ", b"").startswith(_HEAD)


def read_export(path: Path) -> ExportedLines:
    """Returns the export after reading it through. Raises GraphFileInvalid for a damaged, incomplete or newer file."""
    problems = FileProblems(path.name)
    found: ExportedLines | None = None
    ids: set[str] = set()
    end: dict[str, Any] = {}
    with path.open("rb", 1 << 20) as stream:
        for number, data in enumerate(stream, 1):
            try:
                line = orjson.loads(data)
                if found is None:
                    found = ExportedLines(path, _checked_header(path, line))
                elif end:
                    problems.add(f"line {number}", "it is behind the end")
                elif line["type"] == "end":
                    end = line
                else:
                    _count(found, line, ids)
            except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
                decoded(path.name, data)
                problems.add(f"line {number}", _reason(error))
    if found is None:
        raise GraphFileInvalid(f"{path.name} is empty.")
    counts = found.nodes, found.relationships
    if not end:
        problems.add("end", "the file was cut: its last line is missing; export it again")
    elif (end.get("nodes"), end.get("relationships")) != counts:
        problems.add(
            "end", f"it should have {end.get('nodes')} nodes and {end.get('relationships')} relationships, not {counts}"
        )
    problems.raise_any()
    return found


def graph_of_export(export: ExportedLines) -> ImportedGraph:
    """Returns the export as a graph to import: episodes are texts, entities are nodes, facts are edges."""
    graph = ImportedGraph("fathom")
    texts: dict[str, str] = {}  # by uuid, the id
    for node in export.node_records():
        own = node.properties
        if EPISODE in node.labels:
            graph.texts[node.id] = ImportedText(field_text(own, "content", "name"))
            texts[str(own.get("uuid"))] = node.id
        elif name := field_text(own, "name"):
            kind = next((label for label in node.labels if label != ENTITY), "")
            graph.nodes[node.id] = ImportedNode(node.id, name, kind, field_text(own, "summary", "description"))
        else:
            graph.left_out["node without a name"] += 1
    for edge in export.relationship_records():
        _add_edge(graph, edge, texts)
    return graph


def _add_edge(graph: ImportedGraph, edge: RelationshipRecord, texts: Mapping[str, str]) -> None:
    own = edge.properties
    if edge.type == MENTION and edge.source in graph.texts and edge.target in graph.nodes:
        graph.texts[edge.source].mentions.append(edge.target)
        return
    source, target = graph.nodes.get(edge.source), graph.nodes.get(edge.target)
    if source is None or target is None:
        graph.left_out[f"relationship {edge.type} that is not between entities"] += 1
        return
    relation = relation_name(field_text(own, "name") if edge.type == FACT else edge.type)
    fact = field_text(own, "fact", "description") or sentence(source.name, relation, target.name)
    since, until = (parse_timestamp(own.get(name)) for name in ("valid_at", "invalid_at"))
    stated = tuple(texts[str(uuid)] for uuid in own.get("episodes") or () if str(uuid) in texts)
    graph.edges.append(
        ImportedEdge(source.id, target.id, relation, fact, ImportedDate(since), ImportedDate(until), None, stated)
    )


def _checked_header(path: Path, line: Any) -> dict[str, Any]:
    if not isinstance(line, dict) or line.get("format") != FORMAT:
        raise GraphFileInvalid(f"{path.name} line 1 is not the header of an export of Fathom.")
    if line.get("version") != VERSION:
        version = line.get("version")
        raise GraphFileInvalid(f"{path.name} has version {version} of the format; this Fathom reads version {VERSION}.")
    return line


def _count(found: ExportedLines, line: dict[str, Any], ids: set[str]) -> None:
    """Counts the line. Raises ValueError, KeyError and TypeError for an invalid one."""
    kind = line["type"]
    properties = decode_value(line["properties"])
    if not isinstance(properties, dict):
        raise ValueError("properties are not an object")
    if kind == "node":
        if str(line["id"]) in ids:
            raise ValueError(f"the id {line['id']!r} is that of another node")
        if not all(isinstance(label, str) for label in line["labels"]):
            raise ValueError("labels are not strings")
        ids.add(str(line["id"]))
        found.nodes += 1
        found.collections[str(properties.get("group_id", ""))] += 1
        found.without_uuid += not isinstance(properties.get("uuid"), str)
    elif kind == "relationship":
        for end in ("start", "end"):
            if str(line[end]) not in ids:
                raise ValueError(f"there is no node {line[end]!r} before it")
        if not isinstance(line["label"], str) or not line["label"]:
            raise ValueError("the label is not a string")
        found.relationships += 1
    else:
        raise ValueError(f"the type {kind!r} is unknown")


def _reason(error: Exception) -> str:
    if isinstance(error, orjson.JSONDecodeError):
        return f"it is not JSON: {error.msg} at column {error.colno}"
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)
