"""Backs up and restores collections of a deployment, proves backups, and deletes expired ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from fathom.database import open_database
from fathom.deployment.graph_component import GraphComponent
from fathom.embedding.embedder import open_embedder
from fathom.errors import BackupRefused, RestoreFailed, UsageWrong
from fathom.files import Files, store_error
from fathom.graph.backup.archive_format import SUFFIX
from fathom.graph.backup.archive_reader import ArchiveReader, open_archive
from fathom.graph.backup.backup_catalog import BackupCatalog, BackupDescription, BackupProof, new_backup_id
from fathom.graph.backup.backup_writing import BackupOrder, BackupSources, write_backup
from fathom.graph.backup.restoring import RestoreTarget, restore_collection, restore_everything
from fathom.graphdb.connection import open_graph
from fathom.graphdb.schema import index_names
from fathom.graphdb.server_version import server_name
from fathom.ids import collection_name, document_id
from fathom.ledger.unfinished_restores import UnfinishedRestores
from fathom.observability.structured_logging import emit
from fathom.orchestration.run_submission import PARTITIONS, open_instance, submission_lock
from fathom.security.audit_log import ALL_COLLECTIONS, audited
from fathom.settings import Settings
from fathom.storage.artifacts import open_artifacts
from fathom.uploads import repository
from fathom.uploads.content_store import open_store
from fathom.uploads.paused_collections import pause, resume

BY_HAND, BY_SCHEDULE, BEFORE_RESTORE, BEFORE_CLEAR = "by hand", "by schedule", "before a restore", "before a clear"
RESTORING = "A backup is being restored."
INBOX_DIFFERS = "The inbox has other versions than the restored backup; `fathom resume` ingests them."
KEPT_LAST = 3  # newest backups that stay whatever their age
OnProgress = Callable[[str, int], None]


class RestoredGraph(BaseModel):
    """The outcome of a restore, as read back from the graph."""

    model_config = ConfigDict(frozen=True)

    status: str = "restored"
    backup_id: str
    collections: list[str]
    nodes: int
    relationships: int
    digest: str
    documents: int
    model_calls: int = Field(0, description="a restore makes none: all embeddings and verdicts are in the backup")
    embeddings_computed: int = 0
    replaced: str | None = Field(None, description="the backup of what was replaced")
    paused: list[str] = Field(
        default_factory=list, description="collections left paused, since the inbox has other versions of their documents"
    )
    seconds: float


class BackupRequest(BaseModel):
    """The backup to make; `to` is a path or URL, by default FATHOM_BACKUPS."""

    model_config = ConfigDict(frozen=True)

    collection: str | None = None
    to: str | None = None
    passphrase: str | None = Field(None, repr=False)
    incremental: bool = False
    reason: str = BY_HAND


class RestoreRequest(BaseModel):
    """The backup to restore: an id of the catalog or a path; `collection` is the name that its only collection gets."""

    model_config = ConfigDict(frozen=True)

    backup: str
    collection: str | None = None
    only: str | None = None
    replace: bool = False
    passphrase: str | None = Field(None, repr=False)


def open_catalog(settings: Settings, url: str | None = None) -> BackupCatalog:
    """Returns the catalog of backups at the URL, by default at FATHOM_BACKUPS."""
    return BackupCatalog(Files(url or settings.backups_url, scratch=settings.home / "tmp"))


def back_up(settings: Settings, request: BackupRequest) -> BackupDescription:
    """Writes a backup and returns its description.

    Raises UsageWrong for an unknown collection, GraphUnreachable, StoreFull, StoreFailed; leaves no partial file.
    """
    catalog = open_catalog(settings, request.to)
    backup_id = new_backup_id(time.time())
    base = _base(catalog, request) if request.incremental else None
    known = _content_of(catalog, base, request.passphrase) if base else frozenset[str]()
    with _sources(settings) as sources, catalog.files.incoming() as (path, stream):
        labels = {
            "fathom": version("fathom"),
            "server": server_name(sources.connection),
            "embedder": open_embedder(settings).name,
        }
        order = BackupOrder(
            backup_id,
            collection_name(request.collection) if request.collection is not None else None,
            request.passphrase,
            base.backup_id if base else None,
            known,
            labels,
            index_names(sources.connection),
            settings.home / "tmp",
        )
        try:
            written = write_backup(stream, sources, order)
        except OSError as error:
            raise store_error(error, "the backup") from error
        if request.collection is not None and not written.whole.nodes and not written.manifest.collections[0].documents:
            raise UsageWrong(f"There is no collection {request.collection}.")
        size = path.stat().st_size
        url = catalog.files.publish(path, stream, backup_id + SUFFIX)
    found = BackupDescription(
        backup_id=backup_id,
        path=url,
        created_at=written.manifest.created_at,
        size_bytes=size,
        sha256=written.sha256,
        encrypted=request.passphrase is not None,
        scope=request.collection,
        collections=written.manifest.collections,
        nodes=written.whole.nodes,
        relationships=written.whole.relationships,
        digest=written.whole.digest,
        based_on=order.based_on,
        reason=request.reason,
        paused_seconds=round(written.paused_seconds, 3),
    )
    catalog.describe(found)
    emit("graph.backed_up", "A backup was made", backup=backup_id, bytes=size, nodes=found.nodes, reason=request.reason)
    return found


def back_up_before(settings: Settings, collection: str | None, reason: str) -> BackupDescription:
    """Backs up what an operation is about to delete, encrypted where FATHOM_BACKUP_PASSPHRASE is set. Raises as `back_up`."""
    secret = settings.backup_passphrase
    passphrase = secret.get_secret_value() if secret else None
    return back_up(settings, BackupRequest(collection=collection, passphrase=passphrase, reason=reason))


def restore(settings: Settings, request: RestoreRequest, on_progress: OnProgress = lambda what, count: None) -> RestoredGraph:
    """Restores a backup; the same call again continues an interrupted restore.

    What is replaced is backed up first. Raises BackupRefused and its kinds, BackupMissing, CollectionOccupied before anything
    is changed; RestoreFailed, GraphUnreachable, StoreFull with the collections marked as unfinished.
    """
    began = time.monotonic()
    with _opened_archive(settings, request) as archive, _sources(settings) as sources:
        archive.verify_parts()
        target = _target(archive, request)
        names = [target.name] if target else [contents.name for contents in archive.manifest.collections]
        account: dict[str, Any] = {"backup": archive.manifest.backup_id, "collections": names, "replace": request.replace}
        about = target.name if target else ALL_COLLECTIONS
        with audited(sources.engine, "graph.restore", collection=about, account=account, announce=True):
            replaced = _back_up_replaced(settings, sources, target, archive) if request.replace else None
            for name in names:
                pause(sources.engine, name, reason=RESTORING, by=None, now=time.time())
            if target is not None:
                done = restore_collection(target, archive, sources, on_progress)
            else:
                done = restore_everything(archive, sources, request.replace, on_progress)
        _add_partitions(settings, done.documents)
        paused = [name for name in names if _inbox_differs(settings, sources, name)]
        for name in names:
            if name in paused:
                pause(sources.engine, name, reason=INBOX_DIFFERS, by=None, now=time.time())
            else:
                resume(sources.engine, name)
        backup_id = archive.manifest.backup_id
    emit("graph.restored", "A backup was restored", backup=backup_id, collections=len(names), nodes=done.digest.nodes)
    return RestoredGraph(
        backup_id=backup_id,
        collections=names,
        nodes=done.digest.nodes,
        relationships=done.digest.relationships,
        digest=done.digest.digest,
        documents=len(done.documents),
        replaced=replaced.backup_id if replaced else None,
        paused=paused,
        seconds=round(time.monotonic() - began, 2),
    )


def prove(settings: Settings, backup_id: str, passphrase: str | None = None, url: str | None = None) -> BackupProof:
    """Restores the backup into a scratch embedded graph and compares its digest; keeps the outcome in its description.

    Raises BackupMissing, PassphraseMissing; a backup that cannot be restored is an outcome, no error.
    """
    catalog = open_catalog(settings, url)
    backup = catalog.find(backup_id)
    began = time.monotonic()
    try:
        with TemporaryDirectory(prefix="fathom-proof-") as folder:
            scratch = settings.model_copy(update=_scratch(Path(folder), settings))
            detail = _restored_in(scratch, catalog, backup, passphrase)
        proven = True
    except (BackupRefused, RestoreFailed) as error:
        proven, detail = False, f"{error.name}: {error.message}"
    proof = BackupProof(at=time.time(), proven=proven, detail=detail, seconds=round(time.monotonic() - began, 2))
    catalog.describe(backup.model_copy(update={"proof": proof}))
    emit("graph.backup_proved", "A backup was proved", backup=backup.backup_id, proven=proven, detail=detail)
    return proof


def prove_own(settings: Settings, backup_id: str) -> BackupProof:
    """Proves a backup that `back_up_before` made. Raises as `prove`."""
    secret = settings.backup_passphrase
    return prove(settings, backup_id, secret.get_secret_value() if secret else None)


def expire_backups(settings: Settings) -> list[str]:
    """Deletes the backups that are older than FATHOM_BACKUP_DAYS, except the newest; returns their ids."""
    return open_catalog(settings).expire(settings.backup_days, KEPT_LAST)


def _restored_in(scratch: Settings, catalog: BackupCatalog, backup: BackupDescription, passphrase: str | None) -> str:
    """Restores the backup in a deployment of only a graph and a database; returns a sentence on the outcome."""
    graph = GraphComponent(scratch)
    with catalog.local(backup.backup_id) as path, open_archive(path, passphrase) as archive:
        archive.verify_parts()
        graph.start()
        try:
            with _sources(scratch) as sources:
                done = restore_everything(archive, sources, False, lambda what, count: None)
        finally:
            graph.stop()
    return f"{done.digest.nodes} nodes and {done.digest.relationships} relationships came back with the same digest."


def _scratch(folder: Path, settings: Settings) -> dict[str, Any]:
    """Returns the settings of a deployment in a folder, with nothing of the real one."""
    cleared = {"graph_uri": None, "graph_password": None, "database_url": None, "store": None}
    return {**cleared, "home": folder, "graph_heap_mb": settings.graph_heap_mb}


@contextmanager
def _sources(settings: Settings) -> Iterator[BackupSources]:
    with closing(open_graph(settings)) as connection:
        engine = open_database(settings.operational_url)
        yield BackupSources(connection, engine, open_store(settings), open_artifacts(settings))


@contextmanager
def _opened_archive(settings: Settings, request: RestoreRequest) -> Iterator[ArchiveReader]:
    """Opens the backup by its path or id, with those that it is based on for the content that it lacks."""
    given = Path(request.backup)
    catalog = open_catalog(settings)
    with ExitStack() as opened:
        path = given if given.suffix == SUFFIX or given.is_file() else None
        if path is None:
            path = opened.enter_context(catalog.local(catalog.find(request.backup).backup_id))
        archive = opened.enter_context(open_archive(path, request.passphrase))
        base = archive
        while (backup_id := base.manifest.based_on) is not None:
            beside = path.with_name(backup_id + SUFFIX)
            place = beside if beside.is_file() else opened.enter_context(catalog.local(backup_id))
            base = opened.enter_context(open_archive(place, request.passphrase))
            archive.bases.append(base)
        yield archive


def _target(archive: ArchiveReader, request: RestoreRequest) -> RestoreTarget | None:
    """Returns the single collection to restore; None for all of a backup of all. Raises UsageWrong."""
    manifest = archive.manifest
    known = {contents.name: contents for contents in manifest.collections}
    wanted = request.only or manifest.scope or (next(iter(known)) if request.collection and len(known) == 1 else None)
    if wanted is None and request.collection in known:
        wanted = request.collection
    if wanted is None:
        if request.collection is not None:
            raise UsageWrong(
                f"The backup has {len(known)} collections, so it cannot be restored as {request.collection}.",
                hint="Choose one of them with --only.",
            )
        return None
    if wanted not in known:
        raise UsageWrong(f"The backup has no collection {wanted}.", hint=f"It has: {', '.join(sorted(known))}.")
    return RestoreTarget(known[wanted], collection_name(request.collection or wanted), request.replace)


def _back_up_replaced(
    settings: Settings, sources: BackupSources, target: RestoreTarget | None, archive: ArchiveReader
) -> BackupDescription | None:
    """Backs up what the restore will replace; None where that is empty, or incomplete after an interrupted restore."""
    unfinished = UnfinishedRestores(sources.engine).all()
    if archive.manifest.backup_id in unfinished.values():
        return None
    try:
        return back_up_before(settings, target.name if target else None, BEFORE_RESTORE)
    except UsageWrong:
        return None


def _add_partitions(settings: Settings, documents: Sequence[str]) -> None:
    if (settings.dagster_home / "dagster.yaml").exists() and documents:
        with submission_lock(settings):
            open_instance(settings).add_dynamic_partitions(PARTITIONS, list(documents))


def _inbox_differs(settings: Settings, sources: BackupSources, collection: str) -> bool:
    """Returns whether the inbox has a file of the collection that is unknown, or changed since the backup."""
    known = repository.known_files(sources.engine)
    folder = settings.inbox_path / collection
    for path in folder.rglob("*") if folder.is_dir() else ():
        if not path.is_file() or path.is_symlink():
            continue
        row = known.get(document_id(collection, str(path.relative_to(folder))))
        status = path.stat()
        if row is None or (row.size, row.mtime_ns) != (status.st_size, status.st_mtime_ns):
            return True
    return False


def _base(catalog: BackupCatalog, request: BackupRequest) -> BackupDescription | None:
    """Returns the newest backup of the same scope and encryption, on which an incremental backup is based."""
    encrypted = request.passphrase is not None
    same = (found for found in catalog.backups() if (found.scope, found.encrypted) == (request.collection, encrypted))
    return next(same, None)


def _content_of(catalog: BackupCatalog, base: BackupDescription, passphrase: str | None) -> frozenset[str]:
    """Returns the versions whose content is in the backup, or in those that it is based on."""
    found: set[str] = set()
    backup: BackupDescription | None = base
    while backup is not None:
        with catalog.local(backup.backup_id) as path, open_archive(path, passphrase) as archive:
            found |= {part.key for part in archive.parts("content")}
        backup = catalog.find(backup.based_on) if backup.based_on else None
    return frozenset(found)
