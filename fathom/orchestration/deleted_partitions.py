"""Finds and restores partitions of documents that were deleted in Dagster's pages.

Deleting a partition does not delete its document from the graph, and Dagster keeps its events.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from fathom.database import open_database
from fathom.orchestration.run_submission import PARTITIONS, open_instance, submission_lock
from fathom.processes.dagster_tables import EVENTS, read_rows
from fathom.settings import Settings
from fathom.sql import batched
from fathom.tables import uploads
from fathom.uploads.upload import UploadState


def without_partition(settings: Settings, documents: Sequence[str] | None = None) -> list[str]:
    """Returns the documents, of those given or of all, that a run has processed and that have no partition in Dagster.

    Reads Dagster's storage without importing dagster; returns none if it cannot be read.
    """
    had = _worked_on(settings, documents)
    known = _partitions(settings, had if documents is not None else None) if had else None
    return [] if known is None else [document for document in had if document not in known]


def restore_partitions(settings: Settings, documents: Sequence[str]) -> list[str]:
    """Restores the missing partitions of the documents, with their recorded events; returns the affected documents.

    Raises DagsterUnreachable.
    """
    lacking = without_partition(settings, documents)
    if lacking:
        with submission_lock(settings):
            open_instance(settings).add_dynamic_partitions(PARTITIONS, lacking)
    return lacking


def partition_warning(documents: Sequence[str]) -> str:
    """Returns a sentence that lists the documents, at most three of them."""
    named = ", ".join(documents[:3]) + (f" and {len(documents) - 3} more" if len(documents) > 3 else "")
    which = "1 document has" if len(documents) == 1 else f"{len(documents)} documents have"
    return f"{which} no partition in Dagster: {named}."


WHAT_TO_DO = (
    "`fathom documents retry ID` restores it (all: `fathom documents retry --no-partition`), `documents remove ID` removes "
    "the document."
)


def _worked_on(settings: Settings, documents: Sequence[str] | None) -> list[str]:
    c = uploads.c
    had = (c.run_id.is_not(None), c.state.in_((UploadState.DONE, UploadState.FAILED, UploadState.REJECTED)))
    query = sa.select(c.document).where(*had).order_by(c.document)
    with open_database(settings.operational_url).begin() as connection:
        if documents is None:
            return list(connection.scalars(query))
        found = {name for page in batched(documents) for name in connection.scalars(query.where(c.document.in_(page)))}
    return [document for document in documents if document in found]


def _partitions(settings: Settings, documents: Sequence[str] | None) -> set[str] | None:
    """Returns the existing partitions, of all documents or of those given; None if Dagster's storage cannot be read."""
    query = "SELECT partition FROM {table} WHERE partitions_def_name = :name"
    found: set[str] = set()
    for page in [None] if documents is None else batched(documents):
        named = {} if page is None else {"documents": page}
        statement = query if page is None else f"{query} AND partition IN :documents"
        rows = read_rows(settings, EVENTS, "dynamic_partitions", statement, {"name": PARTITIONS, **named})
        if rows is None:
            return None
        found |= {str(row[0]) for row in rows}
    return found
