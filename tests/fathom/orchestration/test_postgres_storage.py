"""With FATHOM_DATABASE_URL in Postgres, Dagster's runs, events and schedules are there too."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._daemon.types import DaemonHeartbeat
from dagster_postgres import PostgresEventLogStorage

from fathom import settings as settings_module
from fathom.database import open_database
from fathom.orchestration.dagster_home import FILE, prepare_storage, write_dagster_home
from fathom.orchestration.deleted_partitions import without_partition
from fathom.orchestration.materializations import records_of
from fathom.orchestration.retention import DAY_S, apply_retention
from fathom.orchestration.run_submission import PARTITIONS
from fathom.processes.probes import daemon_heartbeats
from fathom.settings import Settings
from fathom.tables import uploads
from fathom.uploads.upload import UploadState

pytestmark = pytest.mark.integration

partitions = dg.DynamicPartitionsDefinition(name=PARTITIONS)


@dg.asset(name="documents", partitions_def=partitions)
def reports(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    if "fails" in context.partition_key:
        raise ValueError("no such report")
    return dg.MaterializeResult(metadata={"pages": 3})


@pytest.fixture
def in_postgres(home_settings: Settings, postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("FATHOM_DATABASE_URL", postgres_database)
    settings_module.settings.cache_clear()
    return settings_module.settings()


@pytest.fixture
def instance(in_postgres: Settings) -> Iterator[dg.DagsterInstance]:
    write_dagster_home(in_postgres)
    prepare_storage(in_postgres)
    with dg.DagsterInstance.from_config(str(in_postgres.dagster_home)) as opened:
        yield opened


def run_of(instance: dg.DagsterInstance, document: str) -> str:
    instance.add_dynamic_partitions(PARTITIONS, [document])
    return dg.materialize([reports], instance=instance, partition_key=document, raise_on_error=False).run_id


def test_runs_and_events_are_in_a_schema_of_their_own(in_postgres: Settings, instance: dg.DagsterInstance) -> None:
    run = run_of(instance, "a/1.md")
    with open_database(in_postgres.operational_url).connect() as connection:
        assert connection.execute(sa.text("SELECT run_id FROM dagster.runs")).scalars().all() == [run]
        assert connection.execute(sa.text("SELECT count(*) FROM dagster.event_logs")).scalar_one() > 5
        tables = sa.inspect(connection).get_table_names("public")
    assert "uploads" in tables
    assert "event_logs" not in tables
    assert not (in_postgres.dagster_home / "storage" / "history").exists()


def test_the_password_is_not_written_down(in_postgres: Settings, instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, PostgresEventLogStorage)
    assert "postgresql://" not in (in_postgres.dagster_home / FILE).read_text()


def test_what_it_has_on_record_of_documents_is_read(in_postgres: Settings, instance: dg.DagsterInstance) -> None:
    run = run_of(instance, "a/1.md")
    found = records_of(in_postgres, {"a/1.md": run})["a/1.md"]
    assert found.runs["documents"] == run
    assert found.number("documents", "pages") == 3


def test_old_runs_go_and_the_last_materialization_stays(in_postgres: Settings, instance: dg.DagsterInstance) -> None:
    older, newer, failed = run_of(instance, "a/1.md"), run_of(instance, "a/1.md"), run_of(instance, "a/fails.md")
    done = apply_retention(in_postgres, instance, now=time.time() + 15 * DAY_S)
    assert (done.looked_at, sorted(done.deleted), done.thinned) == (3, sorted([older, failed]), 1)
    assert [run.run_id for run in instance.get_runs()] == [newer]
    assert instance.get_materialized_partitions(dg.AssetKey("documents")) == {"a/1.md"}


def test_the_daemons_heartbeat_is_read_without_dagster(in_postgres: Settings, instance: dg.DagsterInstance) -> None:
    assert daemon_heartbeats(in_postgres) == {}
    now = datetime.now(UTC).timestamp()
    instance.add_daemon_heartbeat(DaemonHeartbeat(now, "SENSOR", "d1", []))
    assert daemon_heartbeats(in_postgres)["SENSOR"] == pytest.approx(now, abs=1)


def test_a_document_whose_partition_was_deleted_is_found(in_postgres: Settings, instance: dg.DagsterInstance) -> None:
    row = {
        "document": "a/1.md", "collection": "a", "path": "1.md", "size": 1, "mtime_ns": 1, "version": "v", "attempts": 1,
        "state": UploadState.DONE, "run_id": "r", "accepted_at": 1.0, "updated_at": 1.0,
    }  # fmt: skip
    with open_database(in_postgres.operational_url).begin() as connection:
        connection.execute(uploads.insert().values(**row))
    assert without_partition(in_postgres) == ["a/1.md"]
    instance.add_dynamic_partitions(PARTITIONS, ["a/1.md"])
    assert without_partition(in_postgres) == []
