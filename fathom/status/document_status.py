"""Derives the status of a document that the API, the command line and the page show.

Its sources are the uploads, the ledger, the pauses and the events table; no state is kept between calls, so every process
returns the same status.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fathom.database import open_database
from fathom.errors import FathomError
from fathom.ledger.episode_ledger import Ledger
from fathom.observability.event_store import Events, RecordedEvent
from fathom.orchestration.hand_run_views import HandRunView, last_by_hand
from fathom.settings import Settings
from fathom.status.forecast import Forecast, forecast
from fathom.status.graph_probe import graph_outage
from fathom.status.history import Sample, history_of, longest_of, suffix_of
from fathom.status.liveness import (
    OVER,
    DocumentEvents,
    Liveness,
    LivenessProbes,
    LivenessState,
    ObservedDocument,
    liveness,
)
from fathom.status.queue_position import QueuePosition, queue_position
from fathom.uploads.document_dates import dates_of, shown_date
from fathom.uploads.intake import open_intake
from fathom.uploads.paused_collections import pause_of, paused
from fathom.uploads.priorities import priorities_of
from fathom.uploads.provider_accounts import resumes_at
from fathom.uploads.upload import Upload, UploadState

Overall = Literal["pending", "processing", "completed", "failed"]

STAGES = ("validation", "docling", "chunking", "graphiti")
MAX_RESPONSES, MIN_RESPONSES = 100, 5  # of the language model, from which its usual latency is derived
# Where each stage begins and ends, in percent.
_SPAN = {"upload": (0, 5), "validation": (5, 10), "docling": (10, 40), "chunking": (40, 45), "graphiti": (45, 98)}
_OVERALL: dict[LivenessState, Overall] = {
    "queued": "pending",
    "paused": "pending",
    "throttled": "processing",
    "running": "processing",
    "stalled": "processing",
    "dead": "processing",
    "failed": "failed",
    "partial": "completed",
    "complete": "completed",
}


class ProgressDetail(BaseModel):
    """The progress within the current stage, in a unit."""

    model_config = ConfigDict(frozen=True)

    current: int
    total: int
    unit: str


class DocumentStatus(BaseModel):
    """The status of a document; times in ISO 8601 (UTC), durations in seconds, null for values that are not known yet."""

    model_config = ConfigDict(frozen=True)

    upload_id: str = Field(description="the document's id")
    collection: str
    version: str | None = Field(description="SHA-256 of its bytes")
    status: Overall
    state: LivenessState = Field(description="a finer status; partial: done except for quarantined chunks")
    detail: str = Field(description="the state in a sentence")
    stage: str
    sub_stage: str | None
    progress: int = Field(ge=0, le=100)
    progress_detail: ProgressDetail | None
    accepted_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    estimated_completion: datetime | None = Field(description="p50: as likely before as after; null: not known yet")
    estimated_completion_p90: datetime | None = Field(description="p90: nine of ten documents are done by then")
    queue: QueuePosition | None = Field(description="its position in the queue; null unless it waits")
    priority: int = Field(description="the higher is first; default 0")
    waits_until: datetime | None = Field(description="when it continues by itself, if throttled, failed or out of budget")
    durations: dict[str, float | None] = Field(description="by stage; null until the stage has ended")
    metrics: dict[str, int | float | None]
    error: dict[str, Any] | None
    attempts: int = Field(description="failed tries")
    run: str | None = Field(description="the last Dagster run that worked on it")
    document_date: datetime | None = Field(None, description="its own date, from which its facts without a date hold")
    document_date_from: str | None = Field(None, description="source of the date: given, file name, or a part of the file")
    by_hand: HandRunView | None = Field(None, description="the last run over it that was started by hand in Dagster")
    cursor: int = Field(description="id of its newest event")


def status_of(settings: Settings, document: str, now: float | None = None) -> DocumentStatus | None:
    """Returns the status of the document; None for an unknown document. Raises DatabaseUnreachable."""
    now = time.time() if now is None else now
    upload = open_intake(settings).state_of(document)
    if upload is None:
        return None
    observed = _observe(settings, upload, now)
    history = history_of(open_database(settings.operational_url))
    alive = liveness(observed, _probes(settings, observed, history))
    moves = alive.state in ("queued", "running", "throttled") or alive.until is not None
    guess = forecast(history, upload, observed.events, observed.queue, now, alive.until) if moves else Forecast()
    return _status(settings, observed, alive, guess)


def _observe(settings: Settings, upload: Upload, now: float) -> ObservedDocument:
    engine = open_database(settings.operational_url)
    store = Events(engine)
    # the file may have been received a moment before its row was written
    since = (upload.accepted_at or upload.updated_at) - 5.0
    found = store.last_of_each(upload.document, since)
    counts = store.counted(upload.document, since) if "llm.request" in found else None
    return ObservedDocument(
        upload,
        DocumentEvents.of(found, upload, counts),
        pause=pause_of(upload.collection, paused(engine)),
        queue=queue_position(engine, upload, settings.runs_at_once),
        now=now,
    )


def _probes(settings: Settings, observed: ObservedDocument, history: Sequence[Sample]) -> LivenessProbes:
    engine = open_database(settings.operational_url)
    return LivenessProbes(
        usual=longest_of(history, suffix_of(observed.upload.document)),
        graph=lambda: graph_outage(settings),
        money=lambda: resumes_at(engine, settings, observed.upload, observed.now),
        answers=lambda: _longest_response(Events(engine)),
    )


def _status(settings: Settings, observed: ObservedDocument, alive: Liveness, guess: Forecast) -> DocumentStatus:
    upload, events = observed.upload, observed.events
    document, engine = upload.document, open_database(settings.operational_url)
    stage, sub_stage = _place(upload, events)
    detail = _detail(stage, events)
    return DocumentStatus(
        upload_id=document,
        collection=upload.collection,
        version=upload.version,
        status=_OVERALL[alive.state],
        state=alive.state,
        detail=alive.sentence,
        stage=stage,
        sub_stage=sub_stage,
        progress=_progress(upload, stage, sub_stage, detail),
        progress_detail=detail,
        accepted_at=_when(upload.accepted_at),
        started_at=_when(events.first_begun),
        finished_at=_when(upload.updated_at) if alive.state in OVER else None,
        estimated_completion=_when(guess.p50),
        estimated_completion_p90=_when(guess.p90),
        queue=observed.queue,
        priority=priorities_of(engine, [document]).get(document, 0),
        waits_until=_when(alive.until),
        durations={name: events.duration(name) for name in STAGES},
        metrics=_metrics(settings, upload, events),
        error=_error(upload) if alive.state in ("failed", "dead") or upload.reason else None,
        attempts=upload.attempts,
        run=upload.run_id,
        by_hand=last_by_hand(engine, [document]).get(document),
        cursor=events.newest.id if events.newest else 0,
        **shown_date(dates_of(engine, [(document, upload.version)]).get(document)),
    )


def _longest_response(events: Events) -> float | None:
    """Returns the longest of the language model's latest response times, in seconds; None if there are too few."""
    newest = events.newest("llm.response", MAX_RESPONSES)
    times = [seconds for event in newest if (seconds := event.number("seconds")) is not None]
    return max(times) if len(times) >= MIN_RESPONSES else None


def _place(upload: Upload, events: DocumentEvents) -> tuple[str, str | None]:
    """Returns the current or last stage and sub-stage."""
    newest = events.newest_of_work
    if upload.state in (UploadState.ACCEPTED, UploadState.SUBMITTED) or newest is None or newest.stage not in _SPAN:
        return upload.stage or "upload", "queued" if upload.state in (UploadState.ACCEPTED, UploadState.SUBMITTED) else None
    return newest.stage, newest.sub_stage


def _detail(stage: str, events: DocumentEvents) -> ProgressDetail | None:
    if stage == "docling":
        return _counted(events.of_name("docling.page"), "page", "pages", "pages")
    if stage == "graphiti":
        written, extracted = events.of_name("graphiti.written"), events.of_name("graphiti.extracted")
        started = events.of_name("graphiti.started")
        return (
            _counted(written, "chunk", "chunks", "chunks")
            or _counted(extracted, "chunk", "chunks", "chunks", done=0)
            or _counted(started, "chunks", "chunks", "chunks", done=0)
        )
    return None


def _counted(
    event: RecordedEvent | None, done_in: str, total_in: str, unit: str, *, done: int | None = None
) -> ProgressDetail | None:
    total = event.number(total_in) if event else None
    if event is None or not total:
        return None
    current = int(event.number(done_in) or 0) if done is None else done
    return ProgressDetail(current=min(current, int(total)), total=int(total), unit=unit)


def _progress(upload: Upload, stage: str, sub_stage: str | None, detail: ProgressDetail | None) -> int:
    if upload.state is UploadState.DONE:
        return 100
    if upload.state in (UploadState.ACCEPTED, UploadState.SUBMITTED):
        return 5
    found = progress_at(stage, sub_stage, detail.current if detail else None, detail.total if detail else None)
    return found or 0


def progress_at(stage: str | None, sub_stage: str | None, done: float | None, total: float | None) -> int | None:
    """Returns the progress at this point, 0 to 100; None for an unknown stage."""
    if stage not in _SPAN:
        return None
    if (stage, sub_stage) == ("upload", "done"):
        return 100
    if (stage, sub_stage) == ("docling", "begun"):  # the run validates the document first
        stage = "validation"
    low, high = _SPAN[stage]
    if sub_stage == "complete":
        return high
    return int(low + (high - low) * min(1.0, (done or 0.0) / total)) if total else low


def _metrics(settings: Settings, upload: Upload, events: DocumentEvents) -> dict[str, int | float | None]:
    ledger = Ledger(open_database(settings.operational_url)).summaries([upload.document])[upload.document]
    created, converted = events.of_name("chunking.created"), events.of_name("docling.complete")
    latest = events.latest("graphiti.extracted", "graphiti.written", "graphiti.complete")
    entities = _whole(latest.number("entities")) if latest else None
    facts = _whole(latest.number("facts")) if latest else None
    written = ledger.count("written")
    return {
        "file_size_bytes": upload.size,
        "pages": _whole(converted.number("pages")) if converted else None,
        "words": _whole(converted.number("words")) if converted else None,
        "chunks_total": _whole(created.number("chunks")) if created else None,
        "chunks_processed": written,
        "chunks_failed": ledger.count("failed") + ledger.count("quarantined"),
        "entities_extracted": entities,
        "relations_extracted": facts,
        "neo4j_nodes_created": written + (entities or 0) if written else 0,
        "neo4j_relations_created": (facts or 0) if written else 0,
        "claude_api_calls": events.counts.get("llm.request", 0),
        "claude_tokens_used": ledger.tokens,
        "cost_usd": ledger.cost_usd,
    }


def _error(upload: Upload) -> dict[str, Any] | None:
    if upload.reason is None:
        return None
    known = {kind.__name__: kind for kind in _tree(FathomError)}
    kind = known.get(upload.reason)
    return {
        "type": upload.reason,
        "message": upload.detail,
        "stage": upload.stage,
        "hint": (kind.hint or None) if kind else None,
        "retryable": kind.retryable if kind else True,
    }


def _tree(kind: type[FathomError]) -> list[type[FathomError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _tree(child))]


def _when(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
