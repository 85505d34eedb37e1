"""Submitted runs start at once while there is room, wait in Dagster's queue otherwise, and are over one document each."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import Mock

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.run_coordinator import SubmitRunContext
from dagster._core.test_utils import create_run_for_test
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from fathom.orchestration.dagster_home import dagster_config, write_dagster_home
from fathom.orchestration.warm_runs.run_coordinator import BACKFILL_PRIORITY, PRIORITY_TAG, BoundedRunCoordinator
from fathom.orchestration.warm_runs.run_launcher import WarmRunLauncher
from fathom.orchestration.warm_runs.run_origin import ASSETS, PartitionsWrong, raise_unless_one_document, started_by
from fathom.orchestration.warm_runs.worker_tags import HOST_TAG, PID_TAG, STARTED_TAG, worker_tags
from fathom.settings import Settings

Status = dg.DagsterRunStatus
AT_ONCE = 2
BACKFILL = {"dagster/backfill": "abc", "dagster/partition": "a/b.md"}
URGENT = {"dagster/run_key": "a/b.md@1", PRIORITY_TAG: "10", "dagster/partition": "a/b.md"}


@pytest.fixture
def instance(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The deployment's own, with room for two runs; a run that is launched starts and goes on."""
    write_dagster_home(home_settings.model_copy(update={"runs_at_once": AT_ONCE}))
    with dg.DagsterInstance.from_config(str(home_settings.dagster_home)) as made:
        monkeypatch.setattr(WarmRunLauncher, "launch_run", lambda self, context: None)
        yield made


def submitted(instance: dg.DagsterInstance, job: str = "__ASSET_JOB", **tags: str) -> dg.DagsterRun:
    place = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="definitions"), location_name="fathom")
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(place, "__repository__"), job)
    run = create_run_for_test(instance, job_name=job, tags=tags, remote_job_origin=origin)
    return instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=Mock()))


def test_the_queue_of_the_deployment_holds_as_many_as_its_settings_say(home_settings: Settings) -> None:
    queue = dagster_config(home_settings.model_copy(update={"runs_at_once": 7}))["run_coordinator"]
    assert queue["config"]["max_concurrent_runs"] == 7


@pytest.mark.case(87)
def test_no_more_runs_start_than_may_be_at_work_however_many_are_submitted(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.run_coordinator, BoundedRunCoordinator)
    found = [submitted(instance, **BACKFILL).status for _ in range(24)]
    assert found == [Status.STARTING] * AT_ONCE + [Status.QUEUED] * (24 - AT_ONCE)


def test_a_run_does_not_overtake_those_that_wait_but_an_urgent_upload_does(instance: dg.DagsterInstance) -> None:
    first, *_ = [submitted(instance, **BACKFILL) for _ in range(4)]
    instance.report_run_failed(first)
    assert submitted(instance, **BACKFILL).status is Status.QUEUED
    assert submitted(instance, **URGENT).status is Status.STARTING
    assert submitted(instance, **URGENT).status is Status.STARTING
    assert submitted(instance, **URGENT).status is Status.QUEUED, "one more than usual, and no second"


def test_a_backfill_waits_after_uploads_unless_somebody_says_otherwise(instance: dg.DagsterInstance) -> None:
    assert submitted(instance, **BACKFILL).tags[PRIORITY_TAG] == BACKFILL_PRIORITY
    assert submitted(instance, **BACKFILL, **{PRIORITY_TAG: "3"}).tags[PRIORITY_TAG] == "3"
    assert PRIORITY_TAG not in submitted(instance, **{"dagster/partition": "a/b.md"}).tags


@pytest.mark.case(89)
def test_a_re_execution_is_not_taken_for_dead_by_the_process_of_the_run_it_repeats(instance: dg.DagsterInstance) -> None:
    tags = {**URGENT, "dagster/parent_run_id": "x", **worker_tags()}
    run = submitted(instance, **tags)
    assert [run.tags[name] for name in (PID_TAG, STARTED_TAG, HOST_TAG)] == ["", "", ""]
    by = started_by(run)
    assert by is not None
    assert (by.origin, by.assets) == ("re-execution", ASSETS)


@pytest.mark.case(95)
@pytest.mark.parametrize(
    ("job", "tags"),
    [
        ("__ASSET_JOB", {"dagster/asset_partition_range_start": "a/b.md", "dagster/asset_partition_range_end": "a/z.md"}),
        ("ingest_document", {"dagster/asset_partition_range_start": "a/b.md", "dagster/asset_partition_range_end": "a/b.md"}),
        ("ingest_document", {}),
        ("__ASSET_JOB", {}),
    ],
)
def test_a_run_over_a_range_of_documents_or_over_none_is_refused_and_told_what_to_do(
    instance: dg.DagsterInstance, job: str, tags: dict[str, str]
) -> None:
    with pytest.raises(PartitionsWrong, match=r"backfill.*ingest_backlog"):
        submitted(instance, job, **tags)
    assert instance.get_runs_count(dg.RunsFilter(statuses=[Status.STARTING, Status.QUEUED])) == 0


def test_an_asset_that_is_of_no_document_needs_no_partition_unless_others_are_made_with_it() -> None:
    validation, documents = dg.AssetKey("graph_validation"), dg.AssetKey("documents")
    raise_unless_one_document(dg.DagsterRun(job_name="__ASSET_JOB", asset_selection=frozenset({validation})))
    with pytest.raises(PartitionsWrong):
        raise_unless_one_document(dg.DagsterRun(job_name="__ASSET_JOB", asset_selection=frozenset({validation, documents})))


def test_a_backlog_needs_no_partition(instance: dg.DagsterInstance) -> None:
    assert submitted(instance, "ingest_backlog").status is Status.STARTING


@pytest.mark.parametrize(
    ("tags", "chosen", "origin", "assets"),
    [
        ({}, ["documents"], "hand", ("documents",)),
        ({}, ["graph_episodes", "chunks"], "hand", ("chunks", "graph_episodes")),
        (BACKFILL, ["documents"], "backfill", ("documents",)),
        ({"dagster/parent_run_id": "x", "dagster/run_key": "k"}, None, "re-execution", ASSETS),
    ],
)
def test_how_a_run_was_started_and_for_which_assets(
    tags: dict[str, str], chosen: list[str] | None, origin: str, assets: tuple[str, ...]
) -> None:
    selection = None if chosen is None else frozenset(map(dg.AssetKey, chosen))
    by = started_by(dg.DagsterRun(job_name="__ASSET_JOB", tags=tags, asset_selection=selection))
    assert by is not None
    assert (by.origin, by.assets) == (origin, assets)


def test_a_run_that_fathom_planned_is_nobodys_by_hand() -> None:
    assert started_by(dg.DagsterRun(job_name="ingest_document", tags={"dagster/run_key": "a/b.md@1"})) is None
