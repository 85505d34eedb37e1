"""Builds a row for each document from the uploads, the ledger and Dagster; stores nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.ledger.episode import DocumentSummary
from fathom.ledger.episode_ledger import Ledger
from fathom.orchestration.deleted_partitions import without_partition
from fathom.orchestration.hand_run_views import HandRunView, last_by_hand
from fathom.orchestration.materializations import DocumentRecord, failed_and_passed, records_of
from fathom.settings import Settings
from fathom.uploads.attachments_of_mails import NO_MAIL_LINKS, MailLinks, mail_links
from fathom.uploads.document_dates import dates_of, shown_date
from fathom.uploads.intake import open_intake
from fathom.uploads.provider_accounts import paused_for

if TYPE_CHECKING:
    from fathom.uploads.upload import Upload

PAGE = 500


class DocumentRow(BaseModel):
    """A document as listed by `fathom documents` and the API; fields of stages that it has not reached are None."""

    model_config = ConfigDict(frozen=True)

    id: str
    collection: str
    state: str = Field(description="accepted, submitted, running, done (in part), failed, rejected, refused, paused: …")
    stage: str | None = Field(description="its current or last stage")
    reason: str | None = Field(description="name of the error, if any")
    detail: str | None = Field(description="the error in a sentence")
    version: str | None = Field(description="SHA-256 of its bytes")
    size: int = Field(description="bytes")
    chunks: int | None
    episodes_written: int
    episodes_failed: int
    entities: int | None
    facts: int | None
    checks_passed: int
    checks_failed: int
    tokens: int = Field(description="input and output tokens of the language model")
    cost_usd: float
    seconds: float | None = Field(description="seconds of work on it, all stages")
    age_s: float | None = Field(description="seconds since it was accepted")
    attempts: int = Field(description="failed tries")
    attached_to: str | None = Field(description="the mail that it is attached to")
    attachments: list[str] = Field(description="the attachments of the mail")
    run: str | None = Field(description="the last Dagster run that worked on it")
    document_date: datetime | None = Field(None, description="its own date, from which its facts without a date hold")
    document_date_from: str | None = Field(None, description="source of the date: given, file name, or a part of the file")
    by_hand: HandRunView | None = Field(None, description="the last run over it that was started by hand in Dagster")
    no_partition: bool = Field(False, description="whether its partition was deleted in Dagster; `retry` restores it")


class Listing(BaseModel):
    """A page of documents and the cursor of the next page."""

    documents: list[DocumentRow]
    next: str | None = Field(description="the last id of this page, if there are more")


def list_documents(
    settings: Settings,
    *,
    collection: str | None = None,
    states: Iterable[str] | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> Listing:
    """Returns a page of documents in the order of their ids. Raises DatabaseUnreachable, DagsterUnreachable."""
    found = open_intake(settings).list(states=states, collection=collection, after=after, limit=limit + 1)
    page = found[:limit]
    return Listing(documents=rows(settings, page), next=page[-1].document if len(found) > limit else None)


def documents_by_id(settings: Settings, documents: Sequence[str]) -> list[DocumentRow]:
    """Returns the rows of these documents in their order, without unknown ones."""
    intake = open_intake(settings)
    return rows(settings, [upload for document in documents if (upload := intake.state_of(document))])


def require_document(settings: Settings, document: str) -> Upload:
    """Returns the upload with this id. Raises UsageWrong, with similar ids, if there is none."""
    upload = open_intake(settings).state_of(document)
    if upload is None:
        raise UsageWrong(f"There is no document {document}.", hint=_like(settings, document))
    return upload


def rows(settings: Settings, uploads: Sequence[Upload]) -> list[DocumentRow]:
    """Returns the rows of the uploads, completed from the ledger and Dagster."""
    engine = open_database(settings.operational_url)
    documents = [upload.document for upload in uploads]
    ledger = Ledger(engine).summaries(documents)
    kin = mail_links(engine, documents)
    by_document = records_of(settings, {upload.document: upload.run_id for upload in uploads})
    dates = dates_of(engine, [(upload.document, upload.version) for upload in uploads])
    started, lacking = last_by_hand(engine, documents), set(without_partition(settings, documents))
    return [
        row_of(upload, by_document[upload.document], ledger[upload.document], kin[upload.document]).model_copy(
            update={
                "by_hand": started.get(upload.document),
                "no_partition": upload.document in lacking,
                **shown_date(dates.get(upload.document)),
            }
        )
        for upload in uploads
    ]


def _state(upload: Upload) -> str:
    if (paused := paused_for(upload)) is not None:
        return f"paused: {paused}"
    return "done in part" if upload.in_part else str(upload.state)


def row_of(upload: Upload, record: DocumentRecord, ledger: DocumentSummary, kin: MailLinks = NO_MAIL_LINKS) -> DocumentRow:
    """Returns the row of a document."""
    failed, passed = failed_and_passed(record.checks.values())
    seconds = record.total("seconds")
    return DocumentRow(
        id=upload.document,
        collection=upload.collection,
        state=_state(upload),
        stage=upload.stage,
        reason=upload.reason,
        detail=upload.detail,
        version=upload.version,
        size=upload.size,
        chunks=_whole(record.number("chunks", "chunks")),
        episodes_written=ledger.count("written"),
        episodes_failed=ledger.count("failed") + ledger.count("quarantined"),
        entities=_whole(record.number("graph_episodes", "entities")),
        facts=_whole(record.number("graph_episodes", "facts")),
        checks_passed=passed,
        checks_failed=failed,
        tokens=ledger.tokens,
        cost_usd=ledger.cost_usd,
        seconds=None if seconds is None else round(seconds, 2),
        age_s=None if upload.accepted_at is None else round(time.time() - upload.accepted_at, 1),
        attempts=upload.attempts,
        attached_to=kin.mail,
        attachments=list(kin.attachments),
        run=upload.run_id,
    )


def _like(settings: Settings, document: str) -> str:
    """Returns a hint with ids of the same file name, or with the command that lists all."""
    name = document.rsplit("/", 1)[-1]
    alike = [row.document for row in open_intake(settings).list(limit=1000) if name and name in row.document][:3]
    return f"Did you mean {', '.join(alike)}?" if alike else "`fathom documents` lists those there are."


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
