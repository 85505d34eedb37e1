"""Derives OpenTelemetry spans from events: a trace for each run on a document, a span for each stage and LLM call.

A span's times are those of its first and last event. Its ids are hashes of its content, so that a span derived again
after a crash is the same span.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from fathom.observability.event_store import RecordedEvent

Attribute = str | int | float | bool

# The event that starts a span, by the event that ends it.
START_EVENTS: Final[Mapping[str, str]] = {
    "validation.complete": "validation.started",
    "docling.complete": "docling.begun",
    "docling.failed": "docling.begun",
    "chunking.complete": "chunking.begun",
    "chunking.failed": "chunking.begun",
    "graphiti.complete": "graphiti.begun",
    "graphiti.failed": "graphiti.begun",
    "llm.response": "llm.request",
    "llm.error": "llm.request",
}
_OVER = frozenset({"docling.failed", "chunking.failed", "graphiti.failed", "graphiti.complete"})
_FIRST = "docling.begun"


@dataclass(frozen=True, slots=True)
class TraceSpan:
    """A span; times in seconds since 1970, `error` is the name of the error that ended it."""

    trace: int
    id: int
    parent: int | None
    name: str
    kind: Literal["internal", "client"]
    began: float
    ended: float
    attributes: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])
    error: str | None = None


def spans_of(ends: Iterable[RecordedEvent], events: Iterable[RecordedEvent], provider: str) -> list[TraceSpan]:
    """Returns the spans that the events `ends` end; `events` are all events of their documents in order.

    An end whose start is not recorded makes no span. `provider` is the language model's.
    """
    known = list(events)
    return [span for end in ends for span in _ended_by(end, known, provider)]


def _ended_by(end: RecordedEvent, events: list[RecordedEvent], provider: str) -> list[TraceSpan]:
    began = _last(events, end, START_EVENTS[end.event or ""], call=end.metrics.get("call"))
    if began is None or end.document is None:
        return []
    run = end.run or began.run
    if run is None:  # a request from outside a run's own thread
        stage = _last(events, end, "graphiti.begun", any_run=True)
        run = stage.run if stage else None
    if run is None:
        return []
    first = _last(events, end, _FIRST, run=run)
    root = _id(end.document, run, "ingest", first.id if first else 0)
    if (end.event or "").startswith("llm."):
        stage = _last(events, end, "graphiti.begun", run=run)
        parent = _id(end.document, run, "graphiti", stage.id) if stage else root
        return [_call(began, end, run, parent, provider)]
    name = (end.event or "").partition(".")[0]
    spans = [_work(name, began, end, run, _id(end.document, run, name, began.id), root)]
    if first is not None and end.event in _OVER:
        spans.append(_work("ingest", first, end, run, root, None))
    return spans


def _work(name: str, began: RecordedEvent, end: RecordedEvent, run: str, span: int, parent: int | None) -> TraceSpan:
    failed = (end.event or "").endswith(".failed")
    figures = {f"fathom.{key}": value for key, value in end.metrics.items() if isinstance(value, str | int | float)}
    error = str(end.metrics.get("error") or "error") if failed else None
    return TraceSpan(
        trace=_trace(end.document or "", run),
        id=span,
        parent=parent,
        name=name,
        kind="internal",
        began=began.at,
        ended=max(began.at, end.at),
        attributes={**_about(end, run), **figures, **({"error.type": error} if error else {})},
        error=error,
    )


def _call(began: RecordedEvent, end: RecordedEvent, run: str, parent: int, provider: str) -> TraceSpan:
    model = str(end.metrics.get("model") or "")
    error = str(end.metrics.get("error") or "error") if end.event == "llm.error" else None
    attributes: dict[str, Attribute] = {
        **_about(end, run),
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
    }
    for attribute, figure in (("input_tokens", "tokens_in"), ("output_tokens", "tokens_out")):
        if (tokens := end.number(figure)) is not None:
            attributes[f"gen_ai.usage.{attribute}"] = int(tokens)
    if (cost := end.number("cost_usd")) is not None:
        attributes["fathom.cost_usd"] = cost
    if error is None:
        attributes["gen_ai.response.model"] = model
    else:
        attributes["error.type"] = error
    return TraceSpan(
        trace=_trace(end.document or "", run),
        id=_id(end.document or "", run, "llm", str(end.metrics.get("call"))),
        parent=parent,
        name=f"chat {model}",
        kind="client",
        began=began.at,
        ended=max(began.at, end.at),
        attributes=attributes,
        error=error,
    )


def _about(end: RecordedEvent, run: str) -> dict[str, Attribute]:
    document = end.document or ""
    about: dict[str, Attribute] = {
        "fathom.document": document,
        "fathom.collection": document.partition("/")[0],
        "fathom.run": run,
    }
    return about | ({"fathom.request": end.request} if end.request else {})


def _last(
    events: list[RecordedEvent],
    end: RecordedEvent,
    event: str,
    *,
    run: str | None = None,
    call: object = None,
    any_run: bool = False,
) -> RecordedEvent | None:
    """Returns the last event of the name before `end` of its document, and of its call or its run unless `any_run`."""
    for recorded in reversed(events):
        if recorded.event != event or recorded.id >= end.id or recorded.document != end.document:
            continue
        if (recorded.metrics.get("call") == call) if call else (any_run or recorded.run == (run or end.run)):
            return recorded
    return None


def _trace(document: str, run: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{document}\0{run}".encode()).digest()[:16], "big") or 1


def _id(document: str, run: str, name: str, which: int | str) -> int:
    digest = hashlib.sha256(f"{document}\0{run}\0{name}\0{which}".encode()).digest()
    return int.from_bytes(digest[:8], "big") or 1
