"""The sensors of metrics roll up what is new, ask for a look at each complete hour once, and touch no other deployment."""

from __future__ import annotations

import time
from collections.abc import Callable

import dagster as dg
import pytest
import sqlalchemy as sa

from fathom.database import open_database
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.metrics.rollup_steps import HOUR_S, floor_to
from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.orchestration.warm_runs.instance_check import OtherDagster
from fathom.settings import Settings
from fathom.tables import metric_rollups as table
from sensors import metrics_due
from sensors.metric_rollups import metric_rollups
from sensors.metrics_due import quality_metrics_due

Tick = Callable[[dg.SensorDefinition, str | None], tuple[object, str | None]]


@pytest.fixture
def tick(home_settings: Settings) -> Tick:
    write_dagster_home(home_settings)
    prepare_storage(home_settings)

    def ticked(sensor: dg.SensorDefinition, cursor: str | None) -> tuple[object, str | None]:
        with (
            dg.DagsterInstance.from_config(str(home_settings.dagster_home)) as instance,
            dg.build_sensor_context(instance=instance, cursor=cursor) as context,
        ):
            return sensor(context), context.cursor

    return ticked


def test_rollups_are_made_and_counted(tick: Tick, home_settings: Settings) -> None:
    engine = open_database(home_settings.operational_url)
    MetricHistory(engine).record([MetricSample("documents_done", 1.0, time.time() - 2 * HOUR_S, {"collection": "a"})])
    result, _ = tick(metric_rollups, None)
    assert isinstance(result, dg.SkipReason)
    assert (result.skip_message or "").endswith("spans rolled up, 0 deleted.")
    with engine.connect() as connection:
        steps = connection.scalars(sa.select(table.c.step_s).distinct().order_by(table.c.step_s)).all()
    assert list(steps) == [60, 300, 3600]


@pytest.mark.parametrize("cursor", [None, "", "nonsense", "0", "9e99"])
def test_an_hour_is_looked_at_once_when_it_is_complete(tick: Tick, monkeypatch: pytest.MonkeyPatch, cursor: str | None) -> None:
    end = floor_to(time.time(), HOUR_S)
    now = end + 301.0
    monkeypatch.setattr(metrics_due.time, "time", lambda: now)
    result, kept = tick(quality_metrics_due, cursor)
    assert isinstance(result, dg.RunRequest)
    assert (result.run_key, kept) == (f"metrics-{end}", str(end))
    now = end + HOUR_S + 299.0  # the next hour is not complete
    result, kept = tick(quality_metrics_due, kept)
    assert isinstance(result, dg.SkipReason)
    now = end + HOUR_S + 300.0
    result, kept = tick(quality_metrics_due, kept)
    assert isinstance(result, dg.RunRequest)
    assert result.run_key == f"metrics-{end + HOUR_S}"


def test_another_dagster_changes_nothing(home_settings: Settings) -> None:
    write_dagster_home(home_settings)
    for sensor in (metric_rollups, quality_metrics_due):
        with (
            dg.DagsterInstance.ephemeral() as instance,
            dg.build_sensor_context(instance=instance) as context,
            pytest.raises(OtherDagster),
        ):
            sensor(context)
