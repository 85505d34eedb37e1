"""Old runs: what nobody needs goes, what a document has now stays readable, and the files get smaller."""

import os
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from fathom.database import open_database
from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.orchestration.event_log_storage import KeptEventLog
from fathom.orchestration.event_packing import unpack
from fathom.orchestration.materializations import records_of
from fathom.orchestration.retention import (
    DAY_S,
    FILES,
    MAX_RUNS_PER_PASS,
    apply_retention,
    compact,
    enable_incremental_vacuum,
    vacuum_free_pages,
)
from fathom.settings import Settings
from fathom.tables import uploads
from fathom.uploads.upload import UploadState

partitions = dg.DynamicPartitionsDefinition(name="letters")
with warnings.catch_warnings():
    warnings.simplefilter("ignore", dg.PreviewWarning)  # as in checks/outcome.py
    SPECS = [dg.AssetCheckSpec(name, asset="documents", partitions_def=partitions) for name in ("whole", "short")]


@dg.asset(name="documents", partitions_def=partitions, check_specs=SPECS)
def letters(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    if "fails" in context.partition_key:
        raise ValueError("no such letter")
    checks = [dg.AssetCheckResult(passed=True, check_name=name, description=f"It is {name}.") for name in ("whole", "short")]
    return dg.MaterializeResult(metadata={"pages": 3}, check_results=checks)


@pytest.fixture
def instance(home_settings: Settings) -> Iterator[dg.DagsterInstance]:
    write_dagster_home(home_settings)
    prepare_storage(home_settings)
    with dg.DagsterInstance.from_config(str(home_settings.dagster_home)) as opened:
        yield opened


def run_of(instance: dg.DagsterInstance, letter: str) -> str:
    instance.add_dynamic_partitions("letters", [letter])
    return dg.materialize([letters], instance=instance, partition_key=letter, raise_on_error=False).run_id


def later(days: float = 15) -> float:
    return time.time() + days * DAY_S


def kinds(instance: dg.DagsterInstance, run: str) -> list[str]:
    return sorted({str(entry.dagster_event_type and entry.dagster_event_type.value) for entry in instance.all_logs(run)})


def test_of_the_run_that_made_the_present_state_that_and_its_checks_stay(
    home_settings: Settings, instance: dg.DagsterInstance
) -> None:
    run = run_of(instance, "a/1.md")
    before, count = records_of(home_settings, {"a/1.md": run}), len(instance.all_logs(run))
    done = apply_retention(home_settings, instance, now=later())
    assert (done.looked_at, done.thinned, done.deleted) == (1, 1, [])
    assert records_of(home_settings, {"a/1.md": run}) == before
    assert len(before["a/1.md"].checks) == 2
    stay = [
        "ASSET_CHECK_EVALUATION",
        "ASSET_MATERIALIZATION",
        "PIPELINE_START",
        "PIPELINE_SUCCESS",
        "STEP_START",
        "STEP_SUCCESS",
    ]
    assert kinds(instance, run) == stay
    assert len(instance.all_logs(run)) == count - done.events
    found = instance.get_run_by_id(run)
    assert found is not None
    assert found.status is dg.DagsterRunStatus.SUCCESS
    assert instance.get_materialized_partitions(dg.AssetKey("documents")) == {"a/1.md"}
    assert apply_retention(home_settings, instance, now=later()).events == 0


def test_events_that_nobody_reads_are_not_stored_and_runs_have_no_files_of_their_own(
    home_settings: Settings, instance: dg.DagsterInstance
) -> None:
    run = run_of(instance, "a/1.md")
    assert set(kinds(instance, run)) == {
        "ENGINE_EVENT", "PIPELINE_START", "STEP_START", "STEP_OUTPUT", "ASSET_MATERIALIZATION", "ASSET_MATERIALIZATION_PLANNED",
        "ASSET_CHECK_EVALUATION", "STEP_SUCCESS", "PIPELINE_SUCCESS",
    }  # fmt: skip
    outputs = instance.get_records_for_run(run, of_type=dg.DagsterEventType.STEP_OUTPUT).records
    assert len(outputs) == 1
    assert [file.name for file in (home_settings.dagster_home / "storage" / "history" / "runs").glob("*.db")] == ["index.db"]


def test_a_check_that_is_planned_is_among_the_outcomes_until_it_ran(instance: dg.DagsterInstance) -> None:
    run = run_of(instance, "a/fails.md")
    check = dg.AssetCheckKey(dg.AssetKey("documents"), "whole")
    history = instance.event_log_storage.get_asset_check_execution_history(check, limit=10)
    assert [(one.run_id, one.status.value) for one in history] == [(run, "PLANNED")]


def test_a_run_whose_document_was_made_anew_is_gone_with_all_that_it_left(
    home_settings: Settings, instance: dg.DagsterInstance
) -> None:
    first, second = run_of(instance, "a/1.md"), run_of(instance, "a/1.md")
    assert apply_retention(home_settings, instance, now=later()).deleted == [first]
    assert instance.get_run_by_id(first) is None
    assert instance.all_logs(first) == []
    assert instance.get_run_by_id(second) is not None
    check = dg.AssetCheckKey(dg.AssetKey("documents"), "whole")
    history = instance.event_log_storage.get_asset_check_execution_history(check, limit=10)
    assert [one.run_id for one in history] == [second]
    file = home_settings.dagster_home / "storage" / FILES[0]
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM run_tags WHERE run_id = ?", (first,)).fetchone() == (0,)


def test_what_was_stored_before_events_were_packed_is_packed_when_it_is_old(
    home_settings: Settings, instance: dg.DagsterInstance
) -> None:
    run = run_of(instance, "a/1.md")
    shown = records_of(home_settings, {"a/1.md": run})
    with closing(sqlite3.connect(home_settings.dagster_home / "storage" / FILES[1])) as connection:
        for table, column in (("event_logs", "event"), ("asset_check_executions", "evaluation_event")):
            for number, packed in connection.execute(f"SELECT id, {column} FROM {table}").fetchall():
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (unpack(packed), number))
        connection.commit()
        assert records_of(home_settings, {"a/1.md": run}) == shown
        apply_retention(home_settings, instance, now=later())
        of_events = connection.execute("SELECT DISTINCT typeof(event) FROM event_logs WHERE run_id = ?", (run,)).fetchall()
        of_checks = connection.execute("SELECT DISTINCT typeof(evaluation_event) FROM asset_check_executions").fetchall()
        assert of_events == of_checks == [("blob",)]
    assert records_of(home_settings, {"a/1.md": run}) == shown


def test_young_runs_stay_whole(home_settings: Settings, instance: dg.DagsterInstance) -> None:
    run = run_of(instance, "a/1.md")
    whole = kinds(instance, run)
    assert apply_retention(home_settings, instance, now=later(home_settings.dagster_days - 1)).looked_at == 0
    assert kinds(instance, run) == whole


@pytest.mark.parametrize(("state", "stays"), [(UploadState.FAILED, True), (UploadState.DONE, False)])
def test_a_failed_run_stays_whole_as_long_as_its_document_is_failed(
    home_settings: Settings, instance: dg.DagsterInstance, state: UploadState, stays: bool
) -> None:
    run = run_of(instance, "a/fails.md")
    row = {"document": "a/fails.md", "collection": "a", "path": "fails.md", "size": 1, "mtime_ns": 0, "updated_at": 0.0}
    with open_database(home_settings.operational_url).begin() as connection:
        connection.execute(uploads.insert().values(**row, state=state, run_id=run))
    assert apply_retention(home_settings, instance, now=later()).deleted == ([] if stays else [run])
    assert ("STEP_FAILURE" in kinds(instance, run)) is stays


def test_passes_go_on_where_the_last_one_ended_and_then_begin_again(
    home_settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fathom.orchestration.retention.MAX_RUNS_PER_PASS", 2)
    assert MAX_RUNS_PER_PASS > 2
    runs = [run_of(instance, f"a/{number}.md") for number in range(3)]
    first = apply_retention(home_settings, instance, now=later())
    assert (first.looked_at, first.cursor > 0) == (2, True)
    second = apply_retention(home_settings, instance, cursor=first.cursor, now=later())
    assert (second.looked_at, second.cursor) == (1, 0.0)
    assert all(instance.get_run_by_id(run) for run in runs)


def test_runs_that_have_files_of_their_own_from_before_lose_them_and_stay_readable(
    home_settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home_settings.dagster_home / "storage" / "history" / "runs"
    with monkeypatch.context() as before:
        for name in ("store_event", "run_connection", "_shard", "path_for_shard"):
            old = (lambda _self, run: run) if name == "_shard" else getattr(SqliteEventLogStorage, name)
            before.setattr(KeptEventLog, name, old)
        run = run_of(instance, "a/1.md")
    assert (folder / f"{run}.db").exists()
    shown = records_of(home_settings, {"a/1.md": run})
    assert "STEP_SUCCESS" in kinds(instance, run)
    instance.report_engine_event("said later", run_id=run, job_name="letters")
    assert "said later" in str(instance.all_logs(run))
    apply_retention(home_settings, instance, now=later())
    assert not list(folder.glob(f"{run}*"))
    assert records_of(home_settings, {"a/1.md": run}) == shown
    assert kinds(instance, run)[:2] == ["ASSET_CHECK_EVALUATION", "ASSET_MATERIALIZATION"]


def test_a_database_gives_back_what_was_deleted_from_it(tmp_path: Path) -> None:
    file = tmp_path / "some.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE texts (text)")
        connection.execute("INSERT INTO texts VALUES ('kept')")
        connection.commit()
    assert enable_incremental_vacuum(file)
    assert not enable_incremental_vacuum(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.executemany("INSERT INTO texts VALUES (?)", [("x" * 1000,)] * 5000)
        connection.execute("DELETE FROM texts WHERE text != 'kept'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    large = file.stat().st_size
    assert vacuum_free_pages(file) > 0.9 * large
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT text FROM texts").fetchall() == [("kept",)]


def test_a_database_with_much_empty_room_in_its_pages_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "some.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE texts (text)")
        connection.executemany("INSERT INTO texts VALUES (?)", [("x" * 300,)] * 8000)
        connection.commit()
        assert compact(file) == 0
        connection.execute("DELETE FROM texts WHERE rowid % 2")
        connection.commit()
    large = file.stat().st_size
    assert compact(file) > 0.4 * large
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM texts").fetchone() == (4000,)


def test_a_database_that_is_locked_or_missing_is_left_for_the_next_pass(tmp_path: Path) -> None:
    file = tmp_path / "some.db"
    assert (vacuum_free_pages(file), enable_incremental_vacuum(file), compact(file)) == (0, False, 0)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE texts (text)")
        connection.execute("BEGIN EXCLUSIVE")
        assert (vacuum_free_pages(file), enable_incremental_vacuum(file)) == (0, False)


def test_every_database_of_a_home_can_shrink(home_settings: Settings, instance: dg.DagsterInstance) -> None:
    for name in FILES:
        with closing(sqlite3.connect(home_settings.dagster_home / "storage" / name)) as connection:
            assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,), name


def test_old_files_of_ticks_go_and_runs_leave_none(home_settings: Settings, instance: dg.DagsterInstance) -> None:
    run_of(instance, "a/1.md")
    logs = home_settings.dagster_home / "compute_logs"
    assert not [path for path in logs.rglob("*") if path.is_file()]
    old, new = (logs / "__repository__" / "new_uploads" / name for name in ("1.err", "2.err"))
    old.parent.mkdir(parents=True)
    for path in (old, new):
        path.write_text("said")
    os.utime(old, (0, 0))
    assert apply_retention(home_settings, instance).files == 1
    assert (old.exists(), new.exists()) == (False, True)
