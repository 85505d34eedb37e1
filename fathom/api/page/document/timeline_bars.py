"""The stages of a document as bars on a timeline, with duration and result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from fathom.api.page import figures_in_words
from fathom.api.routes.document_paths import encoded
from fathom.status.document_status import DocumentStatus
from fathom.status.liveness import OVER
from fathom.status.stage_times import StageStep

_WORDS = {"done": "done", "now": "now", "failed": "stopped here", "to come": "to come"}
_DOTS = {"done": "complete", "now": "running", "failed": "failed", "to come": "queued"}
_ASSETS = {"docling": "documents", "chunking": "chunks", "graphiti": "graph_episodes"}
_MIN_WIDTH = 0.6  # percent, the shortest visible bar


@dataclass(frozen=True)
class TimelineBar:
    """A bar; place and width in percent of the timeline."""

    left: str
    width: str


@dataclass(frozen=True)
class StageRow:
    """A stage: its state as a class and as the colour of a dot, its duration in words, its result, its bar.

    `asset` is the asset that it has made, on `asset_page` of Dagster.
    """

    name: str
    state: str
    dot: str
    asset: str | None
    asset_page: str
    took: str
    bar: TimelineBar | None
    result: str


def stages(steps: Sequence[StageStep], status: DocumentStatus) -> list[StageRow]:
    """Returns the stages; the bars share a time scale without the wait in the queue, which would dwarf them."""
    now = time.time()
    work = [step for step in steps if step.stage != "upload" and step.began is not None]
    start = min((step.began or now for step in work), default=now)
    span = max(0.001, max((step.ended or now for step in work), default=now) - start)
    bars = [_bar(step, start, span, now) if step.stage != "upload" else None for step in steps]
    return [_row(step, bar, now, status) for step, bar in zip(steps, bars, strict=True)]


def _row(step: StageStep, bar: TimelineBar | None, now: float, status: DocumentStatus) -> StageRow:
    took = None if step.began is None else (step.ended or now) - step.began
    asset = _ASSETS.get(step.stage) if step.state == "done" else None
    stopped = f"stopped here{f': {step.result}' if step.result else ''}"
    return StageRow(
        name=figures_in_words.STAGES[step.stage],
        state=step.state.replace(" ", "-"),
        dot=_DOTS[step.state],
        asset=asset,
        asset_page=f"/assets/{asset}?partition={encoded(status.upload_id)}",
        took=figures_in_words.seconds(took) if took is not None else _word(step, status),
        bar=bar,
        result=stopped if step.state == "failed" else step.result,
    )


def _word(step: StageStep, status: DocumentStatus) -> str:
    return "–" if step.state == "to come" and status.state in OVER else _WORDS[step.state]


def _bar(step: StageStep, start: float, span: float, now: float) -> TimelineBar | None:
    if step.began is None:
        return None
    left = 100 * max(0.0, step.began - start) / span
    width = min(100 - left, max(_MIN_WIDTH, 100 * ((step.ended or now) - step.began) / span))
    return TimelineBar(f"{min(left, 100 - _MIN_WIDTH):.2f}%", f"{max(width, _MIN_WIDTH):.2f}%")
