"""Writes a graph's records to a backup and reads them back, with nodes numbered in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fathom.graph.backup.archive_reader import ArchiveReader
from fathom.graph.backup.archive_writer import ArchiveWriter
from fathom.graph.backup.record_spool import RecordSpool
from fathom.graph.backup.renaming import CollectionRenaming
from fathom.graph.content.graph_digest import DigestBuilder
from fathom.graph.content.graph_records import FACT, NodeRecord, RelationshipRecord
from fathom.graphdb.property_values import decode_value, encode_value

Record = dict[str, Any]


class GraphParts:
    """Writes nodes and relationships, and computes the digest of the whole and of each collection in the same pass."""

    def __init__(self, spool: RecordSpool) -> None:
        self._spool = spool
        self._numbers: dict[str, int] = {}
        self._collections: list[str] = []  # of the nodes, by number
        self.whole = DigestBuilder()
        self.collections: dict[str, DigestBuilder] = {}

    def write(self, archive: ArchiveWriter) -> None:
        """Writes the nodes and then the relationships between them. Raises GraphUnreachable, OSError."""
        archive.add_records("nodes", None, "", self._nodes())
        archive.add_records("relationships", None, "", self._relationships())

    def _nodes(self) -> Iterator[Record]:
        for node in self._spool.nodes():
            collection = str(node.properties.get("group_id") or "")
            self._numbers[node.id] = len(self._collections)
            self._collections.append(collection)
            for digest in (self.whole, self.collections.setdefault(collection, DigestBuilder())):
                digest.add_node(node)
            yield {"l": list(node.labels), "p": encode_value(dict(node.properties), packed=True)}

    def _relationships(self) -> Iterator[Record]:
        for edge in self._spool.relationships():
            source, target = self._numbers.get(edge.source), self._numbers.get(edge.target)
            if source is None or target is None:
                continue
            self.whole.add_relationship(edge)
            if self._collections[source] == self._collections[target]:
                self.collections[self._collections[source]].add_relationship(edge)
            properties = encode_value(dict(edge.properties), packed=True)
            yield {"t": edge.type, "s": source, "d": target, "p": properties}


class ArchivedGraph:
    """The graph in a backup, or the part of a collection of it, under another name if it is renamed."""

    def __init__(self, archive: ArchiveReader, collection: str | None, renaming: CollectionRenaming | None = None) -> None:
        self._archive = archive
        self._collection = collection
        self._renaming = renaming

    def learn(self) -> None:
        """Learns the new uuids of entities and facts, where the collection is renamed."""
        if (renaming := self._renaming) is None:
            return
        uuids: dict[str, str] = {}
        for node in self._stored_nodes():
            renaming.add_node(node.labels, node.properties)
            uuids[node.id] = str(node.properties.get("uuid"))
        for edge in self._stored_relationships(uuids.__contains__):
            if edge.type == FACT:
                renaming.add_fact(uuids[edge.source], uuids[edge.target], edge.properties)

    def nodes(self, on_node: Callable[[NodeRecord], None] = lambda node: None) -> Iterator[NodeRecord]:
        """Yields the nodes as they are to be restored; `on_node` gets each as it was. Raises BackupDamaged."""
        for node in self._stored_nodes():
            on_node(node)
            properties = self._renaming.node(node.labels, node.properties) if self._renaming else node.properties
            yield NodeRecord(node.id, node.labels, properties)

    def relationships(self, uuids: Mapping[str, str]) -> Iterator[RelationshipRecord]:
        """Yields the relationships between the nodes with these ids, of which `uuids` has the former uuids."""
        for edge in self._stored_relationships(uuids.__contains__):
            if self._renaming is None:
                yield edge
                continue
            ends = uuids[edge.source], uuids[edge.target]
            properties = self._renaming.relationship(edge.type, *ends, edge.properties)
            yield RelationshipRecord(edge.id, edge.type, edge.source, edge.target, properties)

    def _stored_nodes(self) -> Iterator[NodeRecord]:
        for number, record in enumerate(self._archive.records("nodes")):
            properties = decode_value(record["p"])
            if self._collection is None or properties.get("group_id") == self._collection:
                yield NodeRecord(str(number), tuple(record["l"]), properties)

    def _stored_relationships(self, has_node: Callable[[str], bool]) -> Iterator[RelationshipRecord]:
        for number, record in enumerate(self._archive.records("relationships")):
            source, target = str(record["s"]), str(record["d"])
            if has_node(source) and has_node(target):
                yield RelationshipRecord(str(number), record["t"], source, target, decode_value(record["p"]))
