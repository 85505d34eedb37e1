"""Keeps what a removal takes away until its retention ends, brings it back, or erases it."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom import tables
from fathom.database import open_database
from fathom.errors import Refused, UsageWrong
from fathom.ids import split_document_id
from fathom.ledger.episode import PlannedEpisode
from fathom.ledger.episode_ledger import Ledger
from fathom.ledger.retired_content import RetiredItem, forget_document, forget_expired, forget_owner, retire, retired_by
from fathom.observability.structured_logging import emit
from fathom.orchestration.deleted_partitions import restore_partitions
from fathom.orchestration.run_submission import submission_lock
from fathom.security.audit_log import audited
from fathom.settings import Settings
from fathom.sql import insert_into
from fathom.storage.artifacts import open_artifacts
from fathom.uploads import repository
from fathom.uploads.content_store import open_store
from fathom.uploads.intake import Intake, open_intake
from fathom.uploads.upload import Upload

ACTION, FORGET_ACTION = "documents.restore", "documents.forget"
DAY_S = 86400.0
ROWS, ARTIFACT = "rows", "artifact"  # kinds of retired content
_TABLES = (tables.uploads, tables.document_dates, tables.priorities, tables.attachments)


class RestoredDocument(BaseModel):
    """A removed document that is back."""

    model_config = ConfigDict(frozen=True)

    document: str
    version: str | None
    episodes: int = Field(description="episodes that are in the graph again")
    artifacts: int
    bytes_there: bool = Field(description="whether its accepted bytes are in the store, so that it can be processed again")
    model_calls: int = Field(0, description="calls to compare its names and facts with those that came since")


def copy_owner(document: str) -> str:
    """Returns the owner of the document's restorable copy in the retired content."""
    return f"removal {document}"


def restorable_until(settings: Settings, now: float) -> float | None:
    """Returns when a copy that is kept now expires, in seconds since 1970; None where none is kept."""
    return now + settings.undo_days * DAY_S if settings.undo_days else None


def keep_copy(settings: Settings, intake: Intake, row: Upload) -> None:
    """Keeps the document's rows and artifacts; the graph's writer keeps the episodes. Idempotent; replaces an older copy."""
    owner, document = copy_owner(row.document), row.document
    known = _rows_of(intake.engine, document)
    if known and known["upload"] != [row.version, row.accepted_at]:
        with intake.engine.begin() as connection:
            forget_owner(connection, owner)
        known = None
    if known is None:
        episodes = [one for one in Ledger(intake.engine).rows(document) if one.state == "written"]
        content = {
            "upload": [row.version, row.accepted_at],
            "tables": _table_rows(intake.engine, document),
            "episodes": [[one.uuid, one.chunk, one.position] for one in episodes],
            "version": episodes[0].version if episodes else row.version,
        }
        retire(intake.engine, [RetiredItem(owner, ROWS, "", document, content)])
    artifacts = [
        RetiredItem(owner, ARTIFACT, kind, document, base64.b64encode(data).decode())
        for kind, data in open_artifacts(settings).load_bytes(document)
    ]
    retire(intake.engine, artifacts)


def has_copy(engine: Engine, document: str) -> bool:
    """Returns whether a restorable copy of the document is kept."""
    return _rows_of(engine, document) is not None


def is_removed(settings: Settings, document: str) -> bool:
    """Returns whether the document was removed and a restorable copy of it is kept."""
    engine = open_database(settings.operational_url)
    return repository.find_upload(engine, document) is None and has_copy(engine, document)


def restore_removed(settings: Settings, document: str, *, by: str) -> RestoredDocument:
    """Brings a removed document back: graph, ledger, artifacts and its row in the list, without a call of the language model.

    Can be repeated after it was killed. Raises UsageWrong where no copy is kept, Refused where a document has its id again,
    GraphUnreachable.
    """
    intake = open_intake(settings)
    collection, _ = split_document_id(document)
    with submission_lock(settings), audited(intake.engine, ACTION, collection=collection, document=document) as account:
        rows = _rows_of(intake.engine, document)
        if rows is None:
            raise UsageWrong(
                f"No copy of {document} is kept.",
                document=document,
                hint="A removed document can be brought back for FATHOM_UNDO_DAYS days, unless it was removed with --forget.",
            )
        there = intake.state_of(document)
        if there is not None and [there.version, there.accepted_at] != rows["upload"]:
            raise Refused(f"{document} is a document again.", document=document, hint="Remove it first.")
        restored = _bring_back(settings, intake, document, rows)
        account["restored"] = restored.model_dump()
    restore_partitions(settings, [document])
    emit("system.restored", "The document was brought back", document=document, episodes=restored.episodes, by=by)
    return restored


def erase_copy(settings: Settings, document: str) -> bool:
    """Erases the restorable copy of a document and what its versions replaced; returns whether there was any."""
    engine = open_database(settings.operational_url)
    rows = _rows_of(engine, document)
    erased = forget_document(engine, document) > 0
    if rows is not None:
        _forget_bytes(settings, engine, document, rows)
    return erased


def forget_removed(settings: Settings, document: str, *, by: str) -> bool:
    """Erases the copy of a document that was removed; returns False where none is kept."""
    collection, _ = split_document_id(document)
    engine = open_database(settings.operational_url)
    if not has_copy(engine, document):
        return False
    with audited(engine, FORGET_ACTION, collection=collection, document=document):
        erase_copy(settings, document)
    emit("system.forgotten", "The copy of a removed document was erased", document=document, by=by)
    return True


def erase_expired(settings: Settings, now: float | None = None) -> int:
    """Erases copies, replaced versions and the journal of writes beyond `undo_days`; returns the number of rows."""
    before = (time.time() if now is None else now) - settings.undo_days * DAY_S
    engine = open_database(settings.operational_url)
    c = tables.retired_content.c
    query = sa.select(c.document).where(c.kind == ROWS, c.retired_at < before)
    with engine.connect() as connection:
        expired = {document: _rows_of(engine, document) or {} for document in connection.scalars(query)}
    count = sum(forget_expired(engine, before).values())
    for document, rows in expired.items():
        _forget_bytes(settings, engine, document, rows)
    return count


def _bring_back(settings: Settings, intake: Intake, document: str, rows: Mapping[str, Any]) -> RestoredDocument:
    from fathom.graph.write.document_writer import open_writer

    engine, owner, calls = intake.engine, copy_owner(document), 0
    kept = retired_by(engine, owner)
    episodes = [PlannedEpisode(*episode) for episode in rows["episodes"]]
    if episodes:
        writer = open_writer(settings)
        try:
            calls = writer.restore(document, kept, episodes, rows["version"])
        finally:
            writer.close()
    artifacts = [item for item in kept if item.kind == ARTIFACT]
    store = open_artifacts(settings)
    for item in artifacts:
        store.save_bytes(document, item.key, base64.b64decode(item.content))  # type: ignore[arg-type]  # a kind of artifact
    with engine.begin() as connection:
        for table in _TABLES:
            statement = insert_into(engine, table).on_conflict_do_nothing(index_elements=list(table.primary_key))
            if found := rows["tables"].get(table.name):
                connection.execute(statement, found)
        forget_owner(connection, owner)
    version = rows["upload"][0]
    return RestoredDocument(
        document=document,
        version=version,
        episodes=len(episodes),
        artifacts=len(artifacts),
        model_calls=calls,
        bytes_there=version is not None and open_store(settings).has(version),
    )


def _rows_of(engine: Engine, document: str) -> dict[str, Any] | None:
    c = tables.retired_content.c
    with engine.connect() as connection:
        there = connection.scalar(sa.select(c.key).where(c.owner == copy_owner(document), c.kind == ROWS))
    if there is None:
        return None
    return next((item.content for item in retired_by(engine, copy_owner(document)) if item.kind == ROWS), None)


def _table_rows(engine: Engine, document: str) -> dict[str, list[dict[str, Any]]]:
    with engine.connect() as connection:
        found = {
            table.name: [dict(row._mapping) for row in connection.execute(sa.select(table).where(table.c.document == document))]
            for table in _TABLES
        }
    for row in found[tables.uploads.name]:
        row |= {"run_key": None}
    return {name: rows for name, rows in found.items() if rows}


def _forget_bytes(settings: Settings, engine: Engine, document: str, rows: Mapping[str, Any]) -> None:
    """Deletes the bytes of the document's versions from the store, those that no document has."""
    versions = {row.version for row in Ledger(engine).rows(document)} | {rows.get("upload", [None])[0]} - {None}
    for version in sorted(versions):
        if not repository.documents_with_version(engine, version):
            open_store(settings).forget(version)
