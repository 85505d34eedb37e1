"""Keeps the records of a graph in a compressed file of this host, and brings them up to a later moment.

A record that was touched by a write since is replaced by what the graph has of it now, with all relationships around it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
import zstandard

from fathom.graph.content.graph_records import NodeRecord, RelationshipRecord
from fathom.graph.content.record_reader import RecordReader
from fathom.graphdb.property_values import decode_value, encode_value
from fathom.sql import batched

LEVEL = 1  # of zstd: the file is read once
TOUCHED_A_QUERY = 500


class RecordSpool:
    """The records of a reading, with the same methods as a reader; `update` brings them up to now."""

    def __init__(self, reader: RecordReader, folder: Path) -> None:
        self._reader = reader
        self._nodes = folder / "nodes.zst"
        self._relationships = folder / "relationships.zst"
        self._dropped_uuids: frozenset[str] = frozenset()
        self._dropped_ids: set[str] = set()
        self._new_nodes: dict[str, NodeRecord] = {}
        self._new_relationships: dict[str, RelationshipRecord] = {}

    def fill(self) -> None:
        """Reads all records into the files. Raises GraphUnreachable, OSError."""
        _write(self._nodes, ([node.id, node.labels, _packed(node.properties)] for node in self._reader.nodes()))
        edges = (
            [edge.id, edge.type, edge.source, edge.target, _packed(edge.properties)] for edge in self._reader.relationships()
        )
        _write(self._relationships, edges)

    def update(self, touched: Iterable[str]) -> None:
        """Reads the nodes with these uuids again, and the relationships around them. Raises GraphUnreachable."""
        self._dropped_uuids = frozenset(touched)
        for batch in batched(sorted(self._dropped_uuids), TOUCHED_A_QUERY):
            for node in self._reader.nodes_with(batch):
                self._new_nodes[node.id] = node
            for edge in self._reader.relationships_around(batch):
                self._new_relationships[edge.id] = edge

    def nodes(self) -> Iterator[NodeRecord]:
        """Yields the nodes as of the update; before `relationships`."""
        self._dropped_ids = set(self._new_nodes)
        for identity, labels, properties in _read(self._nodes):
            if properties.get("uuid") in self._dropped_uuids:
                self._dropped_ids.add(identity)
            elif identity not in self._new_nodes:
                yield NodeRecord(identity, tuple(labels), decode_value(properties))
        yield from self._new_nodes.values()

    def relationships(self) -> Iterator[RelationshipRecord]:
        """Yields the relationships as of the update."""
        for identity, kind, source, target, properties in _read(self._relationships):
            if source not in self._dropped_ids and target not in self._dropped_ids:
                yield RelationshipRecord(identity, kind, source, target, decode_value(properties))
        yield from self._new_relationships.values()


def _packed(properties: Any) -> Any:
    return encode_value(dict(properties), packed=True)


def _write(path: Path, rows: Iterable[Any]) -> None:
    with zstandard.open(path, "wb", zstandard.ZstdCompressor(LEVEL)) as stream:
        for row in rows:
            stream.write(orjson.dumps(row) + b"\n")


def _read(path: Path) -> Iterator[Any]:
    with zstandard.open(path, "rb") as stream:
        for line in io.BufferedReader(stream):
            yield orjson.loads(line)
