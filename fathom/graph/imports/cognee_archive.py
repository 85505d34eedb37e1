"""Reads an archive of cognee (`cogx` 0.x): a folder, or a tar file of one, with a manifest and a file of JSON lines per kind.

Entities and facts become nodes and edges. A document or an episode is a text; it mentions the entities to which facts lead from
it. Nodes that cognee stores as they are are types of entities (`is_a`), or entities if they have a name.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from fathom.errors import GraphFileInvalid
from fathom.graph.imports.hand_made_files import MAX_BYTES, decoded
from fathom.graph.imports.hand_made_rows import Row
from fathom.graph.imports.imported_graph import (
    FileProblems,
    ImportedEdge,
    ImportedGraph,
    ImportedNode,
    ImportedText,
    field_text,
    imported_confidence,
    imported_date,
    relation_name,
    sentence,
)

MANIFEST = "manifest.json"
_KNOWN_MAJOR = 0
_FILES = ("documents", "episodes", "memories", "memory_blocks", "entities", "nodes", "facts")
_TYPE_NODE = "EntityType"
_NO_ENTITIES = frozenset({"DocumentChunk", "TextSummary", "TextDocument", "NodeSet", "CodeSummary"})
IS_A = "is_a"


def is_cognee_archive(path: Path) -> bool:
    """Returns whether the folder or tar file has the manifest of such an archive."""
    if path.is_dir():
        return (path / MANIFEST).is_file()
    return path.is_file() and tarfile.is_tarfile(path)


def read_cognee_archive(path: Path) -> ImportedGraph:
    """Returns the graph of the archive. Raises GraphFileInvalid."""
    files = _files(path)
    _check_version(path, files)
    problems = FileProblems(path.name)
    rows = {name: list(_rows(name, files, problems)) for name in _FILES}
    problems.raise_any()
    graph = ImportedGraph("cognee")
    _add_texts(graph, rows)
    others = _add_nodes(graph, rows)
    names = {node.name: node.id for node in graph.nodes.values()}
    for where, row in rows["facts"]:
        try:
            _add_fact(graph, row, others, names)
        except (ValueError, TypeError) as error:
            problems.add(where, str(error))
    problems.raise_any()
    return graph


def _files(path: Path) -> dict[str, bytes]:
    """Returns the content of each file of the archive by its name without folder."""
    wanted = {MANIFEST, *(f"{name}.jsonl" for name in _FILES)}
    if path.is_dir():
        return {name: (path / name).read_bytes() for name in wanted if (path / name).is_file()}
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                if name not in wanted or not member.isfile():
                    continue
                if member.size > MAX_BYTES:
                    raise GraphFileInvalid(f"{path.name}: {name} has more than {MAX_BYTES >> 30} GB.")
                stream = archive.extractfile(member)
                found[name] = stream.read() if stream else b""
    except (tarfile.TarError, EOFError, OSError) as error:
        raise GraphFileInvalid(f"{path.name} is a damaged archive: {error}.") from error
    return found


def _check_version(path: Path, files: Mapping[str, bytes]) -> None:
    try:
        version = str(json.loads(files[MANIFEST])["cogx_version"])
        major = int(version.split(".")[0])
    except (KeyError, ValueError, TypeError) as error:
        raise GraphFileInvalid(f"{path.name} has no {MANIFEST} of a cognee archive.") from error
    if major > _KNOWN_MAJOR:
        raise GraphFileInvalid(f"{path.name} is a cognee archive of version {version}; versions 0.x are read.")


def _rows(name: str, files: Mapping[str, bytes], problems: FileProblems) -> Iterator[Row]:
    file = f"{name}.jsonl"
    for number, line in enumerate(decoded(file, files.get(file, b"")).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{file} line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            problems.add(where, f"it is not JSON: {error}")
            continue
        if isinstance(row, dict):
            yield where, row
        else:
            problems.add(where, "it is not an object")


def _add_texts(graph: ImportedGraph, rows: Mapping[str, list[Row]]) -> None:
    for name in ("documents", "episodes", "memories", "memory_blocks"):
        for where, row in rows[name]:
            turns = "\n".join(f"{turn.get('role', '')}: {turn.get('content', '')}" for turn in row.get("turns") or ())
            if text := field_text(row, "content", "value") or turns:
                graph.texts[field_text(row, "external_id") or where] = ImportedText(text)


def _add_nodes(graph: ImportedGraph, rows: Mapping[str, list[Row]]) -> dict[str, str]:
    """Adds the entities, and the raw nodes that are entities; returns the ids of the others, with the name of a type."""
    others: dict[str, str] = {}
    for _, row in rows["nodes"]:
        inner = row.get("properties")
        properties: Mapping[str, Any] = inner if isinstance(inner, dict) else row
        identity, kind, name = (field_text(properties, key) for key in ("id", "type", "name"))
        if kind == _TYPE_NODE:
            others[identity] = name
        elif kind in _NO_ENTITIES or not name or identity in graph.texts:
            others[identity] = ""
            graph.left_out[f"node of the type {kind or 'unknown'}"] += identity not in graph.texts
        else:
            graph.nodes[identity] = ImportedNode(identity, name, kind, field_text(properties, "description", "text"))
    for _, row in rows["entities"]:
        identity, name = field_text(row, "external_id"), field_text(row, "name")
        if not name:
            graph.left_out["entity without a name"] += 1
            continue
        aliases = field_text(row, "aliases")
        more = [
            f"Also: {aliases}" if aliases else "",
            *(f"{key}: {value}" for key, value in (row.get("attributes") or {}).items()),
        ]
        text = "\n".join(filter(None, [field_text(row, "description"), *more]))
        graph.nodes[identity or name] = ImportedNode(identity or name, name, field_text(row, "entity_type"), text)
    graph.left_out += type(graph.left_out)()  # drops zeros
    return others


def _add_fact(graph: ImportedGraph, row: Mapping[str, Any], others: Mapping[str, str], names: dict[str, str]) -> None:
    source, target = field_text(row, "subject_ref"), field_text(row, "object_ref")
    predicate = field_text(row, "predicate")
    if source in graph.texts:
        if target in graph.nodes:
            graph.texts[source].mentions.append(target)
        else:
            graph.left_out[f"edge {predicate} of a text"] += 1
        return
    if others.get(target) and predicate == IS_A and source in graph.nodes:
        node = graph.nodes[source]
        graph.nodes[source] = ImportedNode(node.id, node.name, node.type or others[target], node.text)
        return
    ends = [None if end in others else _node_called(graph, end, names) for end in (source, target)]
    relation = relation_name(predicate)
    if None in ends or not relation:
        graph.left_out["edge whose ends are not both entities"] += 1
        return
    start, end = (graph.nodes[str(identity)] for identity in ends)
    fact = field_text(row, "fact_text") or sentence(start.name, relation, end.name)
    dates = imported_date(row.get("valid_at")), imported_date(row.get("invalid_at"))
    confidence = imported_confidence(row.get("confidence"))
    texts = tuple(text for text in row.get("provenance") or () if text in graph.texts)
    graph.edges.append(ImportedEdge(start.id, end.id, relation, fact, *dates, confidence, texts))


def _node_called(graph: ImportedGraph, reference: str, names: dict[str, str]) -> str | None:
    """Returns the id of the node that is referred to by id or by name, for which a node is made if there is none."""
    if reference in graph.nodes:
        return reference
    if reference in names:
        return names[reference]
    if not reference or reference in graph.texts or _is_uuid(reference):
        return None
    graph.nodes[reference] = ImportedNode(reference, reference)
    names[reference] = reference
    return reference


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4
