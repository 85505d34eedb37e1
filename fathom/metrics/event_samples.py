"""Derives samples of metrics from recorded events and from calls of language models; the rules are data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from fathom.metrics.metric_sample import MetricSample
from fathom.observability.event_store import RecordedEvent

STAGES = frozenset({"validation", "docling", "chunking", "graphiti"})
NO_TYPE = "none"
MAX_TYPE = 12  # characters of a suffix that can be a file type

Value = Callable[[RecordedEvent], float | None]


@dataclass(frozen=True)
class Derivation:
    """The metric to which an event adds a value; no value adds nothing."""

    metric: str
    value: Value


def _one(event: RecordedEvent) -> float:
    return 1.0


def _figure(name: str) -> Value:
    return lambda event: event.number(name)


def _when(name: str) -> Value:
    """Counts events whose figure is true."""
    return lambda event: 1.0 if event.metrics.get(name) else None


def _unless(name: str) -> Value:
    return lambda event: None if event.metrics.get(name) else 1.0


def _each(name: str, of: str, *more: str) -> Value:
    """Divides a figure by others; an event without the first of them says nothing new."""

    def share(event: RecordedEvent) -> float | None:
        value, count = event.number(name), event.number(of)
        if value is None or not count:
            return None
        return value / (count + sum(event.number(other) or 0 for other in more))

    return share


def _again(event: RecordedEvent) -> float | None:
    """Counts tries after the first."""
    return 1.0 if (event.number("attempt") or 1) > 1 else None


_FAILED = (Derivation("documents_failed", _one),)
_STAGE = Derivation("stage_seconds", _figure("seconds"))

DERIVATIONS: Mapping[str, tuple[Derivation, ...]] = {
    "upload.received": (Derivation("uploads_received", _one), Derivation("upload_bytes", _figure("bytes"))),
    "upload.rejected": (Derivation("uploads_rejected", _one),),
    "upload.done": (Derivation("documents_done", _one),),
    "docling.begun": (Derivation("runs_retried", _again), Derivation("wait_to_start_seconds", _figure("waited_seconds"))),
    "validation.complete": (_STAGE,),
    "docling.complete": (
        _STAGE,
        Derivation("pages_converted", _figure("pages")),
        Derivation("words_converted", _figure("words")),
    ),
    "chunking.complete": (_STAGE,),
    "chunking.created": (
        Derivation("chunks_created", _figure("chunks")),
        Derivation("chunk_tokens", _figure("mean_tokens")),
    ),
    "graphiti.complete": (
        _STAGE,
        Derivation("chunks_written", _figure("written")),
        Derivation("chunks_failed", _figure("failed")),
        Derivation("entities_found", _figure("entities")),
        Derivation("facts_found", _figure("facts")),
        Derivation("entities_per_chunk", _each("entities", "written", "unchanged")),
        Derivation("facts_per_chunk", _each("facts", "written", "unchanged")),
        Derivation("cost_per_chunk_usd", _each("cost_usd", "written")),
        Derivation("seconds_per_chunk", _each("seconds", "written")),
    ),
    "docling.failed": _FAILED,
    "chunking.failed": _FAILED,
    "graphiti.failed": _FAILED,
    "llm.throttled": (Derivation("llm_throttled_seconds", _figure("seconds")),),
    "chat.complete": (
        Derivation("queries", _one),
        Derivation("query_seconds", _figure("seconds")),
        Derivation("query_quality", _figure("quality")),
        Derivation("query_degraded", _when("degraded")),
        Derivation("query_cache_hits", _when("cached")),
        Derivation("query_empty", _when("empty")),
        Derivation("retrieval_failures", _when("retrieval_failed")),
    ),
    "chat.failed": (Derivation("query_errors", _one),),
    "chat.evicted": (Derivation("query_cache_evictions", _figure("entries")),),
    "graph.backup_proved": (Derivation("backup_proofs_failed", _unless("proven")),),
    "graph.backed_up": (Derivation("graph_backups", _one),),
}


def samples_of_event(event: RecordedEvent) -> Iterator[MetricSample]:
    """Yields the samples of a recorded event."""
    rules = DERIVATIONS.get(event.event or "")
    if not rules:
        return
    labels = _labels(event)
    for rule in rules:
        value = rule.value(event)
        if value is not None:
            yield MetricSample(rule.metric, float(value), event.at, labels)


def samples_of_call(row: Any) -> Iterator[MetricSample]:
    """Yields the samples of a row of `llm_calls`."""
    labels = {"model": row.model, "collection": row.collection or ""}

    def sample(name: str, value: float) -> MetricSample:
        return MetricSample(name, float(value), row.at, labels)

    if row.outcome == "remembered":
        yield sample("llm_cache_hits", 1)
    elif row.tokens_in or row.tokens_out:  # else the server refused, or its answer was lost
        yield sample("llm_calls", 1)
        yield sample("llm_seconds", row.seconds)
    else:
        yield sample("llm_errors", 1)
    for name, value in (
        ("llm_cost_usd", row.cost_usd),
        ("llm_saved_usd", row.saved_usd),
        ("llm_tokens_in", row.tokens_in + row.cache_read + row.cache_write),
        ("llm_tokens_out", row.tokens_out),
    ):
        if value:
            yield sample(name, value)


def file_type(document: str) -> str:
    """Returns the suffix of a document in lower case, without its dot."""
    suffix = PurePosixPath(document).suffix.lower().lstrip(".")
    return suffix if suffix.isalnum() and len(suffix) <= MAX_TYPE else NO_TYPE


def _labels(event: RecordedEvent) -> dict[str, str]:
    document = event.document or ""
    return {
        "collection": document.partition("/")[0] or str(event.metrics.get("collection") or ""),
        "file_type": file_type(document),
        "stage": event.stage or "",
        "error": str(event.metrics.get("error") or ""),
        "model": str(event.metrics.get("model") or ""),
        "mode": str(event.metrics.get("mode") or ""),
    }
