"""Chunks a second, beside docling's HybridChunker with the same tokenizer and bound."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from benchmarks.figure import Figure, median_seconds
from benchmarks.material import SAMPLES, TEXTS, converted
from fathom.chunking.chunker import chunk_document
from fathom.conversion.report import ConvertedDocument
from fathom.embedding.tokenizer import count_tokens, embedding_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_TOKENS = 256


def measure() -> list[Figure]:
    """Both over the samples that are text."""
    documents = [converted(SAMPLES / name) for name in TEXTS]

    def ours() -> int:
        return sum(
            len(chunk_document(one, document="bench/x", max_tokens=MAX_TOKENS, count_tokens=count_tokens).chunks)
            for one in documents
        )

    theirs = hybrid_chunker(documents)
    return [
        Figure(
            "chunks",
            ours() / median_seconds(ours),
            "chunks/s",
            "docling HybridChunker",
            theirs() / median_seconds(theirs),
            note=f"{ours()} and {theirs()} chunks",
        )
    ]


def hybrid_chunker(documents: Sequence[ConvertedDocument]) -> Callable[[], int]:
    """Returns what cuts the documents by docling's HybridChunker and says how many chunks they gave; the documents are read."""
    from docling_core.transforms.chunker.hybrid_chunker import HybridChunker
    from docling_core.transforms.chunker.tokenizer.base import BaseTokenizer
    from docling_core.types.doc.document import DoclingDocument

    class MiniLMTokenizer(BaseTokenizer):  # type: ignore[misc]
        def count_tokens(self, text: str) -> int:
            return count_tokens(text)

        def get_max_tokens(self) -> int:
            return MAX_TOKENS

        def get_tokenizer(self) -> Tokenizer:
            return embedding_tokenizer()

    loaded = [DoclingDocument.model_validate(one.document) for one in documents]
    chunker = HybridChunker(tokenizer=MiniLMTokenizer())

    def chunk() -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return sum(len(list(chunker.chunk(one))) for one in loaded)

    return chunk


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
