"""What Fathom writes is Graphiti's graph: a Graphiti client reads, searches and adds to it, on both servers alike."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from graphiti_core import Graphiti
from graphiti_core.driver.neo4j_driver import Neo4jDriver
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
from graphiti_core.search.search_filters import SearchFilters
from graphiti_core.search.search_utils import edge_fulltext_search, edge_similarity_search, get_mentioned_nodes
from small_corpus import BRIDGE, CITY, CLOSED, FIRM, FOUNDED, RIVER, WRITTEN_AT, WriterOf, chunks_of, counts, held

from fathom.errors import UsageWrong
from fathom.graph.connection import GraphConnection
from fathom.graph.graphiti import graphiti_at
from fathom.graph.graphiti_clients import EmbeddingRanker, GraphitiEmbedder, NoLanguageModel
from fathom.graph.reading import holding
from fathom.graph.rows import entity_uuid
from fathom.ids import episode_uuid
from fathom.language.extraction import Embedder

pytestmark = pytest.mark.integration

Asked = Callable[[Callable[[Graphiti], Awaitable[Any]]], Any]


def _plain(graph: GraphConnection, embedder: Embedder) -> Graphiti:
    """Graphiti with its own driver, which knows nothing of Fathom."""
    address = graph.address
    return Graphiti(
        graph_driver=Neo4jDriver(address.uri, address.user, address.password, address.database),
        llm_client=NoLanguageModel(),
        embedder=GraphitiEmbedder(embedder),
        cross_encoder=EmbeddingRanker(embedder),
    )


@pytest.fixture(params=["ours on embedded", "ours on neo4j", "plain on neo4j"])
def client(request: pytest.FixtureRequest) -> str:
    """Whose driver, on which server."""
    return str(request.param)


@pytest.fixture
def graph(request: pytest.FixtureRequest, client: str) -> GraphConnection:
    """The graph that the client is on."""
    connection: GraphConnection = request.getfixturevalue(f"{client.rpartition(' ')[2]}_graph")
    return connection


@pytest.fixture
def asked(client: str, graph: GraphConnection, embedder: Embedder) -> Asked:
    """Does the work with a client that is opened and closed around it."""

    def ask(work: Callable[[Graphiti], Awaitable[Any]]) -> Any:
        async def whole() -> Any:
            if client.startswith("plain"):
                graphiti = _plain(graph, embedder)
                await graphiti.driver._init_task  # it makes its indexes beside whatever is asked first
            else:
                graphiti = graphiti_at(graph.address, embedder)
            try:
                return await work(graphiti)
            finally:
                await graphiti.close()

        return asyncio.run(whole())

    return ask


@pytest.fixture
def documents(graph: GraphConnection, collection: str, writer_of: WriterOf) -> tuple[str, str]:
    """Two documents that share an entity and a fact, and one of another collection, are in the graph."""
    first, second = f"{collection}/a.md", f"{collection}/b.md"
    writer = writer_of(graph)
    writer.write(chunks_of(first, BRIDGE, FIRM), reference_time=WRITTEN_AT)
    writer.write(chunks_of(second, BRIDGE, RIVER), reference_time=WRITTEN_AT)
    writer.write(chunks_of(f"not-{collection}/c.md", CITY, BRIDGE), reference_time=WRITTEN_AT)
    return first, second


def _episode(collection: str, document: str, text: str) -> str:
    return episode_uuid(collection, document, chunks_of(document, text).chunks[0].id)


def _fact_uuid(graph: GraphConnection, collection: str, fact: str) -> str:
    return next(str(row["uuid"]) for row in held(graph, collection)["RELATES_TO"] if row["fact"] == fact)


def _at(moment: datetime | None) -> datetime:
    assert moment is not None
    assert moment.utcoffset() is not None
    return moment.astimezone(UTC)


def test_a_fact_is_found_by_its_words(asked: Asked, documents: tuple[str, str], collection: str) -> None:
    async def work(graphiti: Graphiti) -> list[EntityEdge]:
        found: list[EntityEdge] = await edge_fulltext_search(graphiti.driver, "lynher", SearchFilters(), [collection], 5)
        return found

    found = asked(work)
    assert [edge.fact for edge in found] == [RIVER]
    assert {edge.group_id for edge in found} == {collection}


def test_a_fact_is_found_by_its_meaning(asked: Asked, documents: tuple[str, str], collection: str, embedder: Embedder) -> None:
    meant = embedder.embed(["Which waterway does the overpass span?"])[0]
    cosines = {fact: sum(a * b for a, b in zip(meant, embedder.embed([fact])[0], strict=True)) for fact in (RIVER, FIRM)}
    between = (2 + cosines[RIVER] + cosines[FIRM]) / 4  # as Neo4j scores: (1 + cosine) / 2

    async def work(graphiti: Graphiti) -> list[EntityEdge]:
        found: list[EntityEdge] = await edge_similarity_search(
            graphiti.driver, meant, None, None, SearchFilters(), [collection], 10, between
        )
        return found

    facts = [edge.fact for edge in asked(work)]
    assert facts[0] == RIVER
    assert FIRM not in facts


def test_search_joins_words_and_meaning_and_stays_in_its_collection(
    asked: Asked, documents: tuple[str, str], collection: str
) -> None:
    async def work(graphiti: Graphiti) -> tuple[list[EntityEdge], list[EntityEdge]]:
        return (
            await graphiti.search("Who designed the Tamar Bridge?", group_ids=[collection]),
            await graphiti.search("Where was Moreno Works based, in Plymouth?", group_ids=[collection]),
        )

    designed, based = asked(work)
    assert designed[0].fact == BRIDGE
    assert {edge.group_id for edge in (*designed, *based)} == {collection}
    assert CITY not in [edge.fact for edge in based]  # only the other collection says it


@pytest.mark.parametrize(
    "recipe", [COMBINED_HYBRID_SEARCH_RRF, COMBINED_HYBRID_SEARCH_MMR, COMBINED_HYBRID_SEARCH_CROSS_ENCODER]
)
def test_graphitis_recipes_find_facts_entities_and_episodes(
    asked: Asked, documents: tuple[str, str], collection: str, recipe: SearchConfig
) -> None:
    async def work(graphiti: Graphiti) -> SearchResults:
        return await graphiti.search_("Tamar Bridge", config=recipe, group_ids=[collection])

    found = asked(work)
    assert {BRIDGE, RIVER} <= {edge.fact for edge in found.edges}
    assert found.nodes[0].name == "Tamar Bridge"
    assert {episode.source_description for episode in found.episodes} == set(documents)
    assert {one.group_id for one in (*found.edges, *found.nodes, *found.episodes)} == {collection}


def test_entities_are_found_filtered_by_type_and_ranked_by_mentions_and_distance(
    asked: Asked, documents: tuple[str, str], collection: str
) -> None:
    ada = entity_uuid(collection, "Ada Moreno")

    async def work(graphiti: Graphiti) -> tuple[SearchResults, SearchResults, SearchResults]:
        people = SearchFilters(node_labels=["Person"])
        return (
            await graphiti.search_("Moreno", NODE_HYBRID_SEARCH_RRF, group_ids=[collection], search_filter=people),
            await graphiti.search_("Tamar Bridge", NODE_HYBRID_SEARCH_EPISODE_MENTIONS, group_ids=[collection]),
            await graphiti.search_("bridge", EDGE_HYBRID_SEARCH_NODE_DISTANCE, group_ids=[collection], center_node_uuid=ada),
        )

    typed, mentioned, near = asked(work)
    assert [(node.name, sorted(node.labels)) for node in typed.nodes] == [("Ada Moreno", ["Entity", "Person"])]
    assert {"Tamar Bridge", "River Lynher"} <= {node.name for node in mentioned.nodes}
    assert near.edges[0].fact == BRIDGE


def test_graphitis_models_load_everything_that_was_written(
    asked: Asked, graph: GraphConnection, documents: tuple[str, str], collection: str, embedder: Embedder
) -> None:
    first, second = documents
    ada, firm = entity_uuid(collection, "Ada Moreno"), _fact_uuid(graph, collection, FIRM)
    bridge = _fact_uuid(graph, collection, BRIDGE)

    async def work(graphiti: Graphiti) -> tuple[EntityNode, list[EntityEdge], list[EpisodicNode], EpisodicEdge]:
        driver = graphiti.driver
        node = await EntityNode.get_by_uuid(driver, ada)
        await node.load_name_embedding(driver)
        edges = [await EntityEdge.get_by_uuid(driver, firm), await EntityEdge.get_by_uuid(driver, bridge)]
        for edge in edges:
            await edge.load_fact_embedding(driver)
        mentions = await EpisodicEdge.get_by_group_ids(driver, [collection])
        return node, edges, await EpisodicNode.get_by_group_ids(driver, [collection]), mentions[0]

    node, (founded, designed), episodes, mention = asked(work)
    assert (node.name, sorted(node.labels), node.group_id, node.summary, node.attributes) == (
        "Ada Moreno",
        ["Entity", "Person"],
        collection,
        "",
        {},
    )
    assert _at(node.created_at) == WRITTEN_AT
    assert node.name_embedding == pytest.approx(embedder.embed(["Ada Moreno"])[0], abs=1e-6)
    assert (founded.name, founded.source_node_uuid) == ("FOUNDED", ada)
    assert founded.target_node_uuid == entity_uuid(collection, "Moreno Works")
    assert (_at(founded.valid_at), _at(founded.invalid_at), founded.expired_at) == (FOUNDED, CLOSED, None)
    assert _at(founded.reference_time) == WRITTEN_AT
    assert founded.episodes == [_episode(collection, first, FIRM)]
    assert founded.attributes == {}
    assert math.isclose(sum(number * number for number in founded.fact_embedding or []), 1, abs_tol=1e-5)
    assert set(designed.episodes) == {_episode(collection, document, BRIDGE) for document in documents}
    assert {episode.source_description for episode in episodes} == {first, second}
    assert {episode.source for episode in episodes} == {EpisodeType.text}
    assert {_at(episode.valid_at) for episode in episodes} == {WRITTEN_AT}
    told = {episode.uuid: episode.entity_edges for episode in episodes}
    assert told[_episode(collection, first, FIRM)] == [firm]
    assert mention.source_node_uuid in told
    assert _at(mention.created_at) == WRITTEN_AT


def test_episodes_are_retrieved_with_the_entities_they_mention(
    asked: Asked, documents: tuple[str, str], collection: str
) -> None:
    river = _episode(collection, documents[1], RIVER)

    async def work(graphiti: Graphiti) -> tuple[list[EpisodicNode], list[EpisodicNode], list[EntityNode]]:
        late = await graphiti.retrieve_episodes(datetime.now(UTC), last_n=10, group_ids=[collection])
        early = await graphiti.retrieve_episodes(FOUNDED, last_n=10, group_ids=[collection])
        mentioned = await get_mentioned_nodes(graphiti.driver, [one for one in late if one.uuid == river])
        return late, early, mentioned

    late, early, mentioned = asked(work)
    assert len(late) == 4
    assert early == []
    assert {node.name for node in mentioned} == {"Tamar Bridge", "River Lynher"}


def test_removing_an_episode_by_graphiti_leaves_what_others_say(
    asked: Asked, graph: GraphConnection, documents: tuple[str, str], collection: str
) -> None:
    before = counts(graph, collection)

    async def work(graphiti: Graphiti) -> None:
        await graphiti.remove_episode(_episode(collection, documents[1], RIVER))

    asked(work)
    left = held(graph, collection)
    assert before["Episodic"] == 4
    assert len(left["Episodic"]) == 3
    assert {row["name"] for row in left["Entity"]} == {"Ada Moreno", "Tamar Bridge", "Moreno Works"}
    assert {row["fact"] for row in left["RELATES_TO"]} == {BRIDGE, FIRM}


def test_the_writer_goes_on_after_graphiti_saved_to_its_graph(
    asked: Asked, graph: GraphConnection, documents: tuple[str, str], collection: str, writer_of: WriterOf
) -> None:
    async def work(graphiti: Graphiti) -> None:
        node = await EntityNode.get_by_uuid(graphiti.driver, entity_uuid(collection, "Ada Moreno"))
        await node.load_name_embedding(graphiti.driver)
        node.summary, node.attributes, node.labels = "Built bridges.", {"born": 1961}, [*node.labels, "Engineer"]
        await node.save(graphiti.driver)

    asked(work)
    writer_of(graph).write(chunks_of(f"{collection}/d.md", BRIDGE), reference_time=WRITTEN_AT)
    ada = next(row for row in held(graph, collection)["Entity"] if row["name"] == "Ada Moreno")
    assert (ada["summary"], ada["born"], ada["labels"]) == ("Built bridges.", 1961, ["Engineer", "Entity", "Person"])
    assert len(next(row for row in held(graph, collection)["RELATES_TO"] if row["fact"] == BRIDGE)["episodes"]) == 3


def test_a_triplet_added_by_graphiti_is_read_like_our_own(asked: Asked, graph: GraphConnection, collection: str) -> None:
    moment = datetime(2020, 2, 3, tzinfo=UTC)
    said = "Ada Moreno lives in Kingsand."
    ada = EntityNode(name="Ada Moreno", group_id=collection, labels=["Entity", "Person"], created_at=moment)
    town = EntityNode(name="Kingsand", group_id=collection, labels=["Entity", "Location"], created_at=moment)
    lives = EntityEdge(
        source_node_uuid=ada.uuid,
        target_node_uuid=town.uuid,
        name="LIVES_IN",
        fact=said,
        group_id=collection,
        created_at=moment,
        valid_at=moment,
    )
    episode = EpisodicNode(
        name="told",
        group_id=collection,
        source=EpisodeType.text,
        source_description="by hand",
        content=said,
        created_at=moment,
        valid_at=moment,
        entity_edges=[lives.uuid],
    )
    lives.episodes = [episode.uuid]

    async def work(graphiti: Graphiti) -> list[EntityEdge]:
        await episode.save(graphiti.driver)
        await graphiti.add_triplet(ada, lives, town)
        for node in (ada, town):
            mention = EpisodicEdge(
                source_node_uuid=episode.uuid, target_node_uuid=node.uuid, group_id=collection, created_at=moment
            )
            await mention.save(graphiti.driver)
        found: list[EntityEdge] = await graphiti.search("Where does Ada live?", group_ids=[collection])
        return found

    assert [edge.fact for edge in asked(work)] == [said]
    read = holding(graph, [episode.uuid], [])
    assert (read.episodes, read.entities, read.facts) == (1, 2, 1)
    assert (read.missing_embeddings, read.orphans, read.sample_facts) == (0, 0, [said])
    assert read.entities_by_type == {"Person": 1, "Location": 1}


def test_a_question_to_the_language_model_is_refused_by_name(asked: Asked, collection: str) -> None:
    async def work(graphiti: Graphiti) -> None:
        await graphiti.add_episode("one", BRIDGE, "by hand", WRITTEN_AT, group_id=collection)

    with pytest.raises(UsageWrong, match="has none"):
        asked(work)
