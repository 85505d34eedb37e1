"""A worker counts as dead only when its process is surely gone."""

from __future__ import annotations

import os
import subprocess
import sys

from fathom.orchestration.warm_runs.worker_tags import HOST_TAG, PID_TAG, STARTED_TAG, worker_is_dead, worker_tags


def test_this_process_is_alive() -> None:
    assert worker_is_dead(worker_tags()) is False


def test_a_killed_process_is_dead_before_and_after_it_is_reaped() -> None:
    imported = "import sys; from fathom.orchestration.warm_runs.worker_tags import worker_tags"
    code = f"{imported}; print(worker_tags(), flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        tags: dict[str, str] = eval(child.stdout.readline())
        assert worker_is_dead(tags) is False
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert worker_is_dead(tags) is True
        child.wait()
        assert worker_is_dead(tags) is True


def test_another_process_with_the_same_number_is_not_the_worker() -> None:
    assert worker_is_dead({**worker_tags(), STARTED_TAG: "1000000000.0"}) is True


def test_nothing_is_said_of_workers_that_are_unknown_or_elsewhere() -> None:
    assert worker_is_dead({}) is False
    assert worker_is_dead({PID_TAG: "not a number", STARTED_TAG: "1.0"}) is False
    assert worker_is_dead({**worker_tags(), PID_TAG: "999999999", HOST_TAG: "another-host"}) is False
