"""The page `/quality/components`: the processes of the deployment, and the work of stages and models in the last day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.authorization import unbound
from fathom.api.page import figures_in_words as words
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.api.page.quality.metrics_page import metric_address
from fathom.api.page.quality.plot_view import PlotView, plot_view
from fathom.operations.component_reports import ComponentReport, DeploymentReport, WorkReport, deployment_report
from fathom.operations.plotted_metrics import TrendQuery

STATE_DOTS = {"healthy": "complete", "external": "complete", "unhealthy": "failed", "stopped": "failed"}
MB = 1024**2
MEMORY_WORDS = "Memory by component in the last day; the metric's page has the figures."
router = page_router()


@dataclass(frozen=True)
class ComponentLine:
    """A component as text."""

    name: str
    dot: str
    state: str
    detail: str
    healthy: str
    memory: str
    uptime: str
    version: str
    where: str
    log: str


@dataclass(frozen=True)
class WorkLine:
    """The work of a stage or a model as text."""

    name: str
    done: str
    failed: str
    success: str
    dot: str
    median: str
    p95: str


@dataclass(frozen=True)
class WorkTable:
    """The table of stages or of models; `address` is that of the metric of its times."""

    title: str
    kind: str
    address: str
    lines: list[WorkLine]


@dataclass(frozen=True)
class ComponentsPage:
    """The whole page."""

    template: ClassVar[str] = "quality/components.html"
    as_of: str
    said: str
    components: list[ComponentLine]
    memory_address: str
    memory: PlotView
    work: list[WorkTable]


@router.get("/quality/components")
async def components(request: Request, caller: Visitor) -> Response:
    """Returns the page."""
    unbound(caller)
    found = await run_in_threadpool(deployment_report, request.app.state.settings)
    return html_response(components_page(found), caller)


def components_page(found: DeploymentReport) -> ComponentsPage:
    """Returns the page."""
    down = sum(not one.status.healthy for one in found.components)
    of = words.many(len(found.components), "component")
    return ComponentsPage(
        as_of=words.instant(datetime.fromtimestamp(found.until, UTC)),
        said=f"{down} of {of} not healthy" if down else f"{of}, all healthy",
        components=[_component(one) for one in found.components],
        memory_address=_address("memory_bytes", "component"),
        memory=plot_view(TrendQuery("memory_bytes", "1d", found.until, by="component"), MEMORY_WORDS),
        work=[
            WorkTable("Stages", "Stage", _address("stage_seconds", "stage"), _lines(found.stages, words.STAGES)),
            WorkTable("Language models", "Model", _address("llm_seconds", "model"), _lines(found.models, {})),
        ],
    )


def _component(one: ComponentReport) -> ComponentLine:
    status = one.status
    return ComponentLine(
        name=status.name,
        dot=STATE_DOTS[status.state],
        state=status.state,
        detail=status.detail or "",
        healthy="–" if one.healthy_share is None else f"{100 * one.healthy_share:.1f} %",
        memory="–" if status.rss_mb is None else words.size(round(status.rss_mb * MB)),
        uptime=words.seconds(status.uptime_s) or "–",
        version=status.version or "",
        where=status.address or (f"port {status.port}" if status.port else ""),
        log=status.log or "",
    )


def _lines(work: Sequence[WorkReport], names: dict[str, str]) -> list[WorkLine]:
    return [
        WorkLine(
            name=names.get(one.name, one.name),
            done=f"{one.done:,}",
            failed=f"{one.failed:,}",
            success=f"{100 * one.success_share:.1f} %",
            dot="failed" if one.failed and not one.done else "partial" if one.failed else "passed",
            median=words.seconds(one.median_s) or "–",
            p95=words.seconds(one.p95_s) or "–",
        )
        for one in work
    ]


def _address(name: str, label: str) -> str:
    return f"{metric_address(name, '1d', None)}&by={label}"
