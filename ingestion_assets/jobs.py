"""The jobs that ingest: one document in three steps, or a backlog in one."""

import dagster as dg

from ingestion_assets.assets import chunks, documents, graph_episodes
from ingestion_assets.backlog import drain

# A process a step costs seconds of imports; a document's steps are short and share what is loaded.
EXECUTOR = dg.in_process_executor

ingest_document = dg.define_asset_job(
    "ingest_document",
    selection=[documents, chunks, graph_episodes],
    executor_def=EXECUTOR,
    description="One document: converted, cut into chunks, written to the graph.",
    tags={"fathom/kind": "document"},
)


@dg.job(executor_def=EXECUTOR, tags={"fathom/kind": "backlog"})
def ingest_backlog() -> None:
    """A backlog of documents in one run, each recorded on its own partition."""
    drain()
