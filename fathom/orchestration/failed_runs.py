"""Finds Dagster's failed runs of jobs that have not succeeded since, such as backups and validations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from fathom.errors import DagsterUnreachable
from fathom.orchestration.run_submission import open_instance
from fathom.orchestration.warm_runs.run_origin import BACKLOG_JOB
from fathom.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

DOCUMENT_JOBS = frozenset({"ingest_document", BACKLOG_JOB})  # their failures are in the table of uploads
MAX_FAILED = 100
MAX_ERROR = 300  # characters


@dataclass(frozen=True)
class FailedRun:
    """The last run of a job, which failed: its id, when it ended in seconds since 1970, the error's sentence, and how often."""

    job: str
    run_id: str
    at: float
    error: str
    failures: int


def failed_runs(settings: Settings, since: float) -> Iterator[FailedRun]:
    """Yields the last run of each job that failed since then and has not succeeded after it; none without a Dagster."""
    import dagster as dg

    try:
        instance = open_instance(settings)
    except DagsterUnreachable:
        return
    after = datetime.fromtimestamp(since, UTC)
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=after)
    by_job: dict[str, list[dg.RunRecord]] = {}
    for record in instance.get_run_records(failed, limit=MAX_FAILED):
        if record.dagster_run.job_name not in DOCUMENT_JOBS:
            by_job.setdefault(record.dagster_run.job_name, []).append(record)
    for job, records in sorted(by_job.items()):
        succeeded = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS], updated_after=after)
        good = max((_ended_at(record) for record in instance.get_run_records(succeeded, limit=1)), default=0.0)
        newer = [record for record in records if _ended_at(record) > good]
        if newer:
            last = max(newer, key=_ended_at)
            run_id = last.dagster_run.run_id
            yield FailedRun(job, run_id, _ended_at(last), _error_of(instance, run_id), len(newer))


def _ended_at(record: dg.RunRecord) -> float:
    return record.end_time or record.update_timestamp.timestamp()


@lru_cache(maxsize=200)
def _error_of(instance: dg.DagsterInstance, run_id: str) -> str:
    """Returns the first line of the error that ended the run; a run that has ended does not change."""
    import dagster as dg

    for kind in (dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE):
        for found in instance.get_records_for_run(run_id, of_type=kind, limit=1).records:
            event = found.event_log_entry.dagster_event
            error = getattr(event.event_specific_data, "error", None) if event else None
            while error is not None and error.cause is not None:
                error = error.cause
            said = (error.message if error is not None else event.message if event else None) or ""
            if said.strip():
                return said.strip().splitlines()[0][:MAX_ERROR]
    return "its process said nothing"
