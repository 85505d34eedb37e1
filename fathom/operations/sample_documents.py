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


def ingest_samples(settings: Settings, *, on_progress: Callable[[Progress], None]) -> list[DocumentRow]:
    """Ingests the samples whose current bytes are new, waits for all of them, and returns a row for each."""
    files = sample_documents()
    ingest(not_yet_accepted(files, SAMPLES, settings), SAMPLES, settings)
    placed = [
        PlacedFile(document_id(SAMPLES, file.name), content_version(file.read_bytes()), file.stat().st_size) for file in files
    ]
    if placed:
        wait(placed, settings, on_progress=on_progress)
    return documents_by_id(settings, [file.document for file in placed])
