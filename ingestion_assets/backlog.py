"""Ingests many documents in a run, each with its own materializations, checks and failure."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

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
from resources.graph import GraphResource
from resources.uploads import Uploads

RESOURCE_KEYS = ("uploads", "converter", "chunker", "graph", "artifacts")

Record = dg.AssetMaterialization | dg.AssetCheckEvaluation


class Backlog(dg.Config):
    """The documents of a run."""

    documents: list[str]


@dataclass(frozen=True)
class PreparedDocument:
    """The conversion and the chunks of a document, as far as they succeeded, and the error that stopped them."""

    document: str
    converted: StageResult[ConvertedDocument] | None = None
    chunked: StageResult[ChunkSet] | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class BacklogResources:
    """The resources and the run that the stages of a backlog share."""

    uploads: Uploads
    converter: Converter
    chunker: Chunker
    graph: GraphResource
    artifacts: Artifacts
    run: dg.DagsterRun

    @classmethod
    def of(cls, context: dg.OpExecutionContext) -> Self:
        """Returns the resources that RESOURCE_KEYS made the op require."""
        found = context.resources
        return cls(found.uploads, found.converter, found.chunker, found.graph, found.artifacts, context.run)

    def prepare(self, document: str) -> PreparedDocument:
        """Converts and chunks the document and stores both; returns the document's error instead of raising it."""
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
        except Exception as error:  # noqa: BLE001  the attempt recorded it; other documents continue
            return PreparedDocument(document, converted, chunked, error)
        return PreparedDocument(document, converted, chunked)


@dg.op(tags={"stage": "backlog"}, out=dg.Out(dg.Nothing), required_resource_keys=set(RESOURCE_KEYS))
def drain(context: dg.OpExecutionContext, config: Backlog) -> Iterator[Record | dg.Output[None]]:
    """A backlog of documents through conversion, chunking and the graph; a failing one is named at the end."""
    shop = BacklogResources.of(context)
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


def prepared_ahead(
    shop: BacklogResources, documents: Sequence[str], *, starts: Callable[[str], None]
) -> Iterator[PreparedDocument]:
    """Yields prepared documents in order; prefetches a few, so that conversion and writing overlap."""
    workers = settings().convert_workers
    waiting: deque[Future[PreparedDocument]] = deque()
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


def _written(shop: BacklogResources, document: str, chunk_set: ChunkSet) -> Generator[Record, None, Exception | None]:
    """Writes the document's episodes and yields their records; returns the error that stopped it, or None."""
    try:
        with attempt(document, "graphiti", shop.uploads, shop.run, chunk_set.version) as at:
            result = stages.write(at, chunk_set, shop.graph)
            yield from records(document, result)
            result.raise_if_blocked(document)
            shop.uploads.end_well(at, lacking=len(result.value.failures))
    except Exception as error:  # noqa: BLE001  the attempt recorded it; other documents continue
        return error
    return None


def records(document: str, *results: StageResult[Any] | None) -> Iterator[Record]:
    """Yields the materialization and the check evaluations of each completed stage, on the document's partition."""
    for result in results:
        if result is not None:
            yield dg.AssetMaterialization(
                result.asset, partition=document, metadata=result.metadata, tags={"dagster/data_version": result.version}
            )
            yield from (check.event(document) for check in result.checks)


def _sentence(error: Exception) -> str:
    return f"{error.name}: {error.message}" if isinstance(error, FathomError) else f"defect: {type(error).__name__}: {error}"
