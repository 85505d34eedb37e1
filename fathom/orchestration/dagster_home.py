"""Writes Dagster's folder in the home: the generated dagster.yaml, and the storage before several processes open it."""

from __future__ import annotations

import json
import os
from typing import Any

from fathom.observability.dagster_log_sampling import LOGGER as SHOWN
from fathom.observability.json_lines_handler import keep_logs
from fathom.orchestration.retention import FILES, enable_incremental_vacuum
from fathom.orchestration.warm_runs.run_socket import run_server_address
from fathom.processes.process import disk_error
from fathom.settings import Settings

FILE = "dagster.yaml"
HEADER = "# Written by `fathom up` from Fathom's settings, anew each time; what is changed here by hand is lost.\n"
# Retention of sensor ticks, in days.
SKIPPED_DAYS, TICK_DAYS = 2, 30
DEQUEUE_EVERY_S = 1  # interval of Dagster's check for queued runs


def dagster_config(settings: Settings) -> dict[str, Any]:
    """Returns the content of dagster.yaml for these settings."""
    home = settings.dagster_home
    days = {"skipped": SKIPPED_DAYS, "success": TICK_DAYS, "failure": TICK_DAYS, "started": TICK_DAYS}
    return {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "storage": {"custom": _storage(settings)},
        "compute_logs": {
            "module": "fathom.orchestration.tick_logs",
            "class": "TickLogManager",
            "config": {"base_dir": str(home / "compute_logs")},
        },
        "local_artifact_storage": {
            "module": "dagster._core.storage.root",
            "class": "LocalArtifactStorage",
            "config": {"base_dir": str(home)},
        },
        # Uploads are planned within the limit and start at once; runs started by hand, such as backfills, are queued.
        "run_coordinator": {
            "module": "fathom.orchestration.warm_runs.run_coordinator",
            "class": "BoundedRunCoordinator",
            "config": {
                "lock": str(settings.home / "locks" / "runs.lock"),
                "max_concurrent_runs": settings.runs_at_once,
                "dequeue_interval_seconds": DEQUEUE_EVERY_S,
                "max_user_code_failure_retries": 5,
                "user_code_failure_retry_delay": 10,
            },
        },
        "run_launcher": {
            "module": "fathom.orchestration.warm_runs.run_launcher",
            "class": "WarmRunLauncher",
            "config": {"address": str(run_server_address(settings.home))},
        },
        "run_monitoring": {
            "enabled": True,
            "start_timeout_seconds": 300,
            "cancel_timeout_seconds": 30,
            "poll_interval_seconds": 15,
            "max_resume_run_attempts": 0,
        },
        # No asset has a condition or a policy for these; each would be a loop of the daemon.
        "auto_materialize": {"enabled": False, "use_sensors": False},
        "freshness": {"enabled": False},
        "sensors": {"use_threads": True, "num_workers": 4},
        "schedules": {"use_threads": True, "num_workers": 2},
        "retention": {"sensor": {"purge_after_days": days}, "schedule": {"purge_after_days": days}},
        "python_logs": {"managed_python_loggers": [SHOWN], "python_log_level": settings.log_level},
    }


def _storage(settings: Settings) -> dict[str, Any]:
    """Returns the configuration of Dagster's storage: in Postgres where Fathom's own tables are, else in SQLite."""
    if settings.in_postgres:
        return {"module": "fathom.orchestration.postgres_storage", "class": "DeploymentPostgresStorage", "config": {}}
    base = str(settings.dagster_home / "storage")
    return {"module": "fathom.orchestration.event_log_storage", "class": "KeptSqliteStorage", "config": {"base_dir": base}}


def write_dagster_home(settings: Settings) -> bool:
    """Writes the dagster.yaml of these settings; returns whether it changed.

    Raises StoreFull, StoreFailed if the folder cannot be written.
    """
    # JSON is valid YAML and avoids YAML's quoting rules
    text = HEADER + json.dumps(dagster_config(settings), indent=2) + "\n"
    file = settings.dagster_home / FILE
    try:
        if file.exists() and file.read_text() == text:
            return False
        settings.dagster_home.mkdir(parents=True, exist_ok=True)
        whole = file.with_suffix(".tmp")
        whole.write_text(text)
        whole.replace(file)
    except OSError as error:
        raise disk_error(error, settings.dagster_home) from error
    return True


def prepare_storage(settings: Settings) -> bool:
    """Creates Dagster's databases before concurrent processes do, with incremental vacuum; returns whether they were new."""
    if settings.in_postgres:
        from fathom.orchestration.postgres_storage import make_schema

        return make_schema(settings.operational_url)
    storage = settings.dagster_home / "storage"
    new = not (storage / "schedules" / "schedules.db").exists()
    if new:
        import dagster as dg

        with dg.DagsterInstance.from_config(str(settings.dagster_home)):
            pass
    for name in FILES:
        enable_incremental_vacuum(storage / name)
    return new


def keep_logs_in_deployment(settings: Settings) -> None:
    """Sends the logs of a code location to the home, if it is loaded by a deployment."""
    if os.environ.get("DAGSTER_HOME"):
        keep_logs(settings, "runs")
