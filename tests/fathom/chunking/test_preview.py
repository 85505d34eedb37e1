"""The preview is a Markdown table that no document text can break."""

from __future__ import annotations

from docling_core.types.doc import DocItemLabel, DoclingDocument

from fathom.chunking.preview import chunks_preview
from tests.fathom.chunking.conftest import Chunked


def test_the_first_chunks_are_rows_and_the_rest_is_counted(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    for n in range(7):
        document.add_heading(f"Part {n}", level=1)
        document.add_text(DocItemLabel.TEXT, f"A | pipe\nand <b>text</b> number {n}")
    lines = chunks_preview(chunked(document), limit=5).split("\n")
    assert len([line for line in lines if line.startswith("|")]) == 2 + 5
    assert "Part 0" in lines[2]
    assert "A \\| pipe and \\<b\\>text" in lines[2]
    assert lines[-1] == "_… and 2 more._"


def test_no_chunks_are_said_to_be_none(chunked: Chunked) -> None:
    assert chunks_preview(chunked(DoclingDocument(name="d"))) == "_No chunks._"
