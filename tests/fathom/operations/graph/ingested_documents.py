"""Documents that were uploaded and written to the graph without Dagster, and the digest of what the graph holds then."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from benchmarks.material import chunk_set
from fathom.graph.content.graph_digest import digest_of
from fathom.graph.content.graph_records import Selection
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.curation.write_recorder import on_behalf_of
from fathom.graph.reconciliation.diff import find_differences
from fathom.graph.write.document_writer import open_writer
from fathom.graphdb.connection import open_graph
from fathom.ledger.episode_ledger import Ledger
from fathom.operations.ingest import ingest
from fathom.settings import Settings
from fathom.uploads.intake import open_intake


def ingested(settings: Settings, folder: Path, collection: str, run: str, **texts: str) -> str:
    """Uploads the documents together and writes them to the graph by the run; answers the batch."""
    folder.mkdir(exist_ok=True)
    files = []
    for name, text in texts.items():
        files.append(folder / f"{name}.md")
        files[-1].write_text(text)
    placement = ingest(files, collection, settings)
    assert placement.batch is not None
    intake, writer = open_intake(settings), open_writer(settings)
    for placed, text in zip(placement.placed, texts.values(), strict=True):
        claimed = intake.mark_running(placed.document, placed.version, run_id=run)
        accepted_at = datetime.fromtimestamp(claimed.accepted_at, UTC)
        with on_behalf_of(run):
            writer.write(chunk_set(placed.document, text.split("\n\n"), placed.version), reference_time=accepted_at)
        intake.mark_done(placed.document, placed.version, run_id=run)
    writer.close()
    return placement.batch


def digest(settings: Settings, collection: str) -> str:
    graph = open_graph(settings)
    reader = RecordReader(graph, Selection(collection=collection))
    found = digest_of(reader.nodes(), reader.relationships()).digest
    rows = Ledger(open_intake(settings).engine).rows(collection=collection, state="written")
    assert find_differences(graph, collection, {row.uuid: row for row in rows}).agree
    graph.close()
    return found
