"""A home belongs to the Dagster in its own folder; another instance is refused by name and changes nothing of it."""

from pathlib import Path

import dagster as dg
import pytest

from fathom.orchestration.dagster_home import write_dagster_home
from fathom.orchestration.warm_runs.instance_check import OtherDagster, raise_if_other
from fathom.settings import Settings
from fathom.uploads.intake import Intake, open_intake
from ingestion_assets.partitions import documents_by_id
from resources.uploads import Uploads
from sensors.uploads import new_uploads


def running(settings: Settings) -> Intake:
    """The intake of a home whose one document is in the hands of a run that its own Dagster knows."""
    write_dagster_home(settings)
    intake = open_intake(settings)
    place = settings.inbox_path / "a" / "b.md"
    place.parent.mkdir(parents=True)
    place.write_text("# Harbour")
    while intake.state_of("a/b.md") is None:
        intake.look()
    intake.plan_runs(0)
    intake.mark_running("a/b.md", run_id="of-the-deployment")
    return intake


@pytest.mark.case(98)
def test_a_sensor_of_another_dagster_is_refused_by_name_and_takes_no_document(home_settings: Settings, tmp_path: Path) -> None:
    intake = running(home_settings)
    before = intake.state_of("a/b.md")
    (home_settings.inbox_path / "a" / "new.md").write_text("# New")
    other = tmp_path / "other"
    other.mkdir()
    with dg.DagsterInstance.local_temp(str(other)) as instance, dg.build_sensor_context(instance=instance) as context:
        with pytest.raises(OtherDagster, match="Set DAGSTER_HOME=") as refused:
            new_uploads(context)
        assert str(home_settings.dagster_home) in refused.value.message
    assert intake.state_of("a/b.md") == before
    assert intake.state_of("a/new.md") is None


@pytest.mark.case(98)
def test_a_run_of_another_dagster_touches_no_document(home_settings: Settings, tmp_path: Path) -> None:
    intake = running(home_settings)
    before = intake.state_of("a/b.md")

    @dg.asset(partitions_def=documents_by_id)
    def anything(context: dg.AssetExecutionContext, uploads: Uploads) -> None:
        uploads.begin(context.partition_key, version=None, run=context.run, stage="docling")

    other = tmp_path / "other"
    other.mkdir()
    with dg.DagsterInstance.local_temp(str(other)) as instance:
        instance.add_dynamic_partitions("documents", ["a/b.md"])
        arguments = {"instance": instance, "partition_key": "a/b.md", "resources": {"uploads": Uploads()}}
        result = dg.materialize([anything], **arguments, raise_on_error=False)
    assert not result.success
    assert intake.state_of("a/b.md") == before


def test_the_homes_own_dagster_is_welcome_by_whatever_path(home_settings: Settings, tmp_path: Path) -> None:
    write_dagster_home(home_settings)
    link = tmp_path / "link"
    link.symlink_to(home_settings.home)
    with dg.DagsterInstance.from_config(str(home_settings.dagster_home)) as instance:
        raise_if_other(home_settings, instance)
        raise_if_other(home_settings.model_copy(update={"home": link}), instance)


def test_a_home_whose_dagster_was_never_set_up_takes_any(home_settings: Settings, tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        raise_if_other(home_settings, instance)
