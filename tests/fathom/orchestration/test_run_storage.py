"""Dagster's runs and ticks are in SQLite over connections that are kept, in each process its own."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from fathom.orchestration.run_storage import KeptRunStorage, KeptScheduleStorage
from fathom.waits import bounded_waits


@pytest.fixture
def runs(tmp_path: Path) -> KeptRunStorage:
    return KeptRunStorage.from_local(str(tmp_path / "history"))


def raw(connection: sa.Connection) -> object:
    """The driver's own connection."""
    return connection.connection.dbapi_connection


def test_a_query_uses_the_connection_of_the_query_before(runs: KeptRunStorage) -> None:
    with runs.connect() as first:
        kept = raw(first)
    with runs.connect() as second:
        assert raw(second) is kept


def test_two_queries_at_once_have_a_connection_each(runs: KeptRunStorage) -> None:
    with runs.connect() as first, runs.connect() as second:
        assert raw(first) is not raw(second)


def test_a_fork_uses_no_connection_of_its_parent(runs: KeptRunStorage) -> None:
    with runs.connect() as connection:
        kept = raw(connection)
    pid = os.fork()
    if pid == 0:
        with runs.connect() as connection:
            own = raw(connection) is not kept
        os._exit(0 if own else 1)
    assert os.waitpid(pid, 0)[1] == 0
    with runs.connect() as connection:
        assert raw(connection) is kept


def test_a_request_waits_for_a_lock_no_longer_than_its_bound(runs: KeptRunStorage, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "history" / "runs.db")
    other.execute("BEGIN IMMEDIATE")
    run = dg.DagsterRun(job_name="job", run_id="6ea4c3a2-0000-4000-8000-000000000000")
    try:
        began = time.monotonic()
        with bounded_waits(0.5), pytest.raises(sa.exc.OperationalError, match="locked"):
            runs.add_run(run)
        assert time.monotonic() - began < 5
    finally:
        other.rollback()
        other.close()
    runs.add_run(run)
    assert runs.has_run(run.run_id)


def test_ticks_are_kept_as_dagster_keeps_them(tmp_path: Path) -> None:
    written = KeptScheduleStorage.from_local(str(tmp_path / "schedules"))
    assert list(written.all_instigator_state()) == []
    with written.connect() as connection:
        assert "job_ticks" in sa.inspect(connection).get_table_names()
    written.dispose()
