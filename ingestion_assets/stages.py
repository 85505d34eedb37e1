"""The three stages of a document as plain calls: the work, its checks and its metadata."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import dagster as dg

from checks.chunks import CHUNK_CHECKS
from checks.documents import DOCUMENT_CHECKS
from checks.graph_episodes import GRAPH_EPISODE_CHECKS
from checks.outcome import DocumentCheck, EvaluatedCheck, report_checks
from checks.usual_episodes import USUAL_CHECKS, ComparedWrite
from fathom.chunking.chunk import ChunkSet
from fathom.conversion.report import ConvertedDocument
from fathom.database import open_database
from fathom.errors import ExtractionFailed, error_named
from fathom.graph.curation.write_recorder import on_behalf_of
from fathom.graph.write.write_report import WriteReport
from fathom.quality.usual_figures import usual_figures
from fathom.settings import settings
from fathom.uploads.document_dates import DocumentDate, note_own_date
from ingestion_assets.attempts import blocked
from ingestion_assets.metadata import attachments_metadata, chunks_metadata, conversion_metadata, date_metadata, graph_metadata
from resources.chunker import Chunker
from resources.converter import Converter
from resources.graph import GraphResource
from resources.uploads import Attempt, Uploads

Value = TypeVar("Value")
Value_co = TypeVar("Value_co", covariant=True)
Subject = TypeVar("Subject")


@dataclass(frozen=True)
class StageResult(Generic[Value_co]):
    """The result of a stage for a document, with its checks and metadata."""

    asset: str
    value: Value_co
    version: str
    checks: list[EvaluatedCheck]
    metadata: dict[str, dg.MetadataValue]

    @property
    def blocking(self) -> list[str]:
        """Names of the blocking checks that failed."""
        return [check.name for check in self.checks if check.blocks]

    def raise_if_blocked(self, document: str) -> None:
        """Raises CheckBlocked if a blocking check failed, or the common error of the chunks if none is in the graph."""
        if self.blocking:
            raise _failed_by(self.value, document) or blocked(document, self.blocking, self._said())

    def _said(self) -> str:
        """Returns the description of the first failed blocking check."""
        return next((check.outcome.description for check in self.checks if check.blocks), "")


def convert(at: Attempt, uploads: Uploads, converter: Converter) -> StageResult[ConvertedDocument]:
    """Converts the accepted bytes to a structured document; also accepts the attachments of a mail.

    Raises DocumentRejected, ConversionFailed, ConverterUnreachable, StoreFailed.
    """
    with uploads.bytes_of(at.document, at.version) as accepted:
        converted = converter.convert(accepted.path, version=at.version, name=accepted.name, document=at.document)
        metadata = conversion_metadata(converted, at.document, accepted.source)
    metadata |= attachments_metadata(at.attached_to, uploads.accept_attachments(at, converted))
    own = converted.report.own_date
    dated = DocumentDate(datetime.fromisoformat(own.at), own.source) if own is not None else None
    metadata |= date_metadata(note_own_date(uploads.intake.engine, at.document, at.version, dated))
    return _result("documents", converted, at.version, _evaluated(converted.report, DOCUMENT_CHECKS), metadata)


def chunk(at: Attempt, converted: ConvertedDocument, chunker: Chunker) -> StageResult[ChunkSet]:
    """Cuts the document into chunks. Raises ChunkingFailed."""
    chunk_set = chunker.chunk(converted, document=at.document)
    return _result("chunks", chunk_set, at.version, _evaluated(chunk_set, CHUNK_CHECKS), chunks_metadata(chunk_set))


def write(at: Attempt, chunk_set: ChunkSet, graph: GraphResource) -> StageResult[WriteReport]:
    """Writes the chunks as episodes to the graph. Raises ExtractionFailed, GraphWriteFailed, GraphUnreachable."""
    with on_behalf_of(at.run):
        report = graph.write(chunk_set, accepted_at=at.accepted_at, attached_to=at.attached_to, attachments=at.attachments)
    usual = usual_figures(open_database(settings().operational_url), at.document)
    checks = _evaluated(report, GRAPH_EPISODE_CHECKS) + _evaluated(ComparedWrite(report, usual), USUAL_CHECKS)
    return _result("graph_episodes", report, at.version, checks, graph_metadata(report))


def _failed_by(value: object, document: str) -> ExtractionFailed | None:
    """Returns the most frequent error of the chunks if none is in the graph, else None; the writer has retried them."""
    if not isinstance(value, WriteReport) or not value.failures or value.written + value.unchanged > 0:
        return None
    (reason, _), *_ = Counter(failure.reason for failure in value.failures).most_common(1)
    message = next(failure.message for failure in value.failures if failure.reason == reason)
    kind = error_named(reason, ExtractionFailed)
    return kind(f"None of its {value.chunks} chunks is in the graph. {message}", document=document, final=True)


def _evaluated(subject: Subject, checks: Sequence[DocumentCheck[Subject]]) -> list[EvaluatedCheck]:
    return [check.evaluate(subject) for check in checks]


def _result(
    asset: str, value: Value, version: str, checks: list[EvaluatedCheck], metadata: dict[str, dg.MetadataValue]
) -> StageResult[Value]:
    report_checks(asset, [check.result() for check in checks])
    return StageResult(asset, value, version, checks, metadata)
