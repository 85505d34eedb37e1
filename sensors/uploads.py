"""The sensor that turns new and changed files in the inbox into partitions and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg

from fathom.orchestration.daemon_rest import begin_tick, end_quiet_tick
from fathom.orchestration.run_reconciliation import run_states
from fathom.orchestration.run_submission import backlog_config, run_tags, submission_lock
from fathom.orchestration.warm_runs.instance_check import raise_if_other
from fathom.settings import settings
from fathom.uploads.inbox.acceptance import IntakeReport
from fathom.uploads.intake import open_intake
from fathom.uploads.transitions import Reconciliation
from fathom.uploads.upload import PlannedRun, UploadState
from ingestion_assets.jobs import ingest_backlog, ingest_document
from ingestion_assets.partitions import documents_by_id

SECONDS_BETWEEN_TICKS = 5  # the shortest interval of Dagster's sensors


@dg.sensor(
    name="new_uploads",
    jobs=[ingest_document, ingest_backlog],
    minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Whole new or changed files in the inbox: each becomes a partition and is ingested, a backlog many to a run.",
)
def new_uploads(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Requests runs for accepted uploads as planned in the intake's table.

    `runs_at_once` are in flight, and URGENT_RUNS more for urgent documents. Raises OtherDagster in an instance of Dagster that
    is not the home's, before anything of the home is changed.
    """
    raise_if_other(settings(), context.instance)
    inbox = begin_tick(settings())
    intake = open_intake(settings())
    report = intake.look()
    with submission_lock(settings()):  # the API starts runs too; a plan and its run are not atomic
        found = intake.reconcile(run_states(context.instance, intake.active_run_keys()))
        runs = [*found.again, *intake.plan_runs(found.in_flight)]
    counts = intake.counts()
    summary = sentence(report, found, counts)
    for entry in report.refused:
        context.log.warning(f"Refused {entry.path}: {entry.error.name}: {entry.error.message} {entry.error.what_to_do}")
    if not runs:
        if not (report.leaves_work or found.in_flight or counts.get(UploadState.ACCEPTED)):
            end_quiet_tick(settings(), inbox)
        return dg.SkipReason(summary)
    context.log.info(summary)
    return dg.SensorResult(
        run_requests=[request(run) for run in runs],
        dynamic_partitions_requests=_missing_partitions(context.instance, runs),
    )


def request(run: PlannedRun) -> dg.RunRequest:
    """Returns the run request: the asset job on a partition for a single document, else the backlog job."""
    tags = run_tags(run)
    if len(run.documents) == 1:
        return dg.RunRequest(run.run_key, job_name=ingest_document.name, partition_key=run.documents[0], tags=tags)
    return dg.RunRequest(run.run_key, job_name=ingest_backlog.name, run_config=backlog_config(run.documents), tags=tags)


def sentence(report: IntakeReport, found: Reconciliation, counts: Mapping[str, int]) -> str:
    """Summarizes a tick: accepted, waiting and running documents, and errors; `counts` are the documents by state."""
    states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()) if state != UploadState.ACCEPTED)
    parts = [
        f"{len(report.accepted)} new or changed of {report.known + len(report.accepted)} known"
        if report.accepted
        else "Nothing new",
        f"{counts.get(UploadState.ACCEPTED, 0)} waiting",
        f"{found.in_flight} runs in flight",
        states,
        f"{len(report.busy)} still being written" if report.busy else "",
        f"{report.left} left for the next tick" if report.left else "",
        f"{len(report.rejected)} rejected by size" if report.rejected else "",
        f"{len(found.requeued)} of ended runs to be tried again" if found.requeued else "",
        f"{len(found.failed)} given up" if found.failed else "",
    ]
    return ", ".join(part for part in parts if part) + "." + (f" {report.stopped}" if report.stopped else "")


def _missing_partitions(
    instance: dg.DagsterInstance, runs: Sequence[PlannedRun]
) -> list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]:
    """Returns requests for missing partitions of the runs' documents; looks each up, never lists all."""
    name = documents_by_id.name
    documents = dict.fromkeys(document for run in runs for document in run.documents)
    missing = [document for document in documents if name and not instance.has_dynamic_partition(name, document)]
    return [documents_by_id.build_add_request(missing)] if missing else []
