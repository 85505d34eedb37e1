"""What is restored is what was saved: on the same server, the other, under another name, from any graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from fathom.embedding.embedder import Embedder
from fathom.graph.backup.archive_reader import open_archive
from fathom.graph.backup.backup_writing import BackupSources
from fathom.graph.backup.restoring import RestoreTarget, read_digest, restore_collection
from fathom.graph.content.graph_digest import digest_of
from fathom.graph.write.clearing import clear_collection
from fathom.graphdb.connection import GraphConnection
from tests.fathom.graph.backup.conftest import SourcesOf, backed_up
from tests.fathom.graph.content.random_graphs import create, random_graph
from tests.fathom.graphdb.graphiti.searching_client import Client, write_documents
from tests.fathom.graphdb.small_corpus import WriterOf

pytestmark = pytest.mark.integration


def restored(sources: BackupSources, path: Path, name: str | None = None, *, replace: bool = False) -> str:
    """The digest of the file's only collection after it was restored."""
    with open_archive(path) as archive:
        (contents,) = archive.manifest.collections
        target = RestoreTarget(contents, name or contents.name, replace=replace)
        return restore_collection(target, archive, sources, lambda what, count: None).digest.digest


@pytest.mark.parametrize("seeds", [range(0, 25), range(25, 50)], ids=["first", "second"])
def test_fifty_random_graphs_come_back_with_the_same_digest(
    sources: BackupSources, collection: str, tmp_path: Path, seeds: range
) -> None:
    for seed in seeds:
        graph = random_graph(seed, collection)
        create(sources.connection, graph)
        path = tmp_path / f"{seed}.fathom"
        written = backed_up(sources, path, collection)
        assert written.whole == digest_of(*graph)
        clear_collection(sources.connection, collection)
        assert restored(sources, path) == written.whole.digest
        clear_collection(sources.connection, collection)


@pytest.mark.parametrize(("first", "second"), [("embedded", "neo4j"), ("neo4j", "embedded")])
def test_a_backup_of_a_server_restores_into_the_other(
    first: str, second: str, collection: str, sources_of: SourcesOf, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    here, there = (sources_of(request.getfixturevalue(f"{name}_graph")) for name in (first, second))
    for seed in range(100, 110):
        create(here.connection, random_graph(seed, collection))
        path = tmp_path / f"{seed}.fathom"
        written = backed_up(here, path, collection)
        assert restored(there, path) == written.whole.digest
        for deployment in (here, there):
            clear_collection(deployment.connection, collection)


def test_a_copy_under_another_name_stands_beside_the_original(sources: BackupSources, collection: str, tmp_path: Path) -> None:
    create(sources.connection, random_graph(7, collection))
    written = backed_up(sources, tmp_path / "b.fathom", collection)
    copy = f"{collection}-copy"
    assert restored(sources, tmp_path / "b.fathom", copy) == written.whole.digest
    assert read_digest(sources.connection, collection) == read_digest(sources.connection, copy) == written.whole


@pytest.mark.parametrize("plain", [False, True], ids=["our driver", "its own driver"])
def test_a_graphiti_client_finds_in_a_restored_collection_what_it_found_before(
    neo4j_graph: GraphConnection,
    sources_of: SourcesOf,
    writer_of: WriterOf,
    embedder: Embedder,
    collection: str,
    tmp_path: Path,
    plain: bool,
) -> None:
    sources = sources_of(neo4j_graph)
    write_documents(neo4j_graph, collection, writer_of)
    client = Client(neo4j_graph, embedder, plain)

    def found() -> list[tuple[str, str]]:
        edges = client.ask(lambda graphiti: graphiti.search("Who built the bridge?", group_ids=[collection], num_results=10))
        return sorted((edge.uuid, edge.fact) for edge in edges)

    before = found()
    assert before
    backed_up(sources, tmp_path / "b.fathom", collection)
    clear_collection(neo4j_graph, collection)
    assert found() == []
    restored(sources, tmp_path / "b.fathom")
    assert found() == before
    clear_collection(neo4j_graph, collection)
    clear_collection(neo4j_graph, f"not-{collection}")
