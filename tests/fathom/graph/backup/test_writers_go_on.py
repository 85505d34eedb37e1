"""A backup is of one moment while writers go on: what they touch meanwhile is read again, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fathom.graph.backup import moment
from fathom.graph.backup.archive_reader import open_archive
from fathom.graph.backup.backup_writing import BackupSources
from fathom.graph.backup.record_spool import RecordSpool
from fathom.graph.backup.restoring import RestoreTarget, read_digest, restore_collection
from fathom.graph.content.graph_records import NodeRecord
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.write.clearing import clear_collection
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from tests.fathom.graph.backup.conftest import backed_up
from tests.fathom.graph.content.random_graphs import create
from tests.fathom.graphdb.small_corpus import BRIDGE, CITY, FIRM, RIVER, WRITTEN_AT, chunks_of

pytestmark = pytest.mark.integration


@pytest.fixture
def deployment(graph: GraphConnection, ledger: Ledger, tmp_path: Path, collection: str) -> Iterator[BackupSources]:
    """A deployment with the writer's ledger."""
    from fathom.files import Files
    from fathom.storage.artifacts import ArtifactStore
    from fathom.uploads.content_store import UploadStore

    files = Files(str(tmp_path / "store"), scratch=tmp_path / "tmp")
    yield BackupSources(graph, ledger.engine, UploadStore(files), ArtifactStore(files))
    clear_collection(graph, collection)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often the whole graph was read, with every graph taken for a large one."""
    counted: list[str] = []
    fill = RecordSpool.fill

    def counting(spool: RecordSpool) -> None:
        counted.append("whole")
        fill(spool)

    monkeypatch.setattr(RecordSpool, "fill", counting)
    monkeypatch.setattr(moment, "MAX_PAUSED_RECORDS", 0)
    return counted


def meanwhile(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> None:
    """Does the work once, between the reading of the nodes and that of the relationships."""
    read, done = RecordReader.relationships, []

    def interrupted(reader: RecordReader):  # type: ignore[no-untyped-def]
        if not done:
            done.append(work())
        yield from read(reader)

    monkeypatch.setattr(RecordReader, "relationships", interrupted)


def test_documents_that_come_change_and_go_meanwhile_are_as_at_its_end(
    deployment: BackupSources,
    writer: DocumentWriter,
    collection: str,
    tmp_path: Path,
    readings: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def write(name: str, *texts: str) -> None:
        writer.write(chunks_of(f"{collection}/{name}.md", *texts), reference_time=WRITTEN_AT)

    write("stays", BRIDGE)
    write("changes", FIRM, RIVER)
    write("goes", CITY)

    def others() -> None:
        write("comes", RIVER, CITY)
        write("changes", FIRM)
        write("goes")

    meanwhile(monkeypatch, others)
    written = backed_up(deployment, tmp_path / "b.fathom", collection)
    monkeypatch.undo()
    assert readings == ["whole"]
    assert written.whole == read_digest(deployment.connection, collection)
    with open_archive(tmp_path / "b.fathom") as archive:
        (contents,) = archive.manifest.collections
        found = restore_collection(RestoreTarget(contents, collection, True), archive, deployment, lambda what, count: None)
    assert found.digest == written.whole
    write("comes", RIVER)  # the ledger came with the graph, so a writer goes on from it


def test_a_change_that_is_not_journaled_is_read_with_all_the_rest(
    deployment: BackupSources,
    writer: DocumentWriter,
    collection: str,
    tmp_path: Path,
    readings: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from fathom.graphdb.fencing import exclusive_writer
    from fathom.ledger.writer_lease import Leases

    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)

    def by_hand() -> None:
        with exclusive_writer(deployment.connection, Leases(deployment.engine), collection):
            create(deployment.connection, ([NodeRecord("x", ("Entity",), {"group_id": collection, "name": "by hand"})], []))

    meanwhile(monkeypatch, by_hand)
    written = backed_up(deployment, tmp_path / "b.fathom", collection)
    monkeypatch.undo()
    assert readings == ["whole", "whole"]
    assert written.whole == read_digest(deployment.connection, collection)
