"""Computes the canonical digest of a graph, which is equal on every server, and for a copy of a collection under another name.

Each node and relationship is hashed by its content, and the digest is a hash of the sum of all hashes modulo 2**256 (a multiset
hash, which does not depend on the order: Bellare and Micciancio, 1997). Uuids depend on the name of the collection, and are
replaced by the hash of the content that they stand for.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.graph.content.graph_records import EPISODE, FACT, MENTION, NodeRecord, RelationshipRecord
from fathom.graphdb.property_values import canonical_value

_MODULUS = 1 << 256
_UNKNOWN = "unknown"  # stands for a uuid of nothing in the graph
_IDENTITY = frozenset({"uuid", "group_id", "source_node_uuid", "target_node_uuid"})
# Properties that begin with the id of a document.
_DOCUMENT_IDS = frozenset({"name", "source_description"})
# Properties with uuids of other records, which are hashed by what these stand for.
_REFERENCES = frozenset({"entity_edges", "episodes", "asserts"})


@dataclass(frozen=True)
class GraphDigest:
    """The digest of a graph or a collection, in hex, and the numbers of its nodes and relationships."""

    digest: str
    nodes: int
    relationships: int

    @classmethod
    def empty(cls) -> GraphDigest:
        """Returns the digest of a graph without records."""
        return DigestBuilder().result()


class DigestBuilder:
    """Adds records to a digest: all nodes first, then all relationships between them."""

    def __init__(self) -> None:
        self._sum = 0
        self._nodes = 0
        self._relationships = 0
        self._node_hashes: dict[str, bytes] = {}
        self._episodes: dict[str, bytes] = {}
        self._claims: list[tuple[bytes, list[str]]] = []  # of episodes, the uuids of their facts
        self._fact_keys = array("Q")
        self._fact_hashes = array("Q")

    def add_node(self, node: NodeRecord) -> None:
        """Adds a node."""
        collection = str(node.properties.get("group_id", ""))
        content = _content(node.properties, collection)
        found = _hash([sorted(node.labels), content])
        self._node_hashes[node.id] = found
        self._nodes += 1
        self._add(found)
        if EPISODE in node.labels:
            self._episodes[str(node.properties.get("uuid"))] = found
            if facts := node.properties.get("entity_edges"):
                self._claims.append((found, list(facts)))

    def add_relationship(self, relationship: RelationshipRecord) -> None:
        """Adds a relationship; a relationship whose nodes were not added is left out."""
        source, target = (self._node_hashes.get(end) for end in (relationship.source, relationship.target))
        if source is None or target is None:
            return
        properties = relationship.properties
        content = _content(properties, str(properties.get("group_id", "")))
        if relationship.type == FACT:
            content["episodes"] = sorted(self._episode(uuid) for uuid in properties.get("episodes") or ())
        if relationship.type == MENTION and properties.get("asserts"):
            content["asserts"] = sorted(_without_uuids(packed) for packed in properties["asserts"])
        found = _hash([relationship.type, source.hex(), target.hex(), content])
        self._relationships += 1
        self._add(found)
        if relationship.type == FACT:
            self._fact_keys.append(_short(str(properties.get("uuid"))))
            self._fact_hashes.append(int.from_bytes(found[:8]))

    def result(self) -> GraphDigest:
        """Returns the digest of everything added."""
        total = (self._sum + self._sum_of_claims()) % _MODULUS
        counts = f"{self._nodes} {self._relationships} "
        digest = hashlib.sha256(counts.encode() + total.to_bytes(32)).hexdigest()
        return GraphDigest(digest, self._nodes, self._relationships)

    def _add(self, found: bytes) -> None:
        self._sum = (self._sum + int.from_bytes(found)) % _MODULUS

    def _episode(self, uuid: str) -> str:
        known = self._episodes.get(uuid)
        return known.hex() if known else _UNKNOWN

    def _sum_of_claims(self) -> int:
        """Sums the hashes of the pairs of an episode and a fact that it claims in `entity_edges`."""
        keys = np.frombuffer(self._fact_keys, dtype=np.uint64) if self._fact_keys else np.empty(0, np.uint64)
        order = np.argsort(keys)
        keys, hashes = keys[order], (np.frombuffer(self._fact_hashes, dtype=np.uint64)[order] if len(keys) else keys)
        total = 0
        for episode, facts in self._claims:
            wanted = np.array([_short(uuid) for uuid in facts], dtype=np.uint64)
            at = np.searchsorted(keys, wanted)
            found = [
                str(hashes[index]) if index < len(keys) and keys[index] == key else _UNKNOWN
                for index, key in zip(at.tolist(), wanted, strict=True)
            ]
            total += int.from_bytes(_hash([episode.hex(), sorted(found)]))
        return total


def digest_of(nodes: Iterable[NodeRecord], relationships: Iterable[RelationshipRecord]) -> GraphDigest:
    """Returns the digest of the records; nodes are read before relationships."""
    builder = DigestBuilder()
    for node in nodes:
        builder.add_node(node)
    for relationship in relationships:
        builder.add_relationship(relationship)
    return builder.result()


def _content(properties: Mapping[str, Any], collection: str) -> dict[str, Any]:
    """Returns the canonical properties without identity; ids of documents are relative to their collection."""
    prefix = f"{collection}/"
    found: dict[str, Any] = {}
    for name, value in properties.items():
        if value is None or name in _IDENTITY or name in _REFERENCES:
            continue
        if collection and name in _DOCUMENT_IDS and isinstance(value, str):
            value = value.removeprefix(prefix)
        found[name] = canonical_value(value)
    return found


def _without_uuids(packed: str) -> str:
    """Returns an assertion without the uuids of its fact and episode, which are its first two items."""
    try:
        items = json.loads(packed)
    except ValueError:
        return packed
    return json.dumps(items[2:], ensure_ascii=False) if isinstance(items, list) else packed


def _short(uuid: str) -> int:
    return int.from_bytes(hashlib.blake2b(uuid.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _hash(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()
