"""A restore that was interrupted leaves the collection marked and closed to writers; the same call again finishes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fathom.errors import CollectionOccupied, RestoreFailed, RestoreUnfinished
from fathom.graph.backup import restoring
from fathom.graph.backup.archive_reader import open_archive
from fathom.graph.backup.backup_writing import BackupSources
from fathom.graph.backup.restoring import RestoreTarget, read_digest, restore_collection
from fathom.graph.content.graph_digest import GraphDigest
from fathom.graph.content.graph_records import NodeRecord
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import exclusive_writer
from fathom.ledger.unfinished_restores import UnfinishedRestores
from fathom.ledger.writer_lease import Leases
from tests.fathom.graph.backup.conftest import SourcesOf, backed_up
from tests.fathom.graph.content.random_graphs import create, random_graph

pytestmark = pytest.mark.integration


class Killed(BaseException):
    """Stands for the end of the process."""


def restored(sources: BackupSources, path: Path, *, replace: bool = False, dies_at: str = "") -> GraphDigest:
    """The digest after a restore that ends at a step, if one is given."""

    def dies(step: str, count: int) -> None:
        if step == dies_at:
            raise Killed

    with open_archive(path) as archive:
        (contents,) = archive.manifest.collections
        return restore_collection(RestoreTarget(contents, contents.name, replace), archive, sources, dies).digest


@pytest.mark.parametrize("step", ["cleared", "nodes", "relationships"])
def test_it_is_finished_by_the_same_call(
    sources_of: SourcesOf, embedded_graph: GraphConnection, collection: str, tmp_path: Path, step: str
) -> None:
    sources = sources_of(embedded_graph)
    create(sources.connection, random_graph(1, collection))
    whole = backed_up(sources, tmp_path / "b.fathom", collection).whole
    create(sources.connection, ([NodeRecord("more", ("Entity",), {"group_id": collection, "name": "written since"})], []))
    with pytest.raises(CollectionOccupied):
        restored(sources, tmp_path / "b.fathom")
    with pytest.raises(Killed):
        restored(sources, tmp_path / "b.fathom", replace=True, dies_at=step)
    assert UnfinishedRestores(sources.engine).of(collection) == "b"
    with pytest.raises(RestoreUnfinished), exclusive_writer(sources.connection, Leases(sources.engine), collection):
        pass
    assert restored(sources, tmp_path / "b.fathom") == whole == read_digest(sources.connection, collection)
    assert UnfinishedRestores(sources.engine).all() == {}
    with exclusive_writer(sources.connection, Leases(sources.engine), collection):
        pass


def test_a_graph_that_comes_back_otherwise_is_a_failure(
    sources_of: SourcesOf, embedded_graph: GraphConnection, collection: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = sources_of(embedded_graph)
    create(sources.connection, random_graph(2, collection))
    backed_up(sources, tmp_path / "b.fathom", collection)
    monkeypatch.setattr(restoring.RecordWriter, "create_relationships", lambda writer, edges: 0)
    with pytest.raises(RestoreFailed, match="0 relationships"):
        restored(sources, tmp_path / "b.fathom", replace=True)
    assert UnfinishedRestores(sources.engine).of(collection) == "b"
