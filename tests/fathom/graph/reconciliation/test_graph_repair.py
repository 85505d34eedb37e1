"""Whatever was broken between ledger and graph is mended: both agree, and another write gives the graph that was there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fathom.graph.reconciliation.graph_repair import plan_repair
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ids import episode_uuid
from fathom.ledger.episode import PlannedEpisode, ProducerVersions
from fathom.ledger.episode_ledger import Ledger
from tests.fathom.graphdb.small_corpus import (
    BRIDGE,
    CITY,
    FIRM,
    RIVER,
    WRITTEN_AT,
    ScriptedModel,
    chunks_of,
    digest,
    many_facts,
)

pytestmark = pytest.mark.integration

TEXTS = (BRIDGE, FIRM, RIVER, CITY)
Break = Callable[[GraphConnection, Ledger, list[str], str], None]


@pytest.fixture
def uuids(writer: DocumentWriter, collection: str) -> list[str]:
    """The episodes of a document that is written, beside another that shares its entities and one of its facts."""
    writer.write(chunks_of(f"{collection}/b.md", BRIDGE, CITY), reference_time=WRITTEN_AT)
    chunk_set = chunks_of(f"{collection}/a.md", *TEXTS)
    writer.write(chunk_set, reference_time=WRITTEN_AT)
    return [episode_uuid(collection, chunk_set.document, chunk.id) for chunk in chunk_set.chunks]


def change(graph: GraphConnection, cypher: str, **parameters: Any) -> None:
    """What nobody should do to a graph."""
    graph.write(lambda tx: tx.run(cypher, **parameters).consume())


def an_episode_is_lost(graph: GraphConnection, ledger: Ledger, uuids: list[str], collection: str) -> None:
    change(graph, "MATCH (p:Episodic {uuid: $uuid}) DETACH DELETE p", uuid=uuids[1])


def everything_is_lost(graph: GraphConnection, ledger: Ledger, uuids: list[str], collection: str) -> None:
    for label in ("Episodic", "Entity"):
        change(graph, f"MATCH (p:{label}) WHERE p.group_id = $group DETACH DELETE p", group=collection)


def a_mention_is_lost(graph: GraphConnection, ledger: Ledger, uuids: list[str], collection: str) -> None:
    change(graph, "MATCH (p:Episodic {uuid: $uuid})-[m:MENTIONS]->(n:Entity) DELETE m", uuid=uuids[2])


def a_fact_is_lost(graph: GraphConnection, ledger: Ledger, uuids: list[str], collection: str) -> None:
    change(
        graph, "MATCH (:Entity)-[r:RELATES_TO]->(:Entity) WHERE r.group_id = $g AND r.name = 'FOUNDED' DELETE r", g=collection
    )


def an_entity_is_lost(graph: GraphConnection, ledger: Ledger, uuids: list[str], collection: str) -> None:
    change(graph, "MATCH (n:Entity) WHERE n.group_id = $g AND n.name = 'Ada Moreno' DETACH DELETE n", g=collection)


def an_episode_is_of_another_document(graph: GraphConnection, ledger: Ledger, uuids: list[str], collection: str) -> None:
    change(graph, "MATCH (p:Episodic {uuid: $uuid}) SET p.source_description = 'x/other.md'", uuid=uuids[2])


def mentions_are_doubled(graph: GraphConnection, ledger: Ledger, uuids: list[str], collection: str) -> None:
    again = (
        "MATCH (p:Episodic {uuid: $uuid})-[:MENTIONS]->(n:Entity) "
        "CREATE (p)-[:MENTIONS {uuid: 'again', group_id: n.group_id}]->(n)"
    )
    for uuid in uuids[:2]:
        change(graph, again, uuid=uuid)
    change(graph, again, uuid=uuids[0])


def an_entity_is_nobodys(graph: GraphConnection, ledger: Ledger, uuids: list[str], collection: str) -> None:
    for number in range(2):
        change(
            graph,
            "MATCH (a:Entity) WHERE a.group_id = $group AND a.name = 'Plymouth' "
            "CREATE (n:Entity {uuid: $uuid, group_id: $group, name: 'Nobody'}) "
            "CREATE (n)-[:RELATES_TO {uuid: $fact, group_id: $group}]->(a)",
            uuid=f"{collection}-{number}",
            fact=f"{collection}-fact-{number}",
            group=collection,
        )


def a_fact_names_an_episode_that_never_was(graph: GraphConnection, ledger: Ledger, uuids: list[str], collection: str) -> None:
    for name in ("FOUNDED", "CROSSES"):
        change(
            graph,
            "MATCH (:Entity)-[r:RELATES_TO]->(:Entity) WHERE r.group_id = $group AND r.name = $name "
            "SET r.episodes = r.episodes + ['never']",
            group=collection,
            name=name,
        )


def a_fact_is_doubled(graph: GraphConnection, ledger: Ledger, uuids: list[str], collection: str) -> None:
    change(
        graph,
        "MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE r.group_id = $group AND r.name = 'CROSSES' "
        "CREATE (a)-[s:RELATES_TO]->(b) SET s = properties(r)",
        group=collection,
    )


BREAKS: tuple[Break, ...] = (
    an_episode_is_lost,
    everything_is_lost,
    a_mention_is_lost,
    a_fact_is_lost,
    an_entity_is_lost,
    an_episode_is_of_another_document,
    mentions_are_doubled,
    an_entity_is_nobodys,
    a_fact_names_an_episode_that_never_was,
    a_fact_is_doubled,
)


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.__name__)
def test_what_is_broken_is_mended_and_written_again(
    graph: GraphConnection, writer: DocumentWriter, ledger: Ledger, uuids: list[str], collection: str, broken: Break
) -> None:
    whole = digest(graph, collection)
    broken(graph, ledger, uuids, collection)
    assert digest(graph, collection) != whole
    assert not plan_repair(graph, ledger, collection).nothing_to_do
    done = writer.repair(collection)
    assert done.left is not None
    assert done.left.agree
    assert plan_repair(graph, ledger, collection).nothing_to_do
    for document, texts in (("a.md", TEXTS), ("b.md", (BRIDGE, CITY))):
        writer.write(chunks_of(f"{collection}/{document}", *texts), reference_time=WRITTEN_AT)
    assert digest(graph, collection) == whole
    assert plan_repair(graph, ledger, collection).nothing_to_do


def test_episodes_that_the_ledger_never_knew_are_removed_with_what_only_they_said(
    graph: GraphConnection, writer: DocumentWriter, ledger: Ledger, uuids: list[str], collection: str
) -> None:
    whole = digest(graph, collection)
    writer.write(many_facts(f"{collection}/c.md", 9), reference_time=WRITTEN_AT)
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM episodes WHERE document = '{collection}/c.md'")
    done = writer.repair(collection)
    assert len(done.removed) == 9
    assert (done.again, done.documents) == ([], [])
    assert digest(graph, collection) == whole


def test_episodes_that_were_written_before_the_ledger_could_say_so_are_kept_and_no_model_is_asked(
    graph: GraphConnection,
    writer: DocumentWriter,
    ledger: Ledger,
    model: ScriptedModel,
    uuids: list[str],
    collection: str,
) -> None:
    whole = digest(graph, collection)
    ledger.mark_again(uuids[:3], "as if the process had died between the two")
    ledger.mark_extracted(uuids[1], tokens_in=1, tokens_out=1, cost_usd=0.0)
    asked = len(model.asked)
    done = writer.repair(collection)
    assert (sorted(done.adopted), done.removed) == (sorted(uuids[:3]), [])
    writer.write(chunks_of(f"{collection}/a.md", *TEXTS), reference_time=WRITTEN_AT)
    assert len(model.asked) == asked
    assert digest(graph, collection) == whole


def test_what_agrees_is_left_alone_and_what_is_still_to_be_written_is_no_difference(
    graph: GraphConnection, writer: DocumentWriter, ledger: Ledger, uuids: list[str], collection: str
) -> None:
    whole = digest(graph, collection)
    ledger.plan(f"{collection}/new.md", "v", [PlannedEpisode("never-written", "c", 0)], ProducerVersions("c", "p", "m", "e"))
    done = writer.repair(collection)
    assert done.nothing_to_do
    assert (done.removed, done.again, done.facts, done.entities, done.mentions) == ([], [], [], [], [])
    assert digest(graph, collection) == whole


def test_another_collection_is_left_alone(
    graph: GraphConnection, writer: DocumentWriter, ledger: Ledger, uuids: list[str], collection: str
) -> None:
    other = f"{collection}-other"
    writer.write(chunks_of(f"{other}/a.md", *TEXTS), reference_time=WRITTEN_AT)
    whole = digest(graph, other)
    everything_is_lost(graph, ledger, uuids, collection)
    writer.repair(collection)
    assert digest(graph, other) == whole
    assert plan_repair(graph, ledger, other).nothing_to_do
