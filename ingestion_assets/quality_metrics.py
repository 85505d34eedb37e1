"""The asset of the main figures of the last day and week with their trends, and a check of each metric for anomalies."""

import time
from collections.abc import Iterator

import dagster as dg

from checks.health_of_deployment import health_check_result, health_spec, result_of_health
from checks.outcome import report_checks
from checks.unusual_metrics import ASSET, anomaly_check_result, anomaly_specs, result_of_metric
from fathom.errors import FathomError
from fathom.settings import settings
from ingestion_assets.attempts import failure
from ingestion_assets.metric_metadata import figure_of, figures_table, trend_pictures

EXECUTOR = dg.in_process_executor

# A picture is some kilobytes in Dagster's event log each hour, so that only these have one.
PICTURED = ("documents_done", "documents_failed", "stage_seconds", "facts_per_chunk", "llm_cost_usd", "checks_failed")
FIGURES = (*PICTURED, "chunks_written", "llm_calls", "llm_errors", "queue_oldest_seconds", "queries", "query_seconds")


CHECKS = [*anomaly_specs(), health_spec(ASSET)]


@dg.asset(name=ASSET, group_name="operations", owners=["team:ingestion"], kinds={"python"}, check_specs=CHECKS)
def quality_metrics(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """The main figures of the last day and week with their trends; hours are judged by eight weeks, and the deployment too."""
    from fathom.operations.deployment_health import deployment_health
    from fathom.operations.plotted_metrics import TrendQuery, plotted_metric
    from fathom.operations.quality_reports import refresh_metrics
    from fathom.quality.metric_anomalies import judge_metrics

    now = time.time()
    try:
        engine = refresh_metrics(settings())
        days = [plotted_metric(engine, TrendQuery(name, "1d", now)) for name in FIGURES]
        weeks = [plotted_metric(engine, TrendQuery(name, "7d", now)) for name in FIGURES]
        found = judge_metrics(engine, now)
        health = deployment_health(settings(), now)
    except FathomError as error:
        raise failure(error) from error
    report_checks(ASSET, [*(result_of_metric(one) for one in found), result_of_health(health)])
    unusual = [one.name for one in found if one.anomaly]
    context.log.info(f"Unusual: {', '.join(unusual)}." if unusual else "No metric is unusual.")
    yield dg.MaterializeResult(
        metadata={
            **{f"{day.metric.name}_of_day": value for day in days if (value := figure_of(day)) is not None},
            "figures": figures_table(days, weeks),
            "trends": trend_pictures([week for week in weeks if week.metric.name in PICTURED]),
            "unusual": ", ".join(unusual) or "none",
        },
        check_results=[*(anomaly_check_result(one) for one in found), health_check_result(ASSET, health)],
    )


watch_metrics_job = dg.define_asset_job(
    "watch_metrics",
    selection=dg.AssetSelection.assets(ASSET),
    executor_def=EXECUTOR,
    description="The main metrics of the last day and week, with a check of each for anomalies.",
    tags={"fathom/kind": "metrics"},
)
