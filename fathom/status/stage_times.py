"""Builds the timeline of a document: start, end and result of each stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from fathom.database import open_database
from fathom.observability.event_store import Events, RecordedEvent
from fathom.settings import Settings
from fathom.status.document_status import STAGES
from fathom.status.liveness import DocumentEvents
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import Upload, UploadState

StepState = Literal["done", "now", "failed", "to come"]
_BEGIN: Mapping[str, tuple[str, ...]] = {
    "validation": ("validation.started",),
    "docling": ("docling.started", "docling.begun"),
    "chunking": ("chunking.begun",),
    "graphiti": ("graphiti.begun",),
}


@dataclass(frozen=True, slots=True)
class StageStep:
    """A stage of a document's last run; times in seconds since 1970, `result` is its metrics as text."""

    stage: str
    state: StepState
    began: float | None
    ended: float | None
    result: str


def timeline(settings: Settings, document: str, now: float | None = None) -> list[StageStep]:
    """Returns the wait and the stages of the document in order; none for an unknown document. Raises DatabaseUnreachable."""
    now = time.time() if now is None else now
    upload = open_intake(settings).state_of(document)
    if upload is None:
        return []
    since = (upload.accepted_at or upload.updated_at) - 5.0
    found = Events(open_database(settings.operational_url)).last_of_each(document, since)
    events = DocumentEvents.of(found, upload)
    steps = [_step(stage, upload, events) for stage in STAGES]
    refused = next((at for at, step in enumerate(steps) if step.state == "failed"), len(steps))
    # only the first failed stage counts: the conversion's first event precedes validation, which it includes
    after = [StageStep(step.stage, "to come", None, None, "") for step in steps[refused + 1 :]]
    return [_wait(upload, events), *steps[: refused + 1], *after]


def _wait(upload: Upload, events: DocumentEvents) -> StageStep:
    begun = events.first_begun
    waits = upload.state in (UploadState.ACCEPTED, UploadState.SUBMITTED)
    ended = begun if not waits else None
    result = f"after {upload.attempts} failed" if upload.attempts else ""
    if waits:
        return StageStep("upload", "now", upload.accepted_at, None, result)
    if ended is None:  # it was rejected by the intake
        return StageStep("upload", "failed" if upload.stage in (None, "upload") else "done", upload.accepted_at, None, result)
    return StageStep("upload", "done", upload.accepted_at, ended, result)


def _step(stage: str, upload: Upload, events: DocumentEvents) -> StageStep:
    waits = upload.state in (UploadState.ACCEPTED, UploadState.SUBMITTED)
    begun = next((event for name in _BEGIN[stage] if (event := events.of_name(name))), None)
    if begun is None or (waits and events.of_name("graphiti.complete")):  # it was done, and was requeued
        stopped = upload.state in (UploadState.FAILED, UploadState.REJECTED) and upload.stage == stage
        return StageStep(stage, "failed" if stopped else "to come", None, None, "")
    done, failed = (events.of_name(f"{stage}.{end}") for end in ("complete", "failed"))
    if done is not None and done.id > begun.id:
        return StageStep(stage, "done", begun.at, done.at, _RESULT[stage](events))
    if waits:
        return StageStep(stage, "to come", None, None, "")
    if failed is not None and failed.id > begun.id:
        return StageStep(stage, "failed", begun.at, failed.at, str(failed.metrics.get("error") or ""))
    ended = upload.state in (UploadState.FAILED, UploadState.REJECTED, UploadState.DONE)
    state: StepState = "failed" if ended else "now"
    return StageStep(stage, state, begun.at, upload.updated_at if ended else None, _RESULT[stage](events))


def _figures(event: RecordedEvent | None, *wanted: tuple[str, str]) -> str:
    """Returns the positive metrics of an event with their units."""
    found = [(event.number(name) if event else None, unit) for name, unit in wanted]
    counts = [(int(value), unit) for value, unit in found if value]
    return ", ".join(f"{value:,} {unit.removesuffix('s') if value == 1 else unit}" for value, unit in counts)


def _graph(events: DocumentEvents) -> str:
    done = events.of_name("graphiti.complete")
    if done is None:
        return _figures(events.of_name("graphiti.written"), ("chunk", "chunks written"))
    failed = done.number("failed")
    counts = _figures(done, ("written", "written"), ("unchanged", "unchanged")) + (f", {failed:.0f} failed" if failed else "")
    entities, facts = (int(done.number(name) or 0) for name in ("entities", "facts"))
    return f"{counts}; {entities:,} {'entity' if entities == 1 else 'entities'}, {facts:,} {'fact' if facts == 1 else 'facts'}"


_RESULT: Mapping[str, Callable[[DocumentEvents], str]] = {
    "validation": lambda events: _figures(events.of_name("validation.complete"), ("pages", "pages")),
    "docling": lambda events: _figures(events.of_name("docling.complete"), ("pages", "pages"), ("words", "words")),
    "chunking": lambda events: _figures(events.of_name("chunking.created"), ("chunks", "chunks"), ("tokens", "tokens")),
    "graphiti": _graph,
}
