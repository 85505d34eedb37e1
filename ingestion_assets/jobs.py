"""The ingestion jobs: a document in three steps, or a backlog in a single step."""

import dagster as dg

from ingestion_assets.assets import chunks, documents, graph_episodes
from ingestion_assets.backlog import drain

# A process for each step would cost seconds of imports; the steps are short and share loaded modules.
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
