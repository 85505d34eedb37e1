"""What a Graphiti client saves and removes in our graph is what Fathom reads and goes on from, on both servers alike."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from graphiti_core import Graphiti
from graphiti_core.edges import CommunityEdge, EntityEdge, EpisodicEdge
from graphiti_core.errors import NodeNotFoundError
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodeType, EpisodicNode, Node, SagaNode
from graphiti_core.search.search_config import SearchResults
from graphiti_core.search.search_config_recipes import COMMUNITY_HYBRID_SEARCH_RRF

from fathom.graph.read.document_totals import document_totals
from fathom.knowledge.name_resolution import mention_key
from fathom.knowledge.records import entity_uuid
from tests.fathom.graphdb.graphiti.searching_client import Client, uuid_of_episode
from tests.fathom.graphdb.small_corpus import BRIDGE, FIRM, RIVER, WRITTEN_AT, WriterOf, chunks_of, counts, held

pytestmark = pytest.mark.integration

MOMENT = datetime(2020, 2, 3, tzinfo=UTC)


def test_removing_an_episode_by_graphiti_leaves_what_others_say(
    client: Client, documents: tuple[str, str], collection: str
) -> None:
    before = counts(client.graph, collection)

    async def work(graphiti: Graphiti) -> None:
        await graphiti.remove_episode(uuid_of_episode(collection, documents[1], RIVER))

    client.ask(work)
    left = held(client.graph, collection)
    assert before["Episodic"] == 4
    assert len(left["Episodic"]) == 3
    assert {row["name"] for row in left["Entity"]} == {"Ada Moreno", "Tamar Bridge", "Moreno Works"}
    assert {row["fact"] for row in left["RELATES_TO"]} == {BRIDGE, FIRM}


def test_the_writer_goes_on_after_graphiti_saved_to_its_graph(
    client: Client, documents: tuple[str, str], collection: str, writer_of: WriterOf
) -> None:
    async def work(graphiti: Graphiti) -> None:
        node = await EntityNode.get_by_uuid(graphiti.driver, entity_uuid(collection, mention_key("Ada Moreno", "Person")))
        await node.load_name_embedding(graphiti.driver)
        node.summary, node.attributes, node.labels = "Built bridges.", {"born": 1961}, [*node.labels, "Engineer"]
        await node.save(graphiti.driver)

    client.ask(work)
    writer_of(client.graph).write(chunks_of(f"{collection}/d.md", BRIDGE), reference_time=WRITTEN_AT)
    ada = next(row for row in held(client.graph, collection)["Entity"] if row["name"] == "Ada Moreno")
    assert (ada["summary"], ada["born"], ada["labels"]) == ("Built bridges.", 1961, ["Engineer", "Entity", "Person"])
    assert len(next(row for row in held(client.graph, collection)["RELATES_TO"] if row["fact"] == BRIDGE)["episodes"]) == 3


def test_a_triplet_added_by_graphiti_is_read_like_our_own(client: Client, collection: str) -> None:
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

    assert [edge.fact for edge in client.ask(work)] == [said]
    read = document_totals(client.graph, [episode.uuid], [])
    assert (read.episodes, read.entities, read.facts) == (1, 2, 1)
    assert (read.missing_embeddings, read.orphans, read.sample_facts) == (0, 0, [said])
    assert read.entities_by_type == {"Person": 1, "Location": 1}


def test_nodes_and_edges_saved_through_graphitis_namespaces_are_there_whole(client: Client, collection: str) -> None:
    ada = EntityNode(name="Ada", group_id=collection, labels=["Person"], created_at=MOMENT, attributes={"born": 1961})
    works = EntityNode(name="Works", group_id=collection, labels=["Organization"], created_at=MOMENT, summary="A firm.")
    founded = EntityEdge(
        source_node_uuid=ada.uuid,
        target_node_uuid=works.uuid,
        name="FOUNDED",
        fact="Ada founded Works.",
        group_id=collection,
        created_at=MOMENT,
        valid_at=MOMENT,
        attributes={"share": 0.5},
    )

    async def work(graphiti: Graphiti) -> tuple[list[EntityNode], EntityEdge, list[EntityEdge]]:
        for node in (ada, works):
            await node.generate_name_embedding(graphiti.embedder)
        await graphiti.nodes.entity.save_bulk([ada, works])
        await graphiti.edges.entity.save(founded)
        return (
            await graphiti.nodes.entity.get_by_group_ids([collection]),
            await graphiti.edges.entity.get_by_uuid(founded.uuid),
            await graphiti.edges.entity.get_between_nodes(ada.uuid, works.uuid),
        )

    nodes, edge, between = client.ask(work)
    assert {(node.name, tuple(sorted(node.labels)), node.summary) for node in nodes} == {
        ("Ada", ("Entity", "Person"), ""),
        ("Works", ("Entity", "Organization"), "A firm."),
    }
    assert next(node.attributes for node in nodes if node.name == "Ada") == {"born": 1961}
    assert (edge.attributes["share"], edge.valid_at, edge.target_node_uuid) == (0.5, MOMENT, works.uuid)
    assert [one.uuid for one in between] == [founded.uuid]
    assert all(row["name_embedding"] for row in held(client.graph, collection)["Entity"])


def test_a_transaction_of_graphiti_is_undone_whole_by_an_error(client: Client, collection: str) -> None:
    nodes = [EntityNode(name=name, group_id=collection, labels=["Person"], name_embedding=[1.0]) for name in ("Ada", "Bo")]

    async def work(graphiti: Graphiti) -> None:
        async with graphiti.driver.transaction() as tx:
            await graphiti.nodes.entity.save_bulk(nodes, tx=tx)
            raise KeyError

    with pytest.raises(KeyError):
        client.ask(work)
    assert counts(client.graph, collection)["Entity"] == 0


def test_communities_and_sagas_are_kept_and_found(client: Client, documents: tuple[str, str], collection: str) -> None:
    community = CommunityNode(name="Crossings of the Lynher", group_id=collection, created_at=MOMENT, summary="Bridges.")
    member = CommunityEdge(
        source_node_uuid=community.uuid,
        target_node_uuid=entity_uuid(collection, mention_key("Tamar Bridge", "Location")),
        group_id=collection,
        created_at=MOMENT,
    )
    saga = SagaNode(name="the works", group_id=collection, created_at=MOMENT)

    async def work(graphiti: Graphiti) -> tuple[SearchResults, CommunityNode, SagaNode]:
        await community.generate_name_embedding(graphiti.embedder)
        await community.save(graphiti.driver)
        await member.save(graphiti.driver)
        await saga.save(graphiti.driver)
        return (
            await graphiti.search_("lynher crossings", COMMUNITY_HYBRID_SEARCH_RRF, group_ids=[collection]),
            await CommunityNode.get_by_uuid(graphiti.driver, community.uuid),
            await SagaNode.get_by_uuid(graphiti.driver, saga.uuid),
        )

    found, loaded, kept = client.ask(work)
    assert [one.name for one in found.communities] == [community.name]
    assert (loaded.summary, loaded.name_embedding) == ("Bridges.", pytest.approx(community.name_embedding, abs=1e-6))
    assert (kept.name, kept.created_at) == ("the works", MOMENT)


def test_a_collection_removed_by_graphiti_is_gone_and_no_other(
    client: Client, documents: tuple[str, str], collection: str
) -> None:
    before = counts(client.graph, f"not-{collection}")

    async def work(graphiti: Graphiti) -> None:
        await Node.delete_by_group_id(graphiti.driver, collection)
        with pytest.raises(NodeNotFoundError):
            await EntityNode.get_by_uuid(graphiti.driver, entity_uuid(collection, mention_key("Ada Moreno", "Person")))

    client.ask(work)
    assert set(counts(client.graph, collection).values()) == {0}
    assert counts(client.graph, f"not-{collection}") == before
