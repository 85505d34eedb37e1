"""Nodes and relationships with values encoded as JSON, which the writers of all formats take, and their sources."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fathom.graph.content.record_reader import RecordReader
from fathom.graphdb.property_values import encode_value

ProgressOfExport = Callable[[int, int], None]  # the numbers of nodes and relationships so far
TELL_EVERY = 10_000  # records
_AS_THEY_ARE = frozenset({str, int, bool})
_BITS = 1 << 16  # ids of a page of a bitmap


@dataclass(frozen=True, slots=True)
class EncodedNode:
    """A node; `id` is unique among the nodes of an export, and `properties` are encoded by `encode_value`, without nulls."""

    id: str
    labels: tuple[str, ...]
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EncodedRelationship:
    """A relationship between the nodes with the ids `source` and `target`; `id` is unique among the relationships."""

    id: str
    type: str
    source: str
    target: str
    properties: Mapping[str, Any]


EncodedRecord = EncodedNode | EncodedRelationship


class RecordSource(ABC):
    """A source of records; all nodes are read before the first relationship."""

    @abstractmethod
    def nodes(self) -> Iterator[EncodedNode]:
        """Yields the nodes."""

    @abstractmethod
    def relationships(self) -> Iterator[EncodedRelationship]:
        """Yields the relationships, all of which are between nodes that `nodes` has yielded."""


class GraphSource(RecordSource):
    """Reads records from the graph, once, and counts them.

    Others may write meanwhile, so a relationship may be read whose node was not: it is left out, and counted as such.
    """

    def __init__(self, reader: RecordReader, progress: ProgressOfExport, *, packed: bool = False) -> None:
        """Long lists of floats are in base64 if `packed`."""
        self._reader = reader
        self._progress = progress
        self._packed = packed
        self._seen = SeenIds()
        self.node_count = 0
        self.relationship_count = 0
        self.left_out = 0  # relationships

    def nodes(self) -> Iterator[EncodedNode]:
        """Yields the nodes. Raises GraphUnreachable."""
        for node in self._reader.nodes():
            self._seen.add(node.id)
            yield EncodedNode(exported_id(node.id), tuple(sorted(node.labels)), self._encoded(node.properties))
            self.node_count += 1
            self._tell()

    def relationships(self) -> Iterator[EncodedRelationship]:
        """Yields the relationships between nodes that were read. Raises GraphUnreachable."""
        for found in self._reader.relationships():
            if found.source not in self._seen or found.target not in self._seen:
                self.left_out += 1
                continue
            ends = exported_id(found.source), exported_id(found.target)
            yield EncodedRelationship(exported_id(found.id), found.type, *ends, self._encoded(found.properties))
            self.relationship_count += 1
            self._tell()

    def _encoded(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value if type(value) in _AS_THEY_ARE else encode_value(value, packed=self._packed)
            for name, value in properties.items()
            if value is not None
        }

    def _tell(self) -> None:
        if (self.node_count + self.relationship_count) % TELL_EVERY == 0:
            self._progress(self.node_count, self.relationship_count)


class SeenIds:
    """A set of ids of nodes in little memory: ids of a server end in small numbers, of which each is a bit."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, int], bytearray] = {}
        self._others: set[str] = set()

    def add(self, identity: str) -> None:
        """Adds the id."""
        prefix, number = _split(identity)
        if number is None:
            self._others.add(identity)
            return
        page = prefix, number // _BITS
        bits = self._pages.get(page)
        if bits is None:
            bits = self._pages[page] = bytearray(_BITS // 8)
        bits[number % _BITS >> 3] |= 1 << (number & 7)

    def __contains__(self, identity: str) -> bool:
        prefix, number = _split(identity)
        if number is None:
            return identity in self._others
        bits = self._pages.get((prefix, number // _BITS))
        return bits is not None and bool(bits[number % _BITS >> 3] >> (number & 7) & 1)


def exported_id(identity: str) -> str:
    """Returns a shorter id: `12` for Neo4j's `4:<uuid of the database>:12`, `1:12` for the embedded server's `#1:12`."""
    return identity.rpartition(":")[2] if identity.count(":") == 2 else identity.removeprefix("#")


def _split(identity: str) -> tuple[str, int | None]:
    """Returns the id's part before its number, and the number; None where it has none of this form."""
    prefix, _, digits = identity.rpartition(":")
    number = int(digits) if digits.isdecimal() and digits.isascii() else None
    return (prefix, number) if number is not None and str(number) == digits else ("", None)
