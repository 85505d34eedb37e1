"""An undo is an observation in Dagster, on the partition of the document."""

from __future__ import annotations

import dagster as dg

from fathom.orchestration import run_submission
from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.orchestration.undo_observations import report_undone
from fathom.settings import Settings


def test_an_undo_is_observed(home_settings: Settings) -> None:
    undone = {"document": "a/b.md", "state": "undone", "versions": ["2"], "version": "1", "episodes_removed": 3, "why": None}
    report_undone(home_settings, undone)  # without Dagster nothing happens
    write_dagster_home(home_settings)
    prepare_storage(home_settings)
    report_undone(home_settings, undone)
    instance = run_submission.open_instance(home_settings)
    records = instance.fetch_observations(dg.AssetKey("graph_episodes"), limit=10).records
    observed = records[0].asset_observation
    assert observed is not None
    assert (len(records), observed.partition, observed.metadata["version"].value) == (1, "a/b.md", "1")
    run_submission._instance.cache_clear()
