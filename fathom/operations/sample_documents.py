"""The sample documents that `fathom up` ingests, once."""

from __future__ import annotations

from collections.abc import Callable

from fathom.conversion.quality.offline_verification import sample_documents
from fathom.ids import content_version, document_id
from fathom.operations.document_rows import DocumentRow, documents_by_id
from fathom.operations.ingest import Progress, ingest, not_yet_accepted, wait
from fathom.settings import Settings
from fathom.uploads.inbox.inbox_writer import PlacedFile

SAMPLES = "samples"


def ingest_samples(settings: Settings, *, told: Callable[[Progress], None]) -> list[DocumentRow]:
    """The samples are through the pipeline, each ingested unless its present bytes were before; a row each."""
    files = sample_documents()
    ingest(not_yet_accepted(files, SAMPLES, settings), SAMPLES, settings)
    placed = [
        PlacedFile(document_id(SAMPLES, file.name), content_version(file.read_bytes()), file.stat().st_size) for file in files
    ]
    if placed:
        wait(placed, settings, told=told)
    return documents_by_id(settings, [one.document for one in placed])
