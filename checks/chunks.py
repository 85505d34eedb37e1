"""Checks of a document's chunks before they are written to the graph."""

from __future__ import annotations

from checks.outcome import CheckOutcome, DocumentCheck
from fathom.chunking.chunk import ChunkSet
from fathom.threshold_overrides import current_thresholds


def chunks_within_token_bound(chunk_set: ChunkSet) -> CheckOutcome:
    """No chunk has more tokens than the bound it was cut for; blocking, since an embedder would silently cut it."""
    longest = max((chunk.tokens for chunk in chunk_set.chunks), default=0)
    over = sum(chunk.tokens > chunk_set.max_tokens for chunk in chunk_set.chunks)
    return CheckOutcome(
        over <= current_thresholds().chunks.max_over_bound,
        f"The longest of {len(chunk_set.chunks)} chunks has {longest} tokens; {over} have more than {chunk_set.max_tokens}.",
        {"longest": longest, "over": over, "max_tokens": chunk_set.max_tokens},
    )


def chunks_cover_document(chunk_set: ChunkSet) -> CheckOutcome:
    """There are chunks, and at least `min_covered` of the document's words stand in one; blocking: the rest would be lost."""
    least = current_thresholds().chunks.min_covered
    return CheckOutcome(
        bool(chunk_set.chunks) and chunk_set.covered >= least,
        f"{chunk_set.covered:.1%} of the words stand in {len(chunk_set.chunks)} chunks; at least {least:.0%} must.",
        {"covered": chunk_set.covered, "chunks": len(chunk_set.chunks), "min_covered": least},
    )


def chunks_have_provenance(chunk_set: ChunkSet) -> CheckOutcome:
    """At least `min_with_items` of the chunks name the items they were made of and, with pages, `min_with_pages` a page."""
    total = max(len(chunk_set.chunks), 1)
    with_items = sum(bool(chunk.items) for chunk in chunk_set.chunks) / total
    with_pages = sum(bool(chunk.pages) for chunk in chunk_set.chunks) / total
    thresholds = current_thresholds().chunks
    paged = with_pages > 0
    return CheckOutcome(
        with_items >= thresholds.min_with_items and (not paged or with_pages >= thresholds.min_with_pages),
        f"{with_items:.1%} of {len(chunk_set.chunks)} chunks name their items"
        + (f", {with_pages:.1%} their pages." if paged else "; the document has no pages."),
        {"with_items": with_items, "with_pages": with_pages, "chunks": len(chunk_set.chunks)},
    )


CHUNK_CHECKS: tuple[DocumentCheck[ChunkSet], ...] = (
    DocumentCheck("chunks", chunks_within_token_bound, blocking=True, measure="over", threshold="max_over_bound"),
    DocumentCheck("chunks", chunks_cover_document, blocking=True, measure="covered", threshold="min_covered"),
    DocumentCheck("chunks", chunks_have_provenance, blocking=False, measure="with_items", threshold="min_with_items"),
)
