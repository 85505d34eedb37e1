"""Small documents whose extraction is written down, and everything that a collection holds in the graph."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from fathom.chunking.chunk import Chunk, ChunkSet
from fathom.errors import ExtractionFailed
from fathom.extraction.model import Entity, Extraction, Fact, LanguageModel, Usage
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ids import chunk_identity

WriterOf = Callable[..., DocumentWriter]

WRITTEN_AT = datetime(2024, 5, 6, 7, 8, 9, 120000, tzinfo=timezone(timedelta(hours=2)))
FOUNDED = datetime(1998, 3, 1, tzinfo=UTC)
CLOSED = datetime(2011, 12, 31, 23, 59, tzinfo=UTC)

BRIDGE = "Ada Moreno designed the Tamar Bridge."
FIRM = "Ada Moreno founded Moreno Works in 1998; it closed in 2011."
RIVER = "The Tamar Bridge crosses the River Lynher."
CITY = "Moreno Works was based in Plymouth."
TYPES = {
    "Ada Moreno": "Person",
    "Tamar Bridge": "Location",
    "Moreno Works": "Organization",
    "River Lynher": "Location",
    "Plymouth": "Location",
}
FACTS = {
    BRIDGE: ("Ada Moreno", "DESIGNED", "Tamar Bridge", None, None),
    FIRM: ("Ada Moreno", "FOUNDED", "Moreno Works", FOUNDED, CLOSED),
    RIVER: ("Tamar Bridge", "CROSSES", "River Lynher", None, None),
    CITY: ("Moreno Works", "BASED_IN", "Plymouth", None, None),
}


class ScriptedModel(LanguageModel):
    """Finds what is written down above, whatever stands around it; fails for texts that hold a word of `failing`."""

    name = "scripted/1"
    prompt = "scripted-1"

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.asked: list[str] = []

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        self.asked.extend(texts)
        return [self._extract(text) for text in texts]

    def _extract(self, text: str) -> Extraction:
        if any(word in text for word in self.failing):
            raise ExtractionFailed("The model's answer was no JSON.")
        entities = [Entity(name=name, type=kind, mentions=[(0, 1)]) for name, kind in TYPES.items() if name in text]
        facts = [
            Fact(source=source, target=target, relation=relation, fact=said, span=(0, 1), valid_at=since, invalid_at=until)
            for said, (source, relation, target, since, until) in FACTS.items()
            if said in text
        ]
        return Extraction(entities=entities, facts=facts, usage=Usage(calls=1, tokens_in=10, tokens_out=3, cost_usd=0.001))


def chunks_of(document: str, *texts: str) -> ChunkSet:
    """One version of a document, one chunk a text."""
    chunks = [
        Chunk(
            id=chunk_identity(document, text),
            document=document,
            position=position,
            text=text,
            headings=["Works"],
            pages=[1],
            items=[],
            tokens=len(text.split()),
            kind="text",
        )
        for position, text in enumerate(texts)
    ]
    version = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    return ChunkSet(
        document=document, version=version, chunks=chunks, covered=1.0, max_tokens=256, chunker="by-hand/1", seconds=0.0
    )


def write_texts(known: Sequence[str], writer: DocumentWriter, collection: str, *texts: str) -> None:
    """Each text is a document, named by its place among the known ones."""
    for text in texts:
        writer.write(chunks_of(f"{collection}/{known.index(text)}.md", text), reference_time=WRITTEN_AT)


def erase_texts(known: Sequence[str], writer: DocumentWriter, collection: str, *texts: str) -> None:
    """The documents of these texts are gone."""
    for text in texts:
        writer.erase(f"{collection}/{known.index(text)}.md")


def many_facts(document: str, chunks: int) -> ChunkSet:
    """A document of that many different chunks, all of which name the same entities."""
    texts = (BRIDGE, FIRM, RIVER, CITY)
    return chunks_of(document, *(f"{number}. {texts[number % 4]} {texts[(number + 1) % 4]}" for number in range(chunks)))


def held(graph: GraphConnection, collection: str) -> dict[str, list[dict[str, Any]]]:
    """Every node and relationship of the collection with all its properties, in one order, embeddings to six places."""
    nodes = "MATCH (n:{label}) WHERE n.group_id = $group RETURN labels(n) AS labels, properties(n) AS row"
    edges = (
        "MATCH (a)-[r:{type}]->(b) WHERE r.group_id = $group RETURN a.uuid AS source, b.uuid AS target, properties(r) AS row"
    )
    queries = {label: nodes.format(label=label) for label in ("Episodic", "Entity")}
    queries |= {kind: edges.format(type=kind) for kind in ("MENTIONS", "RELATES_TO")}
    return {name: _sorted(graph.read(query, group=collection)) for name, query in queries.items()}


def digest(graph: GraphConnection, collection: str) -> str:
    """The SHA-256 of everything the collection holds."""
    return hashlib.sha256(json.dumps(held(graph, collection), sort_keys=True, default=str).encode()).hexdigest()


def found_by_words(graph: GraphConnection, index: str, collection: str) -> list[str]:
    """The uuids of the collection's nodes that the full-text index finds."""
    query = (
        f"CALL db.index.fulltext.queryNodes('{index}', $words, {{limit: 1000}}) YIELD node AS n "
        "WHERE n.group_id = $group RETURN n.uuid AS uuid"
    )
    return sorted(row["uuid"] for row in graph.read(query, words=f'group_id:"{collection}"', group=collection))


def counts(graph: GraphConnection, collection: str) -> dict[str, int]:
    """How many of each the collection holds."""
    return {name: len(rows) for name, rows in held(graph, collection).items()}


def names(graph: GraphConnection, collection: str) -> list[str]:
    """The names of the collection's entities, in order, doubles too."""
    return sorted(row["name"] for row in held(graph, collection)["Entity"])


def _sorted(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    flat: list[dict[str, Any]] = []
    for row in rows:
        ends = {name: row[name] for name in ("source", "target") if name in row}
        labels = {"labels": sorted(row["labels"])} if "labels" in row else {}
        flat.append({**{name: _plain(value) for name, value in row["row"].items() if value is not None}, **ends, **labels})
    return sorted(flat, key=lambda row: str(row["uuid"]))


def _plain(value: Any) -> Any:
    if hasattr(value, "to_native"):
        return value.to_native().astimezone(UTC).isoformat()
    if isinstance(value, list | tuple) and value and isinstance(value[0], float):
        return [round(number, 6) + 0.0 for number in value]
    return list(value) if isinstance(value, tuple) else value
