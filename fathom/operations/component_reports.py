"""Reports the components of the deployment, and the work of stages and models, over the last day."""

from __future__ import annotations

import time
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.deployment.components import status_all
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.rollup_steps import DAY_S, FIVE_MINUTES_S
from fathom.metrics.value_tally import ValueTally
from fathom.operations.quality_reports import refresh_metrics
from fathom.processes.component import ComponentStatus
from fathom.settings import Settings


class ComponentReport(BaseModel):
    """A component with its share of healthy minutes."""

    model_config = ConfigDict(frozen=True)

    status: ComponentStatus
    healthy_share: float | None = Field(description="of the minutes of the last day in which it was looked at")


class WorkReport(BaseModel):
    """The calls of a stage or a model in the last day."""

    model_config = ConfigDict(frozen=True)

    name: str
    done: int
    failed: int
    success_share: float
    median_s: float | None = Field(description="null where durations are not measured")
    p95_s: float | None


class DeploymentReport(BaseModel):
    """Components, stages and models."""

    model_config = ConfigDict(frozen=True)

    components: list[ComponentReport]
    stages: list[WorkReport]
    models: list[WorkReport]
    until: float = Field(description="seconds since 1970")


def deployment_report(settings: Settings, now: float | None = None) -> DeploymentReport:
    """Returns the report of the last day. Raises DatabaseUnreachable."""
    now = time.time() if now is None else now
    engine = refresh_metrics(settings)
    healthy = _day(engine, "component_up", "component", now)
    components = [
        ComponentReport(status=status, healthy_share=healthy[status.name].mean if status.name in healthy else None)
        for status in status_all(settings)
    ]
    return DeploymentReport(
        components=components,
        stages=_work(engine, "stage", ("stage_seconds", "documents_failed", "stage_seconds"), now),
        models=_work(engine, "model", ("llm_calls", "llm_errors", "llm_seconds"), now),
        until=now,
    )


def _work(engine: Engine, label: str, names: tuple[str, str, str], now: float) -> list[WorkReport]:
    """Returns a report for each value of the label; the names are the metrics of what was done, of failures and of times."""
    done, failed, times = (_day(engine, name, label, now) for name in names)
    found = []
    for name in sorted({*done, *failed}):
        good = done[name].count if name in done else 0
        bad = round(failed[name].total) if name in failed else 0
        seconds = times.get(name)
        found.append(
            WorkReport(
                name=name or "unknown",
                done=good,
                failed=bad,
                success_share=good / (good + bad) if good + bad else 1.0,
                median_s=seconds.quantile(0.5) if seconds else None,
                p95_s=seconds.quantile(0.95) if seconds else None,
            )
        )
    return found


def _day(engine: Engine, name: str, label: str, now: float) -> Mapping[str, ValueTally]:
    found: dict[str, ValueTally] = {}
    for series in MetricHistory(engine).series(name, now - DAY_S, now, FIVE_MINUTES_S, by=(label,)):
        whole = found.setdefault(series.labels[label], ValueTally())
        for _, tally in series.points:
            whole.merge(tally)
    return found
