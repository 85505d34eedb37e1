"""Documents an hour for a backlog of trivial documents: whole pipeline, documents and chunks alone, and Dagster alone."""

import json
import time
from collections.abc import Iterator

import dagster as dg

from benchmarks.figure import Figure
from benchmarks.material import own_home, taken_in
from checks.chunks import CHUNK_CHECKS
from checks.documents import DOCUMENT_CHECKS
from checks.outcome import CheckOutcome, EvaluatedCheck
from fathom.deployment.components import stop_all
from fathom.deployment.graph_component import GraphComponent
from fathom.orchestration.dagster_home import write_dagster_home
from fathom.settings import Settings
from ingestion_assets.backlog import Backlog, BacklogResources, drain, prepared_ahead, records
from resources.artifacts import Artifacts
from resources.chunker import Chunker
from resources.converter import Converter
from resources.graph import GraphResource
from resources.uploads import Uploads

DOCUMENTS = 500
GRAPH_DOCUMENTS = 100  # the whole pipeline, on fewer: its share of the time is the graph's


@dg.op(out=dg.Out(dg.Nothing))
def documents_and_chunks(
    context, config: Backlog, uploads: Uploads, converter: Converter, chunker: Chunker, artifacts: dg.ResourceParam[Artifacts]
):
    """What `drain` does, up to the graph."""
    shop = BacklogResources(uploads, converter, chunker, GraphResource(), artifacts, context.run_id)
    for prepared in prepared_ahead(shop, config.documents, starts=lambda document: None):
        yield from records(prepared.document, prepared.converted, prepared.chunked)
    yield dg.Output(None)


@dg.op(out=dg.Out(dg.Nothing))
def dagster_alone(config: Backlog) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation | dg.Output[None]]:
    """The same materializations and checks, of nothing."""
    checks = [*DOCUMENT_CHECKS, *CHUNK_CHECKS]
    for document in config.documents:
        for asset in ("documents", "chunks"):
            yield dg.AssetMaterialization(asset, partition=document)
        for check in checks:
            yield EvaluatedCheck(check.asset, check.name, check.blocking, CheckOutcome(True, "", {})).event(document)
    yield dg.Output(None)


def measure() -> list[Figure]:
    """Documents an hour each."""
    with own_home() as settings:
        write_dagster_home(settings)
        resources = {
            "uploads": Uploads(),
            "converter": Converter(),
            "chunker": Chunker(),
            "graph": GraphResource(),
            "artifacts": Artifacts(),
        }
        with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
            GraphComponent(settings).start()
            try:
                _hour(instance, settings, documents_and_chunks, resources, 5, "warm")
                alone = _hour(instance, settings, dagster_alone, {}, DOCUMENTS, "alone")
                two = _hour(instance, settings, documents_and_chunks, resources, DOCUMENTS, "two")
                whole = _hour(instance, settings, drain, resources, GRAPH_DOCUMENTS, "whole")
            finally:
                stop_all(settings)
    return [
        Figure(
            "documents + chunks", two, "documents/h", "Dagster alone", alone, "≥ 10,000/h", f"{DOCUMENTS} documents, one run"
        ),
        Figure("whole pipeline", whole, "documents/h", "Dagster alone", alone, note=f"{GRAPH_DOCUMENTS} documents, one run"),
    ]


def _hour(instance, settings: Settings, op, resources, count: int, collection: str) -> float:  # type: ignore[no-untyped-def]
    names = taken_in(settings, collection, count)

    @dg.job(executor_def=dg.in_process_executor, resource_defs=resources)
    def job() -> None:
        op()

    start = time.perf_counter()
    result = job.execute_in_process(instance=instance, run_config={"ops": {op.name: {"config": {"documents": names}}}})
    if not result.success:
        raise RuntimeError(f"{op.name} failed")
    return count / (time.perf_counter() - start) * 3600


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
