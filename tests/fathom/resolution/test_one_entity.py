"""Documents that name one thing in different words share its entity, in whatever order they come and go."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from fathom.chunking.chunk import ChunkSet
from fathom.database import open_database
from fathom.extraction.model import Entity, Extraction, Fact, LanguageModel
from fathom.graph.reconciliation.diff import find_differences
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from tests.fathom.graphdb.small_corpus import WriterOf, chunks_of, digest, held

pytestmark = pytest.mark.integration

# Each line is a text: names with their types, each of which knows the next.
TEXTS = (
    "Kelmouth Yards=Organization; Ada Moreno=Person; John Smith=Person",
    "The Kelmouth Yards Ltd.=Organization; J. Smith=Person; Dr. Ada Moreno=Person",
    "KELMOUTH YARDS=Thing; ada moreno=Person; Mercury=Thing",
    "Mercury=Location; Café Lynher=Organization; J. Smith=Thing",
    "Cafe Lynher=Organization; Mercury=Thing; Kelmouth Yards, Inc.=Entity",
    "Mercury=Product; Ada Moréno=Person; J. Smith=Person",
    "James Smith=Person; Mercury=Thing; J. Smith=Person; Kelmouth Yards=Organization",
)


class Lister(LanguageModel):
    """Finds the names that a text lists."""

    name = "lister/1"
    prompt = "lister-1"

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        return [self._extract(text) for text in texts]

    def _extract(self, text: str) -> Extraction:
        listed = text.rpartition("\n")[2]
        named = [one.strip().split("=") for one in listed.split(";")]
        return Extraction(
            entities=[Entity(name=name, type=kind, mentions=[(0, 1)]) for name, kind in named],
            facts=[
                Fact(source=one, target=other, relation="KNOWS", fact="One knows the other.", span=(0, 1))
                for (one, _), (other, _) in pairwise(named)
            ],
        )


def documents(collection: str, texts: Sequence[str] = TEXTS) -> list[tuple[ChunkSet, datetime]]:
    return [
        (chunks_of(f"{collection}/{TEXTS.index(text)}.md", text), datetime(2024, 3, 1 + TEXTS.index(text), tzinfo=UTC))
        for text in texts
    ]


def write(writer: DocumentWriter, files: Sequence[tuple[ChunkSet, datetime]]) -> None:
    for chunk_set, day in files:
        writer.write(chunk_set, reference_time=day)


def entities(graph: GraphConnection, collection: str) -> dict[tuple[str, str], int]:
    """How many mentions each name has with its type."""
    rows = held(graph, collection)
    mentions = [row["target"] for row in rows["MENTIONS"]]
    kinds = ((row["uuid"], row["name"], [one for one in row["labels"] if one != "Entity"]) for row in rows["Entity"])
    return {(name, "".join(kind)): mentions.count(uuid) for uuid, name, kind in kinds}


def test_names_that_mean_one_thing_are_one_entity(graph: GraphConnection, writer_of: WriterOf, collection: str) -> None:
    write(writer_of(graph, by=Lister()), documents(collection, TEXTS[:5]))
    assert entities(graph, collection) == {
        ("Kelmouth Yards", "Organization"): 4,
        ("Ada Moreno", "Person"): 3,
        ("John Smith", "Person"): 3,
        ("Mercury", "Location"): 3,
        ("Cafe Lynher", "Organization"): 2,
    }


def test_an_initial_of_two_is_of_neither_and_a_name_of_two_types_is_one(
    graph: GraphConnection, writer_of: WriterOf, collection: str
) -> None:
    write(writer_of(graph, by=Lister()), documents(collection))
    found = entities(graph, collection)
    assert {name: count for name, count in found.items() if "Smith" in name[0] or name[0] == "Mercury"} == {
        ("John Smith", "Person"): 1,
        ("James Smith", "Person"): 1,
        ("J. Smith", "Person"): 3,
        ("Mercury", "Location"): 5,
    }


def test_any_order_and_every_removal_end_in_the_graph_of_what_is_left(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    for number in range(2):
        engine = open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        ledger = Ledger(engine)
        writer = writer_of(graph, by=Lister(), keeping=ledger)
        dice = random.Random(number)
        files = documents(collection)
        left = files[: 3 + number]
        write(writer, left)
        wanted = digest(graph, collection)
        more = files[3 + number :]
        dice.shuffle(more)
        write(writer, more)
        write(writer_of(graph, by=Lister(), keeping=Ledger(engine)), files)
        everything = digest(graph, collection)
        written = {row.uuid: row for row in ledger.rows(collection=collection, state="written")}
        assert find_differences(graph, collection, written).agree
        dice.shuffle(more)
        for chunk_set, day in more:
            report = writer.write(chunks_of(chunk_set.document), reference_time=day)
            assert (report.orphans, report.missing_embeddings) == (0, 0)
        assert digest(graph, collection) == wanted
        for chunk_set, day in left:
            writer.write(chunks_of(chunk_set.document), reference_time=day)
        assert not any(held(graph, collection).values())
        dice.shuffle(files)
        write(writer, files)
        assert digest(graph, collection) == everything
        for chunk_set, day in files:
            writer.write(chunks_of(chunk_set.document), reference_time=day)
        engine.dispose()


def test_a_ledger_that_was_lost_finds_every_name_where_it_is(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    write(writer_of(graph, by=Lister()), documents(collection))
    before = digest(graph, collection)
    engine = open_database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    write(writer_of(graph, by=Lister(), keeping=Ledger(engine)), list(reversed(documents(collection))))
    engine.dispose()
    assert digest(graph, collection) == before
