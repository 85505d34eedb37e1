"""A figure of what conversion keeps, and what every one of them begins with: the file as it is converted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fathom.chunking.chunk import ChunkSet
from fathom.chunking.chunker import chunk_document
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument
from fathom.embedding.tokenizer import count_tokens
from fathom.errors import FathomError

TOKENS = 256


@dataclass(frozen=True)
class Row:
    """A figure of one set: what, over how many, from what."""

    measure: str
    value: float
    least: float | None
    over: str
    goal: str


def converted(path: Path) -> ConvertedDocument | None:
    """The file as it is converted; None where it is refused."""
    try:
        inspection = inspect_file(path, max_bytes=10**9, max_pages=10_000)
        return EmbeddedEngine().convert_file(path, inspection, version=hashlib.sha256(path.read_bytes()).hexdigest())
    except FathomError:
        return None


def chunked(document: ConvertedDocument) -> ChunkSet:
    """The document in chunks of at most TOKENS tokens."""
    return chunk_document(document, document="evaluation/a.pdf", max_tokens=TOKENS, count_tokens=count_tokens)


def covered(document: ConvertedDocument) -> float:
    """The share of the document's text that its chunks have."""
    return chunked(document).covered
