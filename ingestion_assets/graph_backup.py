"""The asset that backs up all collections, proves the backup in a scratch graph, and deletes expired ones."""

import dagster as dg

from checks.backup_proof import ASSET, DESCRIPTION, NAME, backup_outcome, result_of_backup
from checks.outcome import report_checks
from fathom.errors import FathomError
from fathom.settings import settings
from ingestion_assets.attempts import failure

EXECUTOR = dg.in_process_executor


@dg.asset(name=ASSET, group_name="operations", owners=["team:ingestion"], kinds={"neo4j", "python"})
def graph_backup(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """A backup of all collections in a single file, restored once in a scratch graph; expired backups are deleted."""
    from fathom.operations.graph.graph_backups import BY_SCHEDULE, back_up_before, expire_backups, prove_own

    try:
        made = back_up_before(settings(), None, BY_SCHEDULE)
        proof = prove_own(settings(), made.backup_id)
        expired = expire_backups(settings())
    except FathomError as error:
        raise failure(error) from error
    context.log.info(f"{made.backup_id}: {proof.detail}")
    return dg.MaterializeResult(
        metadata={
            "backup": made.backup_id,
            "path": made.path,
            "bytes": made.size_bytes,
            "nodes": made.nodes,
            "relationships": made.relationships,
            "digest": made.digest,
            "proven": proof.proven,
            "proof_seconds": proof.seconds,
            "writers_paused_seconds": made.paused_seconds,
            "expired": len(expired),
        }
    )


@dg.asset_check(asset=ASSET, name=NAME, description=DESCRIPTION)
def backup_is_recent_and_proven() -> dg.AssetCheckResult:
    """Checks the newest backup of all collections."""
    from fathom.operations.graph.graph_backups import open_catalog

    outcome = backup_outcome(open_catalog(settings()).backups(), settings().backup_every_hours)
    metadata = {name: value for name, value in outcome.figures.items() if value is not None}
    report_checks(ASSET, [result_of_backup(outcome, settings().backup_every_hours)])
    return dg.AssetCheckResult(
        passed=outcome.passed, severity=dg.AssetCheckSeverity.ERROR, description=outcome.description, metadata=metadata
    )


back_up_graph_job = dg.define_asset_job(
    "back_up_graph",
    selection=dg.AssetSelection.assets(ASSET),
    executor_def=EXECUTOR,
    description="All collections are backed up, and the backup is proven.",
    tags={"fathom/kind": "backup"},
)
check_backups_job = dg.define_asset_job(
    "check_backups",
    selection=dg.AssetSelection.checks(backup_is_recent_and_proven),
    executor_def=EXECUTOR,
    description="The newest backup is checked, where a planned one is missing.",
    tags={"fathom/kind": "backup"},
)
