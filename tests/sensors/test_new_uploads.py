"""A tick of the sensor requests each upload's run once, adds just the partitions that are missing, and says why it rests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from fathom.orchestration.run_reconciliation import START_LIMIT_S
from fathom.settings import Settings
from fathom.uploads.intake import Intake, open_intake
from fathom.uploads.scheduler import MAX_SINGLE_RUNS
from ingestion_assets.partitions import documents_by_id
from sensors.uploads import new_uploads

Status = dg.DagsterRunStatus
RUN_KEY = "dagster/run_key"


@dataclass
class Daemon:
    """What Dagster's daemon does with a tick: partitions are added, a run is created for a key that has none."""

    instance: dg.DagsterInstance
    settings: Settings

    @property
    def intake(self) -> Intake:
        return open_intake(self.settings)

    def tick(self) -> dg.SensorResult | str:
        with dg.build_sensor_context(instance=self.instance) as context:
            result = new_uploads(context)
        if isinstance(result, dg.SkipReason):
            return result.skip_message or ""
        assert isinstance(result, dg.SensorResult)
        return result

    def requests(self) -> list[dg.RunRequest]:
        """A tick's run requests, after its partitions were added as the daemon does before it creates runs."""
        result = self.tick()
        if isinstance(result, str):
            return []
        for request in result.dynamic_partitions_requests or []:
            self.instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
        return list(result.run_requests or [])

    def launch(self, request: dg.RunRequest, status: dg.DagsterRunStatus = Status.STARTED, **tags: str) -> dg.DagsterRun:
        every = {**request.tags, RUN_KEY: request.run_key or "", **tags}
        return create_run_for_test(self.instance, job_name=request.job_name, status=status, tags=every)

    def work_off(self, request: dg.RunRequest) -> None:
        """A run for the request that does all its documents and succeeds."""
        run = self.launch(request, Status.SUCCESS)
        for document in documents_of(request):
            at = self.intake.mark_running(document, run_id=run.run_id)
            self.intake.mark_done(document, at.version, run_id=run.run_id)

    def partitions(self) -> list[str]:
        return sorted(self.instance.get_dynamic_partitions(documents_by_id.name or ""))


def documents_of(request: dg.RunRequest) -> list[str]:
    if request.partition_key:
        return [request.partition_key]
    documents: list[str] = request.run_config["ops"]["drain"]["config"]["documents"]
    return documents


@pytest.fixture
def daemon(home_settings: Settings) -> Iterator[Daemon]:
    home_settings.home.mkdir()
    with dg.DagsterInstance.local_temp(str(home_settings.home)) as instance:
        yield Daemon(instance, home_settings)


def drop(settings: Settings, path: str, content: str = "text", *, age: float = 60) -> Path:
    place = settings.inbox_path / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content)
    os.utime(place, (time.time() - age,) * 2)
    return place


def test_an_empty_inbox_is_a_sentence_and_no_run(daemon: Daemon) -> None:
    assert daemon.tick() == "Nothing new, 0 waiting, 0 runs in flight."


def test_one_file_is_one_partition_and_one_run_of_the_asset_job(daemon: Daemon) -> None:
    drop(daemon.settings, "law/déjà vu.txt")
    [request] = daemon.requests()
    version = request.tags["fathom/version"]
    assert (request.job_name, request.partition_key) == ("ingest_document", "law/déjà vu.txt")
    assert request.run_key == f"law/déjà vu.txt@{version}"
    assert request.tags["fathom/collection"] == "law"
    assert daemon.partitions() == ["law/déjà vu.txt"]


def test_a_backlog_is_few_runs_of_the_backlog_job_one_collection_each(daemon: Daemon) -> None:
    for n in range(2 * MAX_SINGLE_RUNS):
        drop(daemon.settings, f"{'law' if n % 2 else 'art'}/{n}.txt", str(n))
    requests = daemon.requests()
    assert [request.job_name for request in requests] == ["ingest_backlog", "ingest_backlog"]
    assert [request.tags["fathom/documents"] for request in requests] == ["4", "4"]
    assert [{document.split("/")[0] for document in documents_of(request)} for request in requests] == [{"art"}, {"law"}]
    assert len(daemon.partitions()) == 2 * MAX_SINGLE_RUNS


@pytest.mark.filterwarnings("ignore:Parameter `owners` of initializer:Warning")  # dagster passes it on to its own sensors
def test_the_requests_are_ones_the_code_location_can_run(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster's own evaluation: job names, partition keys and run config are checked against the definitions."""
    from definitions import defs

    for n in range(MAX_SINGLE_RUNS + 1):
        drop(daemon.settings, f"law/{n}.txt", str(n))
    drop(daemon.settings, "art/alone.txt")
    monkeypatch.setattr(dg.DagsterInstance, "get_dynamic_partitions", lambda *_args: pytest.fail("all partitions were listed"))
    with dg.SensorEvaluationContext(
        instance_ref=daemon.instance.get_ref(),
        last_tick_completion_time=None,
        last_run_key=None,
        cursor=None,
        repository_name=None,
        repository_def=defs.get_repository_def(),
        sensor_name=new_uploads.name,
    ) as context:
        data = new_uploads.evaluate_tick(context)
    assert sorted(request.job_name or "" for request in data.run_requests or []) == ["ingest_backlog", "ingest_document"]
    for request in data.run_requests or []:
        if request.job_name == "ingest_backlog":
            dg.validate_run_config(defs.resolve_job_def("ingest_backlog"), request.run_config)


STORY = [
    ("first", {"law/a.txt": "a", "law/b.txt": "b"}, {"law/a.txt", "law/b.txt"}),
    ("nothing new", {}, set()),
    ("some new", {"law/c.txt": "c"}, {"law/c.txt"}),
    ("the same bytes again", {"law/a.txt": "a"}, set()),
    ("all changed", {"law/a.txt": "A", "law/b.txt": "B"}, {"law/a.txt", "law/b.txt"}),
    ("one back as it was", {"law/a.txt": "a"}, {"law/a.txt"}),
]


def test_the_story_of_an_inbox_asserting_runs_and_state(daemon: Daemon) -> None:
    keys: list[str] = []
    for turn, (name, files, expected) in enumerate(STORY):
        for path, content in files.items():
            drop(daemon.settings, path, content, age=1000 - turn)
        requests = daemon.requests()
        assert {document for request in requests for document in documents_of(request)} == expected, name
        assert {row.document for row in daemon.intake.list(states=["submitted"])} == expected, name
        keys += [request.run_key or "" for request in requests]
        for request in requests:
            daemon.work_off(request)
        assert daemon.requests() == [], f"after {name}"
        assert set(daemon.intake.counts()) == {"done"}
    assert len(set(keys)) == len(keys)


def test_a_restart_before_the_runs_were_created_requests_the_same_keys_and_partitions_again(daemon: Daemon) -> None:
    for n in range(MAX_SINGLE_RUNS + 1):
        drop(daemon.settings, f"law/{n}.txt", str(n))
    lost, again = daemon.tick(), daemon.tick()
    assert isinstance(lost, dg.SensorResult)
    assert isinstance(again, dg.SensorResult)
    assert [request.run_key for request in again.run_requests or []] == [request.run_key for request in lost.run_requests or []]
    assert again.dynamic_partitions_requests == lost.dynamic_partitions_requests


def test_runs_in_flight_are_not_requested_again_and_bound_the_new_ones(daemon: Daemon) -> None:
    for n in range(MAX_SINGLE_RUNS):
        drop(daemon.settings, f"law/{n}.txt", str(n))
    first = daemon.requests()
    assert len(first) == daemon.settings.runs_at_once == 2
    for request, status in zip(first, (Status.STARTING, Status.STARTED), strict=True):
        daemon.launch(request, status)
    message = daemon.tick()
    assert isinstance(message, str)
    assert "2 waiting" in message
    assert "2 runs in flight" in message


def test_a_run_that_was_created_and_not_launched_is_requested_again_for_dagster_to_launch(daemon: Daemon) -> None:
    drop(daemon.settings, "law/a.txt")
    [request] = daemon.requests()
    daemon.launch(request, Status.NOT_STARTED)
    assert [again.run_key for again in daemon.requests()] == [request.run_key]


def test_a_run_that_ends_without_an_outcome_is_tried_again_under_another_key(daemon: Daemon) -> None:
    drop(daemon.settings, "law/a.txt")
    [request] = daemon.requests()
    run = daemon.launch(request, Status.FAILURE)
    daemon.intake.mark_running("law/a.txt", run_id=run.run_id)
    message = daemon.tick()
    assert isinstance(message, str), "the second try is not at once"
    assert "1 of ended runs to be tried again" in message
    [again] = daemon.intake.plan_runs(0, time.time() + 3600)
    assert again.run_key == f"{request.run_key}#1"


def test_a_run_whose_process_was_killed_is_reported_failed_and_its_document_tried_again(daemon: Daemon) -> None:
    drop(daemon.settings, "law/a.txt")
    [request] = daemon.requests()
    code = "from fathom.orchestration.warm_runs.worker_tags import worker_tags; print(worker_tags())"
    gone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    run = daemon.launch(request, Status.STARTED, **eval(gone))
    daemon.intake.mark_running("law/a.txt", run_id=run.run_id)
    daemon.tick()
    ended = daemon.instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.status is Status.FAILURE
    row = daemon.intake.state_of("law/a.txt")
    assert row is not None
    assert (row.state, row.attempts, row.reason) == ("accepted", 1, "RunLost")


def test_a_run_that_was_launched_and_never_started_is_given_up_in_the_end(daemon: Daemon) -> None:
    drop(daemon.settings, "law/a.txt")
    [request] = daemon.requests()
    run = daemon.launch(request, Status.STARTING)
    assert isinstance(daemon.tick(), str)
    assert getattr(daemon.instance.get_run_by_id(run.run_id), "status", None) is Status.STARTING
    later = time.time() + START_LIMIT_S + 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fathom.orchestration.run_reconciliation.time.time", lambda: later)
        daemon.tick()
    assert getattr(daemon.instance.get_run_by_id(run.run_id), "status", None) is Status.FAILURE


def test_a_cancelled_run_leaves_its_document_failed_by_name(daemon: Daemon) -> None:
    drop(daemon.settings, "law/a.txt")
    [request] = daemon.requests()
    daemon.launch(request, Status.CANCELED)
    assert daemon.requests() == []
    row = daemon.intake.state_of("law/a.txt")
    assert row is not None
    assert (row.state, row.reason) == ("failed", "RunCancelled")


def test_partitions_are_asked_for_one_by_one_and_only_for_what_is_requested(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(10):
        drop(daemon.settings, f"law/{n}.txt", str(n))
    for request in daemon.requests():
        daemon.work_off(request)
    drop(daemon.settings, "law/new.txt")
    asked: list[str] = []
    has = daemon.instance.has_dynamic_partition
    monkeypatch.setattr(daemon.instance, "get_dynamic_partitions", lambda *_args: pytest.fail("all partitions were listed"))
    monkeypatch.setattr(daemon.instance, "has_dynamic_partition", lambda name, key: (asked.append(key), has(name, key))[1])
    assert len(daemon.requests()) == 1
    assert asked == ["law/new.txt"]


def test_what_is_refused_and_what_is_too_large_is_said_and_does_not_hold_back_the_rest(daemon: Daemon) -> None:
    drop(daemon.settings, "law/good.txt")
    (daemon.settings.inbox_path / "law/link.txt").symlink_to("/etc/passwd")
    big = drop(daemon.settings, "law/big.pdf")
    os.truncate(big, 300 * 1024 * 1024)
    os.utime(big, (1e9, 1e9))
    assert [request.partition_key for request in daemon.requests()] == ["law/good.txt"]
    assert daemon.intake.counts() == {"submitted": 1, "refused": 1, "rejected": 1}
