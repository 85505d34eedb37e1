"""Prefetches the extractions of a document's chunks, in their order, with as many requests at a time as the model takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextvars import copy_context

from fathom.chunking.chunk import Chunk
from fathom.errors import ExtractionFailed, FathomError
from fathom.extraction.model import Extraction, LanguageModel
from fathom.graph.write.repeated_failure import FaultRow

ChunkExtraction = tuple[Chunk, Extraction | ExtractionFailed]


def extract_chunks(model: LanguageModel, chunks: Sequence[Chunk], batch: int) -> Generator[ChunkExtraction, None, None]:
    """Yields an extraction, or its error, for each chunk.

    A model that runs in this process (no `concurrency`) gets a batch when it is wanted. A remote model has up to `concurrency`
    requests at a time, and at most two batches beyond these wait to be written. Raises errors that stop all requests
    (BudgetSpent, LanguageModelUnreachable, …) after running requests, which are paid for; AnswersUnusable where neighbouring
    chunks fail in the same way.
    """
    if model.concurrency is None or not chunks:
        return _in_batches(model, chunks, batch)
    return _prefetch(model, chunks, min(model.concurrency, len(chunks)), 2 * batch)


def _in_batches(model: LanguageModel, chunks: Sequence[Chunk], batch: int) -> Generator[ChunkExtraction, None, None]:
    """Extracts batch by batch; when a batch fails, each of its chunks is extracted alone."""
    faults = FaultRow(model.name)
    for start in range(0, len(chunks), batch):
        some_chunks = chunks[start : start + batch]
        for found in _of_batch(model, some_chunks):
            faults.add(*found)
            yield found
            if faults.stopped is not None:
                raise faults.stopped


def _of_batch(model: LanguageModel, chunks: Sequence[Chunk]) -> Iterator[ChunkExtraction]:
    try:
        yield from zip(chunks, model.extract([chunk.embedding_text for chunk in chunks]), strict=True)
    except ExtractionFailed as error:
        yield from [(chunks[0], error)] if len(chunks) == 1 else (_alone(model, chunk) for chunk in chunks)


def _prefetch(
    model: LanguageModel, chunks: Sequence[Chunk], workers: int, waiting: int
) -> Generator[ChunkExtraction, None, None]:
    pool = ThreadPoolExecutor(workers, thread_name_prefix="extracting")
    pending: deque[Future[ChunkExtraction]] = deque()
    more = iter(chunks)
    stopped: FathomError | None = None
    faults = FaultRow(model.name)
    try:
        while True:
            while stopped is None and len(pending) < workers + waiting and (chunk := next(more, None)) is not None:
                pending.append(pool.submit(copy_context().run, _unless_stopped, model, chunk, faults))
            if not pending:
                break
            try:
                found = pending.popleft().result()
            except CancelledError:
                continue
            except FathomError as error:
                stopped = stopped or error
                _cancel(pending)
                continue
            if stopped is None and (stopped := faults.stopped) is not None:
                _cancel(pending)
            yield found
        if stopped is not None:
            raise stopped
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _cancel(pending: Iterable[Future[ChunkExtraction]]) -> None:
    for request in pending:
        request.cancel()


def _unless_stopped(model: LanguageModel, chunk: Chunk, faults: FaultRow) -> ChunkExtraction:
    if faults.stopped is not None:
        raise faults.stopped
    found = _alone(model, chunk)
    faults.add(*found)
    return found


def _alone(model: LanguageModel, chunk: Chunk) -> ChunkExtraction:
    try:
        return chunk, model.extract([chunk.embedding_text])[0]
    except ExtractionFailed as error:
        return chunk, error
