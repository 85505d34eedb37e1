"""Retries documents: requeues them and releases their quarantined chunks."""

from __future__ import annotations

from fathom.errors import WriteUndone
from fathom.ledger.episode_ledger import Ledger
from fathom.orchestration.deleted_partitions import restore_partitions, without_partition
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import UploadState


def retry(settings: Settings, document: str) -> bool:
    """Requeues a document that failed, was rejected or is done in part; returns False for any other.

    Its quarantined chunks are retried too. The run restores the document's partition if that was deleted.
    """
    intake = open_intake(settings)
    if not intake.retry(document):
        return False
    Ledger(intake.engine).release(document)
    return True


def restore(settings: Settings, document: str | None = None) -> list[str]:
    """Restores partitions that were deleted in Dagster, of the document or of all; returns the affected documents.

    Nothing is processed again. Raises DagsterUnreachable.
    """
    documents = without_partition(settings, None if document is None else [document])
    return restore_partitions(settings, documents)


def retry_failed(settings: Settings, collection: str | None) -> list[str]:
    """Requeues all documents that failed or are done in part, without those whose write was undone; returns their ids."""
    intake = open_intake(settings)
    ended = intake.list(states=(UploadState.FAILED, UploadState.DONE), collection=collection)
    wanted = [row for row in ended if row.state is UploadState.FAILED or row.in_part]
    return [row.document for row in wanted if row.reason != WriteUndone.__name__ and retry(settings, row.document)]
