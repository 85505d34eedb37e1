"""Extractions of a document's chunks, in their order: asked for ahead of the writer, as many at once as a model takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

from fathom.chunking.chunk import Chunk
from fathom.errors import ExtractionFailed
from fathom.language.extraction import Extraction, LanguageModel

Found = tuple[Chunk, Extraction | ExtractionFailed]


def extractions(model: LanguageModel, chunks: Sequence[Chunk], batch: int) -> Generator[Found, None, None]:
    """An extraction a chunk, or why there is none. Raises what stops them all: BudgetSpent, LanguageModelUnreachable, …

    A model that works in this process (no `concurrency`) is given a batch when it is wanted; one that is asked elsewhere
    has up to `concurrency` questions out, and at most two batches beyond those wait to be written.
    """
    workers = int(getattr(model, "concurrency", 1))
    if workers > 1 and len(chunks) > 1:
        return _ahead(model, chunks, min(workers, len(chunks)), 2 * batch)
    return _in_batches(model, chunks, batch)


def _in_batches(model: LanguageModel, chunks: Sequence[Chunk], batch: int) -> Generator[Found, None, None]:
    """When asking for all of a batch at once fails, each is asked for alone."""
    for start in range(0, len(chunks), batch):
        some = chunks[start : start + batch]
        try:
            yield from zip(some, model.extract([chunk.embedding_text for chunk in some]), strict=True)
        except ExtractionFailed as error:
            yield from [(some[0], error)] if len(some) == 1 else (_alone(model, chunk) for chunk in some)


def _ahead(model: LanguageModel, chunks: Sequence[Chunk], workers: int, waiting: int) -> Generator[Found, None, None]:
    pool = ThreadPoolExecutor(workers, thread_name_prefix="extracting")
    out: deque[Future[Found]] = deque()
    try:
        for chunk in chunks:
            out.append(pool.submit(copy_context().run, _alone, model, chunk))
            if len(out) >= workers + waiting:
                yield out.popleft().result()
        while out:
            yield out.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)  # what is out is paid for, and kept for the next time


def _alone(model: LanguageModel, chunk: Chunk) -> Found:
    try:
        return chunk, model.extract([chunk.embedding_text])[0]
    except ExtractionFailed as error:
        return chunk, error
