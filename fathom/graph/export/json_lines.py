"""Writes a graph as JSON lines: a header, a line for each node and relationship, and a last line with their numbers.

Values that JSON does not have are a map with their type: `{"$datetime": "2020-01-02T03:04:05+00:00"}`. Nothing is lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from fathom.graph.export.encoded_records import RecordSource

FORMAT, VERSION = "fathom-graph", 1
_BUFFER = 1 << 20


def write_json_lines(target: Path, source: RecordSource, about: Mapping[str, Any]) -> None:
    """Writes the records to the file; `about` says in the header what they are."""
    nodes = relationships = 0
    with target.open("wb", _BUFFER) as stream:
        stream.write(_line({"type": "graph", "format": FORMAT, "version": VERSION, **about}))
        for node in source.nodes():
            labels = list(node.labels)
            stream.write(_line({"type": "node", "id": node.id, "labels": labels, "properties": node.properties}))
            nodes += 1
        for found in source.relationships():
            ends = {"start": found.source, "end": found.target}
            named = {"type": "relationship", "id": found.id, "label": found.type, **ends}
            stream.write(_line({**named, "properties": found.properties}))
            relationships += 1
        stream.write(_line({"type": "end", "nodes": nodes, "relationships": relationships}))


def _line(content: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # half of a surrogate pair, which orjson refuses
        return json.dumps(content, separators=(",", ":")).encode() + b"\n"
