"""Makes a graph of rows of nodes and edges, with the names of columns that people use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fathom.graph.imports.imported_graph import (
    MAX_TEXT,
    FileProblems,
    ImportedEdge,
    ImportedGraph,
    ImportedNode,
    field_text,
    imported_confidence,
    imported_date,
    relation_name,
    sentence,
)

NAMES = ("name", "entity_name", "title")
IDS = ("id", "entity_id", *NAMES)
TYPES = ("type", "entity_type", "label", "labels")
SUMMARIES = ("summary", "description")
SOURCES, TARGETS = ("source", "src_id", "from", "start"), ("target", "tgt_id", "to", "end")
RELATIONS = ("relation", "relationship", "type", "label", "predicate", "keywords")
FACTS = ("fact", "description", "text")
_EMBEDDING_ENDS = ("embedding", "_vector")

Row = tuple[str, Mapping[str, Any]]  # where it is in the file, and its fields


def graph_of_rows(form: str, nodes: Iterable[Row], edges: Iterable[Row], problems: FileProblems) -> ImportedGraph:
    """Returns the graph of the rows, and adds what is wrong with them to the problems."""
    graph = ImportedGraph(form)
    seen: dict[str, str] = {}
    for where, row in nodes:
        node = _node(row)
        if not node.name:
            problems.add(where, "a node needs a name")
        elif node.id in seen:
            problems.add(where, f"the id {node.id!r} is that of the node at {seen[node.id]}")
        elif len(node.text) > MAX_TEXT:
            problems.add(where, f"a summary has at most {MAX_TEXT:,} characters")
        else:
            seen[node.id] = where
            graph.nodes[node.id] = node
    for where, row in edges:
        _add_edge(graph, where, row, problems)
    if not graph.nodes:
        problems.add("nodes", "there are none")
    return graph


def _node(row: Mapping[str, Any]) -> ImportedNode:
    name = field_text(row, *NAMES) or field_text(row, "id")
    known = {*IDS, *TYPES, *SUMMARIES}
    others = (
        f"{column}: {text}"
        for column in row
        if column not in known and not column.endswith(_EMBEDDING_ENDS) and (text := field_text(row, column))
    )
    text = "\n".join(filter(None, [field_text(row, *SUMMARIES), *others]))
    return ImportedNode(field_text(row, *IDS), name, field_text(row, *TYPES), text)


def _add_edge(graph: ImportedGraph, where: str, row: Mapping[str, Any], problems: FileProblems) -> None:
    ends = field_text(row, *SOURCES), field_text(row, *TARGETS)
    if unknown := [end for end in ends if end not in graph.nodes]:
        problems.add(where, f"there is no node {unknown[0]!r}" if unknown[0] else "an edge needs a source and a target")
        return
    relation = relation_name(field_text(row, *RELATIONS))
    if not relation:
        problems.add(where, "an edge needs a relation")
        return
    try:
        dates = imported_date(row.get("valid_at")), imported_date(row.get("invalid_at"))
        confidence = imported_confidence(row.get("confidence"))
    except (ValueError, TypeError) as error:
        problems.add(where, str(error))
        return
    names = [graph.nodes[end].name for end in ends]
    fact = field_text(row, *FACTS) or sentence(names[0], relation, names[1])
    graph.edges.append(ImportedEdge(*ends, relation, fact, *dates, confidence))
