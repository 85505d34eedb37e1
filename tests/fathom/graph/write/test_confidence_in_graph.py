"""The graph has the confidence and Wikidata's property of what it holds: the highest of all who say it, and nothing below."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest

from fathom.embedding.minilm import MiniLM
from fathom.extraction.model import Extraction
from fathom.graph.read.episode_contents import contents_of
from fathom.graph.reconciliation.diff import find_differences
from fathom.graph.write.document_writer import DocumentWriter, WriteOptions
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.query.user_query import run_query
from fathom.ids import episode_uuid
from fathom.knowledge.confidence_filter import ENTITY_BELOW, FACT_BELOW, FACT_OF_BELOW
from fathom.ledger.episode_ledger import Ledger
from fathom.settings import PROJECT_ROOT
from tests.fathom.graphdb.small_corpus import BRIDGE, CITY, WRITTEN_AT, ScriptedModel, chunks_of, digest

pytestmark = pytest.mark.integration

Facts = dict[str, tuple[float | None, str | None]]
FACTS = """
MATCH (:Entity)-[r:RELATES_TO]->(:Entity) WHERE r.group_id = $group
RETURN r.name AS name, r.confidence AS sure, r.property AS p
"""
ENTITIES = "MATCH (n:Entity) WHERE n.group_id = $group RETURN n.name AS name, n.confidence AS sure"
QUERIES = re.findall(
    r"fathom graph query '([^']*confidence[^']*)'", (PROJECT_ROOT / "docs" / "language_models.md").read_text(encoding="utf-8")
)


class SureModel(ScriptedModel):
    """Is as sure of what a text says as a number in its brackets tells: of facts by the first, of entities by the second."""

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        return [self._sure(text, found) for text, found in zip(texts, super().extract(texts), strict=True)]

    def _sure(self, text: str, found: Extraction) -> Extraction:
        numbers = [float(one) for one in re.findall(r"\[([\d.]+)\]", text)]
        fact, entity, *_ = (*numbers, *numbers[-1:], None, None)
        facts = [one.model_copy(update={"confidence": fact, "property": "P84"}) for one in found.facts]
        entities = [one.model_copy(update={"confidence": entity}) for one in found.entities]
        return found.model_copy(update={"facts": facts, "entities": entities})


Sure = Callable[..., DocumentWriter]


@pytest.fixture
def sure(graph: GraphConnection, embedder: MiniLM, ledger: Ledger) -> Sure:
    """A writer that leaves out what is below a confidence."""

    def make(least: float = 0.7) -> DocumentWriter:
        return DocumentWriter(graph, SureModel(), embedder, ledger, options=WriteOptions(min_confidence=least))

    return make


def facts(graph: GraphConnection, collection: str) -> Facts:
    return {row["name"]: (row["sure"], row["p"]) for row in graph.read(FACTS, group=collection)}


def entities(graph: GraphConnection, collection: str) -> dict[str, float | None]:
    return {row["name"]: row["sure"] for row in graph.read(ENTITIES, group=collection)}


def test_facts_and_entities_have_their_confidence_and_what_is_below_is_counted(
    graph: GraphConnection, sure: Sure, ledger: Ledger, collection: str
) -> None:
    texts = (f"{BRIDGE} [0.92] [0.81]", f"{CITY} [0.4] [0.75]", "River Lynher [0.1]")
    report = sure().write(chunks_of(f"{collection}/a.md", *texts), reference_time=WRITTEN_AT)
    assert facts(graph, collection) == {"DESIGNED": (0.92, "P84")}
    assert entities(graph, collection) == {"Ada Moreno": 0.81, "Tamar Bridge": 0.81, "Moreno Works": 0.75, "Plymouth": 0.75}
    assert report.below_confidence == {ENTITY_BELOW: 1, FACT_BELOW: 1}
    assert (report.min_confidence, report.answers_left_out) == (0.7, {})
    assert (report.entities_answered, report.facts_answered) == (5, 2)
    assert [row.left_out for row in ledger.rows(f"{collection}/a.md")] == [{}, {FACT_BELOW: 1}, {ENTITY_BELOW: 1}]
    written = {row.uuid: row for row in ledger.rows(collection=collection, state="written")}
    assert find_differences(graph, collection, written).agree


def test_a_fact_goes_with_its_entities(graph: GraphConnection, sure: Sure, collection: str) -> None:
    report = sure().write(chunks_of(f"{collection}/a.md", f"{BRIDGE} [0.9] [0.2]"), reference_time=WRITTEN_AT)
    assert (facts(graph, collection), entities(graph, collection)) == ({}, {})
    assert report.below_confidence == {ENTITY_BELOW: 2, FACT_OF_BELOW: 1}


def test_what_is_not_measured_is_written_whatever_the_setting(graph: GraphConnection, sure: Sure, collection: str) -> None:
    sure(1.0).write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    assert facts(graph, collection) == {"DESIGNED": (None, "P84")}
    assert entities(graph, collection) == {"Ada Moreno": None, "Tamar Bridge": None}


def test_the_highest_of_several_sayings_counts_until_its_document_goes(
    graph: GraphConnection, sure: Sure, collection: str
) -> None:
    writer = sure()
    for name, number in (("low", "0.72"), ("high", "0.95"), ("middle", "0.8")):
        writer.write(chunks_of(f"{collection}/{name}.md", f"{BRIDGE} [{number}]"), reference_time=WRITTEN_AT)
    assert facts(graph, collection) == {"DESIGNED": (0.95, "P84")}
    assert entities(graph, collection) == {"Ada Moreno": 0.95, "Tamar Bridge": 0.95}
    done = writer.erase(f"{collection}/high.md")
    assert facts(graph, collection) == {"DESIGNED": (0.8, "P84")}
    assert entities(graph, collection) == {"Ada Moreno": 0.8, "Tamar Bridge": 0.8}
    assert len(done.erased.changed) == 3
    writer.erase(f"{collection}/middle.md")
    assert facts(graph, collection) == {"DESIGNED": (0.72, "P84")}


def test_the_order_in_which_documents_come_does_not_matter(graph: GraphConnection, sure: Sure, collection: str) -> None:
    texts = {"a": f"{BRIDGE} [0.72]", "b": f"{BRIDGE} {CITY} [0.95] [0.9]", "c": f"{BRIDGE} {CITY}"}
    seen = set()
    for order in ("abc", "cba", "bca"):
        writer = sure()
        for name in order:
            writer.write(chunks_of(f"{collection}/{name}.md", texts[name]), reference_time=WRITTEN_AT)
        seen.add(digest(graph, collection))
        for name in order:
            writer.erase(f"{collection}/{name}.md")
    assert len(seen) == 1


def test_a_document_is_shown_with_the_confidence_of_what_it_put_there(
    graph: GraphConnection, sure: Sure, collection: str
) -> None:
    chunks = chunks_of(f"{collection}/a.md", f"{BRIDGE} [0.92] [0.81]")
    sure().write(chunks, reference_time=WRITTEN_AT)
    uuid = episode_uuid(collection, f"{collection}/a.md", chunks.chunks[0].id)
    held = contents_of(graph, [uuid])[uuid]
    assert [(one.confidence, one.wikidata) for one in held.facts] == [(0.92, "P84")]
    assert [one.confidence for one in held.entities] == [0.81, 0.81]


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_of_the_docs_find_what_is_sure(query: str, graph: GraphConnection, sure: Sure, collection: str) -> None:
    texts = (f"{BRIDGE} [0.97]", f"{CITY} [0.75]")
    sure().write(chunks_of(f"{collection}/a.md", *texts), reference_time=WRITTEN_AT)
    rows = run_query(graph, query, {"collection": collection, "least": 0.9}).records
    assert [list(row.values()) for row in rows] == [["Ada Moreno", "DESIGNED", "P84", "Tamar Bridge", 0.97]]
