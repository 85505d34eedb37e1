"""Derives the uuids of a collection's records under another name of the collection.

Uuids and chunk ids are hashes that contain the collection's name, so a copy needs those that Fathom would give in the new
collection: otherwise the next version of a document would be written beside the restored one. An id that does not follow from
its record, as of records that another program wrote, gets a new one that follows from the old one and the new name.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fathom.chunking.chunk import ChunkSet
from fathom.graph.backup.collection_tables import CollectionTable
from fathom.graph.content.graph_records import ENTITY, EPISODE, FACT, MENTION
from fathom.ids import EPISODE_NAMESPACE, chunk_identity, episode_uuid
from fathom.knowledge.name_resolution import PERSON, UNTYPED, MentionKey
from fathom.knowledge.records import entity_uuid, fact_uuid, mention_uuid


@dataclass
class CollectionRenaming:
    """The new ids of a collection's records, by the old ones; filled record by record, in the order of the methods below."""

    old: str
    new: str
    chunks: dict[str, str] = field(default_factory=dict[str, str])
    episodes: dict[str, str] = field(default_factory=dict[str, str])
    entities: dict[str, str] = field(default_factory=dict[str, str])
    facts: dict[str, str] = field(default_factory=dict[str, str])

    def document(self, document: str) -> str:
        """Returns the document's id in the new collection."""
        prefix = f"{self.old}/"
        return f"{self.new}/{document.removeprefix(prefix)}" if document.startswith(prefix) else document

    def add_chunks(self, chunk_set: ChunkSet) -> ChunkSet:
        """Learns the ids of a document's chunks; returns the chunk set of the new collection."""
        document = self.document(chunk_set.document)
        ranks: Counter[str] = Counter()
        chunks = []
        for chunk in chunk_set.chunks:
            first = chunk_identity(chunk_set.document, chunk.text)
            rank = ranks[first]
            ranks[first] += 1
            follows = chunk.id == (first if rank == 0 else chunk_identity(chunk_set.document, chunk.text, rank))
            self.chunks[chunk.id] = chunk_identity(document, chunk.text, rank) if follows else self._derived(chunk.id)
            chunks.append(chunk.model_copy(update={"id": self.chunks[chunk.id], "document": document}))
        return chunk_set.model_copy(update={"document": document, "chunks": chunks})

    def add_episode(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Learns the uuid of an episode of the ledger; returns its row of the new collection."""
        old, document, chunk = str(row["uuid"]), str(row["document"]), str(row["chunk"])
        renamed, new_chunk = self.document(document), self.chunks.get(chunk, chunk)
        follows = old == episode_uuid(self.old, document, chunk)
        self.episodes[old] = episode_uuid(self.new, renamed, new_chunk) if follows else self._derived(old)
        return {**row, "uuid": self.episodes[old], "document": renamed, "chunk": new_chunk, "collection": self.new}

    def add_node(self, labels: Sequence[str], properties: Mapping[str, Any]) -> None:
        """Learns the uuid of an entity."""
        old = str(properties.get("uuid"))
        if ENTITY not in labels or old in self.entities:
            return
        key, form = str(properties.get("name_key") or ""), str(properties.get("name_form") or "")
        candidates = (MentionKey(key, kind, form) for kind in (UNTYPED, PERSON))
        found = next((mention for mention in candidates if entity_uuid(self.old, mention) == old), None)
        self.entities[old] = entity_uuid(self.new, found) if found else self._derived(old)

    def add_fact(self, source: str, target: str, properties: Mapping[str, Any]) -> None:
        """Learns the uuid of a fact between the entities with these old uuids."""
        old, relation, text = (str(properties.get(name) or "") for name in ("uuid", "name", "fact"))
        if old == fact_uuid(self.old, source, relation, target, text):
            self.facts[old] = fact_uuid(self.new, self._uuid(source), relation, self._uuid(target), text)

    def node(self, labels: Sequence[str], properties: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the node's properties in the new collection."""
        found = self._moved(properties)
        if EPISODE in labels:
            for name in ("name", "source_description"):
                if isinstance(found.get(name), str):
                    found[name] = self.document(found[name])
            if found.get("entity_edges"):
                found["entity_edges"] = [self._uuid(fact) for fact in found["entity_edges"]]
        return found

    def relationship(self, kind: str, source: str, target: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the properties of a relationship between nodes with these old uuids in the new collection."""
        found = self._moved(properties)
        if kind == FACT and found.get("episodes"):
            found["episodes"] = [self._uuid(episode) for episode in found["episodes"]]
        if kind == MENTION:
            if properties.get("uuid") == mention_uuid(source, target):
                found["uuid"] = mention_uuid(self._uuid(source), self._uuid(target))
            if found.get("asserts"):
                found["asserts"] = [self._renamed_assertion(packed) for packed in found["asserts"]]
        for name, end in (("source_node_uuid", source), ("target_node_uuid", target)):
            if name in found:
                found[name] = self._uuid(end)
        return found

    def row(self, row: Mapping[str, Any], table: CollectionTable) -> dict[str, Any]:
        """Returns a row of the operational database in the new collection."""
        found = {**row, **({"collection": self.new} if "collection" in row else {})}
        found |= {name: self.document(found[name]) for name in table.documents if found[name] is not None}
        found |= {name: self._uuid(found[name]) for name in (*table.entities, *table.ids)}
        found |= {name: json.dumps(self._deep(json.loads(found[name]))) for name in table.packed if found[name]}
        if isinstance(found.get("path"), str):
            found["path"] = self.document(found["path"])
        return found

    def _deep(self, value: Any) -> Any:
        """Returns a JSON value with the new uuids of known records, and new ids of documents."""
        if isinstance(value, dict):
            return {name: self._deep(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._deep(item) for item in value]
        if not isinstance(value, str):
            return value
        return next((known[value] for known in self._known if value in known), self.document(value))

    def _moved(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(properties)
        if found.get("group_id") == self.old:
            found["group_id"] = self.new
        if isinstance(found.get("uuid"), str):
            found["uuid"] = self._uuid(found["uuid"])
        return found

    def _renamed_assertion(self, packed: str) -> str:
        """Returns a packed assertion with the new uuids of its fact and episode, which are its first two items."""
        fact, episode, *rest = json.loads(packed)
        return json.dumps([self._uuid(fact), self._uuid(episode), *rest], ensure_ascii=False)

    def _uuid(self, old: str) -> str:
        return next((known[old] for known in self._known if old in known), self._derived(old))

    @property
    def _known(self) -> tuple[dict[str, str], ...]:
        return self.entities, self.facts, self.episodes

    def _derived(self, old: str) -> str:
        return str(uuid.uuid5(EPISODE_NAMESPACE, f"copy\0{self.new}\0{old}"))
