"""Dagster's run monitoring fails a run whose process is gone, and no other."""

from __future__ import annotations

import subprocess
import sys

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus

from fathom.orchestration.warm_runs.run_launcher import WarmRunLauncher
from fathom.orchestration.warm_runs.worker_tags import worker_tags

LAUNCHER = WarmRunLauncher(address="/nowhere/runs.sock")


def health(tags: dict[str, str]) -> WorkerStatus:
    run = dg.DagsterRun(job_name="job", status=dg.DagsterRunStatus.STARTED, tags=tags)
    return LAUNCHER.check_run_worker_health(run).status


def test_a_run_that_has_not_named_its_process_is_not_failed() -> None:
    assert health({}) is WorkerStatus.RUNNING


@pytest.mark.parametrize(("ended", "status"), [(False, WorkerStatus.RUNNING), (True, WorkerStatus.FAILED)])
def test_a_run_is_as_its_process(ended: bool, status: WorkerStatus) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        tags = worker_tags(process.pid)
        if ended:
            process.kill()
            process.wait()
        assert health(tags) is status
    finally:
        process.kill()
        process.communicate()
