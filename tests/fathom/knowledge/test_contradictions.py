"""Contradicting dated facts in the graph: every order, removal and crash ends in the same, and plain clients see it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fathom.chunking.chunk import ChunkSet
from fathom.database import open_database
from fathom.embedding.embedder import Embedder
from fathom.extraction.model import Entity, Extraction, Fact, FunctionalEnd, LanguageModel
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from tests.fathom.graphdb.graphiti.searching_client import Client
from tests.fathom.graphdb.small_corpus import WriterOf, chunks_of, digest, held

pytestmark = pytest.mark.integration

# text: (source, relation, target, since, until by the text itself, until as it follows from all of them)
SAID = {
    "Ada Moreno became chief executive of Kelmouth Yards in 1998.": (
        "Ada Moreno",
        "CEO_OF",
        "Kelmouth Yards",
        1998,
        None,
        2006,
    ),
    "In 2006 Bo Lind took over at Kelmouth Yards.": ("Bo Lind", "BECAME_CEO_OF", "Kelmouth Yards", 2006, None, 2014),
    "Kelmouth Yards has had Cy Ode as its head since 2014.": ("Kelmouth Yards", "HAS_CEO", "Cy Ode", 2014, None, None),
    "Kelmouth Yards sat in Plymouth from 1990.": ("Kelmouth Yards", "HEADQUARTERED_IN", "Plymouth", 1990, None, 2003),
    "It moved to Kelmouth in 2003: Kelmouth Yards.": ("Kelmouth Yards", "BASED_IN", "Kelmouth", 2003, None, None),
    "Eve Rask led the Port Union from 1980 to 1985.": ("Eve Rask", "LEADS", "Port Union", 1980, 1985, 1985),
    "The Port Union was led by Fay Holt from 1991.": ("Port Union", "LED_BY", "Fay Holt", 1991, None, None),
    "Gus Vane leads the Port Union.": ("Gus Vane", "LEADS", "Port Union", None, None, None),
    "Lynher Star lay at Old Quay from 1970.": ("Lynher Star", "MOORED_AT", "Old Quay", 1970, None, 1980),
    "In 1980 Lynher Star was moored at New Quay.": ("Lynher Star", "MOORED_AT", "New Quay", 1980, None, None),
    "Ada Moreno founded Tidewell in 1988.": ("Ada Moreno", "FOUNDED", "Tidewell", 1988, None, None),
    "Ada Moreno founded Saltmere in 1993.": ("Ada Moreno", "FOUNDED", "Saltmere", 1993, None, None),
}
ONE_AT_A_TIME: dict[str, FunctionalEnd] = {"MOORED_AT": "source"}  # as the reader says, of relations that no rule knows
UNTIL = {text: said[5] for text, said in SAID.items()}


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


class Historian(LanguageModel):
    """Finds what is written down above; who reads of its seat alone cannot tell what Kelmouth Yards is."""

    name = "historian/1"
    prompt = "historian-1"

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        return [self._extract(text) for text in texts]

    def _extract(self, text: str) -> Extraction:
        found = Extraction(entities=[], facts=[])
        for said, (source, relation, target, since, until, _) in SAID.items():
            if said in text:
                kind = "Thing" if "moved" in said else "Organization"
                found.entities.extend(Entity(name=name, type=kind, mentions=[(0, 1)]) for name in (source, target))
                dates = {"valid_at": year(since) if since else None, "invalid_at": year(until) if until else None}
                only = ONE_AT_A_TIME.get(relation)
                found.facts.append(
                    Fact(source=source, target=target, relation=relation, fact=said, span=(0, 1), one_at_a_time=only, **dates)
                )
        return found


def documents(collection: str) -> list[tuple[ChunkSet, datetime]]:
    """A document a text, and one that says three of them again; each with the day it came."""
    texts = [(text,) for text in SAID]
    texts.append(tuple(SAID)[:3])
    return [
        (chunks_of(f"{collection}/{number}.md", *some), datetime(2024, 3, 1 + number, tzinfo=UTC))
        for number, some in enumerate(texts)
    ]


def write(writer: DocumentWriter, files: Sequence[tuple[ChunkSet, datetime]]) -> None:
    for chunk_set, day in files:
        writer.write(chunk_set, reference_time=day)


def ends(graph: GraphConnection, collection: str) -> dict[str, int | None]:
    """The year in which each fact ends."""
    rows = held(graph, collection)["RELATES_TO"]
    assert all(("expired_at" in row) == ("invalid_at" in row) for row in rows)
    return {row["fact"]: int(row["invalid_at"][:4]) if "invalid_at" in row else None for row in rows}


def test_in_order_and_shuffled_every_fact_ends_where_the_texts_end_it(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    found = []
    for number in range(4):
        engine = open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        writer = writer_of(graph, by=Historian(), keeping=Ledger(engine))
        files = documents(collection)
        if number:
            random.Random(number).shuffle(files)
        write(writer, files)
        assert ends(graph, collection) == UNTIL
        found.append(digest(graph, collection))
        for chunk_set, day in files:
            writer.write(chunks_of(chunk_set.document), reference_time=day)
        assert not any(held(graph, collection).values())
        engine.dispose()
    assert len(set(found)) == 1


def test_removing_what_ended_a_fact_lets_it_hold_again(graph: GraphConnection, writer_of: WriterOf, collection: str) -> None:
    writer = writer_of(graph, by=Historian())
    first, (lind, day), *others = documents(collection)[:10]
    write(writer, [first, *others])
    before, text = digest(graph, collection), next(iter(SAID))
    assert ends(graph, collection)[text] == 2014
    writer.write(lind, reference_time=day)
    assert ends(graph, collection)[text] == 2006
    writer.write(chunks_of(lind.document), reference_time=day)
    assert digest(graph, collection) == before


class Stopped(Exception):
    """The process ends here."""


class StoppingEmbedder:
    """The real one, in a process that ends at its call number `last`."""

    def __init__(self, embedder: Embedder, last: int) -> None:
        self.name, self.dimension = embedder.name, embedder.dimension
        self._embedder, self._left = embedder, last

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        if not self._left:
            raise Stopped
        self._left -= 1
        return self._embedder.embed(texts)


def test_stopped_at_any_moment_the_same_documents_again_end_in_the_same_graph(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path, embedder: Embedder
) -> None:
    files = documents(collection)
    write(writer_of(graph, by=Historian()), files)
    undisturbed = digest(graph, collection)
    for last in (0, 3, 8, 13):
        engine = open_database(f"sqlite:///{tmp_path / f'{last}.sqlite'}")
        ledger = Ledger(engine)
        graph.write(lambda tx: tx.run("MATCH (n) WHERE n.group_id = $group DETACH DELETE n", group=collection).consume())
        stopping = DocumentWriter(graph, Historian(), StoppingEmbedder(embedder, last), ledger)
        with pytest.raises(Stopped):
            write(stopping, files)
        write(writer_of(graph, by=Historian(), keeping=ledger), files)
        assert digest(graph, collection) == undisturbed
        engine.dispose()


def test_a_plain_client_filters_by_what_still_holds(client: Client, writer_of: WriterOf, collection: str) -> None:
    write(writer_of(client.graph, by=Historian()), documents(collection))

    async def search(graphiti) -> set[str]:  # type: ignore[no-untyped-def]
        from graphiti_core.search.search_filters import ComparisonOperator, DateFilter, SearchFilters

        current = SearchFilters(
            expired_at=[[DateFilter(comparison_operator=ComparisonOperator.is_null)]],
            invalid_at=[[DateFilter(comparison_operator=ComparisonOperator.is_null)]],
        )
        edges = await graphiti.search(
            "chief executive Kelmouth Yards", group_ids=[collection], num_results=20, search_filter=current
        )
        return {edge.fact for edge in edges}

    found = client.ask(search)
    assert "Kelmouth Yards has had Cy Ode as its head since 2014." in found
    assert not found & {text for text, until in UNTIL.items() if until}
