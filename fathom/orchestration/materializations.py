"""Reads Dagster's records of documents: the metadata of their last materializations and the outcomes of their checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fathom.errors import DagsterUnreachable
from fathom.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

ASSETS = ("documents", "chunks", "graph_episodes")
Metric = int | float | str


@dataclass(frozen=True)
class CheckRecord:
    """The outcome of a check of a document."""

    asset: str
    name: str
    passed: bool
    blocking: bool
    description: str


@dataclass
class DocumentRecord:
    """The last materialization of each asset of a document, and the checks of the runs that made them."""

    figures: dict[str, dict[str, Metric]] = field(default_factory=dict[str, dict[str, Metric]])
    runs: dict[str, str] = field(default_factory=dict[str, str])
    checks: dict[tuple[str, str], CheckRecord] = field(default_factory=dict[tuple[str, str], CheckRecord])

    def number(self, asset: str, name: str) -> float | None:
        """Returns a number of an asset's last materialization; None if it has none."""
        value = self.figures.get(asset, {}).get(name)
        return None if value is None or isinstance(value, str) else value

    def total(self, name: str) -> float | None:
        """Returns a number summed over the assets that have it."""
        values = [value for asset in ASSETS if (value := self.number(asset, name)) is not None]
        return sum(values) if values else None


def records_of(settings: Settings, runs: Mapping[str, str | None]) -> dict[str, DocumentRecord]:
    """Returns Dagster's record of each document; `runs` maps documents to the run that last worked on them.

    The cost depends on the number of requested documents, not of all documents. The record of a document without a run is
    empty. Raises DagsterUnreachable if Dagster's storage cannot be read.
    """
    found = {document: DocumentRecord() for document in runs}
    if not runs or not (settings.dagster_home / "dagster.yaml").exists():
        return found
    import dagster as dg

    try:
        with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
            for asset in ASSETS:
                for document, record in _last(instance, asset, set(runs)).items():
                    found[document].figures[asset] = _figures(record.asset_materialization)
                    found[document].runs[asset] = record.run_id
            wanted = {run for record in found.values() for run in record.runs.values()} | {run for run in runs.values() if run}
            for run in sorted(wanted):
                _add_checks(instance, run, found)
    except Exception as error:
        raise DagsterUnreachable(f"Dagster's storage cannot be read: {error}.") from error
    return found


def _last(instance: dg.DagsterInstance, asset: str, documents: set[str]) -> dict[str, dg.EventLogRecord]:
    import dagster as dg

    key = dg.AssetKey(asset)
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION
    ids = instance.event_log_storage.get_latest_storage_id_by_partition(key, kind, partitions=documents)
    records = (
        instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=key, storage_ids=list(ids.values())), limit=max(1, len(ids))
        ).records
        if ids
        else []
    )
    return {record.partition_key: record for record in records if record.partition_key in documents}


def _figures(materialization: dg.AssetMaterialization | None) -> dict[str, Metric]:
    metadata = materialization.metadata if materialization else {}
    return {name: value.value for name, value in metadata.items() if isinstance(value.value, int | float | str)}


def _add_checks(instance: dg.DagsterInstance, run: str, found: Mapping[str, DocumentRecord]) -> None:
    """Adds the check outcomes of the run for the requested documents; of several, the last counts."""
    import dagster as dg

    for record in instance.get_records_for_run(run, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION).records:
        event = record.event_log_entry.dagster_event
        evaluation = event.asset_check_evaluation_data if event else None
        of = found.get(evaluation.partition or "") if evaluation else None
        if evaluation is None or of is None:
            continue
        asset = evaluation.asset_key.to_user_string()
        if of.runs.get(asset, run) != run:
            continue  # of a materialization that was replaced since
        of.checks[asset, evaluation.check_name] = CheckRecord(
            asset=asset,
            name=evaluation.check_name,
            passed=evaluation.passed,
            blocking=bool(evaluation.blocking),
            description=evaluation.description or "",
        )


def failed_and_passed(checks: Iterable[CheckRecord]) -> tuple[int, int]:
    """Returns the numbers of failed and of passed checks."""
    outcomes = [check.passed for check in checks]
    return outcomes.count(False), outcomes.count(True)
