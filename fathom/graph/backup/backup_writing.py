"""Writes a backup of a collection, or of all, as of one moment."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from sqlalchemy.engine import Engine

from fathom.errors import NotStored
from fathom.graph.backup.archive_format import CollectionContents, Manifest, Part
from fathom.graph.backup.archive_writer import ArchiveWriter
from fathom.graph.backup.collection_tables import TABLES, read_rows
from fathom.graph.backup.graph_parts import GraphParts
from fathom.graph.backup.moment import PauseMeter, WriterPause, spool_moment
from fathom.graph.content.graph_digest import GraphDigest
from fathom.graph.content.graph_records import Selection
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.reconciliation.diff import list_collections
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.property_values import encode_value
from fathom.ledger.writer_lease import Leases
from fathom.storage.artifacts import ArtifactStore
from fathom.tables import uploads
from fathom.uploads.content_store import UploadStore

_SPOOL = "backup-"
LEFTOVER_S = 24 * 3600  # no backup takes a day


@dataclass(frozen=True)
class BackupSources:
    """The parts of a deployment that a backup is made of, and restored to."""

    connection: GraphConnection
    engine: Engine
    content: UploadStore
    artifacts: ArtifactStore


@dataclass
class _MomentRows:
    """The rows of the moment of the backup, replaced where the reading is repeated."""

    rows: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict[tuple[str, str], list[dict[str, Any]]])
    documents: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    versions: set[str] = field(default_factory=set[str])


@dataclass(frozen=True)
class WrittenBackup:
    """A finished backup: its manifest, the digest of all of it, the SHA-256 of its file, and for how long writers waited."""

    manifest: Manifest
    whole: GraphDigest
    sha256: str
    paused_seconds: float


@dataclass(frozen=True)
class BackupOrder:
    """The backup to write: its id, the collection or None for all, the passphrase, and the versions that need not be in it."""

    backup_id: str
    collection: str | None = None
    passphrase: str | None = None
    based_on: str | None = None
    known_content: frozenset[str] = frozenset()
    labels: dict[str, str] = field(default_factory=dict[str, str])  # fathom, server and embedder, for the manifest
    indexes: Sequence[str] = ()
    scratch: Path | None = None  # the folder for temporary files, by default the system's


def write_backup(stream: BinaryIO, sources: BackupSources, order: BackupOrder) -> WrittenBackup:
    """Writes the backup to an empty file. Raises GraphUnreachable, DatabaseUnreachable, OSError where the disk is full."""
    collections = [order.collection] if order.collection is not None else _all_collections(sources)
    meter, moment = PauseMeter(), _MomentRows()
    writers = WriterPause(sources.connection, Leases(sources.engine), collections, order.backup_id, meter)
    reader = RecordReader(sources.connection, Selection(order.collection))
    with closing(ArchiveWriter.begin(stream, order.passphrase)) as archive:
        with _spool_folder(order.scratch) as folder:
            spool = spool_moment(writers, reader, folder, lambda: _read_tables(sources.engine, collections, moment))
            parts = GraphParts(spool)
            parts.write(archive)
        created_at = time.time()
        for (collection, table), rows in moment.rows.items():
            archive.add_records("table", collection, table, (encode_value(row, packed=True) for row in rows))
        _add_content(archive, sources.content, moment.versions - order.known_content)
        for collection, documents in moment.documents.items():
            _add_artifacts(archive, sources.artifacts, collection, documents)
        manifest = _manifest(order, parts, moment, collections, archive.parts, created_at)
        return WrittenBackup(manifest, parts.whole.result(), archive.finish(manifest), meter.longest_s)


def _manifest(
    order: BackupOrder, parts: GraphParts, moment: _MomentRows, collections: Sequence[str], written: list[Part], at: float
) -> Manifest:
    whole = parts.whole.result()
    return Manifest(
        backup_id=order.backup_id,
        created_at=at,
        **order.labels,
        indexes=list(order.indexes),
        collections=[_contents(name, parts, moment) for name in collections],
        nodes=whole.nodes,
        relationships=whole.relationships,
        digest=whole.digest,
        parts=written,
        based_on=order.based_on,
        scope=order.collection,
    )


@contextmanager
def _spool_folder(scratch: Path | None) -> Iterator[Path]:
    """Yields an empty folder for the spool; deletes those that killed processes left."""
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
        for left in scratch.glob(f"{_SPOOL}*"):
            if time.time() - left.stat().st_mtime > LEFTOVER_S:
                shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=_SPOOL, dir=scratch) as folder:
        yield Path(folder)


def _all_collections(sources: BackupSources) -> list[str]:
    """Returns the collections with nodes in the graph or documents in the table of uploads."""
    import sqlalchemy as sa

    with sources.engine.connect() as connection:
        known = set(connection.scalars(sa.select(uploads.c.collection).distinct()))
    return sorted(known | set(list_collections(sources.connection)))


def _read_tables(engine: Engine, collections: Sequence[str], moment: _MomentRows) -> None:
    """Reads the collections' rows in a single transaction."""
    moment.rows, moment.documents, moment.versions = {}, {}, set()
    with engine.connect() as connection:
        for collection in collections:
            for table in TABLES:
                moment.rows[collection, table.name] = list(read_rows(connection, table, collection))
            accepted = moment.rows[collection, uploads.name]
            moment.documents[collection] = [row["document"] for row in accepted]
            moment.versions |= {row["version"] for row in accepted if row["version"]}


def _add_content(archive: ArchiveWriter, content: UploadStore, versions: set[str]) -> None:
    """Adds the accepted bytes of these versions; a version that is not stored is left out, as the deployment lacks it too."""
    for version in sorted(versions):
        with suppress(NotStored), content.open_local(version) as path, path.open("rb") as source:
            archive.add_file("content", None, version, source)


def _add_artifacts(archive: ArchiveWriter, artifacts: ArtifactStore, collection: str, documents: Sequence[str]) -> None:
    for document in documents:
        for kind, data in artifacts.load_bytes(document):
            archive.add_file("artifact", collection, f"{kind} {document}", io.BytesIO(data))


def _contents(collection: str, parts: GraphParts, moment: _MomentRows) -> CollectionContents:
    found = parts.collections[collection].result() if collection in parts.collections else GraphDigest.empty()
    return CollectionContents(
        name=collection,
        nodes=found.nodes,
        relationships=found.relationships,
        digest=found.digest,
        documents=len(moment.documents.get(collection, ())),
        episodes=len(moment.rows.get((collection, "episodes"), ())),
    )
