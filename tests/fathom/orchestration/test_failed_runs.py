"""The last run of a job that failed is found with the sentence of its error, until the job succeeds."""

from __future__ import annotations

import time

import dagster as dg
import pytest

from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.orchestration.failed_runs import failed_runs
from fathom.orchestration.run_submission import open_instance
from fathom.settings import Settings

broken = {"is": True}


@dg.op
def disk() -> None:
    if broken["is"]:
        try:
            raise OSError("No space left on device.")
        except OSError as error:
            raise RuntimeError("The backup stopped.") from error


@dg.job
def back_up() -> None:
    disk()


@dg.job
def ingest_backlog() -> None:
    disk()


@pytest.fixture
def instance(home_settings: Settings) -> dg.DagsterInstance:
    write_dagster_home(home_settings)
    prepare_storage(home_settings)
    return open_instance(home_settings)


def test_there_are_none_where_dagster_was_never_started(home_settings: Settings) -> None:
    assert list(failed_runs(home_settings, 0.0)) == []


def test_a_job_is_found_until_it_succeeds(home_settings: Settings, instance: dg.DagsterInstance) -> None:
    broken["is"] = True
    since = time.time() - 3600
    runs = [back_up.execute_in_process(instance=instance, raise_on_error=False).run_id for _ in range(2)]
    ingest_backlog.execute_in_process(instance=instance, raise_on_error=False)  # its documents have states of their own
    (found,) = failed_runs(home_settings, since)
    assert (found.job, found.run_id, found.failures) == ("back_up", runs[-1], 2)
    assert "No space left on device." in found.error
    assert list(failed_runs(home_settings, time.time() + 60)) == []
    broken["is"] = False
    back_up.execute_in_process(instance=instance)
    assert list(failed_runs(home_settings, since)) == []
