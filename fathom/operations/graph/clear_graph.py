"""Clears a collection, or all: graph, ledger, artifacts, inbox and Dagster's partitions, after a backup that is proven."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.errors import Refused, UsageWrong
from fathom.graph.backup.collection_tables import delete_rows
from fathom.graph.reconciliation.diff import list_collections
from fathom.graph.write.clearing import DeletedCounts, clear_collection
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.graphdb.fencing import exclusive_writer
from fathom.graphdb.graph_counts import graph_counts
from fathom.ids import collection_name
from fathom.ledger.writer_lease import Leases
from fathom.observability.structured_logging import emit
from fathom.operations.graph.graph_backups import BEFORE_CLEAR, back_up_before, prove_own
from fathom.orchestration.run_submission import PARTITIONS, open_instance, submission_lock
from fathom.security.audit_log import ALL_COLLECTIONS, audited
from fathom.settings import Settings
from fathom.sql import exclusive_transaction
from fathom.storage.artifacts import open_artifacts
from fathom.uploads import repository
from fathom.uploads.content_store import open_store
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import UploadState

CONFIRMATION_CODE = "DELETE_ALL_DATA"
_IN_HAND = (UploadState.SUBMITTED, UploadState.RUNNING)


class ConfirmationMissing(Refused):
    """The call did not confirm that data is to be deleted."""

    hint = f"Confirm it with the code {CONFIRMATION_CODE}."


class BackupNotProven(Refused):
    """The backup that was made before clearing could not be restored in a scratch graph, so nothing was cleared."""

    hint = "See `fathom graph backups`; --no-backup clears without one."


class RunsAtWork(Refused):
    """Runs work on documents that are to be deleted."""

    hint = "Cancel them first (`fathom documents cancel`), or wait until they are done."


class ClearPlan(BaseModel):
    """The records that a clear would delete."""

    model_config = ConfigDict(frozen=True)

    collections: list[str]
    documents: int
    nodes: int
    relationships: int


class DeletedRecords(BaseModel):
    """The numbers of deleted nodes and relationships."""

    model_config = ConfigDict(frozen=True)

    nodes: int
    relationships: int


class ClearedGraph(BaseModel):
    """The outcome of a clear."""

    model_config = ConfigDict(frozen=True)

    status: str = "cleared"
    collections: list[str]
    backup_export_id: str | None = Field(description="the backup that was made before")
    deleted: DeletedRecords
    documents: int
    rows: int = Field(description="of the operational database")
    artifacts: int
    content: int = Field(description="versions of accepted bytes that no other document has")
    files: int = Field(description="files of the inbox")


def plan_clear(settings: Settings, collection: str | None) -> ClearPlan:
    """Returns what would be deleted. Raises UsageWrong for an unknown collection, GraphUnreachable."""
    with closing(open_graph(settings)) as connection:
        names = _collections(settings, connection, collection)
        nodes, relationships = _counts(connection, collection)
        documents = sum(len(_documents(settings, name)) for name in names)
    if collection is not None and not nodes and not documents:
        raise UsageWrong(f"There is no collection {collection}.")
    return ClearPlan(collections=names, documents=documents, nodes=nodes, relationships=relationships)


def clear(
    settings: Settings,
    collection: str | None,
    *,
    confirmation_code: str,
    backup_first: bool = True,
    on_deleted: Callable[[int], None] = lambda count: None,
) -> ClearedGraph:
    """Clears the collection, or all; a call after an interrupted one deletes the rest.

    Raises ConfirmationMissing, UsageWrong, RunsAtWork and BackupNotProven before anything is deleted; GraphUnreachable,
    StoreFailed.
    """
    if confirmation_code != CONFIRMATION_CODE:
        raise ConfirmationMissing("Nothing was deleted: the confirmation code is missing or wrong.")
    engine = open_database(settings.operational_url)
    about = collection or ALL_COLLECTIONS
    account = {"backup_first": backup_first}
    with audited(engine, "graph.clear", collection=about, account=account, announce=True), ExitStack() as opened:
        connection = opened.enter_context(closing(open_graph(settings)))
        names = _collections(settings, connection, collection)
        backup = _proven_backup(settings, collection) if backup_first and _has_content(settings, connection, names) else None
        opened.enter_context(submission_lock(settings))  # so that no run is started meanwhile
        _reject_runs(settings, names)
        for name in names:
            opened.enter_context(exclusive_writer(connection, Leases(engine), name))
        deleted = _clear_graph(connection, None if collection is None else names, on_deleted)
        done = _clear_deployment(settings, names)
    emit("graph.cleared", "The graph was cleared", collections=len(names), nodes=deleted.nodes)
    counts = DeletedRecords(nodes=deleted.nodes, relationships=deleted.relationships)
    return ClearedGraph(collections=names, backup_export_id=backup, deleted=counts, **done)


def _collections(settings: Settings, connection: GraphConnection, collection: str | None) -> list[str]:
    if collection is not None:
        return [collection_name(collection)]
    accepted = {document.partition("/")[0] for document in repository.known_files(open_database(settings.operational_url))}
    return sorted(accepted | set(list_collections(connection)))


def _documents(settings: Settings, collection: str) -> list[str]:
    known = repository.known_files(open_database(settings.operational_url))
    return [document for document in known if document.startswith(f"{collection}/")]


def _counts(connection: GraphConnection, collection: str | None) -> tuple[int, int]:
    if collection is None:
        found = graph_counts(connection)
        return found.nodes, found.relationships
    nodes = connection.read("MATCH (n) WHERE n.group_id = $name RETURN count(n) AS n", name=collection)
    edges = connection.read("MATCH (n)-[r]->(m) WHERE n.group_id = $name RETURN count(r) AS n", name=collection)
    return nodes[0]["n"], edges[0]["n"]


def _has_content(settings: Settings, connection: GraphConnection, names: Sequence[str]) -> bool:
    return graph_counts(connection).nodes > 0 or any(_documents(settings, name) for name in names)


def _proven_backup(settings: Settings, collection: str | None) -> str:
    """Backs up what is cleared, and restores the backup in a scratch graph. Raises BackupNotProven."""
    backup = back_up_before(settings, collection, BEFORE_CLEAR)
    proof = prove_own(settings, backup.backup_id)
    if not proof.proven:
        raise BackupNotProven(f"The backup {backup.backup_id} cannot be restored: {proof.detail}")
    return backup.backup_id


def _reject_runs(settings: Settings, names: Sequence[str]) -> None:
    intake = open_intake(settings)
    for name in names:
        if intake.list(collection=name, states=_IN_HAND):
            raise RunsAtWork(f"Runs work on documents of {name}.")


def _clear_graph(connection: GraphConnection, names: Sequence[str] | None, on_deleted: Callable[[int], None]) -> DeletedCounts:
    """Clears the named collections in the graph; all of it, with nodes of no collection, for None."""
    parts = [clear_collection(connection, name, on_deleted) for name in (names if names is not None else [None])]
    return DeletedCounts(sum(part.nodes for part in parts), sum(part.relationships for part in parts))


def _clear_deployment(settings: Settings, names: Sequence[str]) -> dict[str, int]:
    """Deletes everything of the collections outside of the graph; returns the numbers of what was deleted."""
    engine = open_database(settings.operational_url)
    documents = [document for name in names for document in _documents(settings, name)]
    versions = {row.version for row in repository.known_files(engine).values() if row.version}
    artifacts, store = open_artifacts(settings), open_store(settings)
    files = sum(_delete_inbox_files(settings.inbox_path / name) for name in names)
    deleted = sum(artifacts.forget(document) for document in documents)
    _forget_answers(settings, documents)
    with exclusive_transaction(engine) as connection:
        rows = sum(count for name in names for count in delete_rows(connection, name).values())
    _forget_references(engine, names)
    left = {row.version for row in repository.known_files(engine).values()}
    content = sum(store.forget(version) for version in sorted(versions - left))
    _delete_partitions(settings, documents)
    return {"documents": len(documents), "rows": rows, "artifacts": deleted, "content": content, "files": files}


def _delete_inbox_files(folder: Path) -> int:
    """Deletes the collection's files in the inbox, which would be ingested again; the folder stays."""
    count = 0
    for path in sorted(folder.rglob("*"), reverse=True) if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):
                path.rmdir()
        else:
            path.unlink(missing_ok=True)
            count += 1
    return count


def _forget_answers(settings: Settings, documents: Sequence[str]) -> None:
    from fathom.extraction.pipeline import response_cache_of

    with closing(response_cache_of(settings)) as cache:
        for document in documents:
            cache.forget(document)


def _forget_references(engine: Engine, names: Sequence[str]) -> None:
    from fathom.quality.drift.reference_store import DriftReferences

    for name in names:
        DriftReferences(engine).forget_collection(name)


def _delete_partitions(settings: Settings, documents: Sequence[str]) -> None:
    if (settings.dagster_home / "dagster.yaml").exists():
        instance = open_instance(settings)
        for document in documents:
            instance.delete_dynamic_partition(PARTITIONS, document)
