"""Renders the stages of a document as bars on a timeline, with duration and result."""

from __future__ import annotations

import time
from collections.abc import Sequence

from fathom.api.page import figures_in_words
from fathom.api.page.html_markup import Child, Markup, tag
from fathom.api.page.page_frame import dagster
from fathom.api.routes.document_paths import encoded
from fathom.status.document_status import DocumentStatus
from fathom.status.liveness import OVER
from fathom.status.stage_times import StageStep

_WORDS = {"done": "done", "now": "now", "failed": "stopped here", "to come": "to come"}
_DOTS = {"done": "complete", "now": "running", "failed": "failed", "to come": "queued"}
_ASSETS = {"docling": "documents", "chunking": "chunks", "graphiti": "graph_episodes"}
_MIN_WIDTH = 0.6  # percent, the shortest visible bar


def stages(steps: Sequence[StageStep], status: DocumentStatus) -> Markup:
    """Returns the stages; the bars share a time scale without the wait in the queue, which would dwarf them."""
    now = time.time()
    work = [step for step in steps if step.stage != "upload" and step.began is not None]
    start = min((step.began or now for step in work), default=now)
    span = max(0.001, max((step.ended or now for step in work), default=now) - start)
    rows = (tag("li", *_step(step, start, span, now, status), class_=step.state.replace(" ", "-")) for step in steps)
    return tag("section", tag("h2", "Stages"), tag("ol", *rows, class_="stages"), id="stages")


def _step(step: StageStep, start: float, span: float, now: float, status: DocumentStatus) -> list[Child]:
    took = None if step.began is None else (step.ended or now) - step.began
    word = figures_in_words.STAGES[step.stage]
    asset = _ASSETS.get(step.stage)
    name: Child = word
    if asset and step.state == "done":
        where = dagster(f"/assets/{asset}?partition={encoded(status.upload_id)}")
        name = tag("a", word, href=where, target="_blank", rel="noopener", title=f"{asset} of this document in Dagster")
    return [
        tag("span", tag("span", name, class_=f"dot {_DOTS[step.state]}"), class_="name"),
        tag("span", figures_in_words.seconds(took) if took is not None else _word(step, status), class_="took"),
        _bar(step, start, span, now) if step.stage != "upload" else tag("span"),
        tag(
            "span",
            step.result if step.state != "failed" else f"stopped here{f': {step.result}' if step.result else ''}",
            class_="result",
        ),
    ]


def _word(step: StageStep, status: DocumentStatus) -> str:
    return "–" if step.state == "to come" and status.state in OVER else _WORDS[step.state]


def _bar(step: StageStep, start: float, span: float, now: float) -> Markup:
    if step.began is None:
        return tag("span")
    left = 100 * max(0.0, step.began - start) / span
    width = min(100 - left, max(_MIN_WIDTH, 100 * ((step.ended or now) - step.began) / span))
    rect = tag(
        "rect", x=f"{min(left, 100 - _MIN_WIDTH):.2f}%", y="0", width=f"{max(width, _MIN_WIDTH):.2f}%", height="8", rx="2"
    )
    return tag("svg", rect, class_="span", width="100%", height="8", aria_hidden="true")
