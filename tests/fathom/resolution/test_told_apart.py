"""What a document tells apart by legal form or accents is two entities, with what is said of each, as long as it is there."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from fathom.chunking.chunk import ChunkSet
from fathom.database import open_database
from fathom.extraction.model import Entity, Extraction, Fact
from fathom.graph.reconciliation.diff import find_differences
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from fathom.resolution.store.verdict_store import NameVerdictStore
from tests.fathom.graphdb.small_corpus import WRITTEN_AT, WriterOf, chunks_of, digest, held
from tests.fathom.resolution.test_judged_names import Judge
from tests.fathom.resolution.test_one_entity import Lister, entities

pytestmark = pytest.mark.integration

SHELL = "Shell plc owns Shell Ltd. Ada is a director of Shell Ltd."
# Each is a document of one or more texts: names with their types, each of which knows the next.
DOCUMENTS = (
    ("Shell plc=Organization; Ada Peña=Person",),
    ("Shell=Organization; Bo Lind=Person; Shell plc=Organization", "SHELL LTD=Organization; Ada Pena=Person"),
    ("Shell Limited=Organization; Bo Lind=Person",),
    ("shell=Thing; A. Pena=Person; Kelmouth=Location",),
    ("Ada Peña=Person; Kelmouth=Location; Ada Pena=Person",),
    ("SHELL PLC=Organization; Kelmouth=Location",),
)


class Owners(Lister):
    """Finds what one sentence says of two firms and a director."""

    def _extract(self, text: str) -> Extraction:
        if SHELL not in text:
            return super()._extract(text)
        kinds = {"Shell plc": "Organization", "Shell Ltd": "Organization", "Ada": "Person"}
        said = (("Shell plc", "OWNS", "Shell Ltd"), ("Ada", "DIRECTOR_OF", "Shell Ltd"))
        return Extraction(
            entities=[Entity(name=name, type=kind, mentions=[(0, 1)]) for name, kind in kinds.items()],
            facts=[
                Fact(source=one, target=other, relation=relation, fact=f"{one} {relation} {other}.", span=(0, 1))
                for one, relation, other in said
            ],
        )


def facts(graph: GraphConnection, collection: str) -> set[tuple[str, str, str]]:
    rows = held(graph, collection)
    names = {row["uuid"]: row["name"] for row in rows["Entity"]}
    return {(names[row["source"]], row["name"], names[row["target"]]) for row in rows["RELATES_TO"]}


def files_of(collection: str, documents: Sequence[tuple[str, ...]] = DOCUMENTS) -> list[tuple[ChunkSet, datetime]]:
    return [
        (chunks_of(f"{collection}/{number}.md", *texts), datetime(2024, 3, 1 + number, tzinfo=UTC))
        for number, texts in enumerate(documents)
    ]


@pytest.mark.case(81)
def test_a_firm_and_the_firm_it_owns_are_two_and_a_director_is_at_the_right_one(
    graph: GraphConnection, writer_of: WriterOf, collection: str
) -> None:
    writer = writer_of(graph, by=Owners())
    report = writer.write(chunks_of(f"{collection}/a.md", SHELL), reference_time=WRITTEN_AT)
    assert facts(graph, collection) == {("Shell plc", "OWNS", "Shell Ltd"), ("Ada", "DIRECTOR_OF", "Shell Ltd")}
    assert (report.facts, report.facts_left_out) == (2, {})
    writer.write(chunks_of(f"{collection}/b.md", "SHELL LIMITED=Organization; Bo=Person"), reference_time=WRITTEN_AT)
    assert ("Shell Ltd", "KNOWS", "Bo") in facts(graph, collection)
    assert len(entities(graph, collection)) == 4


@pytest.mark.case(81)
def test_two_legal_forms_in_two_texts_of_a_document_are_two_firms(
    graph: GraphConnection, writer_of: WriterOf, collection: str
) -> None:
    writer = writer_of(graph, by=Lister())
    firms = ("Shell plc=Organization; Ada=Person", "Shell Ltd=Organization; Bo=Person")
    for name, text in zip("ab", firms, strict=True):
        writer.write(chunks_of(f"{collection}/{name}.md", text), reference_time=WRITTEN_AT)
    assert len(entities(graph, collection)) == 3  # no document has both
    writer.write(chunks_of(f"{collection}/c.md", *firms), reference_time=WRITTEN_AT)
    assert {name for name, _ in entities(graph, collection)} == {"Shell plc", "Shell Ltd", "Ada", "Bo"}
    assert facts(graph, collection) == {("Shell plc", "KNOWS", "Ada"), ("Shell Ltd", "KNOWS", "Bo")}


@pytest.mark.case(82)
def test_people_whose_names_differ_by_accents_are_two_where_a_document_has_both(
    graph: GraphConnection, writer_of: WriterOf, collection: str
) -> None:
    writer = writer_of(graph, by=Lister())
    writer.write(chunks_of(f"{collection}/a.md", "Peña=Person; Lima=Location"), reference_time=WRITTEN_AT)
    writer.write(chunks_of(f"{collection}/b.md", "PENA=Person; Oslo=Location"), reference_time=WRITTEN_AT)
    assert len(entities(graph, collection)) == 3
    writer.write(chunks_of(f"{collection}/c.md", "Pena=Person; Peña=Person"), reference_time=WRITTEN_AT)
    assert facts(graph, collection) == {
        ("Peña", "KNOWS", "Lima"),
        ("Pena", "KNOWS", "Oslo"),
        ("Pena", "KNOWS", "Peña"),
    }


@pytest.mark.case(72)
def test_what_no_document_tells_apart_is_one_in_every_case_and_form(
    graph: GraphConnection, writer_of: WriterOf, collection: str
) -> None:
    writer = writer_of(graph, by=Lister())
    names = ("SAP SE", "sap se", "SAP", "S.A.P. SE", "Sap Se", "The SAP SE")
    for number, name in enumerate(names):
        writer.write(
            chunks_of(f"{collection}/{number}.md", f"{name}=Organization; Walldorf=Location"), reference_time=WRITTEN_AT
        )
    found = entities(graph, collection)
    assert sorted(found.values()) == [6, 6]
    assert {kind for _, kind in found} == {"Organization", "Location"}


@pytest.mark.case("K1", 71)
def test_every_name_can_be_written_and_is_spelled_as_a_text_has_it(
    graph: GraphConnection, writer_of: WriterOf, collection: str
) -> None:
    names = (
        *(
            "SAP SE",
            "Nestlé SA",
            "Microsoft Mobile Oy",
            "Ferrari SpA",
            "Volvo AB",
            "Trumpf SE + Co. KG",
            "Orange SAS",
            "Eni SRL",
        ),
        *(
            "The Sun",
            "World Health Organization (WHO)",
            "AC\\DC",
            "O’Brien",
            "🍎",
            "...",
            "C++",
            ".NET",
            "7-Eleven",
            "-5",
            "'s",
        ),
        *("株式会社", "ООО", "SE", "A/S", "`x` (y)", '"', "\u200bAda", "U.S.", "!", "X"),
    )
    text = "; ".join(f"{name}=Organization" for name in names)
    report = writer_of(graph, by=Lister()).write(chunks_of(f"{collection}/a.md", text), reference_time=WRITTEN_AT)
    assert (report.written, report.failures) == (1, [])
    assert {name for name, _ in entities(graph, collection)} == {*names}


@pytest.mark.case(81, 82, 83)
def test_any_order_and_every_removal_end_in_the_graph_of_what_is_left(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    wanted: dict[frozenset[str], str] = {}  # by the documents that are there
    for number in range(2):
        engine = open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        ledger = Ledger(engine)
        writer = writer_of(graph, by=Lister(), keeping=ledger)
        files = files_of(collection)
        random.Random(number).shuffle(files)
        left: dict[str, tuple[ChunkSet, datetime]] = {}
        for chunk_set, day in files:
            writer.write(chunk_set, reference_time=day)
            left[chunk_set.document] = chunk_set, day
            found = digest(graph, collection)
            assert wanted.setdefault(frozenset(left), found) == found
        written = {row.uuid: row for row in ledger.rows(collection=collection, state="written")}
        assert find_differences(graph, collection, written).agree
        random.Random(number + 2).shuffle(files)
        for chunk_set, day in files:
            report = writer.write(chunks_of(chunk_set.document), reference_time=day)
            assert (report.orphans, report.missing_embeddings) == (0, 0)
            del left[chunk_set.document]
            found = digest(graph, collection)
            assert wanted.setdefault(frozenset(left), found) == found
            if len(left) == 3:
                alone(graph, writer_of, collection, left, engine)
        assert not any(held(graph, collection).values())
        engine.dispose()


def alone(
    graph: GraphConnection,
    writer_of: WriterOf,
    collection: str,
    files: Mapping[str, tuple[ChunkSet, datetime]],
    engine: Engine,
) -> None:
    """Shows that the collection is as if no others had ever been in it."""
    fresh = f"{collection[:40]}-{len(files)}-{Path(str(engine.url)).stem}"
    writer = writer_of(graph, by=Lister(), keeping=Ledger(engine))
    for document, (chunk_set, day) in files.items():
        texts = [chunk.text for chunk in chunk_set.chunks]
        writer.write(chunks_of(f"{fresh}/{document.rpartition('/')[2]}", *texts), reference_time=day)
    assert entities(graph, collection) == entities(graph, fresh)
    assert facts(graph, collection) == facts(graph, fresh)


def test_a_verdict_on_one_of_two_does_not_join_the_other(graph: GraphConnection, writer_of: WriterOf, collection: str) -> None:
    judge = Judge()
    judge.one = {"shell", "royal dutch shell"}
    writer = writer_of(graph, by=judge)
    writer.write(chunks_of(f"{collection}/a.md", "Royal Dutch Shell=Organization; Ada=Person"), reference_time=WRITTEN_AT)
    firms = "Shell plc=Organization; Shell Ltd=Organization; Bo=Person"
    writer.write(chunks_of(f"{collection}/b.md", firms), reference_time=WRITTEN_AT)
    assert not [pair for pair in judge.asked if {"Shell plc", "Shell Ltd"} == {*pair}]
    assert len(entities(graph, collection)) >= 4
    assert [one for one in facts(graph, collection) if one[0] == "Shell plc"] != []
    assert not [one for one in facts(graph, collection) if one[0] == one[2]]


def test_a_name_that_is_told_from_others_is_compared_as_what_it_is(
    graph: GraphConnection, writer_of: WriterOf, collection: str, ledger: Ledger
) -> None:
    writer = writer_of(graph, by=Judge())
    for name, text in (("a", "Shell plc; Shell Ltd"), ("b", "Shell Ltd; Royal Dutch")):
        named = "; ".join(f"{one}=Organization" for one in text.split("; "))
        writer.write(chunks_of(f"{collection}/{name}.md", named), reference_time=WRITTEN_AT)
    assert set(NameVerdictStore(ledger.engine).compared_names(collection, limit=99)) == {
        "shell||plc",
        "shell||ltd",
        "royal dutch",
    }
