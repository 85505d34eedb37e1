"""The uploads resource: accepted bytes to read, and the record of each document's state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from fathom.observability.structured_logging import get_logger
from fathom.orchestration.warm_runs.instance_check import raise_if_other
from fathom.orchestration.warm_runs.run_origin import raise_unless_one_document, started_by
from fathom.orchestration.warm_runs.worker_tags import REQUEST_TAG, worker_tags
from fathom.settings import settings

if TYPE_CHECKING:
    from fathom.conversion.report import ConvertedDocument
    from fathom.uploads.attachments_of_mails import AttachmentOutcome
    from fathom.uploads.intake import Intake

log = get_logger(__name__)


@dataclass(frozen=True)
class AcceptedBytes:
    """The bytes of a version of a document at a local path."""

    path: Path
    name: str
    source: str


@dataclass(frozen=True)
class Attempt:
    """A run that processes a version of a document; `owned` if this run decides the document's state."""

    document: str
    version: str
    run: str
    accepted_at: datetime
    number: int = 1
    attached_to: str | None = None
    attachments: tuple[str, ...] = ()
    owned: bool = True


class Uploads(dg.ConfigurableResource[None]):
    """Accepted uploads, by document and version."""

    _intake: Intake | None = PrivateAttr(default=None)
    _request: str | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Records the process of the run, so that its death is noticed.

        Raises OtherDagster in an instance of Dagster that is not the home's, PartitionsWrong for a run over no document or
        a range of documents.
        """
        if context.instance is not None and context.run is not None:
            raise_if_other(settings(), context.instance)
            raise_unless_one_document(context.run)
            context.instance.add_run_tags(context.run.run_id, worker_tags())
            self._request = context.run.tags.get(REQUEST_TAG)

    @property
    def request(self) -> str | None:
        """The id of the HTTP request that started the run, or None."""
        return self._request

    @property
    def intake(self) -> Intake:
        """The intake of this deployment."""
        if self._intake is None:
            from fathom.uploads.intake import open_intake

            self._intake = open_intake(settings())
        return self._intake

    def begin(self, document: str, *, version: str | None, run: dg.DagsterRun, stage: str) -> Attempt:
        """Marks the document as in progress by the run, or records a run that a person started beside it.

        Raises UsageWrong for an unknown document.
        """
        row = self.intake.mark_running(document, version, run_id=run.run_id, stage=stage, by=started_by(run))
        accepted_at = datetime.fromtimestamp(row.accepted_at, UTC)
        kin = self.intake.mail_links_of(document)
        number = row.attempts + 1
        version = version or row.version
        return Attempt(document, version, run.run_id, accepted_at, number, kin.mail, kin.attachments, row.owned)

    def accept_attachments(self, at: Attempt, converted: ConvertedDocument) -> list[AttachmentOutcome]:
        """Accepts or rejects the attachments of a mail as documents of their own. Idempotent."""
        from fathom.uploads.attachments_of_mails import MailAttachment

        pieces = [
            MailAttachment(attachment.name, attachment.content, attachment.refused) for attachment in converted.attachments
        ]
        return self.intake.accept_attachments(at.document, at.version, pieces) if pieces else []

    def end_well(self, at: Attempt, *, lacking: int = 0) -> None:
        """Records that the version is in the graph except for `lacking` chunks that were set aside."""
        if self.intake.mark_done(at.document, at.version, run_id=at.run, lacking=lacking):
            message = "Document done except for quarantined chunks" if lacking else "Document done"
            figures = {"failed": lacking}
            log.info(message, stage="upload", sub_stage="done", document=at.document, run=at.run, metrics=figures)

    def made(self, at: Attempt, asset: str) -> None:
        """Records that the run made the asset; ends a run of a person whose last asset this is."""
        self.intake.made_by_hand(at.document, at.run, asset)

    def end_badly(self, at: Attempt, *, stage: str, error: Exception) -> None:
        """Records that the version is rejected, failed or to be retried, with the reason.

        If the run does not own the document, only the run is recorded as failed.
        """
        if at.owned:
            self.intake.mark_failed(at.document, at.version, run_id=at.run, stage=stage, error=error)
        self.intake.failed_by_hand(at.document, at.run, error, stage=stage)

    @contextmanager
    def bytes_of(self, document: str, version: str) -> Iterator[AcceptedBytes]:
        """Yields the accepted bytes at a local path, also if the file left the inbox. Raises StoreFailed."""
        with self.intake.store.open_local(version) as path:
            yield AcceptedBytes(path, name=document.rsplit("/", 1)[-1], source=self.intake.store.url_of(version))
