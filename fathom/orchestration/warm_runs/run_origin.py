"""Determines the origin of a Dagster run (planned by Fathom or started by hand), and its assets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fathom.errors import UsageWrong
from fathom.uploads.hand_runs import RunStart

if TYPE_CHECKING:
    import dagster as dg

RUN_KEY_TAG = "dagster/run_key"
PARENT_TAG = "dagster/parent_run_id"
BACKFILL_TAG = "dagster/backfill"
PARTITION_TAG = "dagster/partition"
RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
BACKLOG_JOB = "ingest_backlog"
ASSETS = ("documents", "chunks", "graph_episodes")


class PartitionsWrong(UsageWrong):
    """A run covers no document or a range of documents; each run of these assets must cover exactly 1."""

    def __init__(self, message: str) -> None:
        """Adds the hint to the message, since Dagster shows an error's message only."""
        super().__init__(
            f"{message} Launch a backfill, which has one run for each partition, or the job ingest_backlog with "
            '{"ops": {"drain": {"config": {"documents": ["collection/file.pdf"]}}}}.'
        )


def planned_by_fathom(tags: Mapping[str, str]) -> bool:
    """Returns whether the sensor or the API requested the run; a re-execution has their tags too but was not planned."""
    return RUN_KEY_TAG in tags and PARENT_TAG not in tags


def started_by(run: dg.DagsterRun) -> RunStart | None:
    """Returns how the run was started and its assets; None if Fathom planned the run."""
    if planned_by_fathom(run.tags):
        return None
    assets = _assets(run)
    if BACKFILL_TAG in run.tags:
        return RunStart("backfill", assets)
    return RunStart("re-execution" if PARENT_TAG in run.tags else "hand", assets)


def raise_unless_one_document(run: dg.DagsterRun) -> None:
    """Raises PartitionsWrong for a run of assets over a range of partitions or over none."""
    if run.job_name == BACKLOG_JOB:
        return
    start, end = (run.tags.get(tag) for tag in RANGE_TAGS)
    if start is not None or end is not None:
        raise PartitionsWrong(f"One run cannot work on the partitions {start} to {end}: a run works on one document.")
    if _makes_assets(run) and PARTITION_TAG not in run.tags:
        raise PartitionsWrong("The run names no partition: each run works on one document, which is its partition.")


def _makes_assets(run: dg.DagsterRun) -> bool:
    """Returns whether the run's job makes assets of documents, unlike other jobs and those of other code locations."""
    return run.job_name == "ingest_document" or (run.job_name.startswith("__ASSET_JOB") and bool(_assets(run)))


def _assets(run: dg.DagsterRun) -> tuple[str, ...]:
    """Returns the assets that the run makes in their order; all of them if it has no selection."""
    if run.job_name == BACKLOG_JOB:
        return ASSETS
    chosen = set(run.step_keys_to_execute or ())
    if run.asset_selection is not None or run.asset_check_selection is not None:
        chosen = chosen or {key.to_user_string() for key in run.asset_selection or ()}
        chosen |= {check.asset_key.to_user_string() for check in run.asset_check_selection or ()}
    return tuple(asset for asset in ASSETS if not chosen or asset in chosen)
