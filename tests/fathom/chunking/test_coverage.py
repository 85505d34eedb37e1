"""The share covered falls when words are missing, and says by how much."""

from __future__ import annotations

import pytest
from docling_core.types.doc import DocItemLabel, DoclingDocument

from fathom.chunking.coverage import share_covered
from fathom.conversion.report import DocumentKind
from fathom.conversion.structure.document_blocks import DoclingTree
from tests.fathom.chunking.conftest import Chunked, converted


def test_words_missing_from_the_chunks_of_their_item_are_missed_even_if_another_chunk_has_them(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    document.add_heading("North", level=1)
    document.add_text(DocItemLabel.TEXT, "one two three four five six seven")
    document.add_heading("South", level=1)
    document.add_text(DocItemLabel.TEXT, "one two three four five six seven")
    chunks = chunked(document).chunks
    tree = DoclingTree(converted(document).document, DocumentKind.MARKDOWN)
    assert share_covered(tree, chunks) == 1.0
    assert share_covered(tree, chunks[:1]) == pytest.approx(8 / 16)
    assert share_covered(tree, []) == 0.0


def test_half_a_paragraph_covers_half(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    document.add_text(DocItemLabel.TEXT, "one two three four")
    (chunk,) = chunked(document).chunks
    tree = DoclingTree(converted(document).document, DocumentKind.MARKDOWN)
    assert share_covered(tree, [chunk.model_copy(update={"text": "one two"})]) == 0.5
