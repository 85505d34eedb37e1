"""Reports trends of metrics, patterns by hour and day, the log's errors, and recommendations, as of now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field

from fathom.metrics.metric_definitions import METRICS
from fathom.metrics.metric_history import MetricHistory
from fathom.operations.quality_reports import refresh_metrics
from fathom.quality.anomalies.seasonal_baseline import DAY_S, HOUR_S
from fathom.quality.trends.deployment_figures import read_figures
from fathom.quality.trends.event_analysis import analyze_events
from fathom.quality.trends.metric_trend import MetricTrend, analyze_trend, read_series
from fathom.quality.trends.recommendation_rules import Recommendation, recommend
from fathom.quality.trends.time_patterns import TimePattern, error_patterns, slow_patterns, usage_patterns
from fathom.settings import Settings

TREND_S = 7 * DAY_S  # window of a trend where none is asked for
PATTERN_S = 30 * DAY_S
LOG_S = 7 * DAY_S
# What is looked at for patterns: how much is used, what fails beside what succeeds, and what takes long.
USED = ("uploads_received", "queries", "llm_calls")
FAILING = (("documents_done", "documents_failed"), ("llm_calls", "llm_errors"), ("queries", "query_errors"))
TIMED = ("stage_seconds", "llm_seconds", "query_seconds", "wait_to_start_seconds")
DEFAULT_TRENDS = ("documents_done", "documents_failed", "facts_per_chunk", "llm_cost_usd", "stage_seconds", "queries")


class ForecastView(BaseModel):
    """A forecast value."""

    model_config = ConfigDict(frozen=True)

    at: float = Field(description="begin of the point, in seconds since 1970")
    value: float
    low: float | None = Field(description="null where too few forecasts of the past can be compared")
    high: float | None


class TrendView(BaseModel):
    """The trend of a metric in a window."""

    model_config = ConfigDict(frozen=True)

    metric: str
    unit: str
    since: float
    until: float
    step_s: int
    points: int
    current: float | None = Field(description="of the window: sum of a counter, mean of a gauge, median of a distribution")
    previous: float | None = Field(description="the same of the window before")
    change: float | None = Field(description="as a share of the previous; null where that is 0 or missing")
    direction: str = Field(description="rising, falling, steady, or unknown; Mann-Kendall without the season")
    p_value: float | None
    slope_per_day: float = Field(description="change of a point's value a day, by Theil-Sen")
    season: str
    forecast: list[ForecastView]
    coverage: float = Field(description="share of the values to come that the intervals are to hold")
    interval_from: str = Field(description="how wide the intervals are, and why")


class PatternView(BaseModel):
    """A time at which a metric is usually unlike the rest, in UTC."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(description="busy, quiet, errors, slow")
    metric: str
    when: str
    value: float
    usual: float
    confidence: float
    rounds: int = Field(description="days or weeks that were looked at")


class ErrorView(BaseModel):
    """An error of the log with examples."""

    model_config = ConfigDict(frozen=True)

    error: str
    events: int
    documents: int
    examples: list[dict[str, str | None]]


class LogView(BaseModel):
    """Sums up the log of a time."""

    model_config = ConfigDict(frozen=True)

    since: float
    until: float
    total: int
    by_event: dict[str, int]
    by_level: dict[str, int]
    finished: int
    failed: int
    error_rate: float | None
    common_errors: list[ErrorView]
    answer_seconds_p50: float | None
    answer_seconds_p95: float | None
    tokens: dict[str, int]
    popular_queries: list[dict[str, str | int]]


class RecommendationView(BaseModel):
    """A recommendation by a rule."""

    model_config = ConfigDict(frozen=True)

    rule: str
    sentence: str
    advice: str
    value: float
    limit: float
    source: str


class PatternReport(BaseModel):
    """Patterns, the log and recommendations."""

    model_config = ConfigDict(frozen=True)

    patterns: list[PatternView]
    log: LogView
    recommendations: list[RecommendationView] = Field(description="of the whole deployment; none for a collection")


def trend_reports(
    settings: Settings, names: Sequence[str], since: float | None = None, *, collection: str | None = None
) -> list[TrendView]:
    """Returns the trends of metrics since a time; default: TREND_S ago. Raises UsageWrong, DatabaseUnreachable."""
    now = time.time()
    labels = {"collection": collection} if collection is not None else {}
    history = MetricHistory(refresh_metrics(settings))
    return [_trend(analyze_trend(history, name, now - TREND_S if since is None else since, now, labels)) for name in names]


def pattern_report(settings: Settings, since: float | None = None, *, collection: str | None = None) -> PatternReport:
    """Returns patterns of the last PATTERN_S, and the log since a time; default: LOG_S ago. Raises DatabaseUnreachable."""
    now = time.time()
    engine = refresh_metrics(settings)
    history = MetricHistory(engine)
    log = analyze_events(engine, now - LOG_S if since is None else since, now, collection)
    recommended = recommend(read_figures(history, now)) if collection is None else []
    return PatternReport(
        patterns=[PatternView(**{**asdict(one), "kind": one.kind.value}) for one in _patterns(history, now, collection)],
        log=LogView(
            **{name: getattr(log, name) for name in ("since", "until", "total", "by_event", "by_level", "finished", "failed")},
            error_rate=log.error_rate,
            common_errors=[
                ErrorView(
                    error=one.error,
                    events=one.events,
                    documents=one.documents,
                    examples=[{"document": document, "message": message} for document, message in one.examples],
                )
                for one in log.common_errors
            ],
            answer_seconds_p50=log.seconds[0] if log.seconds else None,
            answer_seconds_p95=log.seconds[1] if log.seconds else None,
            tokens=log.tokens,
            popular_queries=[{"query": query, "count": count} for query, count in log.popular_queries],
        ),
        recommendations=[_recommendation(one) for one in recommended],
    )


def _patterns(history: MetricHistory, now: float, collection: str | None) -> list[TimePattern]:
    labels = {"collection": collection} if collection is not None else {}
    span, week = (now - PATTERN_S, now), (now - LOG_S, now)

    def known(*names: str) -> bool:
        return collection is None or all("collection" in METRICS[name].labels for name in names)

    found: list[TimePattern] = []
    for name in filter(known, USED):
        found += usage_patterns(name, read_series(history, name, span, int(HOUR_S), labels))
    for done, failed in FAILING:
        if known(done, failed):
            good, bad = (read_series(history, name, week, int(HOUR_S), labels) for name in (done, failed))
            found += error_patterns(failed, good, bad)
    for name in filter(known, TIMED):
        found += slow_patterns(name, read_series(history, name, span, int(HOUR_S), labels))
    return sorted(found, key=lambda one: -one.confidence)


def _trend(found: MetricTrend) -> TrendView:
    plain = (
        "metric",
        "unit",
        "since",
        "until",
        "step_s",
        "points",
        "current",
        "previous",
        "change",
        "p_value",
        "slope_per_day",
    )
    return TrendView(
        **{name: getattr(found, name) for name in plain},
        direction=found.direction.value,
        season=found.forecast.season.value,
        forecast=[ForecastView(at=one.at, value=one.value, low=one.low, high=one.high) for one in found.forecast.points],
        coverage=found.forecast.coverage,
        interval_from=found.forecast.reason,
    )


def _recommendation(found: Recommendation) -> RecommendationView:
    return RecommendationView(**asdict(found))
