"""Trying again: a document is accepted once more, and what of it was set aside is let go."""

from __future__ import annotations

from fathom.ledger.episode_ledger import Ledger
from fathom.orchestration.deleted_partitions import restore_partitions, without_partition
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import UploadState


def retry(settings: Settings, document: str) -> bool:
    """A document that failed, was rejected or done in part is accepted once more; False for any other.

    Its quarantined chunks are tried again too. The run that takes it up gives it its partition back, where it has none.
    """
    intake = open_intake(settings)
    if not intake.retry(document):
        return False
    Ledger(intake.engine).release(document)
    return True


def restore(settings: Settings, document: str | None = None) -> list[str]:
    """Gives the document, or all, the partition back that was deleted in Dagster; returns those that lacked it.

    Nothing of them is worked on again. Raises DagsterUnreachable.
    """
    documents = without_partition(settings, None if document is None else [document])
    return restore_partitions(settings, documents)


def retry_failed(settings: Settings, collection: str | None) -> list[str]:
    """All that failed or is done in part is accepted once more; answers which, by id."""
    intake = open_intake(settings)
    ended = intake.list(states=(UploadState.FAILED, UploadState.DONE), collection=collection)
    return [one.document for one in ended if (one.state is UploadState.FAILED or one.in_part) and retry(settings, one.document)]
