"""`fathom quality`, `fathom health` and `fathom metrics`: checks, the deployment's score, and the history of metrics."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.moments import read_moment
from fathom.cli.output import AsJson, print_result, print_text, say, table
from fathom.cli.terminal_plot import plot_lines

if TYPE_CHECKING:
    from fathom.operations.quality_reports import MetricListed, MetricReport, QualityReport
    from fathom.quality.health_score import HealthReport

DAY_S = 86_400.0
SHOWN = 50  # checks in a table


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command("quality", epilog="Example: fathom quality --failed --collection reports")(quality)
    app.command("health", epilog="Example: fathom health --json")(health)
    app.command("metrics", epilog="Example: fathom metrics llm_cost_usd --since 7d --by collection")(metrics)


def quality(
    document: Annotated[str | None, typer.Argument(metavar="[ID]", help="The checks of a document only.")] = None,
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="The checks of a collection only.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Without those that passed.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="Maximum number of checks.", min=1, max=10000)] = 1000,
    exit_status: Annotated[bool, typer.Option("--exit-status", help="Exit with 1 if a blocking check failed.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show the last result of each check by document and asset: what was measured against which threshold."""
    from fathom.operations.quality_reports import quality_report

    found = quality_report(deployment(), collection=collection, document=document, failed=failed, limit=limit)
    print_result(found, as_json, lambda: _print_quality(found))
    blocked = any(state.severity == "block" and not state.passed for state in found.checks)
    return int(exit_status and blocked)


def health(
    exit_status: Annotated[bool, typer.Option("--exit-status", help="Exit with 1 if it is critical.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show the score of the deployment, 0 to 100, and each issue with what to do."""
    from fathom.operations.deployment_health import deployment_health

    found = deployment_health(deployment())
    print_result(found, as_json, lambda: _print_health(found))
    return int(exit_status and found.status == "critical")


def metrics(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The metric; without it, all are listed.")] = None,
    since: Annotated[str, typer.Option("--since", help="10m, 2h, 7d, or a time such as 2026-01-31T12:00.")] = "1d",
    by: Annotated[list[str] | None, typer.Option("--by", help="A series for each value of this label.")] = None,
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Of a collection only.")] = None,
    step: Annotated[int | None, typer.Option("--step", help="Seconds of a point, in whole minutes.", min=60)] = None,
    as_json: AsJson = False,
) -> int:
    """Show the history of a metric with a plot, or list all metrics."""
    from fathom.operations.quality_reports import list_metrics, metric_report

    if name is None:
        listed = list_metrics(deployment())
        print_result({"metrics": listed}, as_json, lambda: _print_listed(listed))
        return 0
    when = read_moment(since)
    begin = when.timestamp() if when else time.time() - DAY_S
    found = metric_report(deployment(), name, begin, step_s=step, by=by or (), collection=collection)
    print_result(found, as_json, lambda: _print_metric(found))
    return 0


def _print_quality(found: QualityReport) -> None:
    table(
        ("asset", "check", "severity", "passed>", "failed>", "worst>", "threshold>"),
        (
            (row.asset, row.check, row.severity, row.passed, row.failed, _figure(row.worst), _figure(row.threshold))
            for row in found.summary
        ),
    )
    failed = [state for state in found.checks if not state.passed]
    if failed:
        table(
            ("document", "check", "measured>", "threshold>", "why"),
            (
                (state.document or state.asset, state.check, _figure(state.measured), _figure(state.threshold), state.detail)
                for state in failed[:SHOWN]
            ),
            title="Failed",
        )
    if not found.checks:
        say("Nothing was checked yet.")


def _print_health(found: HealthReport) -> None:
    print_text(f"{found.score} of 100: {found.status}")
    if found.issues:
        table(
            ("points>", "since", "issue", "what to do"),
            ((f"-{issue.deduction}", _when(issue.since.timestamp()), issue.issue, issue.what_to_do) for issue in found.issues),
        )


def _print_listed(listed: list[MetricListed]) -> None:
    table(
        ("metric", "kind", "unit", "labels", "series>", "newest", "meaning"),
        ((row.name, row.kind, row.unit, " ".join(row.labels), row.series, _when(row.last_at), row.meaning) for row in listed),
    )


def _print_metric(found: MetricReport) -> None:
    say(f"{found.name}: {found.meaning}{f' In {found.unit}.' if found.unit else ''}")
    for series in found.series:
        name = ", ".join(f"{label}={value}" for label, value in series.labels.items()) or "all"
        for line in plot_lines([(point.at, point.value) for point in series.points], found.since, found.until):
            print_text(line)
        if series.total is not None:
            whole = series.total
            quantiles = ((label, getattr(whole, label)) for label in ("p50", "p95", "p99"))
            middle = "".join(f"{label} {_figure(value)}, " for label, value in quantiles if value is not None)
            figures = f"sum {_figure(whole.sum)}, mean {_figure(whole.mean)}, {middle}max {_figure(whole.max)}"
            print_text(f"{name}: {whole.count} values, {figures}\n")
    if not found.series:
        say("It has no values in this time.")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.4g}"


def _when(at: float | None) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M") if at else ""
