"""Turns an imported graph into passages, which become episodes: a text with the entities and facts that it states.

Each text of the file is a passage. What no text states becomes a passage of each node: what is known of it, and the facts of
which it is the source. So a change of the file changes few passages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from fathom.chunking.chunk import Chunk, ChunkSet
from fathom.extraction.model import Entity, Extraction, Fact, LanguageModel
from fathom.graph.imports.imported_graph import ImportedEdge, ImportedGraph, ImportedNode
from fathom.ids import chunk_identity

MODEL, PROMPT, CHUNKER = "import", "import-1", "import/1"
MAX_FACTS = 50  # a passage


@dataclass
class ImportPassage:
    """A text, and what it states."""

    text: str
    nodes: list[ImportedNode] = field(default_factory=list[ImportedNode])
    edges: list[ImportedEdge] = field(default_factory=list[ImportedEdge])


class ImportedExtractions(LanguageModel):
    """Answers with what the file states in a passage, in place of a language model."""

    def __init__(self, graph: ImportedGraph) -> None:
        self._graph = graph
        self._passages = {passage.text: passage for passage in passages_of(graph)}

    @property
    def name(self) -> str:
        """The model of an import's episodes in the ledger."""
        return MODEL

    @property
    def prompt(self) -> str:
        """The version of the way in which files become passages."""
        return PROMPT

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """Returns what the file states in each of these passages."""
        return [_extraction(self._passages[text], self._graph) for text in texts]

    def chunks(self, document: str, version: str) -> ChunkSet:
        """Returns the passages as the chunks of a document."""
        chunks = [
            Chunk(
                id=chunk_identity(document, text),
                document=document,
                position=position,
                text=text,
                headings=[],
                pages=[],
                items=[],
                tokens=len(text.split()),
            )
            for position, text in enumerate(self._passages)
        ]
        return ChunkSet(
            document=document, version=version, chunks=chunks, covered=1.0, max_tokens=0, chunker=CHUNKER, seconds=0.0
        )


def passages_of(graph: ImportedGraph) -> Iterator[ImportPassage]:
    """Yields the passages, each with a text of its own."""
    found: dict[str, ImportPassage] = {}
    for passage in (*_texts(graph), *_nodes(graph)):
        same = found.setdefault(passage.text, passage)
        if same is not passage:
            same.nodes += passage.nodes
            same.edges += passage.edges
    return iter(found.values())


def _texts(graph: ImportedGraph) -> Iterator[ImportPassage]:
    stated: dict[str, list[ImportedEdge]] = defaultdict(list)
    for edge in graph.edges:
        for identity in edge.texts:
            stated[identity].append(edge)
    for identity, text in graph.texts.items():
        edges = stated[identity]
        yield ImportPassage(text.content, _named(graph, edges, text.mentions), edges)


def _nodes(graph: ImportedGraph) -> Iterator[ImportPassage]:
    mentioned = {node for text in graph.texts.values() for node in text.mentions}
    edges: dict[str, list[ImportedEdge]] = defaultdict(list)
    for edge in graph.edges:
        if edge.texts:
            mentioned |= {edge.source, edge.target}
        else:
            edges[edge.source].append(edge)
            mentioned.add(edge.target)
    for node in graph.nodes.values():
        own = edges[node.id]
        if not own and node.id in mentioned and not node.text:
            continue  # another passage names it
        about = node.name + (f" ({node.type})" if node.type else "") + (f": {node.text}" if node.text else "")
        for start in range(0, max(1, len(own)), MAX_FACTS):
            some = own[start : start + MAX_FACTS]
            lines = [about if start == 0 else node.name, *(edge.fact for edge in some)]
            yield ImportPassage("\n".join(lines), _named(graph, some, [node.id]), some)


def _named(graph: ImportedGraph, edges: Iterable[ImportedEdge], others: Iterable[str]) -> list[ImportedNode]:
    """Returns the nodes with these ids and those at the ends of the edges, each once."""
    ids = dict.fromkeys([*others, *(end for edge in edges for end in (edge.source, edge.target))])
    return [graph.nodes[identity] for identity in ids if identity in graph.nodes]


def _extraction(passage: ImportPassage, graph: ImportedGraph) -> Extraction:
    entities = [
        Entity(name=node.name, type=_label(node.type), mentions=_places(passage.text, node.name)) for node in passage.nodes
    ]
    facts = [
        Fact(
            source=graph.nodes[edge.source].name,
            target=graph.nodes[edge.target].name,
            relation=edge.relation,
            fact=edge.fact,
            span=next(iter(_places(passage.text, edge.fact)), (0, 0)),
            valid_at=edge.valid_at.at,
            invalid_at=edge.invalid_at.at,
            valid_at_said=edge.valid_at.said,
            invalid_at_said=edge.invalid_at.said,
            confidence=edge.confidence,
        )
        for edge in passage.edges
    ]
    return Extraction(entities=entities, facts=facts)


def _places(text: str, part: str) -> list[tuple[int, int]]:
    start = text.find(part)
    return [] if start < 0 else [(start, start + len(part))]


def _label(kind: str) -> str:
    """Returns a type as entities have it: words joined, each with a capital; `Entity` for none."""
    return "".join(word[:1].upper() + word[1:] for word in kind.split()) or "Entity"
