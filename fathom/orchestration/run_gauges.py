"""Measures Dagster: runs in progress and queued, and the time since each sensor's last tick."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from fathom.errors import DagsterUnreachable
from fathom.orchestration.run_submission import open_instance
from fathom.settings import Settings


@dataclass(frozen=True)
class RunGauges:
    """Runs by state, and the seconds since the last tick of each running sensor, by name."""

    in_progress: int = 0
    queued: int = 0
    sensor_ages: dict[str, float] = field(default_factory=dict[str, float])


def run_gauges(settings: Settings, now: float | None = None) -> RunGauges | None:
    """Returns the gauges; None where Dagster was never started or its storage cannot be read."""
    import dagster as dg
    from dagster._core.definitions.run_request import InstigatorType
    from dagster._core.scheduler.instigation import InstigatorStatus, SensorInstigatorData

    now = time.time() if now is None else now
    try:
        instance = open_instance(settings)
    except DagsterUnreachable:
        return None

    def count(*states: dg.DagsterRunStatus) -> int:
        return instance.get_runs_count(dg.RunsFilter(statuses=list(states)))

    ages: dict[str, float] = {}
    for state in instance.all_instigator_state(instigator_type=InstigatorType.SENSOR):
        data = state.instigator_data
        if state.status == InstigatorStatus.STOPPED or not isinstance(data, SensorInstigatorData):
            continue
        last = data.last_tick_timestamp or data.last_sensor_start_timestamp
        if last:
            ages[state.instigator_name] = max(0.0, now - last)
    return RunGauges(
        in_progress=count(dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING),
        queued=count(dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED),
        sensor_ages=ages,
    )
