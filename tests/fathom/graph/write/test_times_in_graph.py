"""Told ends end facts in the graph, whatever came first, and withdraw when what told them goes; older graphs are set right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fathom.chunking.chunk import ChunkSet
from fathom.database import open_database
from fathom.extraction.model import Entity, Extraction, Fact, LanguageModel
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import lease_node
from fathom.ledger.episode_ledger import Ledger
from tests.fathom.graphdb.graphiti.searching_client import Client
from tests.fathom.graphdb.small_corpus import WriterOf, chunks_of, digest, held

if TYPE_CHECKING:
    from graphiti_core import Graphiti

pytestmark = pytest.mark.integration

KINDS = {"Kiran": "Person", "Lena": "Person", "Ada": "Person", "Bo": "Person", "Cy": "Person", "Gaul": "Location"} | {
    **dict.fromkeys(("Whitefield", "Electronic City"), "Location"),
    **dict.fromkeys(("Atlas", "Works"), "Organization"),
}


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


def fact(
    source: str, relation: str, target: str, since: int | None = None, until: int | None = None, said: str | None = None
) -> Fact:
    sentence = f"{source} {relation.lower().replace('_', ' ')} {target}."
    dates = {"valid_at": year(since) if since else None, "invalid_at": year(until) if until else None, "valid_at_said": said}
    return Fact(source=source, target=target, relation=relation, fact=sentence, span=(0, 1), **dates)


# Each text with the year of its document's own date, where it has one, and since when and until when its fact holds in the end.
TEXTS: list[tuple[Fact, int | None, tuple[int | None, int | None]]] = [
    (fact("Kiran", "WORKS_ON", "Atlas", 2024), None, (2024, 2025)),
    (fact("Kiran", "WORKED_ON", "Atlas", None, 2025), None, (None, 2025)),
    (fact("Lena", "LIVES_IN", "Whitefield", 2020), None, (2020, 2023)),
    (fact("Lena", "MOVED_TO", "Electronic City", 2023), None, (2023, None)),
    (fact("Ada", "CEO_OF", "Works"), 2010, (2010, 2015)),
    (fact("Ada", "NO_LONGER_CEO_OF", "Works", 2015), None, (2015, None)),
    (fact("Bo", "CEO_OF", "Works"), 2016, (2016, 2019)),
    (fact("Cy", "HEADS", "Gaul", said="58 BC"), None, (None, None)),
    (fact("Works", "HAS_CEO", "Cy"), 2019, (2019, None)),
]


class Reader(LanguageModel):
    """Finds what is written down above."""

    name = "reader/1"
    prompt = "reader-1"

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        return [self._extract(text) for text in texts]

    def _extract(self, text: str) -> Extraction:
        facts = [one for one, _, _ in TEXTS if one.fact in text]
        names = dict.fromkeys(name for one in facts for name in (one.source, one.target))
        return Extraction(entities=[Entity(name=name, type=KINDS[name], mentions=[(0, 1)]) for name in names], facts=facts)


def documents(collection: str) -> list[tuple[ChunkSet, datetime, datetime | None]]:
    """A document a text, with its reference time, and when it came where that is its own date."""
    came = datetime(2026, 11, 29, tzinfo=UTC)
    return [
        (chunks_of(f"{collection}/{number}.md", one.fact), year(own) if own else came, came if own else None)
        for number, (one, own, _) in enumerate(TEXTS)
    ]


def write(writer: DocumentWriter, files: Sequence[tuple[ChunkSet, datetime, datetime | None]]) -> None:
    for chunk_set, at, came in files:
        writer.write(chunk_set, reference_time=at, came_at=came)


def times(graph: GraphConnection, collection: str) -> dict[str, tuple[int | None, int | None]]:
    """Since which year and until which each fact holds."""
    rows = held(graph, collection)["RELATES_TO"]
    for row in rows:
        assert ("expired_at" in row) == ("invalid_at" in row)
        assert not ("valid_at" in row and "invalid_at" in row) or row["valid_at"] <= row["invalid_at"]
    return {row["fact"]: (_year(row.get("valid_at")), _year(row.get("invalid_at"))) for row in rows}


def _year(at: str | None) -> int | None:
    return int(at[:4]) if at else None


IN_THE_END = {one.fact: when for one, _, when in TEXTS}


@pytest.mark.case(67, 76, 77, 78, 79, 80)
def test_in_order_and_turned_round_facts_have_the_times_that_are_told(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    found = []
    for number, files in enumerate((documents(collection), documents(collection)[::-1])):
        engine = open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        writer = writer_of(graph, by=Reader(), keeping=Ledger(engine))
        write(writer, files)
        assert times(graph, collection) == IN_THE_END
        assert [row["valid_at_said"] for row in held(graph, collection)["RELATES_TO"] if "valid_at_said" in row] == ["58 BC"]
        found.append(digest(graph, collection))
        for chunk_set, at, _ in files:
            writer.write(chunks_of(chunk_set.document), reference_time=at)
        assert not any(held(graph, collection).values())
        engine.dispose()
    assert found[0] == found[1]


@pytest.mark.parametrize(("end", "ended"), [(1, 0), (3, 2), (5, 4), (8, 6)])
def test_an_end_goes_with_the_document_that_told_it(
    graph: GraphConnection, writer_of: WriterOf, collection: str, end: int, ended: int
) -> None:
    writer = writer_of(graph, by=Reader())
    files = documents(collection)
    write(writer, [one for number, one in enumerate(files) if number != end])
    before = digest(graph, collection)
    open_fact = TEXTS[ended][0].fact
    without = times(graph, collection)[open_fact]
    assert without != IN_THE_END[open_fact]
    write(writer, [files[end]])
    assert times(graph, collection) == IN_THE_END
    writer.write(chunks_of(files[end][0].document), reference_time=files[end][1])
    assert digest(graph, collection) == before


def test_a_graph_of_an_older_version_is_set_right_by_the_next_document(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    write(writer_of(graph, by=Reader()), documents(collection))
    whole = digest(graph, collection)
    as_it_was = """
    MATCH (a:Entity)-[r:RELATES_TO]->(:Entity) WHERE a.group_id = $group
    SET r.valid_at = coalesce(r.valid_at, r.reference_time), r.valid_at_said = null,
    r.invalid_at = CASE WHEN r.name = 'WORKED_ON' THEN r.invalid_at ELSE null END,
    r.expired_at = CASE WHEN r.name = 'WORKED_ON' THEN r.expired_at ELSE null END
    """
    graph.write(lambda tx: tx.run(as_it_was, group=collection).consume())
    graph.write(lambda tx: tx.run("MATCH (f {uuid: $uuid}) REMOVE f.fact_dates", uuid=lease_node(collection)).consume())
    assert digest(graph, collection) != whole
    engine = open_database(f"sqlite:///{tmp_path / 'again.sqlite'}")
    writer = writer_of(graph, by=Reader(), keeping=Ledger(engine))
    writer.write(chunks_of(f"{collection}/empty.md"), reference_time=year(2026))
    assert times(graph, collection) == IN_THE_END
    assert digest(graph, collection) == whole
    engine.dispose()


def test_a_plain_client_reads_facts_without_a_beginning(client: Client, collection: str, writer_of: WriterOf) -> None:
    write(writer_of(client.graph, by=Reader()), documents(collection))

    async def edges(graphiti: Graphiti) -> dict[str, datetime | None]:
        from graphiti_core.edges import EntityEdge

        return {edge.fact: edge.valid_at for edge in await EntityEdge.get_by_group_ids(graphiti.driver, [collection])}

    found = client.ask(edges)
    assert {one: at and at.year for one, at in found.items()} == {one: since for one, (since, _) in IN_THE_END.items()}
