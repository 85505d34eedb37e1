"""Marked-up texts made in tests, and what a reader of them does not find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument
from tests.evaluation.figures import chunked
from tests.fathom.conversion.cases.gold import Case, chunks_reading, faults, markdown_reading


def converted_text(path: Path, text: str) -> ConvertedDocument:
    """The text as a file of the path's kind, converted."""
    path.write_text(text, "utf-8")
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=100), version="0" * 64)


def missing(document: ConvertedDocument, **gold: Any) -> list[str]:
    """What the Markdown or the chunks lack of the gold, which is given as in a case."""
    case = Case("made", **{name: tuple(value) for name, value in gold.items()})
    chunks = chunked(document).chunks
    links = [link.url for chunk in chunks for link in chunk.links]
    in_chunks = chunks_reading([(chunk.headings, chunk.text) for chunk in chunks], links)
    return [
        *(f"Markdown {fault}" for fault in faults(markdown_reading(document.markdown), case)),
        *(f"chunks: {fault}" for fault in faults(in_chunks, case)),
    ]


def noticed(document: ConvertedDocument) -> set[str]:
    """What the report's notices name."""
    return {notice.where or notice.kind for notice in document.report.notices}
