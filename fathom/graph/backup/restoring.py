"""Restores a backup into the graph and the operational database, and proves by its digest that nothing is missing.

The collection is marked as being restored before anything is deleted, and takes no writes until the restore is done. A restore
that was interrupted is repeated from its start by the same call, since the mark names the backup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from fathom.errors import BackupDamaged, CollectionOccupied, RestoreFailed
from fathom.graph.backup.archive_format import CollectionContents, Part
from fathom.graph.backup.archive_reader import ArchiveReader
from fathom.graph.backup.backup_writing import BackupSources
from fathom.graph.backup.collection_tables import TABLES, CollectionTable, delete_rows, insert_rows, read_rows
from fathom.graph.backup.graph_parts import ArchivedGraph
from fathom.graph.backup.renaming import CollectionRenaming
from fathom.graph.content.graph_digest import GraphDigest, digest_of
from fathom.graph.content.graph_records import NodeRecord, Selection
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.content.record_writer import RecordWriter
from fathom.graph.reconciliation.diff import list_collections
from fathom.graph.write.clearing import clear_collection
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import exclusive_writer
from fathom.graphdb.property_values import decode_value
from fathom.graphdb.schema import ensure_schema
from fathom.ledger.unfinished_restores import UnfinishedRestores
from fathom.ledger.writer_lease import Leases
from fathom.sql import exclusive_transaction
from fathom.storage.artifacts import ArtifactKind, parse_chunks, rename_converted
from fathom.tables import episodes, uploads

OnProgress = Callable[[str, int], None]


@dataclass(frozen=True)
class RestoreTarget:
    """The collection of a backup to restore, and the name it gets; `replace` allows it to take the place of another."""

    contents: CollectionContents
    name: str
    replace: bool = False

    @property
    def renamed(self) -> bool:
        """Whether it gets another name."""
        return self.name != self.contents.name


@dataclass(frozen=True)
class RestoredCollection:
    """A collection after it was restored, as read back from the graph."""

    name: str
    digest: GraphDigest
    documents: list[str]


def restore_collection(
    target: RestoreTarget, archive: ArchiveReader, sources: BackupSources, on_progress: OnProgress
) -> RestoredCollection:
    """Restores a collection; a call after an interrupted one starts again.

    Raises CollectionOccupied before anything is changed; RestoreFailed where the restored graph has another digest;
    GraphUnreachable, StoreFull and BackupDamaged with the collection marked, so that the call can be repeated.
    """
    restores = UnfinishedRestores(sources.engine)
    backup_id = archive.manifest.backup_id
    continued = restores.of(target.name) == backup_id
    if not target.replace and not continued and _occupied(sources, [target.name]):
        raise CollectionOccupied(f"The collection {target.name} is not empty.")
    restores.mark(target.name, backup_id)
    ensure_schema(sources.connection)
    with exclusive_writer(sources.connection, Leases(sources.engine, restoring=backup_id), target.name):
        renaming = CollectionRenaming(target.contents.name, target.name) if target.renamed else None
        documents = _restore_artifacts(target, archive, sources, renaming)
        _restore_rows(target, archive, sources, renaming)
        clear_collection(sources.connection, target.name, lambda count: on_progress("cleared", count))
        _restore_graph(ArchivedGraph(archive, target.contents.name, renaming), sources.connection, on_progress)
        found = read_digest(sources.connection, target.name)
        expected = target.contents
        _require_equal(target.name, found, GraphDigest(expected.digest, expected.nodes, expected.relationships))
    restores.finish(target.name)
    return RestoredCollection(target.name, found, documents)


def restore_everything(
    archive: ArchiveReader, sources: BackupSources, replace: bool, on_progress: OnProgress
) -> RestoredCollection:
    """Restores a backup of all collections, with the nodes of no collection, in place of the whole graph.

    Raises as `restore_collection`; the name of the result is `*`.
    """
    restores, manifest = UnfinishedRestores(sources.engine), archive.manifest
    continued = set(restores.all().values()) == {manifest.backup_id}
    targets = [RestoreTarget(contents, contents.name, replace) for contents in manifest.collections]
    names = sorted(_collections_of(sources) | {target.name for target in targets})
    if not replace and not continued and (found := _occupied(sources, names)):
        raise CollectionOccupied(f"The collection {found} is not empty.")
    for name in names:
        restores.mark(name, manifest.backup_id)
    ensure_schema(sources.connection)
    documents: list[str] = []
    with ExitStack() as held:
        for name in names:
            leases = Leases(sources.engine, restoring=manifest.backup_id)
            held.enter_context(exclusive_writer(sources.connection, leases, name))
        for target in targets:
            documents += _restore_artifacts(target, archive, sources, None)
        with exclusive_transaction(sources.engine) as connection:
            for name in names:
                delete_rows(connection, name)
            for target in targets:
                _insert_rows(connection, target, archive, None)
        clear_collection(sources.connection, None, lambda count: on_progress("cleared", count))
        _restore_graph(ArchivedGraph(archive, None), sources.connection, on_progress)
        whole = read_digest(sources.connection, None)
        _require_equal("The graph", whole, GraphDigest(manifest.digest, manifest.nodes, manifest.relationships))
    for name in names:
        restores.finish(name)
    return RestoredCollection("*", whole, documents)


def read_digest(connection: GraphConnection, collection: str | None) -> GraphDigest:
    """Returns the digest of the collection, or of the whole graph, as it is now. Raises GraphUnreachable."""
    reader = RecordReader(connection, Selection(collection))
    return digest_of(reader.nodes(), reader.relationships())


def _occupied(sources: BackupSources, names: Sequence[str]) -> str | None:
    """Returns the first of these collections that has nodes or rows; None if all are empty."""
    for name in names:
        nodes = sources.connection.read("MATCH (n) WHERE n.group_id = $name RETURN 1 AS found LIMIT 1", name=name)
        with sources.engine.connect() as connection:
            if nodes or any(next(read_rows(connection, table, name), None) for table in TABLES):
                return name
    return None


def _collections_of(sources: BackupSources) -> set[str]:
    with sources.engine.connect() as connection:
        known = set(connection.scalars(sa.select(uploads.c.collection).distinct()))
    return known | set(list_collections(sources.connection))


def _require_equal(name: str, found: GraphDigest, expected: GraphDigest) -> None:
    if found != expected:
        raise RestoreFailed(
            f"{name} has {found.nodes} nodes and {found.relationships} relationships with the digest {found.digest[:12]}; "
            f"the backup has {expected.nodes}, {expected.relationships} and {expected.digest[:12]}."
        )


def _restore_artifacts(
    target: RestoreTarget, archive: ArchiveReader, sources: BackupSources, renaming: CollectionRenaming | None
) -> list[str]:
    """Stores the accepted bytes and the artifacts; returns the restored documents. Learns the ids of renamed chunks."""
    for version, (holder, parts) in sorted(archive.content().items(), key=lambda item: item[0]):
        if not sources.content.has(version):
            kept = sources.content.keep(PartsStream(holder, parts))
            if kept.version != version:
                raise BackupDamaged(f"The content of version {version[:12]} is not what was accepted.")
    keys = dict.fromkeys(part.key for part in archive.parts("artifact", target.contents.name))
    for key in keys:
        kind, _, document = key.partition(" ")
        data = b"".join(archive.data(part) for part in archive.parts("artifact", target.contents.name, key))
        new = renaming.document(document) if renaming else document
        if renaming is None or kind == "picture":
            sources.artifacts.save_bytes(new, cast(ArtifactKind, kind), data)
        elif kind == "chunks":
            sources.artifacts.save_chunks(new, renaming.add_chunks(parse_chunks(document, data)))
        else:
            sources.artifacts.save_bytes(new, "converted", rename_converted(document, new, data))
    rows = archive.records("table", target.contents.name, uploads.name)
    names = [str(decode_value(row)["document"]) for row in rows]
    return [renaming.document(name) if renaming else name for name in names]


def _restore_rows(
    target: RestoreTarget, archive: ArchiveReader, sources: BackupSources, renaming: CollectionRenaming | None
) -> None:
    """Replaces the collection's rows in a single transaction."""
    with exclusive_transaction(sources.engine) as connection:
        delete_rows(connection, target.name)
        _insert_rows(connection, target, archive, renaming)


def _insert_rows(
    connection: sa.Connection, target: RestoreTarget, archive: ArchiveReader, renaming: CollectionRenaming | None
) -> None:
    """Inserts the rows of all tables; those of the ledger are first, which teach the new uuids of episodes."""
    for table in sorted(TABLES, key=lambda table: table.name != episodes.name):
        rows = (decode_value(row) for row in archive.records("table", target.contents.name, table.name))
        insert_rows(connection, table, _renamed(table, rows, renaming) if renaming else rows)


def _renamed(table: CollectionTable, rows: Iterator[dict[str, Any]], renaming: CollectionRenaming) -> Iterator[dict[str, Any]]:
    if table.name == episodes.name:
        return (renaming.add_episode(row) for row in rows)
    return (renaming.row(row, table) for row in rows)


def _restore_graph(graph: ArchivedGraph, connection: GraphConnection, on_progress: OnProgress) -> None:
    """Creates the nodes and relationships in the emptied collection."""
    graph.learn()
    writer = RecordWriter(connection)
    uuids: dict[str, str] = {}

    def remember(node: NodeRecord) -> None:
        uuids[node.id] = str(node.properties.get("uuid"))

    on_progress("nodes", writer.create_nodes(graph.nodes(remember)))
    on_progress("relationships", writer.create_relationships(graph.relationships(uuids)))


class PartsStream:
    """The bytes of parts, one after another, as a readable stream."""

    def __init__(self, archive: ArchiveReader, parts: Sequence[Part]) -> None:
        self._blocks = (archive.data(part) for part in parts)
        self._left = b""

    def read(self, size: int = -1, /) -> bytes:
        """Returns the next bytes, at most `size`; none at the end. Raises BackupDamaged."""
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._left = block
        end = len(self._left) if size < 0 else size
        data, self._left = self._left[:end], self._left[end:]
        return data
