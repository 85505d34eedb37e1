"""`fathom trends` and `fathom patterns`: where metrics go, when they are unlike the rest, and what the log says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.moments import read_moment
from fathom.cli.output import AsJson, print_result, print_text, say, table

if TYPE_CHECKING:
    from fathom.operations.trend_reports import PatternReport, TrendView

Collection = Annotated[str | None, typer.Option("--collection", "-c", help="Of a collection only.")]
SHOWN_FORECASTS = 3


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command("trends", epilog="Example: fathom trends llm_cost_usd --since 30d")(trends)
    app.command("patterns", epilog="Example: fathom patterns --since 7d --json")(patterns)


def trends(
    name: Annotated[str | None, typer.Argument(metavar="[METRIC]", help="The metric; without it, the main ones.")] = None,
    since: Annotated[str, typer.Option("--since", help="10m, 2h, 7d, or a time such as 2026-01-31T12:00.")] = "7d",
    collection: Collection = None,
    as_json: AsJson = False,
) -> int:
    """Show the trend of a metric: value, change against the window before, direction, and a forecast with its interval."""
    from fathom.operations.trend_reports import DEFAULT_TRENDS, trend_reports

    begin = read_moment(since)
    names = [name] if name else DEFAULT_TRENDS
    found = trend_reports(deployment(), names, begin.timestamp() if begin else None, collection=collection)
    print_result(found[0] if name else {"trends": found}, as_json, lambda: _print_trends(found))
    return 0


def patterns(
    since: Annotated[str, typer.Option("--since", help="Of the log: 10m, 2h, 7d, or a time.")] = "7d",
    collection: Collection = None,
    as_json: AsJson = False,
) -> int:
    """Show busy, quiet and slow times, times of errors, the most common errors of the log, and recommendations."""
    from fathom.operations.trend_reports import pattern_report

    begin = read_moment(since)
    found = pattern_report(deployment(), begin.timestamp() if begin else None, collection=collection)
    print_result(found, as_json, lambda: _print_patterns(found))
    return 0


def _print_trends(found: list[TrendView]) -> None:
    def line(one: TrendView) -> tuple[object, ...]:
        change = None if one.change is None else f"{one.change:+.0%}"
        return (
            one.metric,
            one.unit,
            _figure(one.current),
            _figure(one.previous),
            change,
            one.direction,
            _figure(one.slope_per_day),
        )

    columns = ("metric", "unit", "now>", "before>", "change>", "direction", "a day>")
    table(columns, map(line, found))
    for one in found:
        if len(found) > 1 and not one.forecast:
            continue
        for point in one.forecast[:SHOWN_FORECASTS]:
            bounds = "" if point.low is None else f", {_figure(point.low)} to {_figure(point.high)}"
            print_text(f"{one.metric} at {_when(point.at)}: {_figure(point.value)}{bounds}")
        if len(found) == 1:
            say(one.interval_from)


def _print_patterns(found: PatternReport) -> None:
    if found.patterns:
        table(
            ("pattern", "metric", "when (UTC)", "value>", "usual>", "confidence>"),
            (
                (one.kind, one.metric, one.when, _figure(one.value), _figure(one.usual), f"{one.confidence:.0%}")
                for one in found.patterns
            ),
        )
    else:
        say("No pattern by hour or day is known yet.")
    log = found.log
    rate = "" if log.error_rate is None else f", {log.error_rate:.1%} of {log.finished + log.failed} failed"
    print_text(f"{log.total} lines of the log since {_when(log.since)}{rate}.")
    if log.common_errors:
        table(
            ("error", "events>", "documents>", "example"),
            ((one.error, one.events, one.documents, _example(one.examples)) for one in log.common_errors),
        )
    if log.popular_queries:
        table(("query", "times>"), ((one["query"], one["count"]) for one in log.popular_queries))
    for advice in found.recommendations:
        print_text(f"{advice.sentence} {advice.advice}")


def _example(examples: list[dict[str, str | None]]) -> str:
    first = examples[0] if examples else {}
    return ": ".join(part for part in (first.get("document"), first.get("message")) if part)


def _figure(value: float | None) -> str | None:
    return None if value is None else f"{value:.4g}"


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
