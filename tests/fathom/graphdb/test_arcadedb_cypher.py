"""Every query that Graphiti saves or searches with is one the embedded server understands."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from graphiti_core.driver.driver import GraphProvider
from graphiti_core.models.edges.edge_db_queries import get_entity_edge_save_bulk_query, get_entity_edge_save_query
from graphiti_core.models.nodes.node_db_queries import (
    get_community_node_save_query,
    get_entity_node_save_bulk_query,
    get_entity_node_save_query,
)
from graphiti_core.search.search_filters import SearchFilters
from graphiti_core.search.search_utils import edge_fulltext_search

from fathom.graphdb.arcadedb_cypher import translate_cypher

NEO4J = GraphProvider.NEO4J


def _one(cypher: str) -> str:
    ((statement, _),) = translate_cypher(cypher, {"nodes": []})
    return " ".join(statement.split())


def test_vectors_are_set_like_any_property() -> None:
    assert "WITH n SET n.name_embedding = $entity_data.name_embedding RETURN" in _one(
        get_entity_node_save_query(NEO4J, "Entity")
    )
    assert "WITH e SET e.fact_embedding = $edge_data.fact_embedding RETURN" in _one(get_entity_edge_save_query(NEO4J))
    assert "WITH e, edge SET e.fact_embedding = edge.fact_embedding RETURN" in _one(get_entity_edge_save_bulk_query(NEO4J))
    assert "WITH n SET n.name_embedding = $name_embedding RETURN" in _one(get_community_node_save_query(NEO4J))


def test_the_cosine_is_scored_as_neo4j_scores_it() -> None:
    said = _one("MATCH (n) WITH n, vector.similarity.cosine(n.name_embedding, $search_vector) AS score RETURN score")
    assert "WITH n, ((1 + vector.similarity.cosine(n.name_embedding, $search_vector)) / 2) AS score" in said


def test_a_fact_that_full_text_found_is_not_looked_for_again() -> None:
    asked: list[str] = []

    class Listening:
        provider, search_interface, fulltext_syntax = NEO4J, None, ""

        async def execute_query(self, cypher: str, **_: object) -> tuple[list[object], None, None]:
            asked.append(cypher)
            return [], None, None

    asyncio.run(edge_fulltext_search(Listening(), "bridge", SearchFilters(), ["one"], 5))
    (cypher,) = asked
    assert "{uuid: rel.uuid}" in cypher
    said = _one(cypher)
    assert "MATCH" not in said
    assert "startNode(rel) AS n, endNode(rel) AS m WHERE e.group_id IN $group_ids" in said


def test_facts_are_found_by_the_index_of_their_uuids() -> None:
    one = _one("MATCH (n:Entity)-[e:RELATES_TO {uuid: $uuid}]->(m:Entity)\nRETURN e.fact")
    assert one == "MATCH (n)-[e:RELATES_TO]->(m) WHERE e.uuid = $uuid RETURN e.fact"
    some = _one("MATCH (n:Entity)-[e:RELATES_TO]->(m:Entity)\nWHERE e.uuid IN $uuids\nRETURN e.fact")
    assert some == "MATCH (n)-[e:RELATES_TO]->(m) WHERE e.uuid IN $uuids RETURN e.fact"


def test_nodes_of_a_batch_are_saved_by_their_labels_none_lost() -> None:
    nodes = [
        {"uuid": "1", "labels": ["Person", "Entity"]},
        {"uuid": "2", "labels": ["Entity"]},
        {"uuid": "3", "labels": ["Entity", "Person"]},
    ]
    statements = translate_cypher(get_entity_node_save_bulk_query(NEO4J, nodes), {"nodes": nodes, "other": 1})
    saved = {"Entity:Person": ["1", "3"], "Entity": ["2"]}
    assert len(statements) == len(saved)
    for (cypher, given), (labels, uuids) in zip(statements, saved.items(), strict=True):
        assert f"SET n:{labels}\n" in cypher
        assert "$(" not in cypher
        assert [row["uuid"] for row in given["nodes"]] == uuids
        assert given["other"] == 1


def test_a_label_that_would_be_a_query_is_refused() -> None:
    cypher = get_entity_node_save_bulk_query(NEO4J, [])
    with pytest.raises(ValueError, match="is no label"):
        translate_cypher(cypher, {"nodes": [{"labels": ["Entity", "X DETACH DELETE n"]}]})


def test_other_queries_stay_as_they_are() -> None:
    assert translate_cypher("MATCH (n) RETURN n", {"a": 1}) == [("MATCH (n) RETURN n", {"a": 1})]


def test_graphiti_is_not_loaded_before_it_is_opened() -> None:
    modules = "fathom.graphdb.graphiti.graphiti_client, fathom.graph.write.document_writer"
    said = f"import sys, {modules}; print([m for m in sys.modules if m.startswith('graphiti')])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
