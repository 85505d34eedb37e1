"""The chunker resource, bounded by the embedder's tokenizer."""

from __future__ import annotations

import dagster as dg

from fathom.chunking.chunk import ChunkSet
from fathom.conversion.report import ConvertedDocument
from fathom.observability.structured_logging import get_logger
from fathom.settings import settings

log = get_logger(__name__)


class Chunker(dg.ConfigurableResource[None]):
    """Cuts documents into chunks of at most `FATHOM_CHUNK_TOKENS` tokens."""

    def chunk(self, converted: ConvertedDocument, *, document: str) -> ChunkSet:
        """Returns the chunks of the document."""
        from fathom.chunking.chunker import chunk_document
        from fathom.embedding.tokenizer import count_tokens

        most = settings().chunk_tokens
        log.info("Chunking started", sub_stage="started", metrics={"max_tokens": most, "words": converted.report.words})
        log.info("Tokens are counted as the embedder counts them", sub_stage="tokenizing", metrics={"max_tokens": most})
        chunk_set = chunk_document(
            converted,
            document=document,
            max_tokens=most,
            count_tokens=count_tokens,
            within_s=settings().convert_timeout_s,
        )
        count, tokens = len(chunk_set.chunks), sum(chunk.tokens for chunk in chunk_set.chunks)
        figures = {"chunks": count, "tokens": tokens}
        mean = round(tokens / count, 1) if count else 0.0
        log.info(f"{count} chunks created", sub_stage="created", metrics={**figures, "mean_tokens": mean})
        log.info("Chunking complete", sub_stage="complete", metrics={**figures, "seconds": round(chunk_set.seconds, 3)})
        return chunk_set
