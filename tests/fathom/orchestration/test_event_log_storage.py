"""Dagster's event log with kept connections: what one process writes another reads and hears of; forks and wipes too."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy.exc import OperationalError

from fathom.errors import DagsterUnreachable
from fathom.orchestration.dagster_home import write_dagster_home
from fathom.orchestration.event_log_storage import KEPT, KeptEventLog
from fathom.settings import PROJECT_ROOT, Settings
from fathom.waits import bounded_waits

TELL = """
import sys, dagster as dg
with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    instance.report_engine_event(sys.argv[3], run_id=sys.argv[2], job_name="telling")
"""


@dg.op
def tells() -> None:
    dg.get_dagster_logger().info("said in a step")


@dg.job(executor_def=dg.in_process_executor)
def telling() -> None:
    tells()


@pytest.fixture
def home(home_settings: Settings) -> Path:
    write_dagster_home(home_settings)
    return home_settings.dagster_home


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home)) as opened:
        yield opened


def messages(instance: dg.DagsterInstance, run: str) -> list[str]:
    return [(entry.dagster_event and entry.dagster_event.message) or entry.user_message for entry in instance.all_logs(run)]


def elsewhere(home: Path, run: str, message: str) -> None:
    """Another process says it."""
    subprocess.run([sys.executable, "-c", TELL, str(home), run, message], cwd=PROJECT_ROOT, check=True, timeout=60)


def test_what_another_process_writes_is_read_and_heard_of_at_once(home: Path, instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, KeptEventLog)
    run = telling.execute_in_process(instance=instance).run_id
    heard, woken = [], threading.Event()

    def hear(entry: dg.EventLogEntry, _cursor: str) -> None:
        heard.append(entry.message)
        if "said elsewhere" in entry.message:
            woken.set()

    instance.watch_event_logs(run, None, hear)
    try:
        elsewhere(home, run, "said elsewhere")
        assert woken.wait(20), heard
    finally:
        instance.end_watch_event_logs(run, hear)
    assert "said elsewhere" in messages(instance, run)
    assert "said in a step" in messages(instance, run)


def test_more_runs_than_are_kept_open_are_all_written_and_read(instance: dg.DagsterInstance) -> None:
    runs = [telling.execute_in_process(instance=instance).run_id for _ in range(KEPT + 2)]
    assert all("said in a step" in messages(instance, run) for run in runs)


def test_a_fork_opens_its_own(home: Path, instance: dg.DagsterInstance) -> None:
    run = telling.execute_in_process(instance=instance).run_id
    child = os.fork()
    if child == 0:
        code = 1
        try:
            instance.report_engine_event("said by a fork", run_id=run, job_name="telling")
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    instance.report_engine_event("said by its parent", run_id=run, job_name="telling")
    assert {"said by a fork", "said by its parent"} <= set(messages(instance, run))


def test_many_threads_write_each_its_own(instance: dg.DagsterInstance) -> None:
    run = telling.execute_in_process(instance=instance).run_id

    def say(number: int) -> None:
        for at in range(10):
            instance.report_engine_event(f"{number}/{at}", run_id=run, job_name="telling")

    threads = [threading.Thread(target=say, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {f"{number}/{at}" for number in range(4) for at in range(10)} <= set(messages(instance, run))


def test_dagsters_own_storage_reads_what_was_written(home: Path, instance: dg.DagsterInstance, tmp_path: Path) -> None:
    run = telling.execute_in_process(instance=instance).run_id
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "dagster.yaml").write_text(f'{{"storage": {{"sqlite": {{"base_dir": "{home / "storage"}"}}}}}}')
    with dg.DagsterInstance.from_config(str(theirs)) as plain:
        assert not isinstance(plain.event_log_storage, KeptEventLog)
        assert messages(plain, run) == messages(instance, run)


def test_events_are_gone_when_they_are_wiped(instance: dg.DagsterInstance) -> None:
    run = telling.execute_in_process(instance=instance).run_id
    instance.wipe()
    assert messages(instance, run) == []
    again = telling.execute_in_process(instance=instance).run_id
    assert "said in a step" in messages(instance, again)


def test_a_bounded_wait_for_a_locked_file_ends_by_its_bound(instance: dg.DagsterInstance) -> None:
    log = instance.event_log_storage
    assert isinstance(log, KeptEventLog)
    instance.add_dynamic_partitions("documents", ["a"])
    file = log.path_for_shard("index")
    began = time.monotonic()
    with closing(sqlite3.connect(file, isolation_level=None)) as other, bounded_waits(0.5):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            instance.add_dynamic_partitions("documents", ["b"])
        assert instance.get_dynamic_partitions("documents") == ["a"]
    assert time.monotonic() - began < 5
    instance.add_dynamic_partitions("documents", ["b"])


def test_a_bounded_wait_for_another_thread_ends_by_its_bound(instance: dg.DagsterInstance) -> None:
    log = instance.event_log_storage
    assert isinstance(log, KeptEventLog)
    with log.index_connection(), bounded_waits(0.3), pytest.raises(DagsterUnreachable):
        instance.get_dynamic_partitions("documents")
    assert instance.get_dynamic_partitions("documents") == []
