"""What a backlog run is about to make, told to Dagster partition by partition.

A run over one partition is planned by Dagster itself. A backlog run is an op without partitions, so it says so: a
partition that was intended and not made is shown as failed when the run ends, and as in progress until then.
"""

from __future__ import annotations

import dagster as dg
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent  # no public name in 1.13


def intend(instance: dg.DagsterInstance, run: str, job: str, step: str, asset: str, document: str) -> None:
    """The asset's partition counts as in progress by this run."""
    planned = AssetMaterializationPlannedData(dg.AssetKey(asset), partition=document)
    instance.report_dagster_event(DagsterEvent.build_asset_materialization_planned_event(job, step, planned), run_id=run)
