"""Many documents in one run: each with its own materializations, checks and failure, none waiting for a broken one."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import dagster as dg

from fathom.chunking.chunk import ChunkSet
from fathom.conversion.report import ConvertedDocument
from fathom.errors import FathomError
from fathom.settings import settings
from ingestion_assets import stages
from ingestion_assets.attempts import attempt
from ingestion_assets.intentions import intend
from ingestion_assets.stages import StageResult
from resources.artifacts import Artifacts
from resources.chunker import Chunker
from resources.converter import Converter
from resources.graph import Graph
from resources.uploads import Uploads

Record = dg.AssetMaterialization | dg.AssetCheckEvaluation


class Backlog(dg.Config):
    """The documents of one run."""

    documents: list[str]


@dataclass(frozen=True)
class Prepared:
    """A document converted and cut, as far as that went; `error` says why no further."""

    document: str
    converted: StageResult[ConvertedDocument] | None = None
    chunked: StageResult[ChunkSet] | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class Workshop:
    """What the stages of a backlog work with."""

    uploads: Uploads
    converter: Converter
    chunker: Chunker
    graph: Graph
    artifacts: Artifacts
    run: dg.DagsterRun

    def prepare(self, document: str) -> Prepared:
        """The document converted and cut, kept in the store; never raises for a fault of this one document."""
        converted = chunked = None
        try:
            with attempt(document, "docling", self.uploads, self.run) as at:
                converted = stages.convert(at, self.uploads, self.converter)
                self.artifacts.keep(document, converted.value)
                converted.raise_if_blocked(document)
            with attempt(document, "chunking", self.uploads, self.run, at.version) as at:
                chunked = stages.chunk(at, converted.value, self.chunker)
                self.artifacts.keep(document, chunked.value)
                chunked.raise_if_blocked(document)
        except Exception as error:  # noqa: BLE001  the attempt has it on record; the others of the batch go on
            return Prepared(document, converted, chunked, error)
        return Prepared(document, converted, chunked)


@dg.op(tags={"stage": "backlog"}, out=dg.Out(dg.Nothing))
def drain(
    context: dg.OpExecutionContext,
    config: Backlog,
    uploads: Uploads,
    converter: Converter,
    chunker: Chunker,
    graph: Graph,
    artifacts: dg.ResourceParam[Artifacts],
) -> Iterator[Record | dg.Output[None]]:
    """A backlog of documents through conversion, chunking and the graph; a failing one is named at the end."""
    shop = Workshop(uploads, converter, chunker, graph, artifacts, context.run)
    intends = partial(intend, context.instance, context.run_id, context.job_name, context.op.name)
    failed: dict[str, str] = {}
    for done, prepared in enumerate(prepared_ahead(shop, config.documents, starts=partial(intends, "documents")), start=1):
        yield from records(prepared.document, prepared.converted, prepared.chunked)
        error = prepared.error
        if prepared.converted and not prepared.converted.blocking and not prepared.chunked:
            intends("chunks", prepared.document)
        if prepared.chunked and error is None:
            intends("graph_episodes", prepared.document)
            error = yield from _written(shop, prepared.document, prepared.chunked.value)
        if error is not None:
            failed[prepared.document] = _sentence(error)
        context.log.info(f"Document {done} of {len(config.documents)}: {prepared.document} {'failed' if error else 'done'}")
    if failed:
        raise dg.Failure(
            description=f"{len(failed)} of {len(config.documents)} documents failed; the others are done. "
            + "; ".join(f"{document}: {sentence}" for document, sentence in list(failed.items())[:5]),
            metadata={"failed_documents": dg.MetadataValue.json(failed)},
            allow_retries=False,
        )
    yield dg.Output(None)


def prepared_ahead(shop: Workshop, documents: Sequence[str], *, starts: Callable[[str], None]) -> Iterator[Prepared]:
    """Documents prepared in order, a few ahead of the writer, so that converting and writing overlap."""
    workers = settings().convert_workers
    waiting: deque[Future[Prepared]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="prepare")
    try:
        for document in documents:
            starts(document)
            waiting.append(pool.submit(shop.prepare, document))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _written(shop: Workshop, document: str, chunk_set: ChunkSet) -> Generator[Record, None, Exception | None]:
    """The document's episodes, recorded; returns the error that stopped it, or None."""
    try:
        with attempt(document, "graphiti", shop.uploads, shop.run, chunk_set.version) as at:
            result = stages.write(at, chunk_set, shop.graph)
            yield from records(document, result)
            result.raise_if_blocked(document)
            shop.uploads.end_well(at, lacking=len(result.value.failures))
    except Exception as error:  # noqa: BLE001  the attempt has it on record; the others of the batch go on
        return error
    return None


def records(document: str, *results: StageResult[Any] | None) -> Iterator[Record]:
    """The materialization and the check outcomes of each stage that was reached, on the document's partition."""
    for result in results:
        if result is not None:
            yield dg.AssetMaterialization(
                result.asset, partition=document, metadata=result.metadata, tags={"dagster/data_version": result.version}
            )
            yield from (check.event(document) for check in result.checks)


def _sentence(error: Exception) -> str:
    return f"{error.name}: {error.message}" if isinstance(error, FathomError) else f"defect: {type(error).__name__}: {error}"
