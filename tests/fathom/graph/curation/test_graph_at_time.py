"""The graph as of a time: what held in the world then, and what the graph held then, on both servers alike."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fathom.errors import UsageWrong
from fathom.graph.curation.curator import Curator
from fathom.graph.read.entity_views import find_entity
from fathom.graph.read.graph_at_time import Moment, read_graph_at
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from tests.fathom.graphdb.small_corpus import BRIDGE, CITY, FIRM, WRITTEN_AT, chunks_of

pytestmark = pytest.mark.integration


def held(graph: GraphConnection, collection: str, moment: Moment, entity: str | None = None) -> set[str]:
    found = read_graph_at(graph, moment, collection=collection, entity=entity, limit=10)
    assert found.facts_total == len(found.facts)
    assert {end for fact in found.facts for end in (fact.source, fact.target)} == {one.name for one in found.entities}
    return {fact.fact for fact in found.facts}


def test_facts_are_those_of_the_time(graph: GraphConnection, writer: DocumentWriter, collection: str) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE, FIRM, CITY), reference_time=WRITTEN_AT)
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert held(graph, collection, Moment(datetime(2000, 1, 1, tzinfo=UTC))) == {FIRM}  # founded in 1998, closed in 2011
    assert held(graph, collection, Moment(now)) == {BRIDGE, CITY}
    assert held(graph, collection, Moment(datetime(2000, 1, 1, tzinfo=UTC), "recorded")) == set()
    assert {BRIDGE, CITY} <= held(graph, collection, Moment(now, "recorded"))
    plymouth = find_entity(graph, collection, "Plymouth")
    assert held(graph, collection, Moment(now), plymouth) == {CITY}
    with writer.changes.exclusive(collection):
        [fact] = read_graph_at(graph, Moment(now), collection=collection, entity=plymouth, limit=10).facts
        Curator(writer.changes, collection, "a test").retire(fact.uuid)
    assert held(graph, collection, Moment(now)) == {BRIDGE}
    assert CITY in held(graph, collection, Moment(datetime(2024, 6, 1, tzinfo=UTC), "recorded"))  # before it was retired
    with pytest.raises(UsageWrong, match="time zone"):
        Moment(datetime(2000, 1, 1))
