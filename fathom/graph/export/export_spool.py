"""A temporary file of an export's records, for formats that need to know all properties before the first record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

from fathom.graph.export.encoded_records import EncodedNode, EncodedRelationship, RecordSource
from fathom.graph.export.value_kinds import PropertyTable

_BUFFER = 1 << 20


class ExportSpool(RecordSource):
    """The records of another source, kept in files of a folder, with the table of their properties."""

    def __init__(self, folder: Path) -> None:
        self._nodes = folder / "nodes.jsonl"
        self._relationships = folder / "relationships.jsonl"
        self.table = PropertyTable()

    def fill(self, source: RecordSource) -> None:
        """Keeps all records of the source. Raises GraphUnreachable, and OSError if the disk is full."""
        table = self.table
        with self._nodes.open("wb", _BUFFER) as stream:
            for node in source.nodes():
                table.add_node(node)
                line = orjson.dumps((node.id, node.labels, node.properties))
                table.longest = max(table.longest, len(line))
                stream.write(line + b"\n")
        with self._relationships.open("wb", _BUFFER) as stream:
            for found in source.relationships():
                table.add_relationship(found)
                line = orjson.dumps((found.id, found.type, found.source, found.target, found.properties))
                table.longest = max(table.longest, len(line))
                stream.write(line + b"\n")

    def nodes(self) -> Iterator[EncodedNode]:
        """Yields the nodes; can be called again."""
        with self._nodes.open("rb", _BUFFER) as stream:
            for line in stream:
                identity, labels, properties = orjson.loads(line)
                yield EncodedNode(identity, tuple(labels), properties)

    def relationships(self) -> Iterator[EncodedRelationship]:
        """Yields the relationships; can be called again."""
        with self._relationships.open("rb", _BUFFER) as stream:
            for line in stream:
                yield EncodedRelationship(*orjson.loads(line))
