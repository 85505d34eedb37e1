"""Reads the figures of the last days from the history of metrics: those that recommendations are made from."""

from __future__ import annotations

import numpy as np

from fathom.metrics.metric_history import MetricHistory
from fathom.quality.anomalies.seasonal_baseline import DAY_S, HOUR_S
from fathom.quality.anomalies.series import MeasuredSeries
from fathom.quality.trends.mann_kendall import TrendDirection, mann_kendall
from fathom.quality.trends.metric_trend import read_series

DAYS = 7  # that the figures are of


def read_figures(history: MetricHistory, now: float) -> dict[str, float | None]:
    """Returns the figures of the last DAYS days by name; None for one without values."""
    since = now - DAYS * DAY_S
    totals = _Totals(history, since, now)
    done, failed = totals.total("documents_done"), totals.total("documents_failed")
    calls, errors = totals.total("llm_calls"), totals.total("llm_errors")
    called_s, throttled_s = totals.total("llm_seconds"), totals.total("llm_throttled_seconds")
    tokens = totals.total("llm_tokens_in") + totals.total("llm_tokens_out")
    return {
        "query_seconds_mean": totals.mean("query_seconds"),
        "query_seconds_p95": totals.quantile("query_seconds", 0.95),
        "memory_growth_per_day": _memory_growth(history, since, now),
        "uncached_tokens_per_minute": tokens / (DAYS * DAY_S / 60) if calls else None,
        "document_error_rate": failed / (done + failed) if done + failed else None,
        "llm_error_rate": errors / (calls + errors) if calls + errors else None,
        "llm_throttled_share": throttled_s / (called_s + throttled_s) if called_s else None,
        "days_until_disk_full": _days_until_zero(read_series(history, "disk_free_bytes", (since, now), int(HOUR_S))),
        "wait_to_start_p95": totals.quantile("wait_to_start_seconds", 0.95),
    }


class _Totals:
    """Totals of metrics over a time."""

    def __init__(self, history: MetricHistory, since: float, until: float) -> None:
        self._history, self._since, self._until = history, since, until

    def total(self, name: str) -> float:
        tally = self._history.window(name, self._since, self._until, step_s=int(HOUR_S))
        return tally.total if tally else 0.0

    def mean(self, name: str) -> float | None:
        tally = self._history.window(name, self._since, self._until, step_s=int(HOUR_S))
        return tally.mean if tally and tally.count else None

    def quantile(self, name: str, share: float) -> float | None:
        tally = self._history.window(name, self._since, self._until, step_s=int(HOUR_S))
        return tally.quantile(share) if tally and tally.count else None


def _memory_growth(history: MetricHistory, since: float, now: float) -> float | None:
    """Returns the largest growth of a component's memory a day, as a share of its median; 0 where none grows."""
    growth = []
    for series in history.series("memory_bytes", since, now, int(HOUR_S), by=("component",)):
        times = np.array([at for at, _ in series.points])
        values = np.array([tally.mean for _, tally in series.points])
        trend = mann_kendall(times, values)
        middle = float(np.median(values))
        growth.append(trend.slope * DAY_S / middle if trend.direction is TrendDirection.RISING and middle > 0 else 0.0)
    return max(growth, default=None)


def _days_until_zero(series: MeasuredSeries) -> float | None:
    """Returns the days until a falling series reaches 0 at its slope; None where it does not fall."""
    trend = mann_kendall(series.times, series.values)
    if trend.direction is not TrendDirection.FALLING or trend.slope >= 0:
        return None
    return float(series.values[-1] / -trend.slope / DAY_S)
