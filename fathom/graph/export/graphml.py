"""Writes a graph as GraphML with typed keys, as networkx, Gephi, yEd and igraph read it.

Keys come before the data. Labels and types are an attribute of their element, and data. Relationships have ids, so parallel
ones stay apart. Kinds of values that GraphML does not have are strings, and the key's description names the kind: temporal
values in ISO 8601, all others in JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fathom.graph.export.export_spool import ExportSpool
from fathom.graph.export.value_kinds import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    MIXED,
    STRING,
    TEMPORAL,
    GroupKinds,
    json_text,
    merged_kinds,
    single_kind,
    text_of,
)
from fathom.graph.export.xml_text import attribute_text, element_text

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""
_TYPES = {BOOLEAN: "boolean", INTEGER: "long", FLOAT: "double", STRING: "string"}
_BUFFER = 1 << 20


@dataclass(frozen=True)
class GraphmlKey:
    """A key: its id, and the conversion of an encoded value to text."""

    id: str
    text: Callable[[Any], str]


def write_graphml(target: Path, source: ExportSpool) -> None:
    """Writes the records to the file."""
    nodes, relationships = source.table.nodes.values(), source.table.relationships.values()
    with target.open("w", _BUFFER, encoding="utf-8", newline="\n") as stream:
        stream.write(_HEAD)
        node_keys = _write_keys(stream.write, "node", "labels", nodes)
        edge_keys = _write_keys(stream.write, "edge", "label", relationships)
        stream.write('<graph id="G" edgedefault="directed">\n')
        for node in source.nodes():
            labels = "".join(f":{label}" for label in node.labels)
            stream.write(
                f'<node id="n{attribute_text(node.id)}" labels="{attribute_text(labels)}">'
                f'<data key="labels">{element_text(labels)}</data>{_data(node.properties, node_keys)}</node>\n'
            )
        for found in source.relationships():
            ends = f'source="n{attribute_text(found.source)}" target="n{attribute_text(found.target)}"'
            stream.write(
                f'<edge id="e{attribute_text(found.id)}" {ends} label="{attribute_text(found.type)}">'
                f'<data key="label">{element_text(found.type)}</data>{_data(found.properties, edge_keys)}</edge>\n'
            )
        stream.write("</graph>\n</graphml>\n")


def _write_keys(
    write: Callable[[str], object], kind_of_element: str, own: str, groups: Iterable[GroupKinds]
) -> dict[str, GraphmlKey]:
    """Writes the keys of nodes or edges and returns them by property; `own` is the key of labels or type."""
    write(f'<key id="{own}" for="{kind_of_element}" attr.name="{own}" attr.type="string"/>\n')
    found: dict[str, GraphmlKey] = {}
    for number, (name, kinds) in enumerate(merged_kinds(groups).items()):
        kind = single_kind(kinds)
        identity = f"{kind_of_element[0]}{number}"
        shown = attribute_text(f"{name} (property)" if name == own else name)
        note = "" if kind in _TYPES else f"<desc>{element_text(_note(kind))}</desc>"
        key_type = _TYPES.get(kind, "string")
        write(f'<key id="{identity}" for="{kind_of_element}" attr.name="{shown}" attr.type="{key_type}">{note}</key>\n')
        found[name] = GraphmlKey(identity, _converter(kind))
    return found


def _note(kind: str) -> str:
    if kind in TEMPORAL:
        return f"{kind}, ISO 8601"
    return "values of several kinds, JSON" if kind == MIXED else f"{kind}, JSON"


def _converter(kind: str) -> Callable[[Any], str]:
    if kind == BOOLEAN:
        return lambda value: "true" if value else "false"
    if kind == STRING:
        return element_text
    if kind == FLOAT:
        return text_of
    return text_of if kind == INTEGER or kind in TEMPORAL else lambda value: element_text(json_text(value))


def _data(properties: Mapping[str, Any], keys: Mapping[str, GraphmlKey]) -> str:
    return "".join(f'<data key="{(key := keys[name]).id}">{key.text(value)}</data>' for name, value in properties.items())
