"""The catalogue of events of documents, queries and components: their names and metrics.

A log call is an event if its stage and sub-stage, joined by a dot, are a name in this catalogue; `emit` logs other events by
name. Either way the event is written as a JSON line before the call returns, so that it survives a kill. Another process
ships those lines to the table `events` (see `event_collector`), so that no work waits for a database or fails with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MetricType = type[int] | type[float] | type[str] | type[bool]


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event: its name, its meaning, and the metrics it may carry."""

    name: str
    meaning: str
    figures: Mapping[str, MetricType] = field(default_factory=dict[str, MetricType])


def _event(name: str, meaning: str, **figures: MetricType) -> EventType:
    return EventType(name, meaning, figures)


_FAILED: dict[str, MetricType] = {"error": str, "retryable": bool}
_WORKING = "The heartbeat of work that logged nothing for some seconds."
_EPISODES: dict[str, MetricType] = {"chunk": int, "chunks": int, "entities": int, "facts": int}

CATALOGUE: Final[tuple[EventType, ...]] = (
    # upload: from the inbox to a run
    _event("upload.received", "A new or changed file was found complete.", bytes=int),
    _event("upload.stored", "Its bytes are in the store.", bytes=int, version=str, seconds=float),
    _event("upload.waiting", "The file is still being written; the next scan checks it again.", bytes=int),
    _event("upload.rejected", "The file was rejected before it was read.", error=str, bytes=int),
    _event("upload.refused", "An entry of the inbox cannot be an upload.", error=str, path=str),
    _event("upload.stopped", "The store is full or unreachable; the remaining files wait.", accepted=int),
    _event("upload.reconciled", "Runs ended without an outcome for their documents.", again=int, failed=int),
    _event("upload.submitted", "A run was started for the document.", documents=int, seconds=float),
    _event("upload.done", "All of its work is done and recorded.", failed=int),
    _event("upload.cancelled", "The work on the document was cancelled by a person.", by=str),
    _event("upload.retried", "A retry was requested by a person.", by=str),
    _event("upload.prioritized", "The priority of the document was set.", priority=int, by=str),
    # validation: the bytes match the file type and are within bounds
    _event("validation.started", "The bytes are checked before they are parsed.", bytes=int),
    _event("validation.complete", "The file can be converted.", pages=int, seconds=float),
    # docling: the conversion
    _event("docling.begun", "A run began to convert the document.", attempt=int, waited_seconds=float),
    _event("docling.models", "Whether the converter has its models loaded.", warm=bool, warm_up_seconds=float),
    _event("docling.started", "The conversion began.", bytes=int, pages=int),
    _event("docling.page", "So many of its pages are converted.", page=int, pages=int),
    _event("docling.working", _WORKING, seconds=float),
    _event("docling.convert", "The libraries warned of the document.", warnings=int),
    _event("docling.converted", "The converter process has finished.", seconds=float, answer_bytes=int),
    _event("docling.complete", "The conversion is done.", seconds=float, pages=int, words=int),
    _event("docling.failed", "The conversion failed or rejected the document.", seconds=float, answer_bytes=int, **_FAILED),
    # chunking
    _event("chunking.begun", "A run began to chunk the document.", attempt=int),
    _event("chunking.started", "The chunker has its bounds.", max_tokens=int, words=int),
    _event("chunking.tokenizing", "Texts are split by the embedder's tokens.", max_tokens=int),
    _event("chunking.working", _WORKING, seconds=float),
    _event("chunking.created", "The chunks are there.", chunks=int, tokens=int, mean_tokens=float),
    _event("chunking.complete", "Chunking is done.", chunks=int, tokens=int, seconds=float),
    _event("chunking.failed", "Chunking failed.", **_FAILED),
    # graphiti: episodes into the graph
    _event("graphiti.begun", "A run began to write the document to the graph.", attempt=int),
    _event("graphiti.started", "The ingestion into the graph began.", chunks=int),
    _event("graphiti.waiting", "Another writer holds the lease on the collection.", collection=str, holder=str),
    _event("graphiti.working", _WORKING, seconds=float),
    _event("graphiti.sending", "A chunk goes to the language model.", **_EPISODES),
    _event("graphiti.extracted", "A chunk's entities and facts were extracted.", **_EPISODES),
    _event("graphiti.writing", "Episodes go to the graph.", **_EPISODES),
    _event("graphiti.written", "So many episodes are in the graph.", **_EPISODES),
    _event("graphiti.removed", "Episodes whose chunks are gone were removed.", episodes=int),
    _event(
        "graphiti.set_aside",
        "A chunk was quarantined because its text made it fail; it waits for a retry.",
        chunk=int,
        error=str,
    ),
    _event("graphiti.revived", "The graph was unreachable and was started again.", error=str),
    _event(
        "graphiti.complete",
        "Every chunk is in the graph, or listed as failed.",
        written=int,
        unchanged=int,
        failed=int,
        entities=int,
        facts=int,
        seconds=float,
        cost_usd=float,
        model=str,
    ),
    _event("graphiti.undone", "A person took back what a run had written.", removed=int, brought_back=int),
    _event("graphiti.failed", "Writing to the graph failed.", **_FAILED),
    # llm: calls of the language model
    _event("llm.request", "A call to the language model began.", model=str, call=str),
    _event(
        "llm.response",
        "The language model responded.",
        model=str,
        call=str,
        tokens_in=int,
        tokens_out=int,
        cost_usd=float,
        seconds=float,
    ),
    _event("llm.error", "The language model gave no usable response.", model=str, call=str, error=str, seconds=float),
    _event(
        "llm.batched", "Requests were sent as a batch, which is answered within a day.", model=str, questions=int, batch=str
    ),
    _event("llm.throttled", "Calls wait for a rate limit.", model=str, seconds=float),
    _event("llm.paused", "Calls wait for a budget or an account.", reason=str),
    _event("llm.resumed", "Calls go on: the account works again.", model=str),
    # chat, graph nodes and vectors: questions
    _event("chat.start", "A question came in."),
    _event("chat.message", "A part of the answer went out.", characters=int),
    _event("chat.complete", "The answer is whole.", seconds=float, citations=int),
    _event("graph.node.enter", "A step of answering began.", node=str),
    _event("graph.node.exit", "A step of answering ended.", node=str, seconds=float),
    _event("graph.state.update", "A step's result was added to the shared state.", node=str, keys=int),
    _event("vector.search", "Embeddings were searched.", results=int, seconds=float),
    _event("vector.insert", "Embeddings were added.", vectors=int, seconds=float),
    _event("vector.update", "Embeddings were replaced.", vectors=int, seconds=float),
    # quality: checks of documents, collections and the deployment
    _event("quality.checked", "Checks were evaluated; their results, as JSON.", asset=str, results=str, collection=str),
    _event("quality.failed", "A check failed.", asset=str, check=str),
    # alert: incidents, and the notices of them
    *(
        _event(f"alert.{kind}", meaning, rule=str, incident=str, severity=str, count=int)
        for kind, meaning in (
            ("opened", "An incident opened."),
            ("updated", "An open incident concerns more than before."),
            ("escalated", "An open incident became more severe, or nobody acknowledged it."),
            ("acknowledged", "A person knows of an incident."),
            ("resolved", "The condition of an incident has ended, or a person ended it."),
        )
    ),
    # system: components and actions of people
    _event("system.paused", "A collection, or all, was paused.", collection=str, by=str),
    _event("system.resumed", "A collection, or all, was resumed.", collection=str, by=str),
    _event("system.removed", "A document was removed.", episodes=int, by=str),
    _event("system.restored", "A removed document was brought back.", episodes=int, by=str),
    _event("system.forgotten", "The restorable copy of a removed document was erased.", by=str),
    _event("system.repaired", "Ledger and graph were made to agree.", collection=str, removed=int, again=int, by=str),
    _event("system.key_created", "An API key was made.", key=str, role=str, by=str),
    _event("system.key_revoked", "An API key is no longer valid.", key=str, by=str),
    _event("graph.backed_up", "A backup was made.", backup=str, bytes=int, nodes=int, reason=str),
    _event("graph.backup_proved", "A backup was restored in a scratch graph.", backup=str, proven=bool, detail=str),
    _event("graph.restored", "A backup was restored.", backup=str, collections=int, nodes=int),
    _event("graph.cleared", "Collections were cleared.", collections=int, nodes=int),
    _event("system.audited", "A line was appended to the audit log.", number=int, hash=str, action=str, by=str),
)

BY_NAME: Final[Mapping[str, EventType]] = {event.name: event for event in CATALOGUE}


def event_name(stage: object, sub_stage: object) -> str | None:
    """Returns the event name of a log call with this stage and sub-stage; None if it is no event."""
    name = f"{stage}.{sub_stage}"
    return name if name in BY_NAME else None
