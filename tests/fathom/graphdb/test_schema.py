"""The graph has every index that a Graphiti client looks for, under its name, whoever came first."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from graphiti_core.driver.driver import GraphProvider
from graphiti_core.driver.neo4j_driver import Neo4jDriver
from graphiti_core.graph_queries import get_fulltext_indices, get_range_indices

from fathom.graphdb.arcadedb_sql import fulltext_sql, run_sql
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.schema import FULLTEXT, ensure_schema

UNIQUE_INSTEAD = {"episode_uuid", "community_uuid", "saga_uuid"}


def _graphitis_names() -> set[str]:
    statements = [*get_range_indices(GraphProvider.NEO4J), *get_fulltext_indices(GraphProvider.NEO4J)]
    return {statement.split("INDEX")[1].split()[0] for statement in statements}


def _indexes(graph: GraphConnection) -> dict[str, str | None]:
    rows = graph.read("SHOW INDEXES YIELD name, type, owningConstraint WHERE type <> 'LOOKUP' RETURN name, owningConstraint")
    return {row["name"]: row["owningConstraint"] for row in rows}


async def _plain_graphiti_builds_its_own(graph: GraphConnection) -> None:
    address = graph.address
    driver = Neo4jDriver(address.uri, address.user, address.password, address.database)
    try:
        await driver._init_task
        await driver.build_indices_and_constraints()
    finally:
        await driver.close()


@pytest.mark.integration
def test_a_plain_graphiti_finds_no_index_missing(neo4j_graph: GraphConnection) -> None:
    ensure_schema(neo4j_graph)
    made = _indexes(neo4j_graph)
    asyncio.run(_plain_graphiti_builds_its_own(neo4j_graph))
    assert _indexes(neo4j_graph) == made
    assert set(made) == (_graphitis_names() - UNIQUE_INSTEAD) | {
        "episodic_uuid_unique",
        "community_uuid_unique",
        "saga_uuid_unique",
        "writerlease_uuid_unique",
        "name_key_entity_index",
        "name_kin_entity_index",
    }


@pytest.mark.integration
def test_uniqueness_holds_where_a_plain_graphiti_was_before(neo4j_graph: GraphConnection) -> None:
    ensure_schema(neo4j_graph)
    neo4j_graph.read("DROP CONSTRAINT episodic_uuid_unique")
    asyncio.run(_plain_graphiti_builds_its_own(neo4j_graph))
    assert "episode_uuid" in _indexes(neo4j_graph)
    ensure_schema(neo4j_graph)
    assert _indexes(neo4j_graph)["episodic_uuid_unique"] == "episodic_uuid_unique"


@pytest.mark.integration
def test_many_processes_may_make_the_schema_at_once(graph: GraphConnection) -> None:
    if not graph.address.embedded:
        for row in graph.read("SHOW CONSTRAINTS YIELD name RETURN name"):
            graph.read(f"DROP CONSTRAINT {row['name']}")
        for name in _indexes(graph):
            graph.read(f"DROP INDEX {name}")
    together = threading.Barrier(6)

    def one() -> None:
        connection = GraphConnection(graph.address)
        together.wait()
        try:
            ensure_schema(connection)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(one) for _ in range(6)]:
            done.result()
    if not graph.address.embedded:
        assert len(_indexes(graph)) == 34


@pytest.mark.integration
def test_the_embedded_server_has_the_full_text_indexes_under_graphitis_names(embedded_graph: GraphConnection) -> None:
    ensure_schema(embedded_graph)
    ensure_schema(embedded_graph)
    rows = run_sql(embedded_graph.address, "SELECT name, properties FROM schema:indexes")
    there = {row["name"] for row in rows}
    assert {fulltext_sql(statement)[0] for statement in get_fulltext_indices(GraphProvider.NEO4J)} <= there
    assert {fulltext_sql(statement)[0] for statement in FULLTEXT} <= there


def test_our_full_text_indexes_hold_the_properties_that_graphitis_hold() -> None:
    ours = [fulltext_sql(statement) for statement in FULLTEXT]
    assert ours == [fulltext_sql(statement) for statement in get_fulltext_indices(GraphProvider.NEO4J)]


def test_a_statement_that_makes_no_full_text_index_is_no_sql() -> None:
    with pytest.raises(ValueError, match="no full-text index"):
        fulltext_sql("CREATE INDEX entity_uuid IF NOT EXISTS FOR (n:Entity) ON (n.uuid)")
