"""The registry of metrics: their names, units, kinds, labels and sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

MetricKind = Literal["counter", "gauge", "distribution"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: what is counted or measured, by which labels, and from where.

    Attributes:
        kind: a counter adds up, a gauge holds until it is measured again, a distribution has quantiles.
        source: the events (`docling.complete`), the table (`llm_calls`) or the gauge round it is read from.
        ttl_s: seconds for which the newest value is current; of gauges only.
    """

    name: str
    unit: str
    kind: MetricKind
    labels: tuple[str, ...]
    source: str
    meaning: str
    ttl_s: float = 300.0


GAUGES: Final = "gauges"  # the round that measures the deployment every minute
CHECKS: Final = "check_results"


def _counter(name: str, labels: str, source: str, meaning: str, unit: str = "") -> Metric:
    return Metric(name, unit, "counter", tuple(labels.split()), source, meaning)


def _distribution(name: str, unit: str, labels: str, source: str, meaning: str) -> Metric:
    return Metric(name, unit, "distribution", tuple(labels.split()), source, meaning)


def _gauge(name: str, unit: str, labels: str, meaning: str, source: str = GAUGES) -> Metric:
    return Metric(name, unit, "gauge", tuple(labels.split()), source, meaning)


_ALL: Final[tuple[Metric, ...]] = (
    # uploads
    _counter("uploads_received", "collection file_type", "upload.received", "Files found complete."),
    _distribution("upload_bytes", "bytes", "collection file_type", "upload.received", "Size of the files."),
    _counter("uploads_rejected", "collection error", "upload.rejected", "Files rejected before they were read."),
    _counter("documents_done", "collection file_type", "upload.done", "Documents whose work is done and recorded."),
    _counter("documents_failed", "collection stage error", "*.failed", "Failed tries of documents."),
    _distribution("wait_to_start_seconds", "s", "collection", "docling.begun", "From acceptance to the begin of the run."),
    _counter("runs_retried", "collection", "docling.begun", "Begun tries after the first."),
    # stages
    _distribution("stage_seconds", "s", "stage collection file_type", "*.complete", "Duration of a stage of a document."),
    _counter("pages_converted", "collection", "docling.complete", "Pages of converted documents."),
    _counter("words_converted", "collection", "docling.complete", "Words of converted documents."),
    _counter("chunks_created", "collection", "chunking.created", "Chunks of documents."),
    _distribution("chunk_tokens", "tokens", "collection", "chunking.created", "Mean tokens of a document's chunks."),
    _counter("chunks_written", "collection", "graphiti.complete", "Episodes written to the graph."),
    _counter("chunks_failed", "collection", "graphiti.complete", "Chunks that were set aside."),
    _counter("entities_found", "collection", "graphiti.complete", "Entities of written chunks."),
    _counter("facts_found", "collection", "graphiti.complete", "Facts of written chunks."),
    _distribution("entities_per_chunk", "", "collection file_type", "graphiti.complete", "Entities a written chunk."),
    _distribution("facts_per_chunk", "", "collection file_type", "graphiti.complete", "Facts a written chunk: the yield."),
    _distribution("cost_per_chunk_usd", "USD", "collection file_type", "graphiti.complete", "Cost of a written chunk."),
    _distribution("seconds_per_chunk", "s", "collection file_type", "graphiti.complete", "Time of a written chunk."),
    # language models
    _counter("llm_calls", "model collection", "llm_calls", "Calls that were answered."),
    _counter("llm_errors", "model collection", "llm_calls", "Calls without a usable answer."),
    _counter("llm_cache_hits", "model collection", "llm_calls", "Answers taken from the cache."),
    _distribution("llm_seconds", "s", "model", "llm_calls", "Duration of answered calls."),
    _counter("llm_cost_usd", "model collection", "llm_calls", "Money spent.", "USD"),
    _counter("llm_saved_usd", "model collection", "llm_calls", "Money that the cache saved.", "USD"),
    _counter("llm_tokens_in", "model collection", "llm_calls", "Input tokens.", "tokens"),
    _counter("llm_tokens_out", "model collection", "llm_calls", "Output tokens.", "tokens"),
    _distribution("llm_throttled_seconds", "s", "model", "llm.throttled", "Waits for a rate limit."),
    # questions
    _counter("queries", "collection mode", "chat.complete", "Questions answered."),
    _counter("query_errors", "collection mode error", "chat.failed", "Questions that failed."),
    _distribution("query_seconds", "s", "collection mode", "chat.complete", "From the question to the whole answer."),
    _distribution("query_quality", "", "collection mode", "chat.complete", "Share of the sentences with a checked citation."),
    _counter("query_degraded", "collection mode", "chat.complete", "Answers by a fallback."),
    _counter("query_cache_hits", "mode", "chat.complete", "Answers from the cache."),
    _counter("query_empty", "collection mode", "chat.complete", "Questions without a result."),
    _counter("retrieval_failures", "collection mode", "chat.complete", "Questions whose search failed in a branch."),
    _gauge("query_cache_entries", "", "", "Answers in the cache."),
    _counter("query_cache_evictions", "", "chat.evicted", "Answers that the cache dropped for lack of room."),
    # checks and graph
    _counter("checks_failed", "asset check collection", CHECKS, "Checks that failed, warnings too."),
    _counter("checks_passed", "asset collection", CHECKS, "Checks that passed."),
    _counter("backup_proofs_failed", "", "graph.backup_proved", "Backups whose restore in a scratch graph failed."),
    _counter("graph_backups", "", "graph.backed_up", "Backups made."),
    # the deployment, each minute
    _gauge("documents_in_state", "", "state", "Documents by state."),
    _gauge("queue_oldest_seconds", "s", "", "Age of the document that has waited longest for a run."),
    _gauge("runs_in_progress", "", "", "Dagster's runs that are started or starting."),
    _gauge("runs_queued", "", "", "Dagster's runs that wait to start."),
    _gauge("collections_paused", "", "", "Collections that are paused."),
    _gauge("spent_today_usd", "USD", "", "Money spent since midnight (UTC)."),
    _gauge("budget_used_share", "", "", "Share of the day's budget that is spent; only with a budget."),
    _gauge("disk_free_bytes", "bytes", "", "Free space of the home's disk."),
    _gauge("disk_free_share", "", "", "Free share of the home's disk."),
    _gauge("home_bytes", "bytes", "part", "Size of the databases of the home."),
    _gauge("memory_bytes", "bytes", "component", "Resident memory of each component."),
    _gauge("component_up", "", "component", "1 for a healthy component, else 0."),
    _gauge("sensor_age_seconds", "s", "sensor", "Time since the sensor's last tick."),
    _gauge("collection_age_seconds", "s", "collection", "Time since a document of the collection was done."),
    _gauge("health_score", "", "", "Health of the deployment, 0 to 100."),
)

METRICS: Final[Mapping[str, Metric]] = {metric.name: metric for metric in _ALL}
