"""Announces planned materializations of a backlog run to Dagster.

Dagster plans a run over a single partition itself. A backlog run is an op without partitions, so it plans them here:
Dagster shows a planned partition as in progress, and as failed if the run ends without its materialization.
"""

from __future__ import annotations

import dagster as dg
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent  # no public name in 1.13


def intend(instance: dg.DagsterInstance, run: str, job: str, step: str, asset: str, document: str) -> None:
    """Records that this run is about to materialize the asset's partition."""
    planned = AssetMaterializationPlannedData(dg.AssetKey(asset), partition=document)
    instance.report_dagster_event(DagsterEvent.build_asset_materialization_planned_event(job, step, planned), run_id=run)
