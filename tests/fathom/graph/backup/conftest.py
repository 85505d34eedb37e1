"""Backups of a graph with a database and stores of its own, on each server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fathom.database import open_database
from fathom.files import Files
from fathom.graph.backup.backup_writing import BackupOrder, BackupSources, WrittenBackup, write_backup
from fathom.graph.write.clearing import clear_collection
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.schema import ensure_schema
from fathom.storage.artifacts import ArtifactStore
from fathom.uploads.content_store import UploadStore

SourcesOf = Callable[[GraphConnection], BackupSources]
LABELS = {"fathom": "0", "server": "test", "embedder": "none"}


@pytest.fixture
def sources_of(tmp_path: Path) -> Iterator[SourcesOf]:
    """`sources_of(connection)`: a deployment around this graph, all others of its parts new and empty."""
    engines = []

    def made(connection: GraphConnection) -> BackupSources:
        ensure_schema(connection)
        place = tmp_path / f"deployment-{len(engines)}"
        place.mkdir()
        engine = open_database(f"sqlite:///{place / 'fathom.db'}")
        engines.append(engine)
        files = Files(str(place / "store"), scratch=place / "tmp")
        return BackupSources(connection, engine, UploadStore(files), ArtifactStore(files))

    yield made
    for engine in engines:
        engine.dispose()


@pytest.fixture
def sources(graph: GraphConnection, collection: str, sources_of: SourcesOf) -> Iterator[BackupSources]:
    """A deployment on each server in turn, without the collection and its copy afterwards."""
    yield sources_of(graph)
    for name in (collection, f"{collection}-copy"):
        clear_collection(graph, name)


def backed_up(sources: BackupSources, path: Path, collection: str | None, passphrase: str | None = None) -> WrittenBackup:
    """The collection in a new file."""
    with path.open("w+b") as stream:
        return write_backup(stream, sources, BackupOrder(path.stem, collection, passphrase, labels=LABELS))
