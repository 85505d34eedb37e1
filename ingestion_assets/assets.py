"""The three assets of ingestion, each partitioned by document: documents, their chunks, their episodes in the graph."""

from collections.abc import Iterator

import dagster as dg

from checks.chunks import CHUNK_CHECKS
from checks.documents import DOCUMENT_CHECKS
from checks.graph_episodes import GRAPH_EPISODE_CHECKS
from checks.usual_episodes import USUAL_CHECKS
from fathom.chunking.chunk import ChunkSet
from fathom.conversion.report import ConvertedDocument
from fathom.errors import FathomError
from ingestion_assets import stages
from ingestion_assets.attempts import attempt, failure
from ingestion_assets.partitions import documents_by_id
from ingestion_assets.stages import StageResult
from resources.artifacts import Artifact
from resources.chunker import Chunker
from resources.converter import Converter
from resources.graph import GraphResource
from resources.uploads import Uploads

Materialized = Iterator[dg.MaterializeResult[Artifact]]

GROUP = "ingestion"
OWNERS = ["team:ingestion"]


@dg.asset(
    partitions_def=documents_by_id,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"docling", "python"},
    tags={"stage": "docling"},
    io_manager_key="artifacts",
    check_specs=[check.spec(documents_by_id) for check in DOCUMENT_CHECKS],
)
def documents(context: dg.AssetExecutionContext, uploads: Uploads, converter: Converter) -> Materialized:
    """Each upload as a structured document, with a report of what the conversion kept and lost."""
    try:
        with attempt(context.partition_key, "docling", uploads, context.run) as at:
            result = stages.convert(at, uploads, converter)
            yield _materialized(result)
            result.raise_if_blocked(at.document)
    except FathomError as error:
        raise failure(error) from error


@dg.asset(
    partitions_def=documents_by_id,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python"},
    tags={"stage": "chunking"},
    io_manager_key="artifacts",
    check_specs=[check.spec(documents_by_id) for check in CHUNK_CHECKS],
)
def chunks(context: dg.AssetExecutionContext, documents: ConvertedDocument, uploads: Uploads, chunker: Chunker) -> Materialized:
    """Each document cut into structure-aware, token-bounded pieces that know their headings, pages and place."""
    try:
        with attempt(context.partition_key, "chunking", uploads, context.run, documents.report.version) as at:
            result = stages.chunk(at, documents, chunker)
            yield _materialized(result)
            result.raise_if_blocked(at.document)
    except FathomError as error:
        raise failure(error) from error


@dg.asset(
    partitions_def=documents_by_id,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"graphiti", "neo4j"},
    tags={"stage": "graphiti"},
    io_manager_key="artifacts",
    check_specs=[
        *(check.spec(documents_by_id) for check in GRAPH_EPISODE_CHECKS),
        *(check.spec(documents_by_id) for check in USUAL_CHECKS),
    ],
)
def graph_episodes(context: dg.AssetExecutionContext, chunks: ChunkSet, uploads: Uploads, graph: GraphResource) -> Materialized:
    """Each chunk as an episode of the temporal knowledge graph, with the entities and facts found in it."""
    try:
        with attempt(context.partition_key, "graphiti", uploads, context.run, chunks.version) as at:
            result = stages.write(at, chunks, graph)
            yield _materialized(result)
            result.raise_if_blocked(at.document)
            uploads.end_well(at, lacking=len(result.value.failures))
    except FathomError as error:
        raise failure(error) from error


def _materialized(result: StageResult[Artifact]) -> dg.MaterializeResult[Artifact]:
    return dg.MaterializeResult(
        value=result.value,
        metadata=result.metadata,
        data_version=dg.DataVersion(result.version),
        check_results=[
            dg.AssetCheckResult(
                check_name=check.name,
                passed=check.outcome.passed,
                severity=check.severity,
                metadata=check.figures,
                description=check.outcome.description,
            )
            for check in result.checks
        ],
    )
