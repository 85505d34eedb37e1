"""The asset that validates the graph of all collections, with a check for each class of faults."""

from collections.abc import Iterator

import dagster as dg

from checks.drifted_metrics import ASSET as DRIFT
from checks.graph_faults import ASSET, fault_result, fault_specs, result_of_faults
from checks.outcome import report_checks
from fathom.errors import FathomError
from fathom.settings import settings
from ingestion_assets.attempts import failure

EXECUTOR = dg.in_process_executor


@dg.asset(group_name="operations", owners=["team:ingestion"], kinds={"neo4j", "python"}, check_specs=fault_specs())
def graph_validation(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """The faults of ledger and graph by class, in all collections; `fathom graph repair` mends those that need no person."""
    from fathom.operations.graph.graph_validation import validate_graph

    try:
        found = validate_graph(settings())
    except FathomError as error:
        raise failure(error) from error
    report_checks(ASSET, [result_of_faults(fault) for fault in found.classes])
    faults = found.found()
    context.log.info(", ".join(f"{fault.count} {fault.name.value}" for fault in faults) or "No faults were found.")
    yield dg.MaterializeResult(
        metadata={
            "healthy": found.healthy,
            "collections": len(found.collections),
            "faults": sum(fault.count for fault in faults),
            "written_meanwhile": ", ".join(found.written_meanwhile) or "none",
            "classes": _table({fault.name.value: fault.count for fault in found.classes}),
        },
        check_results=[fault_result(fault) for fault in found.classes],
    )


validate_graph_job = dg.define_asset_job(
    "validate_graph",
    selection=dg.AssetSelection.assets(ASSET, DRIFT),
    executor_def=EXECUTOR,
    description="The graph of all collections is validated, and its newest documents are compared with the references.",
    tags={"fathom/kind": "validation"},
)


def _table(counts: dict[str, int]) -> dg.MetadataValue:
    return dg.MetadataValue.table(
        records=[dg.TableRecord({"class": name, "faults": count}) for name, count in counts.items()],
        schema=dg.TableSchema(columns=[dg.TableColumn("class", "string"), dg.TableColumn("faults", "int")]),
    )
