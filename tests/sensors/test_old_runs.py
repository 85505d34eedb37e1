"""The sensor of old runs starts none, goes on where it was, and touches nothing of a deployment that is not its own."""

from __future__ import annotations

import dagster as dg
import pytest

from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.orchestration.warm_runs.instance_check import OtherDagster
from fathom.settings import Settings
from sensors.old_runs import old_runs


@pytest.mark.parametrize("cursor", [None, "0.0", "1796008869.95", "nonsense"])
def test_it_says_what_it_did_and_starts_nothing(home_settings: Settings, cursor: str | None) -> None:
    write_dagster_home(home_settings)
    prepare_storage(home_settings)
    with (
        dg.DagsterInstance.from_config(str(home_settings.dagster_home)) as instance,
        dg.build_sensor_context(instance=instance, cursor=cursor) as context,
    ):
        result = old_runs(context)
        assert isinstance(result, dg.SkipReason)
        assert "0 old runs looked at" in (result.skip_message or "")
        assert context.cursor == "0.0"


def test_another_dagster_deletes_nothing(home_settings: Settings) -> None:
    write_dagster_home(home_settings)
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(instance=instance) as context,
        pytest.raises(OtherDagster),
    ):
        old_runs(context)
