"""A large graph of one collection, put straight into a server: entities, facts, the episodes with both, and embeddings."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fathom.graph.content.graph_records import NodeRecord, RelationshipRecord
from fathom.graph.content.record_writer import RecordWriter
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.schema import ensure_schema

COLLECTION = "large"
DIMENSION = 384
_AT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
_WORDS = ("bridge", "river", "harbour", "council", "engineer", "museum", "railway", "valley", "founder", "archive", "letter")


@dataclass(frozen=True)
class LargeGraph:
    """The numbers of nodes and relationships: a fifth of the nodes are episodes, half of the relationships are facts."""

    nodes: int
    relationships: int
    embeddings: bool = True

    def fill(self, graph: GraphConnection) -> None:
        """Creates everything; the server holds nothing before."""
        ensure_schema(graph)
        writer = RecordWriter(graph)
        writer.create_nodes(self._nodes())
        writer.create_relationships(self._relationships())

    def _nodes(self) -> Iterator[NodeRecord]:
        random_number = random.Random(1)
        episodes = self.nodes // 5
        for number in range(self.nodes):
            own = {"uuid": _uuid("n", number), "group_id": COLLECTION, "created_at": _AT + timedelta(seconds=number)}
            if number < episodes:
                own |= {
                    "name": f"{COLLECTION}/{number}.md #1",
                    "source": "text",
                    "source_description": f"{COLLECTION}/{number}.md",
                }
                own |= {"content": _sentence(random_number, 120), "valid_at": _AT, "entity_edges": []}
                yield NodeRecord(str(number), ("Episodic",), own)
                continue
            own |= {"name": _sentence(random_number, 2), "name_key": str(number), "summary": _sentence(random_number, 20)}
            own |= {"labels": ["Entity", "Person"]} | self._vector("name_embedding", random_number)
            yield NodeRecord(str(number), ("Entity", "Person" if number % 3 else "Place"), own)

    def _relationships(self) -> Iterator[RelationshipRecord]:
        random_number = random.Random(2)
        episodes = self.nodes // 5
        for number in range(self.relationships):
            own = {"uuid": _uuid("r", number), "group_id": COLLECTION, "created_at": _AT + timedelta(seconds=number)}
            source, target = random_number.randrange(episodes), random_number.randrange(episodes, self.nodes)
            if number % 2:
                own |= {"name": "Tamar Bridge", "type": "Place", "asserts": [_sentence(random_number, 12)]}
                yield RelationshipRecord(str(number), "MENTIONS", str(source), str(target), own)
                continue
            source = random_number.randrange(episodes, self.nodes)
            own |= {"name": "DESIGNED", "fact": _sentence(random_number, 12), "episodes": [_uuid("n", number % episodes)]}
            own |= {"valid_at": _AT - timedelta(days=number % 9000), "reference_time": _AT, "expired_at": None}
            own |= self._vector("fact_embedding", random_number)
            yield RelationshipRecord(str(number), "RELATES_TO", str(source), str(target), own)

    def _vector(self, name: str, random_number: random.Random) -> dict[str, list[float]]:
        if not self.embeddings:
            return {}
        start = random_number.randrange(len(_NUMBERS) - DIMENSION)
        return {name: _NUMBERS[start : start + DIMENSION]}


def _sentence(random_number: random.Random, words: int) -> str:
    return " ".join(random_number.choices(_WORDS, k=words))


def _uuid(kind: str, number: int) -> str:
    return f"{ord(kind):08x}-0000-5000-8000-{number:012x}"


# Floats that four bytes hold exactly, as those of an embedder.
_NUMBERS = list(array("f", (random.Random(3).uniform(-0.1, 0.1) for _ in range(100_000))))
