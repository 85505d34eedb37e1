"""Dagster's run launcher: uses the warm run server, or Dagster's default launcher while the server is unreachable."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, LaunchRunContext, WorkerStatus
from dagster._serdes.config_class import ConfigurableClassData

from fathom.orchestration.warm_runs.run_socket import ask
from fathom.orchestration.warm_runs.worker_tags import PID_TAG, worker_process

GRACE_SECONDS = 1.5


class WarmRunLauncher(DefaultRunLauncher):
    """Launches runs as forks of the run server, or as new processes of the code server."""

    def __init__(self, address: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._address = Path(address)

    @classmethod
    def config_type(cls) -> Any:
        """Returns the configuration schema: the socket of the run server."""
        return {"address": dg.StringSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        """Creates the launcher from its configuration in dagster.yaml."""
        return cls(address=config_value["address"], inst_data=inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Starts a process for the run and tags the run with it."""
        run = context.dagster_run
        try:
            tags = ask(self._address, run=run.run_id)
        except (OSError, ValueError):
            self._instance.report_engine_event("The warm run server is away; a fresh process takes the run.", run)
            super().launch_run(context)
            return
        self._instance.add_run_tags(run.run_id, tags)

    def terminate(self, run_id: str) -> bool:
        """Interrupts the run's process, and kills it after a grace period; returns False if there was none."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        if not run.tags.get(PID_TAG):
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        self._instance.report_run_canceling(run)
        process = worker_process(run.tags)
        if process is not None:
            process.send_signal(signal.SIGINT)
            deadline = time.monotonic() + GRACE_SECONDS
            while worker_process(run.tags) is not None and time.monotonic() < deadline:
                time.sleep(0.05)
            if (stubborn := worker_process(run.tags)) is not None:
                stubborn.kill()
        ended = self._instance.get_run_by_id(run_id)
        if ended is not None and not ended.is_finished:
            self._instance.report_run_canceled(ended)
        return process is not None

    @property
    def supports_check_run_worker_health(self) -> bool:
        """True: Dagster's run monitoring can check the process of a run."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Returns whether the tagged process of the run is alive; a run without a tag passes for running.

        It has no tag in the moment after its fork, and where the code server started it, which reports its end. Dagster fails
        a run whose worker is unknown.
        """
        if not run.tags.get(PID_TAG):
            return CheckRunHealthResult(WorkerStatus.RUNNING, "The run has not named its process.")
        if worker_process(run.tags) is not None:
            return CheckRunHealthResult(WorkerStatus.RUNNING, run_worker_id=run.tags[PID_TAG])
        return CheckRunHealthResult(WorkerStatus.FAILED, "The run's process is gone.", run_worker_id=run.tags[PID_TAG])
