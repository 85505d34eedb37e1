"""From events to spans, as OpenTelemetry names them: a trace for each run's work on a document, a span a stage and model call.

Nothing is timed twice: the two events that a stage or a call begins and ends with say all there is. Ids follow from what a
span is about, so one that is made again, after a crash, is the same span.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from fathom.observability.event_store import RecordedEvent

Attribute = str | int | float | bool

# The event that a span begins with, by each that it ends with.
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
    """One piece of work; times in seconds since 1970, `error` the name of what it ended by."""

    trace: int
    id: int
    parent: int | None
    name: str
    kind: Literal["internal", "client"]
    began: float
    ended: float
    attributes: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])
    error: str | None = None


def spans_of(ends: Iterable[RecordedEvent], told: Iterable[RecordedEvent], provider: str) -> list[TraceSpan]:
    """The spans that these events end, by all that was told of their documents, in its order; `provider` is the model's.

    An end whose begin is not on record any more makes none.
    """
    known = list(told)
    return [span for end in ends for span in _ended_by(end, known, provider)]


def _ended_by(end: RecordedEvent, told: list[RecordedEvent], provider: str) -> list[TraceSpan]:
    began = _last(told, end, START_EVENTS[end.event or ""], call=end.metrics.get("call"))
    if began is None or end.document is None:
        return []
    run = end.run or began.run
    if run is None:  # a question asked from outside a run's own thread
        stage = _last(told, end, "graphiti.begun", any_run=True)
        run = stage.run if stage else None
    if run is None:
        return []
    first = _last(told, end, _FIRST, run=run)
    root = _id(end.document, run, "ingest", first.id if first else 0)
    if (end.event or "").startswith("llm."):
        stage = _last(told, end, "graphiti.begun", run=run)
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
    said: dict[str, Attribute] = {
        **_about(end, run),
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
    }
    for attribute, figure in (("input_tokens", "tokens_in"), ("output_tokens", "tokens_out")):
        if (tokens := end.number(figure)) is not None:
            said[f"gen_ai.usage.{attribute}"] = int(tokens)
    if (cost := end.number("cost_usd")) is not None:
        said["fathom.cost_usd"] = cost
    if error is None:
        said["gen_ai.response.model"] = model
    else:
        said["error.type"] = error
    return TraceSpan(
        trace=_trace(end.document or "", run),
        id=_id(end.document or "", run, "llm", str(end.metrics.get("call"))),
        parent=parent,
        name=f"chat {model}",
        kind="client",
        began=began.at,
        ended=max(began.at, end.at),
        attributes=said,
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
    told: list[RecordedEvent],
    end: RecordedEvent,
    event: str,
    *,
    run: str | None = None,
    call: object = None,
    any_run: bool = False,
) -> RecordedEvent | None:
    """The last event of that name before `end`, of its document and, unless it is a call's or any will do, of its run."""
    for one in reversed(told):
        if one.event != event or one.id >= end.id or one.document != end.document:
            continue
        if (one.metrics.get("call") == call) if call else (any_run or one.run == (run or end.run)):
            return one
    return None


def _trace(document: str, run: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{document}\0{run}".encode()).digest()[:16], "big") or 1


def _id(document: str, run: str, name: str, which: int | str) -> int:
    digest = hashlib.sha256(f"{document}\0{run}\0{name}\0{which}".encode()).digest()
    return int.from_bytes(digest[:8], "big") or 1
