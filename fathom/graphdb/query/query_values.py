"""Converts the values of a query to JSON: readable for people, or with tagged types and without loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fathom.graphdb.property_values import encode_value, is_list, readable_value


def json_row(row: Mapping[str, Any], *, typed: bool) -> dict[str, Any]:
    """Returns the row as JSON: `typed` with tagged types, from which each value can be decoded again."""
    convert = typed_value if typed else readable_value
    return {name: convert(value) for name, value in row.items()}


def typed_value(value: Any) -> Any:
    """Returns the value as JSON with tagged types, as `encode_value`, also for nodes, relationships and paths."""
    from neo4j.graph import Node, Path, Relationship

    if isinstance(value, Node):
        return {"$node": {"id": value.element_id, "labels": sorted(value.labels), "properties": encode_value(dict(value))}}
    if isinstance(value, Relationship):
        ends = {
            name: node.element_id if node else None for name, node in (("start", value.start_node), ("end", value.end_node))
        }
        return {"$relationship": {"id": value.element_id, "type": value.type, **ends, "properties": encode_value(dict(value))}}
    if isinstance(value, Path):
        nodes = [typed_value(node) for node in value.nodes]
        return {"$path": {"nodes": nodes, "relationships": [typed_value(edge) for edge in value.relationships]}}
    if isinstance(value, Mapping):
        items = {str(name): typed_value(item) for name, item in value.items()}
        return {"$map": list(items.items())} if any(name.startswith("$") for name in items) else items
    if is_list(value):
        return [typed_value(item) for item in value]
    return encode_value(value)
