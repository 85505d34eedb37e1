"""The asset that compares each collection's newest documents with its reference, with a check for each metric."""

from collections.abc import Iterator

import dagster as dg

from checks.drifted_metrics import ASSET, MEANINGS, drift_check_result, drift_specs, results_of_collection
from checks.outcome import report_checks
from fathom.errors import FathomError
from fathom.settings import settings
from ingestion_assets.attempts import failure


@dg.asset(name=ASSET, group_name="operations", owners=["team:ingestion"], kinds={"neo4j", "python"}, check_specs=drift_specs())
def drifted_collections(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """The drift of each collection from its reference, looked at within a yearly budget of false alarms."""
    from fathom.database import open_database
    from fathom.quality.drift.collection_drift import collection_drift
    from fathom.uploads.listing_queries import collections

    found = []
    try:
        for collection in collections(open_database(settings().operational_url)):
            one = collection_drift(settings(), collection)
            context.log.info(f"{collection}: {len(one.drifted)} of {len(one.results)} results drifted. {one.detail}".strip())
            if one.looked:
                report_checks(ASSET, results_of_collection(one), collection=collection)
            found.append(one)
    except FathomError as error:
        raise failure(error) from error
    rows = [
        dg.TableRecord(
            {
                "collection": one.collection,
                "metric": result.metric,
                "method": result.method.value,
                "score": result.score,
                "threshold": result.threshold,
                "drifted": result.drifted,
                "reference": result.reference_version,
                "looks": result.looks,
            }
        )
        for one in found
        for result in one.results
    ]
    types = {"score": "float", "threshold": "float", "drifted": "bool", "reference": "int", "looks": "int"}
    columns = [dg.TableColumn(name, types.get(name, "string")) for name in ("collection", "metric", "method", *types)]
    yield dg.MaterializeResult(
        metadata={
            "collections": len(found),
            "looked_at": sum(one.looked for one in found),
            "drifted": ", ".join(one.collection for one in found if one.drifted) or "none",
            "waiting": ", ".join(one.collection for one in found if one.reference is None) or "none",
            "results": dg.MetadataValue.table(rows, schema=dg.TableSchema(columns=columns)),
        },
        check_results=[drift_check_result(metric, found) for metric in MEANINGS],
    )
