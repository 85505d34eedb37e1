"""What Fathom writes is Graphiti's graph: a Graphiti client reads, searches and adds to it, on both servers alike."""

from __future__ import annotations

import asyncio
import math
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from graphiti_core import Graphiti
from graphiti_core.edges import EntityEdge, EpisodicEdge
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode
from graphiti_core.search.search_config import SearchConfig, SearchResults
from graphiti_core.search.search_config_recipes import (
    COMBINED_HYBRID_SEARCH_CROSS_ENCODER,
    COMBINED_HYBRID_SEARCH_MMR,
    COMBINED_HYBRID_SEARCH_RRF,
    EDGE_HYBRID_SEARCH_NODE_DISTANCE,
    NODE_HYBRID_SEARCH_EPISODE_MENTIONS,
    NODE_HYBRID_SEARCH_RRF,
)
from graphiti_core.search.search_filters import ComparisonOperator, DateFilter, SearchFilters
from graphiti_core.search.search_utils import edge_fulltext_search, edge_similarity_search, get_mentioned_nodes
from graphiti_core.telemetry.telemetry import is_telemetry_enabled

from fathom.embedding.embedder import Embedder
from fathom.errors import GraphUnreachable, UsageWrong
from fathom.graphdb.connection import GraphConnection, graph_address
from fathom.graphdb.graphiti.driver import GraphitiDriver
from fathom.graphdb.graphiti.graphiti_client import open_graphiti
from fathom.knowledge.name_resolution import mention_key
from fathom.knowledge.records import entity_uuid
from fathom.settings import Settings
from tests.fathom.graphdb.graphiti.searching_client import Client, uuid_of_episode
from tests.fathom.graphdb.small_corpus import BRIDGE, CITY, CLOSED, FIRM, FOUNDED, RIVER, WRITTEN_AT, held

pytestmark = pytest.mark.integration

ADA = mention_key("Ada Moreno", "Person")


def _fact_uuid(graph: GraphConnection, collection: str, fact: str) -> str:
    return next(str(row["uuid"]) for row in held(graph, collection)["RELATES_TO"] if row["fact"] == fact)


def _at(moment: datetime | None) -> datetime:
    assert moment is not None
    assert moment.utcoffset() is not None
    return moment.astimezone(UTC)


def test_a_fact_is_found_by_its_words(client: Client, documents: tuple[str, str], collection: str) -> None:
    async def work(graphiti: Graphiti) -> list[EntityEdge]:
        found: list[EntityEdge] = await edge_fulltext_search(graphiti.driver, "lynher", SearchFilters(), [collection], 5)
        return found

    found = client.ask(work)
    assert [edge.fact for edge in found] == [RIVER]
    assert {edge.group_id for edge in found} == {collection}


def test_a_fact_is_found_by_its_meaning(
    client: Client, documents: tuple[str, str], collection: str, embedder: Embedder
) -> None:
    meant = embedder.embed(["Which waterway does the overpass span?"])[0]
    cosines = {fact: sum(a * b for a, b in zip(meant, embedder.embed([fact])[0], strict=True)) for fact in (RIVER, FIRM)}
    between = (2 + cosines[RIVER] + cosines[FIRM]) / 4  # as Neo4j scores: (1 + cosine) / 2

    async def work(graphiti: Graphiti) -> list[EntityEdge]:
        found: list[EntityEdge] = await edge_similarity_search(
            graphiti.driver, meant, None, None, SearchFilters(), [collection], 10, between
        )
        return found

    facts = [edge.fact for edge in client.ask(work)]
    assert facts[0] == RIVER
    assert FIRM not in facts


def test_search_joins_words_and_meaning_and_stays_in_its_collection(
    client: Client, documents: tuple[str, str], collection: str
) -> None:
    async def work(graphiti: Graphiti) -> tuple[list[EntityEdge], list[EntityEdge]]:
        return (
            await graphiti.search("Who designed the Tamar Bridge?", group_ids=[collection]),
            await graphiti.search("Where was Moreno Works based, in Plymouth?", group_ids=[collection]),
        )

    designed, based = client.ask(work)
    assert designed[0].fact == BRIDGE
    assert {edge.group_id for edge in (*designed, *based)} == {collection}
    assert CITY not in [edge.fact for edge in based]  # only the other collection says it


@pytest.mark.parametrize(
    "recipe", [COMBINED_HYBRID_SEARCH_RRF, COMBINED_HYBRID_SEARCH_MMR, COMBINED_HYBRID_SEARCH_CROSS_ENCODER]
)
def test_graphitis_recipes_find_facts_entities_and_episodes(
    client: Client, documents: tuple[str, str], collection: str, recipe: SearchConfig
) -> None:
    async def work(graphiti: Graphiti) -> SearchResults:
        return await graphiti.search_("Tamar Bridge", config=recipe, group_ids=[collection])

    found = client.ask(work)
    assert {BRIDGE, RIVER} <= {edge.fact for edge in found.edges}
    assert "Tamar Bridge" in [node.name for node in found.nodes[:2]]  # summaries name it, too
    assert {episode.source_description for episode in found.episodes} == set(documents)
    assert {one.group_id for one in (*found.edges, *found.nodes, *found.episodes)} == {collection}


def test_entities_are_found_filtered_by_type_and_ranked_by_mentions_and_distance(
    client: Client, documents: tuple[str, str], collection: str
) -> None:
    ada = entity_uuid(collection, ADA)

    async def work(graphiti: Graphiti) -> tuple[SearchResults, SearchResults, SearchResults]:
        people = SearchFilters(node_labels=["Person"])
        return (
            await graphiti.search_("Moreno", NODE_HYBRID_SEARCH_RRF, group_ids=[collection], search_filter=people),
            await graphiti.search_("Tamar Bridge", NODE_HYBRID_SEARCH_EPISODE_MENTIONS, group_ids=[collection]),
            await graphiti.search_("bridge", EDGE_HYBRID_SEARCH_NODE_DISTANCE, group_ids=[collection], center_node_uuid=ada),
        )

    typed, mentioned, near = client.ask(work)
    assert [(node.name, sorted(node.labels)) for node in typed.nodes] == [("Ada Moreno", ["Entity", "Person"])]
    assert {"Tamar Bridge", "River Lynher"} <= {node.name for node in mentioned.nodes}
    assert near.edges[0].fact == BRIDGE


def test_graphitis_models_load_everything_that_was_written(
    client: Client, documents: tuple[str, str], collection: str, embedder: Embedder
) -> None:
    first, second = documents
    ada, firm = entity_uuid(collection, ADA), _fact_uuid(client.graph, collection, FIRM)
    bridge = _fact_uuid(client.graph, collection, BRIDGE)

    async def work(graphiti: Graphiti) -> tuple[EntityNode, list[EntityEdge], list[EpisodicNode], EpisodicEdge]:
        driver = graphiti.driver
        node = await EntityNode.get_by_uuid(driver, ada)
        await node.load_name_embedding(driver)
        edges = [await EntityEdge.get_by_uuid(driver, firm), await EntityEdge.get_by_uuid(driver, bridge)]
        for edge in edges:
            await edge.load_fact_embedding(driver)
        mentions = await EpisodicEdge.get_by_group_ids(driver, [collection])
        return node, edges, await EpisodicNode.get_by_group_ids(driver, [collection]), mentions[0]

    node, (founded, designed), episodes, mention = client.ask(work)
    assert node.attributes.pop("summary_hash")
    assert (node.name, sorted(node.labels), node.group_id, node.summary, node.attributes) == (
        "Ada Moreno",
        ["Entity", "Person"],
        collection,
        f"{BRIDGE} {FIRM}",
        {"name_key": "ada moreno", "name_kin": "a moreno"},
    )
    assert _at(node.created_at) == WRITTEN_AT
    assert node.name_embedding == pytest.approx(embedder.embed(["Ada Moreno"])[0], abs=1e-6)
    assert (founded.name, founded.source_node_uuid) == ("FOUNDED", ada)
    assert founded.target_node_uuid == entity_uuid(collection, mention_key("Moreno Works", "Organization"))
    assert (_at(founded.valid_at), _at(founded.invalid_at), _at(founded.expired_at)) == (FOUNDED, CLOSED, WRITTEN_AT)
    assert _at(founded.reference_time) == WRITTEN_AT
    assert founded.episodes == [uuid_of_episode(collection, first, FIRM)]
    assert founded.attributes == {}
    assert math.isclose(sum(number * number for number in founded.fact_embedding or []), 1, abs_tol=1e-5)
    assert set(designed.episodes) == {uuid_of_episode(collection, document, BRIDGE) for document in documents}
    assert {episode.source_description for episode in episodes} == {first, second}
    assert {episode.source for episode in episodes} == {EpisodeType.text}
    assert {_at(episode.valid_at) for episode in episodes} == {WRITTEN_AT}
    told = {episode.uuid: episode.entity_edges for episode in episodes}
    assert told[uuid_of_episode(collection, first, FIRM)] == [firm]
    assert mention.source_node_uuid in told
    assert _at(mention.created_at) == WRITTEN_AT


def test_episodes_are_retrieved_with_the_entities_they_mention(
    client: Client, documents: tuple[str, str], collection: str
) -> None:
    river = uuid_of_episode(collection, documents[1], RIVER)

    async def work(graphiti: Graphiti) -> tuple[list[EpisodicNode], list[EpisodicNode], list[EntityNode]]:
        late = await graphiti.retrieve_episodes(datetime.now(UTC), last_n=10, group_ids=[collection])
        early = await graphiti.retrieve_episodes(FOUNDED, last_n=10, group_ids=[collection])
        mentioned = await get_mentioned_nodes(graphiti.driver, [one for one in late if one.uuid == river])
        return late, early, mentioned

    late, early, mentioned = client.ask(work)
    assert len(late) == 4
    assert early == []
    assert {node.name for node in mentioned} == {"Tamar Bridge", "River Lynher"}


def test_a_question_to_the_language_model_is_refused_by_name(client: Client, collection: str) -> None:
    async def work(graphiti: Graphiti) -> None:
        await graphiti.add_episode("one", BRIDGE, "by hand", WRITTEN_AT, group_id=collection)

    with pytest.raises(UsageWrong, match="has none"):
        client.ask(work)


def test_lucenes_characters_in_a_question_are_only_text(client: Client, documents: tuple[str, str], collection: str) -> None:
    async def work(graphiti: Graphiti) -> tuple[list[EntityEdge], list[EntityEdge]]:
        asked = 'Which "River" (AND/OR) does it cross?! [a] ~*^: {\\} && || +1-2 group_id:"x"'
        return (
            await edge_fulltext_search(graphiti.driver, asked, SearchFilters(), [collection], 5),
            await edge_fulltext_search(graphiti.driver, "ÆØÅ 河 🌉", SearchFilters(), [collection], 5),
        )

    found, nothing = client.ask(work)
    assert found[0].fact == RIVER
    assert nothing == []


def test_dates_filter_facts(client: Client, documents: tuple[str, str], collection: str) -> None:
    def holding_at(moment: datetime) -> SearchFilters:
        begun = DateFilter(date=moment, comparison_operator=ComparisonOperator.less_than_equal)
        not_ended = DateFilter(date=moment, comparison_operator=ComparisonOperator.greater_than)
        return SearchFilters(valid_at=[[begun]], invalid_at=[[not_ended]])

    async def work(graphiti: Graphiti) -> list[list[EntityEdge]]:
        return [
            await graphiti.search("Moreno Works", group_ids=[collection], search_filter=holding_at(moment))
            for moment in (FOUNDED - timedelta(days=1), FOUNDED, CLOSED - timedelta(days=1), CLOSED)
        ]

    assert [[edge.fact for edge in found] for found in client.ask(work)] == [[], [FIRM], [FIRM], []]


def test_a_graph_that_is_away_is_said_by_name(tmp_path: Path) -> None:
    address = graph_address(Settings(home=tmp_path, graph_uri="bolt://127.0.0.1:1"))
    with pytest.raises(GraphUnreachable):
        open_graphiti(Settings(home=tmp_path, graph_uri="bolt://127.0.0.1:1"))

    async def ask() -> None:
        driver = GraphitiDriver(address)
        try:
            await EntityNode.get_by_uuid(driver, "any")
        finally:
            await driver.close()

    with pytest.raises(GraphUnreachable):
        asyncio.run(ask())


def test_telemetry_is_off(monkeypatch: pytest.MonkeyPatch, embedded_graph: GraphConnection, embedder: Embedder) -> None:
    monkeypatch.setenv("GRAPHITI_TELEMETRY_ENABLED", "true")
    monkeypatch.delitem(sys.modules, "pytest")  # it is off where that is loaded
    assert is_telemetry_enabled()
    Client(embedded_graph, embedder, plain=False).ask(_nothing)
    assert not is_telemetry_enabled()


async def _nothing(graphiti: Graphiti) -> None:
    pass
