"""Imports a graph from a file into a collection, as a document of its own or, for an export of the collection, as it was."""

from __future__ import annotations

import hashlib
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from fathom.database import open_database
from fathom.errors import GraphWriteFailed
from fathom.graph.imports.collection_restore import CollectionRestore
from fathom.graph.imports.exported_lines import ExportedLines, graph_of_export
from fathom.graph.imports.graph_files import read_graph_file
from fathom.graph.imports.import_passages import ImportedExtractions
from fathom.graph.imports.imported_graph import ImportedGraph, names_shared
from fathom.graph.write.document_writer import open_writer
from fathom.graph.write.write_report import EpisodeProgressCallback, WriteReport
from fathom.graphdb.connection import open_graph
from fathom.ids import collection_name, document_id
from fathom.ledger.episode_ledger import Ledger
from fathom.observability.structured_logging import get_logger
from fathom.security.audit_log import audited
from fathom.settings import Settings
from fathom.uploads.imported_documents import ImportedDocument, record_import

ACTION = "graph.import"
SHARED_NAME = "node with the name of another"

log = get_logger(__name__)


class GraphImport(BaseModel):
    """A finished import of a graph."""

    model_config = ConfigDict(frozen=True)

    status: Literal["imported", "unchanged"]
    collection: str
    form: str = Field(description="fathom, csv, json or cognee")
    as_it_was: bool = Field(description="whether records were restored with uuids, dates and embeddings of the file")
    documents: list[str] = Field(description="ids of the documents that the graph has it from")
    version: str = Field(description="SHA-256 of the file, or of the files of a folder")
    nodes: int = Field(description="nodes of the file")
    relationships: int = Field(description="edges of the file; of an export also mentions")
    entities: int | None = Field(None, description="distinct entities in the graph afterwards; null: restored as it was")
    facts: int | None = None
    episodes_written: int | None = None
    left_out: dict[str, int] = Field(default_factory=dict[str, int], description="parts of the file not kept, by the reason")
    model_calls: int = 0
    seconds: float


def _silent(*_: object) -> None:
    pass


def import_graph(settings: Settings, path: Path, collection: str, progress: EpisodeProgressCallback = _silent) -> GraphImport:
    """Imports the file or folder; a second call with the same file changes nothing, or finishes what was interrupted.

    Raises GraphFileInvalid with the lines that are wrong before anything is written, UsageWrong, UnsafePath, GraphUnreachable,
    LeaseLost.
    """
    start = time.perf_counter()
    collection_name(collection)
    found = read_graph_file(path)
    version = _version(path)
    engine = open_database(settings.operational_url)
    with audited(engine, ACTION, collection=collection, account={"file": path.name, "version": version}) as account:
        done = _restored(settings, found, collection, version) if isinstance(found, ExportedLines) else None
        if done is None:
            graph = graph_of_export(found) if isinstance(found, ExportedLines) else found
            document = document_id(collection, f"imports/{path.absolute().name}")
            done = _written(settings, graph, ImportTarget(document, collection, version, _size(path)), progress)
        account |= {"documents": done.documents[:100], "nodes": done.nodes, "relationships": done.relationships}
    counts = {"nodes": done.nodes, "relationships": done.relationships}
    log.info("Graph imported", metrics={**counts, "seconds": round(time.perf_counter() - start, 1)})
    return done.model_copy(update={"seconds": round(time.perf_counter() - start, 3)})


@dataclass(frozen=True)
class ImportTarget:
    """The document that a file becomes, with the file's version and size in bytes."""

    document: str
    collection: str
    version: str
    size: int


def _restored(settings: Settings, export: ExportedLines, collection: str, version: str) -> GraphImport | None:
    """Restores the export as it was; None where the collection has other content, or the export is not all of it."""
    if not export.is_whole_collection(collection):
        return None
    engine = open_database(settings.operational_url)
    with closing(open_graph(settings)) as connection:
        restore = CollectionRestore(connection, Ledger(engine), collection, version)
        state = restore.state()
        if state == "occupied":
            return None
        documents = restore.restore(export) if state != "done" else []
    for document in documents:
        record_import(engine, ImportedDocument(document, collection, 0), failure=None, now=time.time())
    return GraphImport(
        status="unchanged" if state == "done" else "imported",
        collection=collection,
        form="fathom",
        as_it_was=True,
        documents=documents,
        version=version,
        nodes=export.nodes,
        relationships=export.relationships,
        seconds=0.0,
    )


def _written(settings: Settings, graph: ImportedGraph, target: ImportTarget, progress: EpisodeProgressCallback) -> GraphImport:
    """Writes the graph as the episodes of a document; the document is listed as failed until all are written."""
    engine = open_database(settings.operational_url)
    row = ImportedDocument(target.document, target.collection, target.size)
    unfinished = GraphWriteFailed("The import was interrupted; import the file again to finish it.")
    extractions = ImportedExtractions(graph)
    with closing(open_writer(settings, extractions)) as writer:
        record_import(engine, row, failure=unfinished, now=time.time())
        chunks = extractions.chunks(target.document, target.version)
        report = writer.write(chunks, reference_time=datetime.now(UTC), progress=progress)
        record_import(engine, row, failure=None, now=time.time())
    return GraphImport(
        status="imported" if report.written or report.removed else "unchanged",
        collection=target.collection,
        form=graph.form,
        as_it_was=False,
        documents=[target.document],
        version=target.version,
        nodes=len(graph.nodes),
        relationships=len(graph.edges),
        entities=report.entities,
        facts=report.facts,
        episodes_written=report.written,
        left_out=_left_out(graph, report),
        seconds=0.0,
    )


def _left_out(graph: ImportedGraph, report: WriteReport) -> dict[str, int]:
    counts = graph.left_out.copy()
    counts.update(report.facts_left_out)
    counts[SHARED_NAME] += names_shared(graph.nodes.values())
    return {reason: count for reason, count in counts.items() if count}


def _version(path: Path) -> str:
    """Returns the SHA-256 of the file, or of the names and contents of a folder's files."""
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    found = hashlib.sha256()
    for file in sorted(one for one in path.iterdir() if one.is_file()):
        found.update(file.name.encode("utf-8", "surrogateescape") + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [one for one in path.iterdir() if one.is_file()]
    return sum(file.stat().st_size for file in files)
