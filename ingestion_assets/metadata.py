"""Metadata of each stage for Dagster's UI: figures to plot, previews to render, versions to compare."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import dagster as dg

from fathom.chunking.chunk import ChunkSet
from fathom.chunking.preview import chunks_preview
from fathom.conversion.report import ConversionReport, ConvertedDocument
from fathom.graph.write.write_report import WriteReport
from fathom.knowledge.confidence_filter import lost_below_threshold
from fathom.settings import settings
from fathom.uploads.attachments_of_mails import AttachmentOutcome
from fathom.uploads.document_dates import DocumentDate

PREVIEW_CHARACTERS = 3000
PREVIEW_CHUNKS = 5
# The picture is in Dagster's event log, which every listing reads; the API has it in full size.
THUMBNAIL_BYTES = 24_000
THUMBNAIL_SIDE = 480


def conversion_metadata(converted: ConvertedDocument, document: str, source: str) -> dict[str, dg.MetadataValue]:
    """Returns figures of the conversion, a picture of the first page, a Markdown preview and a link to the accepted bytes."""
    report = converted.report
    return {
        "source": dg.MetadataValue.path(source),
        "kind": dg.MetadataValue.text(str(report.kind)),
        "version": dg.MetadataValue.text(report.version),
        "converter": dg.MetadataValue.text(report.converter),
        **_first_page(converted, document),
        "preview": dg.MetadataValue.md(_shortened(converted.markdown)),
        **_numbers(_conversion_figures(report)),
        **({"notices": dg.MetadataValue.json([notice.model_dump() for notice in report.notices])} if report.notices else {}),
        **({"errors_found": dg.MetadataValue.json([error.model_dump() for error in report.errors])} if report.errors else {}),
    }


def _first_page(converted: ConvertedDocument, document: str) -> dict[str, dg.MetadataValue]:
    """Returns a small inline picture of the page with its boxes, and the address of the full size."""
    if converted.page_picture is None:
        return {}
    from fathom.conversion.quality.page_preview import smaller

    picture = base64.b64encode(smaller(converted.page_picture, THUMBNAIL_BYTES, THUMBNAIL_SIDE)).decode()
    address = f"http://127.0.0.1:{settings().api_port}/api/documents/{quote(document, safe='')}/preview.png"
    return {
        "first_page": dg.MetadataValue.md(f"![first page, with the boxes found](data:image/png;base64,{picture})"),
        "first_page_full": dg.MetadataValue.url(address),
    }


def date_metadata(date: DocumentDate | None) -> dict[str, dg.MetadataValue]:
    """Returns the document's date, from which facts without a date are valid, and the source of this date."""
    if date is None:
        return {}
    return {
        "document_date": dg.MetadataValue.text(date.at.isoformat()),
        "document_date_from": dg.MetadataValue.text(date.source),
    }


def attachments_metadata(mail: str | None, attached: Sequence[AttachmentOutcome]) -> dict[str, dg.MetadataValue]:
    """Returns the mail that the document was attached to, its own attachments, and the reasons of rejected attachments."""
    found: dict[str, dg.MetadataValue] = {}
    if mail is not None:
        found["attached_to"] = dg.MetadataValue.text(mail)
    if attached:
        records = [
            dg.TableRecord(
                {
                    "document": attachment.document,
                    "bytes": attachment.size,
                    "rejected": attachment.error.message if attachment.error else "",
                }
            )
            for attachment in attached
        ]
        columns = [dg.TableColumn("document"), dg.TableColumn("bytes", "int"), dg.TableColumn("rejected")]
        found["attachments"] = dg.MetadataValue.table(records=records, schema=dg.TableSchema(columns=columns))
    return found


def chunks_metadata(chunk_set: ChunkSet) -> dict[str, dg.MetadataValue]:
    """Returns figures of the chunks and a Markdown preview of the first."""
    tokens = [chunk.tokens for chunk in chunk_set.chunks]
    return {
        "version": dg.MetadataValue.text(chunk_set.version),
        "chunker": dg.MetadataValue.text(chunk_set.chunker),
        "preview": dg.MetadataValue.md(chunks_preview(chunk_set, limit=PREVIEW_CHUNKS)),
        **_numbers(
            {
                "chunks": len(tokens),
                "tokens": sum(tokens),
                "tokens_mean": sum(tokens) / len(tokens) if tokens else 0.0,
                "tokens_max": max(tokens, default=0),
                "covered": chunk_set.covered,
                "seconds": chunk_set.seconds,
            }
        ),
    }


def graph_metadata(report: WriteReport) -> dict[str, dg.MetadataValue]:
    """Returns figures of the write, a table of entities by type, sample facts, and the models that made them."""
    seconds = report.seconds_extracting + report.seconds_writing
    facts = "\n".join(f"- {_one_line(fact)}" for fact in report.sample_facts)
    unsure = lost_below_threshold(report.below_confidence)
    return {
        "version": dg.MetadataValue.text(report.version),
        "model": dg.MetadataValue.text(report.model),
        "prompt": dg.MetadataValue.text(report.prompt),
        "embedder": dg.MetadataValue.text(report.embedder),
        "entities_by_type": _counts_table(report.entities_by_type),
        "sample_facts": dg.MetadataValue.md(facts or "*No facts.*"),
        **_numbers(
            {
                "chunks": report.chunks,
                "episodes_written": report.written,
                "episodes_unchanged": report.unchanged,
                "episodes_removed": report.removed,
                "episodes_failed": len(report.failures),
                "entities": report.entities,
                "facts": report.facts,
                "facts_left_out": sum(report.facts_left_out.values()),
                "min_confidence": report.min_confidence,
                "entities_below_confidence": unsure.entities,
                "facts_below_confidence": unsure.facts,
                "tokens_in": report.tokens_in,
                "tokens_out": report.tokens_out,
                "cost_usd": report.cost_usd,
                "seconds": seconds,
                "seconds_extracting": report.seconds_extracting,
                "seconds_writing": report.seconds_writing,
            }
        ),
    }


def _conversion_figures(report: ConversionReport) -> dict[str, float | int | None]:
    return {
        "bytes": report.size,
        "pages": report.pages_converted,
        "characters": report.characters,
        "words": report.words,
        "headings": report.headings,
        "lists": report.lists,
        "tables": report.tables,
        "pictures": report.pictures,
        "ocr_pages": report.ocr_pages,
        "ocr_confidence": report.ocr_confidence,
        "ocr_lines": report.ocr_lines,
        "ocr_doubtful_lines": report.ocr_doubtful_lines,
        "text_recall": report.text_recall,
        "lost_passages": report.lost_passages,
        "dropped_share": report.dropped_share,
        "ruled_tables": report.ruled_tables,
        "ruled_tables_found": report.ruled_tables_found,
        "errors": len(report.errors),
        "seconds": report.seconds,
        "pages_per_second": report.pages_converted / report.seconds if report.seconds and report.pages_converted else None,
    }


def _numbers(figures: Mapping[str, float | int | None]) -> dict[str, dg.MetadataValue]:
    return {
        name: dg.MetadataValue.int(value) if isinstance(value, int) else dg.MetadataValue.float(round(float(value), 6))
        for name, value in figures.items()
        if value is not None
    }


def _counts_table(counts: Mapping[str, int]) -> dg.MetadataValue:
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dg.MetadataValue.table(
        records=[dg.TableRecord({"type": name, "entities": count}) for name, count in rows],
        schema=dg.TableSchema(columns=[dg.TableColumn("type", "string"), dg.TableColumn("entities", "int")]),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _shortened(markdown: str) -> str:
    if len(markdown) <= PREVIEW_CHARACTERS:
        return markdown
    return markdown[:PREVIEW_CHARACTERS].rstrip() + f"\n\n*… {len(markdown) - PREVIEW_CHARACTERS} more characters*"
