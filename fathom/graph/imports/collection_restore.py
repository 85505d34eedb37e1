"""Restores an exported collection record by record, with embeddings and all dates, where the collection does not exist.

The ledger plans the collection's episodes before the graph is written. So a restore that was interrupted is recognized by its
planned episodes, and begun again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from fathom.errors import GraphWriteFailed
from fathom.graph.content.graph_digest import DigestBuilder, digest_of
from fathom.graph.content.graph_records import EPISODE, MENTION, NodeRecord, RelationshipRecord, Selection
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.content.record_writer import RecordWriter
from fathom.graph.imports.exported_lines import ExportedLines
from fathom.graph.imports.import_passages import CHUNKER, MODEL, PROMPT
from fathom.graph.write.clearing import clear_collection
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import exclusive_writer
from fathom.graphdb.schema import ensure_schema
from fathom.ledger.episode import EpisodeOutcome, PlannedEpisode, WriteOutcome
from fathom.ledger.episode_ledger import Ledger, ProducerVersions
from fathom.ledger.writer_lease import Leases

_POSITION = re.compile(r"#(\d+)$")
_ANYTHING = "MATCH (n) WHERE n.group_id = $collection RETURN n.uuid AS uuid LIMIT 1"


@dataclass(frozen=True)
class RestoredEpisode:
    """An episode as the ledger has it."""

    planned: PlannedEpisode
    facts: int


class CollectionRestore:
    """Restores an export of a whole collection; `version` is the SHA-256 of the file."""

    def __init__(self, connection: GraphConnection, ledger: Ledger, collection: str, version: str) -> None:
        self._connection = connection
        self._ledger = ledger
        self._collection = collection
        self._version = version

    def state(self) -> str:
        """Returns `free`, `interrupted`, `done` (by this file), or `occupied`. Raises GraphUnreachable."""
        rows = self._ledger.rows(collection=self._collection)
        live = [row for row in rows if row.state != "removed"]
        if live and all(row.version == self._version and row.model == MODEL for row in live):
            return "done" if all(row.state == "written" for row in live) else "interrupted"
        there = self._connection.read(_ANYTHING, collection=self._collection)
        return "occupied" if live or there else "free"

    def restore(self, export: ExportedLines) -> list[str]:
        """Restores the records and returns the ids of the documents. Raises GraphUnreachable, LeaseLost, GraphWriteFailed."""
        ensure_schema(self._connection)
        with exclusive_writer(self._connection, Leases(self._ledger.engine), self._collection):
            documents = self._documents(export)
            makers = ProducerVersions(CHUNKER, PROMPT, MODEL, MODEL)
            for document, episodes in documents.items():
                self._ledger.plan(document, self._version, [episode.planned for episode in episodes], makers)
            clear_collection(self._connection, self._collection)
            mentions = self._write(export)
            for episodes in documents.values():
                self._ledger.record([_outcome(episode, mentions[episode.planned.uuid]) for episode in episodes])
        return sorted(documents)

    def _documents(self, export: ExportedLines) -> dict[str, list[RestoredEpisode]]:
        found: dict[str, list[RestoredEpisode]] = defaultdict(list)
        for node in export.node_records():
            if EPISODE not in node.labels:
                continue
            own = node.properties
            uuid, document = str(own["uuid"]), str(own.get("source_description") or f"{self._collection}/imports/unknown")
            place = _POSITION.search(str(own.get("name") or ""))
            planned = PlannedEpisode(uuid, uuid.replace("-", ""), int(place[1]) - 1 if place else len(found[document]))
            found[document].append(RestoredEpisode(planned, len(own.get("entity_edges") or ())))
        return found

    def _write(self, export: ExportedLines) -> Counter[str]:
        """Writes the records, compares the graph's digest with that of the file, and counts the mentions of each episode."""
        mentions: Counter[str] = Counter()
        episodes: dict[str, str] = {}
        builder = DigestBuilder()

        def nodes() -> Iterator[NodeRecord]:
            for node in export.node_records():
                builder.add_node(node)
                if EPISODE in node.labels:
                    episodes[node.id] = str(node.properties["uuid"])
                yield node

        def relationships() -> Iterator[RelationshipRecord]:
            for edge in export.relationship_records():
                builder.add_relationship(edge)
                if edge.type == MENTION and edge.source in episodes:
                    mentions[episodes[edge.source]] += 1 + len(edge.properties.get("also") or ())
                yield edge

        writer = RecordWriter(self._connection)
        writer.create_nodes(nodes())
        writer.create_relationships(relationships())
        reader = RecordReader(self._connection, Selection(collection=self._collection))
        if digest_of(reader.nodes(), reader.relationships()) != builder.result():
            raise GraphWriteFailed(
                f"The collection {self._collection} is not what the file has.", hint="Import the file again; it starts anew."
            )
        return mentions


def _outcome(episode: RestoredEpisode, mentions: int) -> EpisodeOutcome:
    return WriteOutcome(episode.planned.uuid, mentions, episode.facts)
