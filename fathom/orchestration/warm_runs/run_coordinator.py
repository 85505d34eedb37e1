"""Dagster's run coordinator: launches a run at once below the limit of concurrent runs, and queues it otherwise.

Dagster's queue alone would delay each upload until its next poll; without it a backfill would start all its runs at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import dagster as dg
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext
from dagster._core.storage.dagster_run import ACTIVE_RUN_STATUSES
from dagster._serdes.config_class import ConfigurableClassData
from filelock import FileLock, Timeout

from fathom.orchestration.warm_runs.run_origin import BACKFILL_TAG, planned_by_fathom, raise_unless_one_document
from fathom.orchestration.warm_runs.worker_tags import HOST_TAG, PID_TAG, STARTED_TAG
from fathom.uploads.scheduler import URGENT_RUNS

PRIORITY_TAG = "dagster/priority"
BACKFILL_PRIORITY = "-1"  # an upload does not wait for a whole backfill
LOCKED_FOR_S = 5.0


class BoundedRunCoordinator(QueuedRunCoordinator[dg.DagsterInstance]):
    """Launches a run at once if the limit allows it and no run is queued; queues it otherwise."""

    def __init__(self, lock: str, inst_data: ConfigurableClassData | None = None, **queue: Any) -> None:
        super().__init__(inst_data=inst_data, **queue)
        self._lock = Path(lock)

    @classmethod
    def config_type(cls) -> Any:
        """Returns the configuration schema of Dagster's queue, and the lock file for counting runs."""
        queue: Any = super().config_type()
        return {**queue, "lock": dg.StringSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """Creates the coordinator from its configuration in dagster.yaml."""
        return cls(inst_data=inst_data, **config_value)

    def submit_run(self, context: SubmitRunContext) -> dg.DagsterRun:
        """Launches the run, or queues it. Raises PartitionsWrong for a run over no document or over a range of them."""
        run = context.dagster_run
        if run.status is not dg.DagsterRunStatus.NOT_STARTED:
            return super().submit_run(context)
        raise_unless_one_document(run)
        if tags := _own_tags(run.tags):
            self._instance.add_run_tags(run.run_id, tags)
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._lock, timeout=LOCKED_FOR_S):
                if self._has_room(run):
                    return self._instance.launch_run(run.run_id, context.workspace)
        except Timeout:  # another process takes long to launch a run: queue this run
            pass
        return super().submit_run(context)

    def _has_room(self, run: dg.DagsterRun) -> bool:
        """Returns whether the run may start now: below the limit and with an empty queue; urgent runs may exceed the limit.

        While the queue is empty, Dagster's own poll launches no run, so that the count is valid.
        """
        at_work = self._instance.get_runs_count(dg.RunsFilter(statuses=list(ACTIVE_RUN_STATUSES)))
        limit = self.get_run_queue_config().max_concurrent_runs
        if _is_urgent(run.tags):
            return at_work < limit + URGENT_RUNS
        waiting = self._instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED]))
        return at_work < limit and not waiting


def _is_urgent(tags: Mapping[str, str]) -> bool:
    """Returns whether Fathom planned the run with a priority above 0; Fathom itself limits the number of such runs."""
    priority = tags.get(PRIORITY_TAG, "0")
    return planned_by_fathom(tags) and priority.isdigit() and int(priority) > 0


def _own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Returns the tags to set on a submitted run: the parent's worker process is cleared, backfills get a lower priority."""
    found = {name: "" for name in (PID_TAG, STARTED_TAG, HOST_TAG) if tags.get(name)}
    if BACKFILL_TAG in tags and PRIORITY_TAG not in tags:
        found[PRIORITY_TAG] = BACKFILL_PRIORITY
    return found
