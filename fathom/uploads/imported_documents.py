"""Lists documents that were imported into the graph: without bytes in the store they have no version that could be retried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Engine

from fathom.errors import FathomError
from fathom.sql import insert_into
from fathom.tables import uploads
from fathom.uploads.upload import UploadState


@dataclass(frozen=True)
class ImportedDocument:
    """A document whose graph was imported; `size` is that of the file, in bytes."""

    document: str
    collection: str
    size: int


def record_import(engine: Engine, imported: ImportedDocument, *, failure: FathomError | None, now: float) -> None:
    """Lists the document as done, or as failed by the error; a document with stored bytes is left as it is."""
    values: dict[str, Any] = {
        "document": imported.document,
        "collection": imported.collection,
        "path": "",
        "size": imported.size,
        "mtime_ns": 0,
        "version": None,
        "state": UploadState.DONE if failure is None else UploadState.FAILED,
        "stage": None,
        "reason": None if failure is None else failure.name,
        "detail": None if failure is None else failure.message,
        "run_key": None,
        "run_id": None,
        "attempts": 0,
        "accepted_at": now,
        "updated_at": now,
    }
    insert = insert_into(engine, uploads).values(**values)
    statement = insert.on_conflict_do_update(
        index_elements=[uploads.c.document],
        set_={name: insert.excluded[name] for name in values if name not in ("document", "accepted_at")},
        where=uploads.c.version.is_(None),
    )
    with engine.begin() as connection:
        connection.execute(statement)
