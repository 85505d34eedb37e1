"""Reports undone writes to Dagster, as observations of the asset whose partition they changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fathom.orchestration.run_submission import open_instance
from fathom.settings import Settings

ASSET = "graph_episodes"


def report_undone(settings: Settings, undone: Mapping[str, Any]) -> None:
    """Reports the undo of a document's writes; does nothing in a home without Dagster."""
    if not (settings.dagster_home / "dagster.yaml").exists():
        return
    import dagster as dg

    figures = {name: value for name, value in undone.items() if name != "document" and value not in (None, [], "")}
    observed = dg.AssetObservation(
        ASSET,
        partition=undone["document"],
        description="A person took back what a run had written.",
        metadata={name: dg.MetadataValue.json(value) if isinstance(value, list) else value for name, value in figures.items()},
    )
    open_instance(settings).report_runless_asset_event(observed)
