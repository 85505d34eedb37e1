"""Extractions of a document's chunks, in their order: asked for ahead of the writer, as many at once as a model takes."""

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
    """An extraction a chunk, or why there is none. Raises what stops them all (BudgetSpent, LanguageModelUnreachable, …)
    last, after what was out already and is paid for; AnswersUnusable where neighbouring chunks fail in the same way.

    A model that works in this process (no `concurrency`) is given a batch when it is wanted; one that is asked elsewhere
    has up to `concurrency` questions out, and at most two batches beyond those wait to be written.
    """
    workers: int | None = getattr(model, "concurrency", None)
    if workers is None or not chunks:
        return _in_batches(model, chunks, batch)
    return _ahead(model, chunks, min(workers, len(chunks)), 2 * batch)


def _in_batches(model: LanguageModel, chunks: Sequence[Chunk], batch: int) -> Generator[ChunkExtraction, None, None]:
    """When asking for all of a batch at once fails, each is asked for alone."""
    faults = FaultRow(model.name)
    for start in range(0, len(chunks), batch):
        some = chunks[start : start + batch]
        for found in _of_batch(model, some):
            faults.add(*found)
            yield found
            if faults.stopped is not None:
                raise faults.stopped


def _of_batch(model: LanguageModel, some: Sequence[Chunk]) -> Iterator[ChunkExtraction]:
    try:
        yield from zip(some, model.extract([chunk.embedding_text for chunk in some]), strict=True)
    except ExtractionFailed as error:
        yield from [(some[0], error)] if len(some) == 1 else (_alone(model, chunk) for chunk in some)


def _ahead(model: LanguageModel, chunks: Sequence[Chunk], workers: int, waiting: int) -> Generator[ChunkExtraction, None, None]:
    pool = ThreadPoolExecutor(workers, thread_name_prefix="extracting")
    out: deque[Future[ChunkExtraction]] = deque()
    more = iter(chunks)
    stopped: FathomError | None = None
    faults = FaultRow(model.name)
    try:
        while True:
            while stopped is None and len(out) < workers + waiting and (chunk := next(more, None)) is not None:
                out.append(pool.submit(copy_context().run, _unless_stopped, model, chunk, faults))
            if not out:
                break
            try:
                found = out.popleft().result()
            except CancelledError:
                continue
            except FathomError as error:
                stopped = stopped or error
                _cancel(out)
                continue
            if stopped is None and (stopped := faults.stopped) is not None:
                _cancel(out)
            yield found
        if stopped is not None:
            raise stopped
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _cancel(out: Iterable[Future[ChunkExtraction]]) -> None:
    for one in out:
        one.cancel()


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
