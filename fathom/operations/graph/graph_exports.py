"""Exports the graph for the command line and the API, and keeps exports that were made without a target until they expire.

A kept export is a folder `exports/<id>` of the home with the exported file and a record of it. The process that makes it
holds a lock; an export that is running and not locked was lost with its process.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fathom.errors import FathomError
from fathom.files import store_error
from fathom.graph.content.graph_records import Selection
from fathom.graph.export.encoded_records import ProgressOfExport
from fathom.graph.export.graph_export import FORMATS, ZIP, FormatName, export_graph, filters_of
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.observability.structured_logging import get_logger
from fathom.settings import Settings

ExportState = Literal["running", "done", "failed"]
RECORD, LOCK = "export.json", "lock"
_ID = 16  # hex digits
_LOST_S = 10.0  # between the record of a new export and the lock of the process that makes it

log = get_logger(__name__)


class GraphExport(BaseModel):
    """An export of the graph."""

    model_config = ConfigDict(frozen=True)

    export_id: str
    format: FormatName
    state: ExportState
    collection: str | None = Field(description="null: all collections")
    filters: dict[str, Any]
    created_at: datetime
    expires_at: datetime | None = Field(None, description="when it is deleted; null: it is the caller's own file")
    path: str | None = Field(None, description="the file or folder; null while it is being made")
    size_bytes: int | None = None
    record_count: int | None = Field(None, description="nodes and relationships")
    nodes: int | None = None
    relationships: int | None = None
    left_out: int | None = Field(None, description="relationships whose nodes are not among those exported")
    sha256: str | None = Field(None, description="of the file; of a folder: of what `sha256sum *` prints in it")
    seconds: float | None = None
    error: str | None = Field(None, description="why it failed")


def _silent(nodes: int, relationships: int) -> None:
    pass


def export_to(
    settings: Settings, name: FormatName, selection: Selection, target: Path, progress: ProgressOfExport = _silent
) -> GraphExport:
    """Exports the selection to the target, which is the caller's own and does not expire. Raises as `export_graph`."""
    begun = _begun(name, selection)
    with closing(open_graph(settings)) as connection:
        return _made(connection, begun, selection, target, progress)


def begin_export(settings: Settings, name: FormatName, selection: Selection) -> GraphExport:
    """Returns a new export that is kept in the home, to be made by `make_export`; deletes those that have expired.

    Raises StoreFull, StoreFailed.
    """
    delete_expired(settings)
    begun = _begun(name, selection)
    keep = 3600 * settings.export_hours
    begun = begun.model_copy(update={"expires_at": datetime.fromtimestamp(begun.created_at.timestamp() + keep, UTC)})
    folder = _folder(settings) / begun.export_id
    with _named_failures(folder):
        folder.mkdir(parents=True)
        _save(folder, begun)
    return begun


def make_export(
    settings: Settings, begun: GraphExport, selection: Selection, progress: ProgressOfExport = _silent
) -> GraphExport:
    """Makes an export that was begun and returns its record. Raises as `export_graph`, and records the error."""
    folder = _folder(settings) / begun.export_id
    known = FORMATS[begun.format]
    target = folder / f"graph{ZIP if known.folder else known.suffix}"
    with _locked(folder), _named_failures(folder):
        try:
            with closing(open_graph(settings)) as connection:
                made = _made(connection, begun, selection, target, progress)
        except FathomError as error:
            _save(folder, begun.model_copy(update={"state": "failed", "error": f"{error.name}: {error.message}"}))
            raise
        _save(folder, made)
    return made


def list_exports(settings: Settings) -> list[GraphExport]:
    """Returns the kept exports, the newest first, and deletes those that have expired."""
    delete_expired(settings)
    found = (_load(folder) for folder in _folders(settings))
    return sorted((export for export in found if export), key=lambda export: export.created_at, reverse=True)


def find_export(settings: Settings, export_id: str) -> GraphExport | None:
    """Returns the kept export with this id; None for an unknown or expired one."""
    if len(export_id) != _ID or not export_id.isalnum():
        return None
    found = _load(_folder(settings) / export_id)
    return found if found is not None and not _is_over(found) else None


def delete_expired(settings: Settings) -> int:
    """Deletes expired exports and those whose process was killed, and returns their number."""
    gone = 0
    for folder in _folders(settings):
        found = _load(folder)
        lost = found is None or (found.state == "running" and time.time() - _changed_at(folder) > _LOST_S)
        if (found is not None and _is_over(found)) or (lost and not _is_locked(folder)):
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    if gone:
        log.info("Expired exports deleted", metrics={"exports": gone})
    return gone


def _begun(name: FormatName, selection: Selection) -> GraphExport:
    return GraphExport(
        export_id=secrets.token_hex(_ID // 2),
        format=name,
        state="running",
        collection=selection.collection,
        filters=filters_of(selection),
        created_at=datetime.now(UTC),
    )


def _made(
    connection: GraphConnection, begun: GraphExport, selection: Selection, target: Path, progress: ProgressOfExport
) -> GraphExport:
    start = time.perf_counter()
    found = export_graph(connection, selection, begun.format, target, progress)
    seconds = time.perf_counter() - start
    counts = {"nodes": found.nodes, "relationships": found.relationships}
    log.info("Graph exported", metrics={**counts, "bytes": found.size_bytes, "seconds": round(seconds, 1)})
    return begun.model_copy(
        update={
            **counts,
            "state": "done",
            "path": found.path,
            "size_bytes": found.size_bytes,
            "record_count": found.record_count,
            "left_out": found.left_out,
            "sha256": found.sha256,
            "seconds": round(seconds, 3),
        }
    )


def _folder(settings: Settings) -> Path:
    return settings.home / "exports"


def _folders(settings: Settings) -> list[Path]:
    root = _folder(settings)
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def _is_over(export: GraphExport) -> bool:
    return export.expires_at is not None and export.expires_at <= datetime.now(UTC)


def _changed_at(folder: Path) -> float:
    try:
        return (folder / RECORD).stat().st_mtime
    except OSError:
        return 0.0


def _load(folder: Path) -> GraphExport | None:
    try:
        return GraphExport.model_validate_json((folder / RECORD).read_bytes())
    except (OSError, ValidationError):
        return None


def _save(folder: Path, export: GraphExport) -> None:
    beside = folder / f".{RECORD}"
    beside.write_text(json.dumps(export.model_dump(mode="json"), indent=2), encoding="utf-8")
    beside.replace(folder / RECORD)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_locked(folder: Path) -> bool:
    with suppress(FileNotFoundError):
        descriptor = os.open(folder / LOCK, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False


@contextmanager
def _named_failures(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise store_error(error, str(folder)) from error
